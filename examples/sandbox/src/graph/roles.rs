//! Directory roles that are activated, with their members.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access::{self, GLOBAL_ADMINISTRATOR};
use super::answer::{Answer, bad_request, collection, not_found, object};
use super::body::Draft;
use super::cx::Cx;
use super::groups::referenced;
use super::memberships::Object;
use super::organization::fields;
use super::query::Query;
use super::schema::{DIRECTORY_ROLE, USER};
use crate::reply::Reply;
use crate::world::{RoleAssignment, RoleDefinition, Tenant, World, role_by_template, role_definitions};

pub(super) const WHOLE_DIRECTORY: &str = "/";
pub(super) const CONFLICT: &str =
    "A conflicting object with one or more of the specified property values is present in the directory.";

/// `GET /directoryRoles`: the activated roles only.
pub(super) fn list(world: &World, cx: &Cx<'_>) -> Answer {
    access::ROLES_READ.check(cx)?;
    let query = Query::list(cx.call, DIRECTORY_ROLE)?;
    let tenant = cx.tenant(world)?;
    let active = role_definitions().iter().filter(|role| is_active(tenant, &role.template_id));
    Ok(collection(cx, &query, DIRECTORY_ROLE, DIRECTORY_ROLE.set, active, |role, _| {
        view(&object_id(tenant, &role.template_id), role)
    }))
}

pub(super) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    access::ROLES_READ.check(cx)?;
    let query = Query::one(cx.call, DIRECTORY_ROLE)?;
    let tenant = cx.tenant(world)?;
    let role = active_role(tenant, cx.id(1))?;
    Ok(object(cx, 200, &query, DIRECTORY_ROLE, DIRECTORY_ROLE.set, view(&object_id(tenant, &role.template_id), role)))
}

/// `POST /directoryRoles`: activates a role.
pub(super) fn activate(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::ROLES_CHANGE.check(cx)?;
    let draft = Draft::create(cx, DIRECTORY_ROLE)?;
    let template = draft.required("roleTemplateId")?;
    let role =
        Uuid::parse_str(template).ok().and_then(|id| role_by_template(&id)).ok_or_else(|| not_found(template))?;
    let tenant = cx.tenant_mut(world)?;
    if is_active(tenant, &role.template_id) {
        return Err(bad_request(CONFLICT));
    }
    let mut active = activated(tenant);
    active.insert(role.template_id);
    let ids: Vec<Value> = active.iter().map(|id| id.to_string().into()).collect();
    tenant.extra.insert(ACTIVATED.to_owned(), ids.into());
    let id = object_id(tenant, &role.template_id);
    let reply = object(cx, 201, &Query::default(), DIRECTORY_ROLE, DIRECTORY_ROLE.set, view(&id, role));
    Ok(reply.with_header("Location", cx.url(&format!("directoryRoles/{id}"))))
}

pub(super) fn members(world: &World, cx: &Cx<'_>) -> Answer {
    access::ROLES_READ.check(cx)?;
    let query = Query::list(cx.call, USER)?;
    let tenant = cx.tenant(world)?;
    let role = active_role(tenant, cx.id(1))?;
    let holders = tenant
        .role_assignments
        .values()
        .filter(|assignment| assignment.role_definition_id == role.template_id)
        .filter_map(|assignment| Object::find(tenant, &assignment.principal_id));
    Ok(collection(cx, &query, USER, "directoryObjects", holders, |holder, want| holder.view(tenant, want)))
}

pub(super) fn add_member(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::ROLES_CHANGE.check(cx)?;
    let member = referenced(cx)?;
    let tenant = cx.tenant(world)?;
    let role = active_role(tenant, cx.id(1))?.template_id;
    check_holder(tenant, &member)?;
    if holds(tenant, &member, &role).is_some() {
        return Err(bad_request(
            "One or more added object references already exist for the following modified properties: 'members'.",
        ));
    }
    insert(world, cx, member, role, WHOLE_DIRECTORY)?;
    Ok(Reply::empty(204))
}

