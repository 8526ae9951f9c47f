//! Groups and their members.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access;
use super::answer::{Answer, bad_request, collection, error, not_found, object, plain_count};
use super::body::{Draft, reference, texts};
use super::cx::Cx;
use super::memberships::{Object, expanded};
use super::organization::fields;
use super::query::Query;
use super::schema::GROUP;
use crate::clock::iso;
use crate::reply::Reply;
use crate::world::{Group, Tenant, World};

pub(super) fn list(world: &World, cx: &Cx<'_>) -> Answer {
    access::GROUPS_READ.check(cx)?;
    let query = Query::list(cx.call, GROUP)?;
    let tenant = cx.tenant(world)?;
    for expand in &query.expand {
        let probe = tenant.groups.keys().next();
        probe.map_or(Ok(Value::Null), |id| expanded(tenant, id, expand))?;
    }
    Ok(collection(cx, &query, GROUP, GROUP.set, tenant.groups.values(), |group, _| shown(tenant, group, &query)))
}

pub(super) fn count(world: &World, cx: &Cx<'_>) -> Answer {
    access::GROUPS_READ.check(cx)?;
    let query = Query::list(cx.call, GROUP)?;
    plain_count(cx, &query, cx.tenant(world)?.groups.values(), |group, _| view(group))
}

pub(super) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    access::GROUPS_READ.check(cx)?;
    let query = Query::one(cx.call, GROUP)?;
    let tenant = cx.tenant(world)?;
    let group = find(tenant, cx.id(1))?;
    for expand in &query.expand {
        expanded(tenant, &group.id, expand)?;
    }
    Ok(object(cx, 200, &query, GROUP, GROUP.set, shown(tenant, group, &query)))
}

pub(super) fn create(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::GROUPS_CREATE.check(cx)?;
    let mut draft = Draft::create(cx, GROUP)?;
    let name = draft.required("displayName")?.to_owned();
    let nickname = draft.required("mailNickname")?.to_owned();
    let mail_enabled = draft.required_flag("mailEnabled")?;
    let security_enabled = draft.required_flag("securityEnabled")?;
    let types = draft.take("groupTypes").as_ref().map(texts).unwrap_or_default();
    let assignable = draft.flag("isAssignableToRole").unwrap_or(false);
    check_name(&name)?;
    check_nickname(&nickname)?;
    let unified = types.iter().any(|kind| kind == "Unified");
    if mail_enabled && !unified {
        return Err(bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.",
        ));
    }
    if unified && !mail_enabled {
        return Err(bad_request("A Unified group must be mail enabled."));
    }
    if !mail_enabled && !security_enabled {
        return Err(bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.",
        ));
    }
    if assignable {
        access::ROLE_GROUPS.check(cx)?;
        if !security_enabled
            || types.iter().any(|kind| kind == "DynamicMembership")
            || draft.text("visibility").is_some_and(|word| word != "Private")
        {
            return Err(bad_request(
                "A group that can be assigned to a role must be a security group with assigned membership and private visibility.",
            ));
        }
    }
    let (members, owners) = (draft.bound("members").to_vec(), draft.bound("owners").to_vec());
    let tenant = cx.tenant(world)?;
    for id in members.iter().chain(&owners) {
        Object::find(tenant, id).ok_or_else(|| not_found(&id.to_string()))?;
    }
    let id = world.new_id();
    let mut group = Group::security(id, &name, cx.now());
    group.mail_nickname = nickname;
    group.mail_enabled = mail_enabled;
    group.security_enabled = security_enabled;
    group.is_assignable_to_role = assignable;
    group.group_types = types;
    group.members = members.into_iter().collect();
    group.owners = owners.into_iter().collect();
    for known in ["displayName", "mailNickname", "mailEnabled", "securityEnabled", "isAssignableToRole"] {
        draft.take(known);
    }
    apply(&mut group, draft)?;
    let created = view(&group);
    cx.tenant_mut(world)?.groups.insert(id, group);
    let reply = object(cx, 201, &Query::default(), GROUP, GROUP.set, created);
    Ok(reply.with_header("Location", cx.url(&format!("groups/{id}"))))
}

pub(super) fn change(world: &mut World, cx: &Cx<'_>) -> Answer {
    let draft = Draft::change(cx, GROUP)?;
    let tenant = cx.tenant(world)?;
    let group = find(tenant, cx.id(1))?;
    if draft.fields.is_empty() && !draft.bound("members").is_empty() {
        access::MEMBERS_CHANGE.check(cx)?;
    } else {
        access::GROUPS_CHANGE.check(cx)?;
    }
    if group.is_assignable_to_role {
        access::ROLE_GROUPS.check(cx)?;
    }
    let id = group.id;
    let added = draft.bound("members").to_vec();
    for member in &added {
        check_new_member(tenant, group, member)?;
    }
    if let Some(name) = draft.text("displayName") {
        check_name(name)?;
    }
    if let Some(nickname) = draft.text("mailNickname") {
        check_nickname(nickname)?;
    }
    let group = cx.tenant_mut(world)?.groups.get_mut(&id).ok_or_else(|| not_found(cx.id(1)))?;
    group.members.extend(added);
    apply(group, draft)?;
    Ok(Reply::empty(204))
}

