//! Application permissions granted to service principals (`appRoleAssignment`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access;
use super::answer::{Answer, bad_request, collection, not_found, object};
use super::body::Draft;
use super::cx::Cx;
use super::memberships::Object;
use super::organization::fields;
use super::query::Query;
use super::schema::APP_ROLE_ASSIGNMENT;
use super::service_principals::find;
use crate::clock::iso_ticks;
use crate::reply::Reply;
use crate::world::{AppRoleAssignment, Tenant, World};

/// Which end of the assignments the path names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// `appRoleAssignments`: what the principal was given.
    Principal,
    /// `appRoleAssignedTo`: who was given a role of the resource.
    Resource,
}

pub(super) fn list(world: &World, cx: &Cx<'_>, end: End) -> Answer {
    access::APPLICATIONS_READ.check(cx)?;
    let query = Query::list(cx.call, APP_ROLE_ASSIGNMENT)?;
    let tenant = cx.tenant(world)?;
    let id = find(tenant, cx.id(1))?.id;
    let chosen = tenant.app_role_assignments.values().filter(|assignment| end.of(assignment) == id);
    let fragment = format!("servicePrincipals('{id}')/{}", end.segment());
    Ok(collection(cx, &query, APP_ROLE_ASSIGNMENT, &fragment, chosen, |assignment, _| view(tenant, assignment)))
}

pub(super) fn get(world: &World, cx: &Cx<'_>, end: End) -> Answer {
    access::APPLICATIONS_READ.check(cx)?;
    let query = Query::one(cx.call, APP_ROLE_ASSIGNMENT)?;
    let tenant = cx.tenant(world)?;
    let id = find(tenant, cx.id(1))?.id;
    let assignment = existing(tenant, cx.id(3), end, &id)?;
    Ok(object(cx, 200, &query, APP_ROLE_ASSIGNMENT, "appRoleAssignments", view(tenant, assignment)))
}

pub(super) fn create(world: &mut World, cx: &Cx<'_>, end: End) -> Answer {
    access::APP_ROLES_CHANGE.check(cx)?;
    let draft = Draft::create(cx, APP_ROLE_ASSIGNMENT)?;
    let tenant = cx.tenant(world)?;
    let owner = find(tenant, cx.id(1))?.id;
    let principal_id = guid(draft.required("principalId")?)?;
    let resource_id = guid(draft.required("resourceId")?)?;
    let app_role_id = guid(draft.required("appRoleId")?)?;
    let (expected, name) = match end {
        End::Principal => (principal_id, "principalId"),
        End::Resource => (resource_id, "resourceId"),
    };
    if expected != owner {
        return Err(bad_request(&format!("The {name} in the payload does not match the object in the request URL.")));
    }
    let principal = Object::find(tenant, &principal_id).ok_or_else(|| not_found(&principal_id.to_string()))?;
    let resource = tenant.service_principals.get(&resource_id).ok_or_else(|| not_found(&resource_id.to_string()))?;
    if resource.resource().is_some_and(|resource| resource.key == "graph") {
        access::GRAPH_APP_ROLES_CHANGE.check(cx)?;
    }
    let offered = resource.resource().is_some_and(|resource| resource.app_role_by_id(&app_role_id).is_some());
    let default_access = app_role_id.is_nil() && resource.resource().is_none();
    if !(offered || default_access) {
        return Err(bad_request("Permission being assigned was not found on application"));
    }
    let same = |assignment: &AppRoleAssignment| {
        assignment.principal_id == principal_id
            && assignment.resource_id == resource_id
            && assignment.app_role_id == app_role_id
    };
    if tenant.app_role_assignments.values().any(same) {
        return Err(bad_request("Permission being assigned already exists on the object"));
    }
    let principal_type = match principal {
        Object::Group(_) => "Group",
        Object::User(_) => "User",
        Object::Principal(_) | Object::Role(..) => "ServicePrincipal",
    };
    let mut bytes = principal_id.into_bytes().to_vec();
    bytes.extend(world.new_id().into_bytes());
    let assignment = AppRoleAssignment {
        id: URL_SAFE_NO_PAD.encode(bytes),
        principal_id,
        principal_type: principal_type.to_owned(),
        resource_id,
        app_role_id,
        created_at: cx.now(),
    };
    let shown = view(cx.tenant(world)?, &assignment);
    let location = cx.url(&format!("servicePrincipals/{owner}/{}/{}", end.segment(), assignment.id));
    cx.tenant_mut(world)?.app_role_assignments.insert(assignment.id.clone(), assignment);
    let fragment = format!("servicePrincipals('{owner}')/{}", end.segment());
    let reply = object(cx, 201, &Query::default(), APP_ROLE_ASSIGNMENT, &fragment, shown);
    Ok(reply.with_header("Location", location))
}

pub(super) fn delete(world: &mut World, cx: &Cx<'_>, end: End) -> Answer {
    access::APP_ROLES_CHANGE.check(cx)?;
    let tenant = cx.tenant(world)?;
    let owner = find(tenant, cx.id(1))?.id;
    let assignment = existing(tenant, cx.id(3), end, &owner)?;
    let resource = tenant.service_principals.get(&assignment.resource_id).and_then(|principal| principal.resource());
    if resource.is_some_and(|resource| resource.key == "graph") {
        access::GRAPH_APP_ROLES_CHANGE.check(cx)?;
    }
    let id = assignment.id.clone();
    cx.tenant_mut(world)?.app_role_assignments.remove(&id);
    Ok(Reply::empty(204))
}

impl End {
    fn of(self, assignment: &AppRoleAssignment) -> Uuid {
        match self {
            Self::Principal => assignment.principal_id,
            Self::Resource => assignment.resource_id,
        }
    }

    fn segment(self) -> &'static str {
        match self {
            Self::Principal => "appRoleAssignments",
            Self::Resource => "appRoleAssignedTo",
        }
    }
}

fn existing<'w>(tenant: &'w Tenant, id: &str, end: End, owner: &Uuid) -> Result<&'w AppRoleAssignment, Reply> {
    tenant.app_role_assignments.get(id).filter(|assignment| end.of(assignment) == *owner).ok_or_else(|| not_found(id))
}

fn view(tenant: &Tenant, assignment: &AppRoleAssignment) -> Map<String, Value> {
    let name = |id: &Uuid| Object::find(tenant, id).map(|object| object.display_name());
    fields(json!({
        "id": assignment.id,
        "appRoleId": assignment.app_role_id,
        "createdDateTime": iso_ticks(assignment.created_at),
        "principalDisplayName": name(&assignment.principal_id),
        "principalId": assignment.principal_id,
        "principalType": assignment.principal_type,
        "resourceDisplayName": name(&assignment.resource_id),
        "resourceId": assignment.resource_id,
    }))
}

fn guid(text: &str) -> Result<Uuid, Reply> {
    Uuid::parse_str(text).map_err(|_| bad_request(&format!("Invalid GUID: {text}")))
}
