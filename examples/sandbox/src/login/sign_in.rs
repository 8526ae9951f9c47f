//! Interactive sign-ins, which nobody has to click through: who signs in, and what they consent to.

use serde_json::Value;
use uuid::Uuid;

use super::access::{SignedIn, account, is_consent_administrator};
use super::authority::Authority;
use super::client::Client;
use super::error::LoginError;
use super::scope::ScopeRequest;
use crate::world::{MfaState, User, World, resource_by_app_id};

/// Chooses who signs in: the hinted user, else the one the demonstration names, else the first account of the tenant.
pub(crate) fn choose(
    world: &World,
    authority: Authority,
    client: &Client,
    hint: Option<&str>,
) -> Result<SignedIn, LoginError> {
    if let Some(hint) = hint {
        let (tenant, user) = world.find_user(hint).ok_or_else(|| {
            LoginError::invalid_grant(50034, format!("The user account {hint} does not exist in the directory."))
        })?;
        return checked(world, tenant.id, user);
    }
    if let Some(demo) = &world.demo {
        let user = if client.is_tool() { demo.administrator } else { demo.service_account };
        if let Some(user) = world.partner_tenant().users.get(&user) {
            return checked(world, world.partner, user);
        }
    }
    let tenant = world
        .tenant(&authority.or_home(world.partner))
        .ok_or_else(|| LoginError::invalid_request(90002, "Tenant not found."))?;
    let user = tenant
        .users
        .values()
        .find(|user| user.account_enabled)
        .ok_or_else(|| LoginError::invalid_grant(50034, "The directory has no account that may sign in."))?;
    checked(world, tenant.id, user)
}

/// Lets the user consent to what the client asks for and is not granted yet.
///
/// Only administrators consent here, and only in their own tenant: named scopes for themselves, and for
/// `.default` what the registration lists. For others the consent stays missing, which the token request tells.
pub(crate) fn consent(world: &mut World, tenant: &Uuid, who: SignedIn, client: &Client, request: &ScopeRequest) {
    let may = world.tenant(tenant).is_some_and(|own| own.id == who.home && is_consent_administrator(own, &who.user));
    if !may || client.is_tool() || (client.home != Some(*tenant) && !client.multi_tenant) {
        return;
    }
    let names =
        if request.default { listed_scopes(world, client, &request.resource.app_id) } else { request.names.clone() };
    let (Some(principal), Some(resource)) = (
        world.ensure_service_principal(tenant, &client.app_id),
        world
            .tenant(tenant)
            .and_then(|own| own.service_principal_by_app_id(&request.resource.app_id))
            .map(|resource| resource.id),
    ) else {
        return;
    };
    let now = world.now();
    let granted = world
        .tenant(tenant)
        .map(|own| own.scopes_granted(&principal, &resource, Some(&who.user), now))
        .unwrap_or_default();
    let missing: Vec<&str> = names.iter().filter(|name| !granted.contains(name)).map(String::as_str).collect();
    world.grant_scopes(tenant, &principal, &resource, Some(&who.user), missing, now);
}

/// Returns the delegated permissions on a resource that the client's registration lists.
pub(crate) fn listed_scopes(world: &World, client: &Client, resource: &Uuid) -> Vec<String> {
    listed(world, client, resource, "Scope")
        .iter()
        .filter_map(|id| resource_by_app_id(resource)?.scope_by_id(id))
        .map(|scope| scope.name.clone())
        .collect()
}

/// Returns the ids of permissions of one type (`Scope` or `Role`) that the client's registration lists for a resource.
pub(crate) fn listed(world: &World, client: &Client, resource: &Uuid, kind: &str) -> Vec<Uuid> {
    let id = |value: &Value| value.as_str().and_then(|text| Uuid::parse_str(text).ok());
    let Some((_, application)) = world.find_application(&client.app_id) else {
        return Vec::new();
    };
    application
        .required_resource_access
        .iter()
        .filter(|access| id(&access["resourceAppId"]) == Some(*resource))
        .flat_map(|access| access["resourceAccess"].as_array().into_iter().flatten())
        .filter(|permission| permission["type"] == kind)
        .filter_map(|permission| id(&permission["id"]))
        .collect()
}

fn checked(world: &World, home: Uuid, user: &User) -> Result<SignedIn, LoginError> {
    let who = SignedIn { home, user: user.id, mfa: user.mfa_state != MfaState::Disabled };
    account(world, who)?;
    Ok(who)
}
