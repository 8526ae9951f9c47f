//! Consent of the partner to its application on behalf of a customer.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::access::{self, ADMIN_AGENTS, Caller};
use super::application::{self, Wanted};
use super::{Outcome, answer, parse_id};
use crate::call::Call;
use crate::clock::plus;
use crate::reply::Reply;
use crate::world::{PARTNER_CONSENT_SECONDS, PartnerConsent, Resource, Tenant, World};

/// Application Administrator, Cloud Application Administrator, Global Administrator.
const CONSENTING_ROLES: [Uuid; 3] = [
    uuid!("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"),
    uuid!("158c047a-c907-4556-b7ef-446551a6b5f7"),
    uuid!("62e90394-69f5-4237-9190-012177145e10"),
];

/// Creates the service principal of the application and a grant per resource; all or nothing.
pub(super) fn create(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Outcome {
    let customer = admit(world, caller, id)?;
    let wanted = Wanted::parse(call.json().as_ref())?;
    if caller.claims.app_id != wanted.application {
        return Err(answer::refuse(
            400,
            "800002",
            "The application of the access token isn't the application of the consent.",
        ));
    }
    if !world.find_application(&wanted.application).is_some_and(|(_, application)| application.is_multi_tenant()) {
        return Err(answer::refuse(400, "800002", "Application ID doesn't exist"));
    }
    let tenant = access::customer(world, id)?;
    let grants = resolve(tenant, &wanted)?;
    refuse_existing(tenant, &wanted.application, &grants)?;
    apply(world, &customer, &wanted, &grants);
    Ok(Reply::json(201, body(&wanted)))
}

/// Removes the service principal of the application with everything granted to it.
pub(super) fn delete(world: &mut World, caller: &Caller, id: &str, application: &str) -> Outcome {
    let customer = admit(world, caller, id)?;
    let application = parse_id(application)?;
    let principal =
        access::customer(world, id)?.service_principal_by_app_id(&application).map(|principal| principal.id);
    let Some(tenant) = world.tenant_mut(&customer) else {
        return Err(answer::no_route());
    };
    let consent = tenant.partner_consents.remove(&application);
    let removed = principal.and_then(|principal| tenant.remove_service_principal(&principal));
    if consent.is_none() && removed.is_none() {
        return Err(answer::refuse(404, "1000", "The application consent isn't found."));
    }
    Ok(Reply::empty(200))
}

/// Lets a caller pass whom Partner Center allows to consent for this customer, and returns the customer's id.
fn admit(world: &World, caller: &Caller, id: &str) -> Result<Uuid, Box<Reply>> {
    let user = caller.user()?;
    let customer = access::customer(world, id)?;
    let denied = || answer::refuse(403, 900_308, "Insufficient privileges to complete the operation.");
    caller.require_group(world, ADMIN_AGENTS).map_err(|_| denied())?;
    let roles = world.gdap_roles(&customer.id, &user);
    if roles.is_empty() {
        return Err(denied());
    }
    // The service acts with a token of the customer's tenant, so the policies there speak before the roles.
    if customer.policies.blocks_service_provider(&world.partner, world.now()) {
        return Err(answer::refuse(
            403,
            900_309,
            "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        ));
    }
    if !CONSENTING_ROLES.iter().any(|role| roles.contains(role)) {
        return Err(denied());
    }
    Ok(customer.id)
}

/// A grant to make: the resource's service principal and the scopes, separated by spaces.
struct NewGrant {
    resource: Uuid,
    scope: String,
}

fn resolve(tenant: &Tenant, wanted: &Wanted) -> Result<Vec<NewGrant>, Box<Reply>> {
    wanted
        .grants
        .iter()
        .map(|(app_id, sent)| {
            let resource = application::resource(app_id)?;
            let principal =
                tenant.service_principal_by_app_id(app_id).ok_or_else(|| lacks_principal(tenant, resource))?;
            Ok(NewGrant { resource: principal.id, scope: application::scopes(resource, sent)? })
        })
        .collect()
}

fn lacks_principal(tenant: &Tenant, resource: &Resource) -> Box<Reply> {
    answer::refuse(
        400,
        "800002",
        &format!(
            "The app is trying to access a service '{}' ({}) that your organization '{}' lacks a service principal for.",
            resource.app_id,
            resource.display_name,
            tenant.default_domain()
        ),
    )
}

fn refuse_existing(tenant: &Tenant, application: &Uuid, grants: &[NewGrant]) -> Result<(), Box<Reply>> {
    let client = tenant.service_principal_by_app_id(application).map(|principal| principal.id);
    let exists = tenant.grants.values().any(|grant| {
        Some(grant.client_id) == client
            && grant.principal_id.is_none()
            && grants.iter().any(|new| new.resource == grant.resource_id)
    });
    let mut resources: Vec<Uuid> = grants.iter().map(|grant| grant.resource).collect();
    resources.sort_unstable();
    let repeated = resources.windows(2).any(|pair| pair[0] == pair[1]);
    if exists || repeated {
        return Err(answer::refuse(409, "409", "Permission entry already exists."));
    }
    Ok(())
}

fn apply(world: &mut World, customer: &Uuid, wanted: &Wanted, grants: &[NewGrant]) {
    let now = world.now();
    let Some(client) = world.ensure_service_principal(customer, &wanted.application) else {
        return;
    };
    let effective = plus(now, PARTNER_CONSENT_SECONDS);
    for grant in grants {
        let scopes = grant.scope.split(' ');
        world.grant_scopes(customer, &client, &grant.resource, None, scopes, effective);
    }
    let Some(tenant) = world.tenant_mut(customer) else {
        return;
    };
    tenant.partner_consents.insert(
        wanted.application,
        PartnerConsent {
            application_id: wanted.application,
            display_name: wanted.display_name.clone(),
            grants: wanted.grants.clone(),
            created_at: now,
        },
    );
}

fn body(wanted: &Wanted) -> Value {
    let grants: Vec<Value> = wanted
        .grants
        .iter()
        .map(|(app_id, scope)| json!({"enterpriseApplicationId": app_id, "scope": scope}))
        .collect();
    json!({
        "applicationId": wanted.application,
        "displayName": wanted.display_name,
        "applicationGrants": grants,
    })
}
