//! The administrator consent pages; the administrator of the tenant agrees at once, if the customer ever does.

use uuid::Uuid;

use super::authority::Authority;
use super::client::Client;
use super::error::LoginError;
use super::page::{self, Redirect};
use super::scope::ScopeRequest;
use super::sign_in::{listed, listed_scopes};
use super::token::directory_name;
use crate::call::Call;
use crate::reply::Reply;
use crate::world::{TenantKind, World, resource_by_app_id};

/// Consents for a tenant: to the scopes asked for (second version), or to what the registration lists.
pub(crate) fn handle(world: &mut World, call: &Call, tenant: &str, second: bool) -> Result<Reply, LoginError> {
    let checked = (|| {
        let authority = Authority::resolve(world, tenant)?;
        let client_id = call.query("client_id").ok_or_else(|| LoginError::missing("client_id"))?;
        let client = Client::find(world, client_id, &directory_name(world, authority))?;
        let redirect_uri = call.query("redirect_uri").filter(|uri| client.has_redirect(uri)).ok_or_else(|| {
            LoginError::invalid_request(
                50011,
                format!(
                    "The redirect URI specified in the request does not match the redirect URIs configured for the \
                         application '{client_id}'."
                ),
            )
        })?;
        let scope = call.query("scope");
        if second && scope.is_none() {
            return Err(LoginError::missing("scope"));
        }
        Ok((authority, client, redirect_uri, scope))
    })();
    let (authority, client, redirect_uri, scope) = match checked {
        Ok(checked) => checked,
        Err(error) => return Ok(page::problem(call, &error)),
    };
    let redirect = Redirect { uri: redirect_uri, mode: "query", state: call.query("state") };
    let tenant = authority.or_home(world.partner);
    Ok(match agree(world, &tenant, &client, scope) {
        Ok(()) => {
            let mut parameters = vec![("admin_consent", "True".to_owned()), ("tenant", tenant.to_string())];
            parameters.extend(scope.filter(|_| second).map(|scope| ("scope", scope.to_owned())));
            redirect.to(&parameters)
        }
        Err(error) => redirect.to(&[
            ("admin_consent", "True".to_owned()),
            ("error", error.error.to_owned()),
            ("error_description", error.description(call)),
            ("error_subcode", "cancel".to_owned()),
        ]),
    })
}

fn agree(world: &mut World, tenant: &Uuid, client: &Client, scope: Option<&str>) -> Result<(), LoginError> {
    let directory = directory_name(world, Authority::Tenant(*tenant));
    let declines =
        world.tenant(tenant).is_none_or(|found| found.kind == TenantKind::Customer && found.approves_after.is_none());
    if declines || client.is_tool() {
        return Err(LoginError::new(400, "access_denied", 65004, "User declined to consent to access the app."));
    }
    let request = scope.map(|scope| ScopeRequest::parse(scope, &directory)).transpose()?;
    let missing = || super::client::not_found(&client.app_id.to_string(), &directory);
    if client.home != Some(*tenant) && !client.multi_tenant {
        return Err(missing());
    }
    let principal = world.ensure_service_principal(tenant, &client.app_id).ok_or_else(missing)?;
    match request {
        Some(request) if !request.default => {
            grant_scopes(world, tenant, &principal, &request.resource.app_id, &request.names);
        }
        // `.default` takes in everything the registration lists, for every resource.
        _ => grant_listed(world, tenant, &principal, client),
    }
    Ok(())
}

fn grant_listed(world: &mut World, tenant: &Uuid, principal: &Uuid, client: &Client) {
    let resources: Vec<Uuid> = world
        .find_application(&client.app_id)
        .map(|(_, application)| application.required_resource_access.as_slice())
        .unwrap_or_default()
        .iter()
        .filter_map(|access| Uuid::parse_str(access["resourceAppId"].as_str()?).ok())
        .collect();
    for app_id in resources {
        let scopes = listed_scopes(world, client, &app_id);
        grant_scopes(world, tenant, principal, &app_id, &scopes);
        let Some(resource) = resource_in(world, tenant, &app_id) else {
            continue;
        };
        for role in listed(world, client, &app_id, "Role") {
            if resource_by_app_id(&app_id).is_some_and(|offered| offered.app_role_by_id(&role).is_some()) {
                world.grant_app_role(tenant, principal, &resource, &role);
            }
        }
    }
}

fn grant_scopes(world: &mut World, tenant: &Uuid, principal: &Uuid, app_id: &Uuid, scopes: &[String]) {
    if let Some(resource) = resource_in(world, tenant, app_id) {
        let now = world.now();
        world.grant_scopes(tenant, principal, &resource, None, scopes.iter().map(String::as_str), now);
    }
}

fn resource_in(world: &World, tenant: &Uuid, app_id: &Uuid) -> Option<Uuid> {
    Some(world.tenant(tenant)?.service_principal_by_app_id(app_id)?.id)
}
