//! The Office 365 Management Activity API, as far as its subscriptions.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::{Audience, Claims, authorize};
use crate::world::{Tenant, World};

const CONTENT_TYPES: &[&str] =
    &["Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.General", "Audit.SharePoint", "DLP.All"];

/// Answers one request to this service.
pub(crate) fn handle(world: &mut World, call: &Call) -> Reply {
    route(world, call).unwrap_or_else(|refusal| *refusal)
}

fn route(world: &mut World, call: &Call) -> Result<Reply, Box<Reply>> {
    let claims = authorize(world, call, Audience::Office365Management)?;
    let (method, segments) = call.route();
    let ["api", "v1.0", id, "activity", "feed", "subscriptions", action] = segments.as_slice() else {
        return Err(refuse(404, "AF20000", "The resource isn't served."));
    };
    let tenant = tenant(world, &claims, id)?;
    match (method, *action) {
        ("GET", "list") => Ok(Reply::json(200, tenant.activity_feeds.iter().map(|name| subscription(name)).collect())),
        ("POST", "start") => {
            let name = content_type(call)?;
            if !tenant.activity_feeds.insert(name.to_owned()) {
                return Err(refuse(400, "AF20024", "The subscription is already enabled. No property change."));
            }
            Ok(Reply::json(200, subscription(name)))
        }
        ("POST", "stop") => {
            let name = content_type(call)?;
            if tenant.activity_feeds.remove(name) {
                return Ok(Reply::empty(204));
            }
            Err(refuse(400, "AF20022", "No subscription found for the specified content type."))
        }
        _ => Err(refuse(405, "AF20000", "The method isn't allowed.")),
    }
}

fn tenant<'a>(world: &'a mut World, claims: &Claims, id: &str) -> Result<&'a mut Tenant, Box<Reply>> {
    let Ok(id) = Uuid::parse_str(id) else {
        return Err(refuse(400, "AF20013", "The tenant ID passed in the URL is not a valid GUID."));
    };
    if id != claims.tenant {
        return Err(refuse(
            400,
            "AF20010",
            &format!(
                "The tenant ID passed in the URL ({id}) does not match the tenant ID passed in the access token ({}).",
                claims.tenant
            ),
        ));
    }
    if !claims.has_any(&["ActivityFeed.Read", "ActivityFeed.ReadDlp"]) {
        return Err(refuse(
            401,
            "AF10001",
            "The permission set sent in the request did not include the expected permission ActivityFeed.Read.",
        ));
    }
    world
        .tenant_mut(&id)
        .ok_or_else(|| refuse(400, "AF20011", "Specified tenant ID does not exist in the system or has been deleted."))
}

fn content_type(call: &Call) -> Result<&str, Box<Reply>> {
    let sent = call.query("contentType").ok_or_else(|| refuse(400, "AF20001", "Missing parameter: contentType."))?;
    CONTENT_TYPES
        .iter()
        .copied()
        .find(|known| known.eq_ignore_ascii_case(sent))
        .ok_or_else(|| refuse(400, "AF20020", &format!("The specified content type is not valid: {sent}.")))
}

fn subscription(name: &str) -> Value {
    json!({"contentType": name, "status": "enabled", "webhook": null})
}

fn refuse(status: u16, code: &str, message: &str) -> Box<Reply> {
    Box::new(Reply::json(status, json!({"error": {"code": code, "message": message}})))
}