pub(super) fn remove_member(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::ROLES_CHANGE.check(cx)?;
    let member = cx.object_id(3)?;
    let tenant = cx.tenant(world)?;
    let role = active_role(tenant, cx.id(1))?.template_id;
    let id =
        holds(tenant, &member, &role).map(|assignment| assignment.id.clone()).ok_or_else(|| not_found(cx.id(3)))?;
    cx.tenant_mut(world)?.role_assignments.remove(&id);
    Ok(Reply::empty(204))
}

pub(super) fn templates(world: &World, cx: &Cx<'_>) -> Answer {
    access::ROLES_READ.check(cx)?;
    cx.tenant(world)?;
    let query = Query::list(cx.call, DIRECTORY_ROLE)?;
    Ok(collection(cx, &query, DIRECTORY_ROLE, "directoryRoleTemplates", role_definitions().iter(), |role, _| {
        view(&role.template_id, role)
    }))
}

/// The object id of a role in a tenant: derived from both, because a tenant keeps no role objects.
pub(super) fn object_id(tenant: &Tenant, template: &Uuid) -> Uuid {
    let mixed = tenant.id.as_u128().rotate_left(17) ^ template.as_u128();
    uuid::Builder::from_random_bytes(mixed.to_be_bytes()).into_uuid()
}

/// A directory role as Graph shows it.
pub(super) fn view(id: &Uuid, role: &RoleDefinition) -> Map<String, Value> {
    fields(json!({
        "id": id,
        "displayName": role.name,
        "description": role.name,
        "roleTemplateId": role.template_id,
    }))
}

/// Where a tenant keeps which roles were activated without having members.
const ACTIVATED: &str = "activatedDirectoryRoles";

fn activated(tenant: &Tenant) -> BTreeSet<Uuid> {
    let listed = tenant.extra.get(ACTIVATED).and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(|id| Uuid::parse_str(id.as_str()?).ok()).collect()
}

fn is_active(tenant: &Tenant, template: &Uuid) -> bool {
    *template == GLOBAL_ADMINISTRATOR
        || tenant.role_assignments.values().any(|assignment| assignment.role_definition_id == *template)
        || activated(tenant).contains(template)
}

/// Finds an activated role by object id, or by `roleTemplateId=` key.
fn active_role(tenant: &Tenant, key: &str) -> Result<&'static RoleDefinition, Reply> {
    let wanted = |role: &&RoleDefinition| match key.split_once('=') {
        Some((name, id)) => {
            name.eq_ignore_ascii_case("roleTemplateId") && Uuid::parse_str(id).is_ok_and(|id| id == role.template_id)
        }
        None => Uuid::parse_str(key).is_ok_and(|id| id == object_id(tenant, &role.template_id)),
    };
    role_definitions()
        .iter()
        .find(wanted)
        .filter(|role| is_active(tenant, &role.template_id))
        .ok_or_else(|| not_found(key))
}

pub(super) fn holds<'w>(tenant: &'w Tenant, principal: &Uuid, role: &Uuid) -> Option<&'w RoleAssignment> {
    tenant
        .role_assignments
        .values()
        .find(|assignment| assignment.principal_id == *principal && assignment.role_definition_id == *role)
}

/// Roles go to users, service principals and role-assignable groups.
pub(super) fn check_holder(tenant: &Tenant, id: &Uuid) -> Result<(), Reply> {
    match Object::find(tenant, id) {
        None => Err(not_found(&id.to_string())),
        Some(Object::Group(group)) if !group.is_assignable_to_role => {
            Err(bad_request("Only groups with isAssignableToRole set to true can be assigned to a role."))
        }
        Some(_) => Ok(()),
    }
}

pub(super) fn insert(
    world: &mut World,
    cx: &Cx<'_>,
    principal: Uuid,
    role: Uuid,
    scope: &str,
) -> Result<RoleAssignment, Reply> {
    let unique = world.new_id();
    let mut bytes = role.into_bytes().to_vec();
    bytes.extend(unique.into_bytes());
    let assignment = RoleAssignment {
        id: URL_SAFE_NO_PAD.encode(bytes),
        principal_id: principal,
        role_definition_id: role,
        directory_scope_id: scope.to_owned(),
        created_at: cx.now(),
    };
    cx.tenant_mut(world)?.role_assignments.insert(assignment.id.clone(), assignment.clone());
    Ok(assignment)
}
