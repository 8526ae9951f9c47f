//! Service principals: applications as they exist in one tenant.

use serde_json::{Map, Value, json};
use uuid::{Uuid, uuid};

use super::access;
use super::answer::{Answer, bad_request, collection, error, not_found, object, plain_count};
use super::body::Draft;
use super::cx::Cx;
use super::organization::fields;
use super::query::{Query, Want};
use super::schema::SERVICE_PRINCIPAL;
use crate::clock::iso;
use crate::reply::Reply;
use crate::world::{MICROSOFT_TENANT, Permission, Resource, ServicePrincipal, Tenant, World, resource_by_app_id};

/// Microsoft applications without permissions in the table that may be instantiated all the same.
const FIRST_PARTY: [(Uuid, &str); 6] = [
    (uuid!("14d82eec-204b-4c2f-b7e8-296a70dab67e"), "Microsoft Graph Command Line Tools"),
    (uuid!("2832473f-ec63-45fb-976f-5d45a7d4bb91"), "Partner Customer Delegated Administration"),
    (uuid!("48ac35b8-9aa8-4d74-927d-1f4a14a0b239"), "Skype and Teams Tenant Admin API"),
    (uuid!("00000003-0000-0ff1-ce00-000000000000"), "Office 365 SharePoint Online"),
    (uuid!("8ee8fdad-f234-4243-8f3b-15c294843740"), "Microsoft Threat Protection"),
    (uuid!("fc780465-2017-40d4-a0c5-307022471b92"), "WindowsDefenderATP"),
];

pub(super) fn list(world: &World, cx: &Cx<'_>) -> Answer {
    access::APPLICATIONS_READ.check(cx)?;
    let query = Query::list(cx.call, SERVICE_PRINCIPAL)?;
    let tenant = cx.tenant(world)?;
    Ok(collection(
        cx,
        &query,
        SERVICE_PRINCIPAL,
        SERVICE_PRINCIPAL.set,
        tenant.service_principals.values(),
        |principal, want| view(tenant, principal, want),
    ))
}

pub(super) fn count(world: &World, cx: &Cx<'_>) -> Answer {
    access::APPLICATIONS_READ.check(cx)?;
    let query = Query::list(cx.call, SERVICE_PRINCIPAL)?;
    let tenant = cx.tenant(world)?;
    plain_count(cx, &query, tenant.service_principals.values(), |principal, want| view(tenant, principal, want))
}

pub(super) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    access::APPLICATIONS_READ.check(cx)?;
    let query = Query::one(cx.call, SERVICE_PRINCIPAL)?;
    let tenant = cx.tenant(world)?;
    let principal = find(tenant, cx.id(1))?;
    Ok(object(
        cx,
        200,
        &query,
        SERVICE_PRINCIPAL,
        SERVICE_PRINCIPAL.set,
        view(tenant, principal, &query.showing(SERVICE_PRINCIPAL)),
    ))
}

pub(super) fn create(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::PRINCIPALS_CREATE.check(cx)?;
    let mut draft = Draft::create(cx, SERVICE_PRINCIPAL)?;
    let text = draft.required("appId")?.to_owned();
    let app_id = Uuid::parse_str(&text).map_err(|_| bad_request(&format!("Invalid GUID: {text}")))?;
    draft.take("appId");
    if cx.tenant(world)?.service_principal_by_app_id(&app_id).is_some() {
        return Err(error(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            &format!(
                "The service principal cannot be created, updated, or restored because the service principal name {app_id} is already in use."
            ),
        ));
    }
    check_application(world, cx, &app_id)?;
    let id = insert(world, cx, &app_id)?;
    let principal = cx.tenant_mut(world)?.service_principals.get_mut(&id).ok_or_else(|| not_found(&text))?;
    apply(principal, draft);
    let principal = principal.clone();
    let view = view(cx.tenant(world)?, &principal, &Want::ALL);
    let reply = object(cx, 201, &Query::default(), SERVICE_PRINCIPAL, SERVICE_PRINCIPAL.set, view);
    Ok(reply.with_header(
        "Location",
        cx.url(&format!("directoryObjects/{id}/Microsoft.DirectoryServices.ServicePrincipal")),
    ))
}

pub(super) fn change(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::PRINCIPALS_CHANGE.check(cx)?;
    let draft = Draft::change(cx, SERVICE_PRINCIPAL)?;
    let id = find(cx.tenant(world)?, cx.id(1))?.id;
    let principal = cx.tenant_mut(world)?.service_principals.get_mut(&id).ok_or_else(|| not_found(cx.id(1)))?;
    apply(principal, draft);
    Ok(Reply::empty(204))
}

pub(super) fn delete(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::PRINCIPALS_CHANGE.check(cx)?;
    let id = find(cx.tenant(world)?, cx.id(1))?.id;
    cx.tenant_mut(world)?.remove_service_principal(&id);
    Ok(Reply::empty(204))
}

