//! The application that asks for consent, and what it asks for.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::answer;
use crate::reply::Reply;
use crate::world::{Resource, resource_by_app_id};

/// The body of a consent.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) application: Uuid,
    pub(super) display_name: Option<String>,
    /// Resource application ids with their scopes, comma separated as they were sent.
    pub(super) grants: Vec<(Uuid, String)>,
}

impl Wanted {
    /// Reads the body; member names are matched without regard to letter case.
    pub(super) fn parse(body: Option<&Value>) -> Result<Self, Box<Reply>> {
        body.and_then(read)
            .filter(|wanted| !wanted.grants.is_empty())
            .ok_or_else(|| answer::refuse(400, "800002", "Invalid request input"))
    }
}

/// Checks the scopes of one grant and returns them separated by spaces, as the directory keeps them.
pub(super) fn scopes(resource: &Resource, sent: &str) -> Result<String, Box<Reply>> {
    let names: Vec<&str> = sent.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let unknown = names.iter().find(|name| resource.scope(name).is_none());
    match unknown {
        None if !names.is_empty() => Ok(names.join(" ")),
        _ => Err(answer::refuse(
            400,
            "800002",
            &format!(
                "The requested scope '{}' isn't defined by the resource '{}'.",
                unknown.copied().unwrap_or_default(),
                resource.display_name
            ),
        )),
    }
}

/// Finds one of Microsoft's resources, or refuses as the directory does for an application nobody knows.
pub(super) fn resource(app_id: &Uuid) -> Result<&'static Resource, Box<Reply>> {
    resource_by_app_id(app_id).ok_or_else(|| {
        answer::refuse(
            400,
            "800002",
            &format!(
                "Resource '{app_id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    })
}

fn read(body: &Value) -> Option<Wanted> {
    let body = body.as_object()?;
    let id = |object: &Map<String, Value>, name: &str| Uuid::parse_str(member(object, name)?.as_str()?).ok();
    let grants = member(body, "applicationgrants")?
        .as_array()?
        .iter()
        .map(|grant| {
            let grant = grant.as_object()?;
            Some((id(grant, "enterpriseapplicationid")?, member(grant, "scope")?.as_str()?.to_owned()))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Wanted {
        application: id(body, "applicationid")?,
        display_name: member(body, "displayname").and_then(Value::as_str).map(str::to_owned),
        grants,
    })
}

fn member<'a>(object: &'a Map<String, Value>, lowered: &str) -> Option<&'a Value> {
    object.iter().find(|(name, _)| name.eq_ignore_ascii_case(lowered)).map(|(_, value)| value)
}
