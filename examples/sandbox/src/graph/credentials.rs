//! Client secrets of applications.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::access;
use super::answer::{Answer, bad_request, error, not_found};
use super::applications::{find, password_view};
use super::body::check_object;
use super::cx::Cx;
use super::organization::fields;
use super::schema::PASSWORD_CREDENTIAL;
use crate::clock::plus;
use crate::reply::Reply;
use crate::sandbox::Sandbox;
use crate::world::{PasswordCredential, Secret, World};

/// How long a secret lives when nothing else is asked for: two years.
const USUAL_LIFE_SECONDS: i64 = 2 * 365 * 24 * 3600;

/// `POST /applications/{id}/addPassword`: the only answer that shows the secret.
pub(super) fn add(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::CREDENTIALS.check(cx)?;
    let body = fields(cx.json()?);
    if let Some(name) = body.keys().find(|name| *name != "passwordCredential") {
        return Err(bad_request(&format!("Invalid property '{name}'.")));
    }
    let wanted = body.get("passwordCredential").cloned().unwrap_or_else(|| json!({}));
    check_object(PASSWORD_CREDENTIAL, &fields(wanted.clone()))?;
    let id = find(cx.tenant(world)?, cx.id(1))?.id;
    let now = cx.now();
    let start = time(&wanted["startDateTime"])?.unwrap_or(now);
    let end = time(&wanted["endDateTime"])?.unwrap_or_else(|| plus(start, USUAL_LIFE_SECONDS));
    if end <= start || end <= now {
        return Err(error(
            400,
            "CredentialInvalidLifetime",
            "The end date of the credential must be in the future and after its start date.",
        ));
    }
    let secret = format!("{}~{}", &world.ids.next_text()[28..], Sandbox::CANARY) + &world.ids.next_text()[..28];
    let password = PasswordCredential {
        key_id: world.new_id(),
        display_name: wanted["displayName"].as_str().map(str::to_owned),
        secret: Secret::new(secret),
        start,
        end,
        created_at: now,
    };
    let mut shown = password_view(&password);
    shown["secretText"] = password.secret.expose().into();
    shown["@odata.context"] = cx.context("microsoft.graph.passwordCredential").into();
    let application = cx.tenant_mut(world)?.applications.get_mut(&id).ok_or_else(|| not_found(cx.id(1)))?;
    application.passwords.push(password);
    Ok(Reply::json(200, shown))
}

/// `POST /applications/{id}/removePassword`.
pub(super) fn remove(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::CREDENTIALS.check(cx)?;
    let body = cx.json()?;
    let key = body["keyId"]
        .as_str()
        .and_then(|id| Uuid::parse_str(id).ok())
        .ok_or_else(|| bad_request("Invalid value specified for property 'keyId'."))?;
    let id = find(cx.tenant(world)?, cx.id(1))?.id;
    let application = cx.tenant_mut(world)?.applications.get_mut(&id).ok_or_else(|| not_found(cx.id(1)))?;
    let before = application.passwords.len();
    application.passwords.retain(|password| password.key_id != key);
    if application.passwords.len() == before {
        return Err(bad_request("No password credential found with keyId."));
    }
    Ok(Reply::empty(204))
}

fn time(value: &Value) -> Result<Option<Timestamp>, Reply> {
    match value.as_str() {
        None => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| bad_request("Cannot convert the literal to the expected type 'Edm.DateTimeOffset'.")),
    }
}
