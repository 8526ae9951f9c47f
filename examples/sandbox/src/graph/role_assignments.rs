//! Role definitions and unified role assignments.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access;
use super::answer::{Answer, bad_request, collection, not_found, object};
use super::body::Draft;
use super::cx::Cx;
use super::memberships::Object;
use super::organization::fields;
use super::query::{Query, Want};
use super::roles::{CONFLICT, WHOLE_DIRECTORY, check_holder, holds, insert};
use super::schema::{UNIFIED_ROLE_ASSIGNMENT, UNIFIED_ROLE_DEFINITION};
use crate::reply::Reply;
use crate::world::{RoleAssignment, RoleDefinition, Tenant, World, role_by_template, role_definitions};

pub(super) fn definitions(world: &World, cx: &Cx<'_>) -> Answer {
    access::ROLES_READ.check(cx)?;
    cx.tenant(world)?;
    let query = Query::list(cx.call, UNIFIED_ROLE_DEFINITION)?;
    Ok(collection(
        cx,
        &query,
        UNIFIED_ROLE_DEFINITION,
        UNIFIED_ROLE_DEFINITION.set,
        role_definitions().iter(),
        |role, _| definition_view(role),
    ))
}

pub(super) fn definition(world: &World, cx: &Cx<'_>) -> Answer {
    access::ROLES_READ.check(cx)?;
    cx.tenant(world)?;
    let query = Query::one(cx.call, UNIFIED_ROLE_DEFINITION)?;
    let role = role_by_template(&cx.object_id(3)?).ok_or_else(|| not_found(cx.id(3)))?;
    Ok(object(cx, 200, &query, UNIFIED_ROLE_DEFINITION, UNIFIED_ROLE_DEFINITION.set, definition_view(role)))
}

pub(super) fn assignments(world: &World, cx: &Cx<'_>) -> Answer {
    access::ROLES_READ.check(cx)?;
    let query = Query::list(cx.call, UNIFIED_ROLE_ASSIGNMENT)?;
    let tenant = cx.tenant(world)?;
    let all = tenant.role_assignments.values();
    Ok(collection(cx, &query, UNIFIED_ROLE_ASSIGNMENT, UNIFIED_ROLE_ASSIGNMENT.set, all, |assignment, _| {
        assignment_view(tenant, assignment, &query)
    }))
}

pub(super) fn assignment(world: &World, cx: &Cx<'_>) -> Answer {
    access::ROLES_READ.check(cx)?;
    let query = Query::one(cx.call, UNIFIED_ROLE_ASSIGNMENT)?;
    let tenant = cx.tenant(world)?;
    let found = tenant.role_assignments.get(cx.id(3)).ok_or_else(|| not_found(cx.id(3)))?;
    Ok(object(
        cx,
        200,
        &query,
        UNIFIED_ROLE_ASSIGNMENT,
        UNIFIED_ROLE_ASSIGNMENT.set,
        assignment_view(tenant, found, &query),
    ))
}

pub(super) fn assign(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::ROLES_CHANGE.check(cx)?;
    let draft = Draft::create(cx, UNIFIED_ROLE_ASSIGNMENT)?;
    let (principal, role) = (guid(draft.required("principalId")?)?, guid(draft.required("roleDefinitionId")?)?);
    let scope = draft.required("directoryScopeId")?;
    if scope != WHOLE_DIRECTORY {
        return Err(bad_request(&format!("The directory scope '{scope}' is not valid.")));
    }
    let tenant = cx.tenant(world)?;
    role_by_template(&role).ok_or_else(|| not_found(&role.to_string()))?;
    check_holder(tenant, &principal)?;
    if holds(tenant, &principal, &role).is_some() {
        return Err(bad_request(CONFLICT));
    }
    let made = insert(world, cx, principal, role, WHOLE_DIRECTORY)?;
    let location = cx.url(&format!("roleManagement/directory/roleAssignments/{}", made.id));
    let view = assignment_view(cx.tenant(world)?, &made, &Query::default());
    let reply = object(cx, 201, &Query::default(), UNIFIED_ROLE_ASSIGNMENT, UNIFIED_ROLE_ASSIGNMENT.set, view);
    Ok(reply.with_header("Location", location))
}

pub(super) fn unassign(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::ROLES_CHANGE.check(cx)?;
    let id = cx.id(3).to_owned();
    cx.tenant_mut(world)?.role_assignments.remove(&id).ok_or_else(|| not_found(&id))?;
    Ok(Reply::empty(204))
}

fn definition_view(role: &RoleDefinition) -> Map<String, Value> {
    fields(json!({
        "id": role.template_id,
        "displayName": role.name,
        "description": role.name,
        "isBuiltIn": true,
        "isEnabled": true,
        "isPrivileged": role.privileged,
        "resourceScopes": [WHOLE_DIRECTORY],
        "rolePermissions": [],
        "templateId": role.template_id,
        "version": "1",
    }))
}

fn assignment_view(tenant: &Tenant, assignment: &RoleAssignment, query: &Query) -> Map<String, Value> {
    let mut view = fields(json!({
        "id": assignment.id,
        "principalId": assignment.principal_id,
        "roleDefinitionId": assignment.role_definition_id,
        "directoryScopeId": assignment.directory_scope_id,
        "principalOrganizationId": tenant.id,
    }));
    for expand in &query.expand {
        let shown = match expand.name.as_str() {
            "principal" => Object::find(tenant, &assignment.principal_id).map(|object| object.view(tenant, &Want::ALL)),
            "roleDefinition" => role_by_template(&assignment.role_definition_id).map(definition_view),
            _ => None,
        };
        view.insert(expand.name.clone(), shown.map_or(Value::Null, Value::Object));
    }
    view
}

fn guid(text: &str) -> Result<Uuid, Reply> {
    Uuid::parse_str(text).map_err(|_| bad_request(&format!("Invalid GUID: {text}")))
}
