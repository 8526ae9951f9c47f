//! Who may run cmdlets in a tenant.

use serde_json::Value;
use uuid::{Uuid, uuid};

use super::{Place, anchor, error};
use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::{Claims, authorize};
use crate::world::{RelationshipStatus, World};

/// Exchange Administrator and Global Administrator.
const ADMINISTRATORS: [Uuid; 2] =
    [uuid!("29232cdf-9323-42fd-ade2-1d097af3e4de"), uuid!("62e90394-69f5-4237-9190-012177145e10")];
/// Further roles that an application may hold: Exchange Recipient Administrator, Compliance
/// Administrator, Security Administrator, Helpdesk Administrator.
const APPLICATION_ROLES: [Uuid; 4] = [
    uuid!("31392ffb-586c-42d1-9346-e59415a2cc4e"),
    uuid!("17315797-102d-40b4-93e0-432062caca18"),
    uuid!("194ae4cb-b126-40b2-bd5b-6091b380977d"),
    uuid!("729827e3-9c14-49f7-bb1b-9608f156bbb8"),
];
/// Roles of an application that may only look: Global Reader and Security Reader.
const READER_ROLES: [Uuid; 2] =
    [uuid!("f2ef992c-3afb-46b9-b7cf-a126ee74c451"), uuid!("5d6b6bb7-de71-4623-b4af-96380a352509")];

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    Read,
    Write,
}

/// A caller who may run cmdlets in a tenant.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) tenant: Uuid,
    pub(super) rights: Rights,
}

/// Checks token, tenant, routing hint, licence and role, in that order.
pub(super) fn admit(world: &World, call: &Call, place: &Place<'_>) -> Result<Admitted, Box<Reply>> {
    let claims = authorize(world, call, place.host.audience())?;
    let tenant =
        world.find_tenant(place.tenant).filter(|tenant| tenant.id == claims.tenant).ok_or_else(error::invalid_token)?;
    anchor::check(call, tenant)?;
    if !tenant.has_service_plan("EXCHANGE_S") {
        return Err(error::cmdlet(
            403,
            "Forbidden",
            "Microsoft.Exchange.Configuration.Tasks.TenantAccessBlockedException",
            "The operation isn't available because a subscription within the tenant has lapsed, or the administrator has disabled the application.",
        ));
    }
    let rights = rights(world, &claims)?;
    Ok(Admitted { tenant: tenant.id, rights })
}

/// Refuses a cmdlet that changes something to a caller who may only look.
pub(super) fn require(rights: Rights, reads: bool, cmdlet: &str) -> Result<(), Box<Reply>> {
    if reads || rights == Rights::Write {
        return Ok(());
    }
    Err(error::plain(403, "Forbidden", &format!("User is not allowed to call {cmdlet}")))
}

fn rights(world: &World, claims: &Claims) -> Result<Rights, Box<Reply>> {
    if claims.is_app_only() {
        return application_rights(world, claims);
    }
    if claims.is_delegated_admin() && !has_relationship(world, &claims.tenant) {
        return Err(refused(world, error::plain(400, "BadRequest", "User was not found.")));
    }
    if !claims.has_any(&["Exchange.Manage"]) || !claims.has_any_role(&ADMINISTRATORS) {
        let text = if claims.directory_roles.is_empty() {
            "Provide valid credential."
        } else {
            "Insufficient access rights to perform the operation."
        };
        return Err(refused(
            world,
            error::cmdlet(
                403,
                "Forbidden",
                "Microsoft.Exchange.Configuration.Authorization.CmdletAccessDeniedException",
                text,
            ),
        ));
    }
    Ok(Rights::Write)
}

fn application_rights(world: &World, claims: &Claims) -> Result<Rights, Box<Reply>> {
    if !claims.has_any(&["Exchange.ManageAsApp"]) {
        return Err(error::invalid_token());
    }
    if claims.has_any_role(&ADMINISTRATORS) || claims.has_any_role(&APPLICATION_ROLES) {
        return Ok(Rights::Write);
    }
    if claims.has_any_role(&READER_ROLES) {
        return Ok(Rights::Read);
    }
    Err(refused(
        world,
        error::plain(
            403,
            "Forbidden",
            &format!(
                "The role assigned to application {} isn't supported in this scenario. Please check online documentation for assigning correct Directory Roles to Azure AD Application for EXO App-Only Authentication.",
                claims.app_id
            ),
        ),
    ))
}

/// Returns the refusal, or on a world whose Exchange garbles them, NUL bytes that claim to be compressed.
fn refused(world: &World, refusal: Box<Reply>) -> Box<Reply> {
    if !world.exchange_garbles_refusals {
        return refusal;
    }
    Box::new(Reply::raw(403, vec![0; 512], "application/json; charset=utf-8").with_header("Content-Encoding", "gzip"))
}

fn has_relationship(world: &World, customer: &Uuid) -> bool {
    let now = world.now();
    world.relationships.values().any(|relationship| {
        relationship.customer == Some(*customer) && relationship.status(now) == RelationshipStatus::Active
    })
}

/// Reads a switch or boolean parameter; absent is `None`.
pub(super) fn flag(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(set) => Some(*set),
        Value::String(text) => text.trim_start_matches('$').to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}