/// Finds a service principal by object id, or by `appId=` key.
pub(super) fn find<'w>(tenant: &'w Tenant, key: &str) -> Result<&'w ServicePrincipal, Reply> {
    let found = match key.split_once('=') {
        Some((name, id)) if name.eq_ignore_ascii_case("appId") => {
            Uuid::parse_str(id).ok().and_then(|id| tenant.service_principal_by_app_id(&id))
        }
        Some(_) => None,
        None => tenant
            .service_principals
            .get(&Uuid::parse_str(key).map_err(|_| bad_request(&format!("Invalid object identifier '{key}'.")))?),
    };
    found.ok_or_else(|| not_found(key))
}

/// A service principal as Graph shows it; the long permission lists only when somebody looks at them.
pub(super) fn view(tenant: &Tenant, principal: &ServicePrincipal, want: &Want) -> Map<String, Value> {
    let audience = tenant
        .application_by_app_id(&principal.app_id)
        .map_or("AzureADMultipleOrgs", |application| application.sign_in_audience.as_str());
    let mut view = fields(json!({
        "id": principal.id,
        "accountEnabled": principal.account_enabled,
        "appDisplayName": principal.display_name,
        "appId": principal.app_id,
        "appOwnerOrganizationId": principal.app_owner_tenant,
        "appRoleAssignmentRequired": principal.app_role_assignment_required,
        "createdDateTime": iso(principal.created_at),
        "displayName": principal.display_name,
        "servicePrincipalNames": [principal.app_id],
        "servicePrincipalType": principal.service_principal_type,
        "signInAudience": audience,
    }));
    view.extend(principal.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
    if let Some(resource) = principal.resource() {
        if want.has("servicePrincipalNames") {
            let names: Vec<Value> = std::iter::once(principal.app_id.to_string())
                .chain(resource.uris.iter().cloned())
                .map(Value::from)
                .collect();
            view.insert("servicePrincipalNames".to_owned(), names.into());
        }
        if want.has("appRoles") {
            view.insert("appRoles".to_owned(), resource.application.iter().map(app_role).collect());
        }
        if want.has("oauth2PermissionScopes") {
            view.insert("oauth2PermissionScopes".to_owned(), resource.delegated.iter().map(scope).collect());
        }
    }
    view
}

/// The application must exist: Microsoft's own, one of this tenant, or a multi-tenant one of another.
fn check_application(world: &World, cx: &Cx<'_>, app_id: &Uuid) -> Result<(), Reply> {
    if let Some(resource) = resource_by_app_id(app_id) {
        return check_subscribed(cx.tenant(world)?, resource);
    }
    let first_party = FIRST_PARTY.iter().any(|(known, _)| known == app_id);
    let registered = world
        .find_application(app_id)
        .is_some_and(|(home, application)| home.id == cx.claims.tenant || application.is_multi_tenant());
    if first_party || registered {
        return Ok(());
    }
    Err(error(
        400,
        "NoBackingApplicationObject",
        &format!("The appId '{app_id}' of the service principal does not reference a valid application object."),
    ))
}

/// Exchange Online only comes to tenants that bought it.
fn check_subscribed(tenant: &Tenant, resource: &Resource) -> Result<(), Reply> {
    if resource.key == "exchange" && !tenant.has_service_plan("EXCHANGE") {
        return Err(bad_request(&format!(
            "The tenant has no subscription that includes the service '{}'.",
            resource.display_name
        )));
    }
    Ok(())
}

fn insert(world: &mut World, cx: &Cx<'_>, app_id: &Uuid) -> Result<Uuid, Reply> {
    let tenant = cx.claims.tenant;
    if let Some(id) = world.ensure_service_principal(&tenant, app_id) {
        return Ok(id);
    }
    let (_, name) =
        FIRST_PARTY.iter().find(|(known, _)| known == app_id).ok_or_else(|| not_found(&app_id.to_string()))?;
    let id = world.new_id();
    let mut principal = ServicePrincipal::new(id, *app_id, name, cx.now());
    principal.app_owner_tenant = MICROSOFT_TENANT;
    cx.tenant_mut(world)?.insert_service_principal(principal);
    Ok(id)
}

fn apply(principal: &mut ServicePrincipal, draft: Draft) {
    for (name, value) in draft.fields {
        match name.as_str() {
            "accountEnabled" => {
                principal.account_enabled = value.as_bool().unwrap_or(principal.account_enabled);
            }
            "appRoleAssignmentRequired" => {
                principal.app_role_assignment_required =
                    value.as_bool().unwrap_or(principal.app_role_assignment_required);
            }
            "displayName" => {
                principal.display_name = value.as_str().unwrap_or(&principal.display_name).to_owned();
            }
            _ => {
                principal.extra.insert(name, value);
            }
        }
    }
}

fn app_role(role: &Permission) -> Value {
    json!({
        "allowedMemberTypes": ["Application"],
        "description": role.name,
        "displayName": role.name,
        "id": role.id,
        "isEnabled": true,
        "origin": "Application",
        "value": role.name,
    })
}

fn scope(scope: &Permission) -> Value {
    json!({
        "adminConsentDescription": scope.name,
        "adminConsentDisplayName": scope.name,
        "id": scope.id,
        "isEnabled": true,
        "type": "Admin",
        "userConsentDescription": null,
        "userConsentDisplayName": null,
        "value": scope.name,
    })
}
