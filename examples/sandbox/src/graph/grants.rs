//! Delegated permission grants (`oauth2PermissionGrant`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access;
use super::answer::{Answer, bad_request, collection, error, not_found, object};
use super::body::Draft;
use super::cx::Cx;
use super::organization::fields;
use super::query::Query;
use super::schema::O_AUTH2_PERMISSION_GRANT as GRANT;
use crate::reply::Reply;
use crate::world::{PermissionGrant, World};

/// The most characters of a scope string.
const MOST_SCOPE_CHARACTERS: usize = 8000;

pub(super) fn list(world: &World, cx: &Cx<'_>) -> Answer {
    access::GRANTS_READ.check(cx)?;
    let query = Query::list(cx.call, GRANT)?;
    Ok(collection(cx, &query, GRANT, GRANT.set, cx.tenant(world)?.grants.values(), |grant, _| view(grant)))
}

/// `servicePrincipals/{id}/oauth2PermissionGrants`: what the principal was granted as client.
pub(super) fn of_principal(world: &World, cx: &Cx<'_>) -> Answer {
    access::GRANTS_READ.check(cx)?;
    let query = Query::list(cx.call, GRANT)?;
    let tenant = cx.tenant(world)?;
    let id = super::service_principals::find(tenant, cx.id(1))?.id;
    let own = tenant.grants.values().filter(|grant| grant.client_id == id);
    Ok(collection(cx, &query, GRANT, GRANT.set, own, |grant, _| view(grant)))
}

pub(super) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    access::GRANTS_READ.check(cx)?;
    let query = Query::one(cx.call, GRANT)?;
    let grant = cx.tenant(world)?.grants.get(cx.id(1)).ok_or_else(|| not_found(cx.id(1)))?;
    Ok(object(cx, 200, &query, GRANT, GRANT.set, view(grant)))
}

pub(super) fn create(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::GRANTS_CHANGE.check(cx)?;
    // The beta form carries a validity that v1.0 ignores.
    let draft = Draft::create(cx, GRANT)?;
    let client_id = guid(draft.required("clientId")?)?;
    let resource_id = guid(draft.required("resourceId")?)?;
    let principal_id = match (draft.required("consentType")?, draft.text("principalId")) {
        ("AllPrincipals", None) => None,
        ("AllPrincipals", Some(_)) => {
            return Err(bad_request("The principalId must be null when consentType is AllPrincipals."));
        }
        ("Principal", Some(id)) => Some(guid(id)?),
        ("Principal", None) => return Err(draft.missing("principalId")),
        (other, _) => {
            return Err(bad_request(&format!(
                "Invalid value '{other}' specified for property 'consentType' of resource 'OAuth2PermissionGrant'."
            )));
        }
    };
    let scope = checked_scope(draft.required("scope")?)?;
    let tenant = cx.tenant(world)?;
    for id in [&client_id, &resource_id] {
        tenant.service_principals.get(id).ok_or_else(|| not_found(&id.to_string()))?;
    }
    if let Some(id) = &principal_id {
        tenant.users.get(id).ok_or_else(|| not_found(&id.to_string()))?;
    }
    let same = |grant: &PermissionGrant| {
        grant.client_id == client_id && grant.resource_id == resource_id && grant.principal_id == principal_id
    };
    if tenant.grants.values().any(same) {
        return Err(error(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists."));
    }
    let mut bytes = client_id.into_bytes().to_vec();
    bytes.extend(resource_id.into_bytes());
    bytes.extend(principal_id.iter().flat_map(|id| id.into_bytes()));
    let grant = PermissionGrant {
        id: URL_SAFE_NO_PAD.encode(bytes),
        client_id,
        principal_id,
        resource_id,
        scope,
        created_at: cx.now(),
        effective_at: cx.now(),
    };
    let shown = view(&grant);
    let location = cx.url(&format!("oauth2PermissionGrants/{}", grant.id));
    cx.tenant_mut(world)?.grants.insert(grant.id.clone(), grant);
    Ok(object(cx, 201, &Query::default(), GRANT, GRANT.set, shown).with_header("Location", location))
}

pub(super) fn change(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::GRANTS_CHANGE.check(cx)?;
    let draft = Draft::change(cx, GRANT)?;
    let scope = draft.text("scope").map(checked_scope).transpose()?;
    let grant = cx.tenant_mut(world)?.grants.get_mut(cx.id(1)).ok_or_else(|| not_found(cx.id(1)))?;
    if let Some(scope) = scope {
        grant.scope = scope;
    }
    Ok(Reply::empty(204))
}

pub(super) fn delete(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::GRANTS_CHANGE.check(cx)?;
    cx.tenant_mut(world)?.grants.remove(cx.id(1)).ok_or_else(|| not_found(cx.id(1)))?;
    Ok(Reply::empty(204))
}

fn view(grant: &PermissionGrant) -> Map<String, Value> {
    fields(json!({
        "id": grant.id,
        "clientId": grant.client_id,
        "consentType": grant.consent_type(),
        "principalId": grant.principal_id,
        "resourceId": grant.resource_id,
        "scope": grant.scope,
    }))
}

fn checked_scope(scope: &str) -> Result<String, Reply> {
    let length = scope.chars().count();
    if length == 0 || length > MOST_SCOPE_CHARACTERS {
        return Err(bad_request(&format!(
            "Value length '{length}' is out of the valid range of '1' to '{MOST_SCOPE_CHARACTERS}' for property 'DelegationScope'."
        )));
    }
    Ok(scope.to_owned())
}

fn guid(text: &str) -> Result<Uuid, Reply> {
    Uuid::parse_str(text).map_err(|_| bad_request(&format!("Invalid GUID: {text}")))
}
