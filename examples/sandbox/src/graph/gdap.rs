//! Delegated administration (GDAP): relationships, requests, operations, access assignments, customers.

pub(super) mod assignments;
pub(super) mod customers;
pub(super) mod relationships;
pub(super) mod requests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use uuid::{Uuid, uuid};

use super::access::{self, partner_denied};
use super::answer::error;
use super::cx::Cx;
use crate::reply::Reply;
use crate::world::{Relationship, World, role_by_template};

/// The group whose members are admin agents of the partner.
const ADMIN_AGENTS: &str = "AdminAgents";
/// App-only callers need this service principal in the partner tenant.
const DELEGATED_ADMINISTRATION: Uuid = uuid!("2832473f-ec63-45fb-976f-5d45a7d4bb91");
/// Built-in roles no relationship may ask for: implicit ones, device-join ones and the partner tiers.
const REFUSED_ROLES: [Uuid; 8] = [
    uuid!("10dae51f-b6af-4016-8d66-8c2a99b929b3"),
    uuid!("2af84b1e-32c8-42b7-82bc-daa82404023b"),
    uuid!("a0b1b346-4d3e-4e8b-98f8-753987be4970"),
    uuid!("9c094953-4995-41c8-84c8-3ebb9b32c93f"),
    uuid!("2b499bcd-da44-4968-8aec-78e1674fa64d"),
    uuid!("d405c6df-0af8-4e3b-95e4-4d06e542189e"),
    uuid!("4ba39ca4-527c-499a-b93d-d9b492c50246"),
    uuid!("e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8"),
];

/// Lets callers of the partner tenant read.
fn check_read(world: &World, cx: &Cx<'_>) -> Result<(), Reply> {
    access::RELATIONSHIPS_READ.check(cx)?;
    in_partner_tenant(world, cx)
}

/// Lets admin agents who signed in with a second factor, and applications where delegated administration
/// is set up, change things.
fn check_change(world: &World, cx: &Cx<'_>) -> Result<(), Reply> {
    access::RELATIONSHIPS_CHANGE.check(cx)?;
    in_partner_tenant(world, cx)?;
    let partner = world.partner_tenant();
    match &cx.claims.user {
        Some(user) if cx.claims.mfa && partner.is_member_of_named(ADMIN_AGENTS, &user.id) => Ok(()),
        Some(_) => Err(partner_denied()),
        None if partner.service_principal_by_app_id(&DELEGATED_ADMINISTRATION).is_some() => Ok(()),
        None => Err(error(500, "unexpectedError", "An unexpected error occurred in the server.")),
    }
}

fn in_partner_tenant(world: &World, cx: &Cx<'_>) -> Result<(), Reply> {
    if cx.claims.tenant == world.partner { Ok(()) } else { Err(partner_denied()) }
}

fn relationship<'w>(world: &'w World, cx: &Cx<'_>) -> Result<&'w Relationship, Reply> {
    let id = cx.id(2);
    world.relationships.get(id).ok_or_else(|| missing("delegatedAdminRelationship", id))
}

fn relationship_mut<'w>(world: &'w mut World, cx: &Cx<'_>) -> Result<&'w mut Relationship, Reply> {
    let id = cx.id(2);
    world.relationships.get_mut(id).ok_or_else(|| missing("delegatedAdminRelationship", id))
}

fn missing(kind: &str, id: &str) -> Reply {
    error(404, "notFound", &format!("The {kind} '{id}' was not found."))
}

fn bad(message: &str) -> Reply {
    error(400, "badRequest", message)
}

/// A weak etag; it changes with every change by a call and with every change of the status.
fn etag(id: &str, version: u64, status: &str) -> String {
    let opaque = STANDARD.encode(format!("'\"{version:08x}-{status}-{}\"'", id.get(..8).unwrap_or(id)));
    format!("W/\"{opaque}\"")
}

/// Refuses a change without `If-Match` (428) or with an outdated one (412).
fn check_etag(cx: &Cx<'_>, current: &str) -> Result<(), Reply> {
    match cx.call.header("if-match") {
        None => Err(error(428, "preconditionRequired", "The If-Match header is required for this request.")),
        Some(sent) if sent == current || sent == "*" => Ok(()),
        Some(_) => Err(error(
            412,
            "preconditionFailed",
            "The If-Match header does not match the current ETag of the resource.",
        )),
    }
}

/// Reads `accessDetails.unifiedRoles`: built-in roles that may be delegated, at least one, none twice.
fn roles(details: &Value) -> Result<Vec<Uuid>, Reply> {
    let listed = details["unifiedRoles"].as_array().filter(|roles| !roles.is_empty());
    let listed = listed.ok_or_else(|| bad("The accessDetails must contain at least one unified role."))?;
    let mut roles = Vec::with_capacity(listed.len());
    for entry in listed {
        let text = entry["roleDefinitionId"].as_str().unwrap_or_default();
        let known =
            Uuid::parse_str(text).ok().filter(|id| role_by_template(id).is_some() && !REFUSED_ROLES.contains(id));
        let role = known.ok_or_else(|| bad(&format!("The role definition id '{text}' is not valid.")))?;
        if roles.contains(&role) {
            return Err(bad(&format!("The role definition id '{text}' is listed more than once.")));
        }
        roles.push(role);
    }
    Ok(roles)
}

fn roles_json(roles: &[Uuid]) -> Value {
    roles.iter().map(|role| serde_json::json!({"roleDefinitionId": role})).collect()
}