pub(super) fn delete(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::GROUPS_DELETE.check(cx)?;
    let group = find(cx.tenant(world)?, cx.id(1))?;
    if group.is_assignable_to_role {
        access::ROLE_GROUPS.check(cx)?;
    }
    let id = group.id;
    let tenant = cx.tenant_mut(world)?;
    tenant.groups.remove(&id);
    for group in tenant.groups.values_mut() {
        group.members.remove(&id);
    }
    tenant.role_assignments.retain(|_, assignment| assignment.principal_id != id);
    Ok(Reply::empty(204))
}

/// `POST /groups/{id}/members/$ref`.
pub(super) fn add_member(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::MEMBERS_CHANGE.check(cx)?;
    let tenant = cx.tenant(world)?;
    let group = find(tenant, cx.id(1))?;
    if group.is_assignable_to_role {
        access::ROLE_GROUPS.check(cx)?;
    }
    let member = referenced(cx)?;
    check_new_member(tenant, group, &member)?;
    let id = group.id;
    if let Some(group) = cx.tenant_mut(world)?.groups.get_mut(&id) {
        group.members.insert(member);
    }
    Ok(Reply::empty(204))
}

/// `DELETE /groups/{id}/members/{member}/$ref`.
pub(super) fn remove_member(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::MEMBERS_CHANGE.check(cx)?;
    let group = find(cx.tenant(world)?, cx.id(1))?;
    if group.is_assignable_to_role {
        access::ROLE_GROUPS.check(cx)?;
    }
    let (id, member) = (group.id, cx.object_id(3)?);
    let group = cx.tenant_mut(world)?.groups.get_mut(&id).ok_or_else(|| not_found(cx.id(1)))?;
    if !group.members.remove(&member) {
        return Err(not_found(cx.id(3)));
    }
    Ok(Reply::empty(204))
}

/// The object named in the body of a `$ref` request.
pub(super) fn referenced(cx: &Cx<'_>) -> Result<Uuid, Reply> {
    let body = fields(cx.json()?);
    let Some(url) = body.get("@odata.id").and_then(Value::as_str) else {
        return Err(error(400, "BadRequest", "The @odata.id annotation is missing in the request payload."));
    };
    reference(url)
}

pub(super) fn find<'w>(tenant: &'w Tenant, key: &str) -> Result<&'w Group, Reply> {
    let id = Uuid::parse_str(key).map_err(|_| bad_request(&format!("Invalid object identifier '{key}'.")))?;
    tenant.groups.get(&id).ok_or_else(|| not_found(key))
}

/// A group as Graph shows it.
pub(super) fn view(group: &Group) -> Map<String, Value> {
    let mut view = fields(json!({
        "id": group.id,
        "createdDateTime": iso(group.created_at),
        "description": group.description,
        "displayName": group.display_name,
        "groupTypes": group.group_types,
        "isAssignableToRole": group.is_assignable_to_role,
        "mailEnabled": group.mail_enabled,
        "mailNickname": group.mail_nickname,
        "renewedDateTime": iso(group.created_at),
        "securityEnabled": group.security_enabled,
        "visibility": if group.is_assignable_to_role { json!("Private") } else { Value::Null },
    }));
    view.extend(group.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
    view
}

fn shown(tenant: &Tenant, group: &Group, query: &Query) -> Map<String, Value> {
    let mut view = view(group);
    for expand in &query.expand {
        let members = expanded(tenant, &group.id, expand).unwrap_or(Value::Null);
        view.insert(expand.name.clone(), members);
    }
    view
}

fn check_new_member(tenant: &Tenant, group: &Group, member: &Uuid) -> Result<(), Reply> {
    let object = Object::find(tenant, member).ok_or_else(|| not_found(&member.to_string()))?;
    if group.members.contains(member) {
        return Err(bad_request(
            "One or more added object references already exist for the following modified properties: 'members'.",
        ));
    }
    if group.group_types.iter().any(|kind| kind == "DynamicMembership") {
        return Err(bad_request(
            "Insufficient privileges to complete the operation: the membership of this group is dynamic.",
        ));
    }
    if group.is_assignable_to_role && matches!(object, Object::Group(_)) {
        return Err(bad_request("Nesting is currently not supported for groups that can be assigned to a role."));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Reply> {
    if name.is_empty() || name.chars().count() > 256 {
        return Err(bad_request("Invalid value specified for property 'displayName' of resource 'Group'."));
    }
    Ok(())
}

fn check_nickname(nickname: &str) -> Result<(), Reply> {
    let allowed = |c: char| c.is_ascii() && !c.is_ascii_control() && !"@()\\[]\";:<>, ".contains(c);
    if nickname.len() > 64 || !nickname.chars().all(allowed) {
        return Err(bad_request("Invalid value specified for property 'mailNickname' of resource 'Group'."));
    }
    Ok(())
}

fn apply(group: &mut Group, draft: Draft) -> Result<(), Reply> {
    for (name, value) in draft.fields {
        let text = value.as_str().map(str::to_owned);
        match name.as_str() {
            "description" => group.description = text.filter(|text| !text.is_empty()),
            "displayName" => {
                group.display_name = text.ok_or_else(|| {
                    bad_request("Invalid value specified for property 'displayName' of resource 'Group'.")
                })?;
            }
            "groupTypes" => group.group_types = texts(&value),
            "mailEnabled" => group.mail_enabled = value.as_bool().unwrap_or(group.mail_enabled),
            "mailNickname" => group.mail_nickname = text.unwrap_or_default(),
            "securityEnabled" => {
                group.security_enabled = value.as_bool().unwrap_or(group.security_enabled);
            }
            _ => {
                group.extra.insert(name, value);
            }
        }
    }
    Ok(())
}
