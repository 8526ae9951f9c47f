//! Who is in what: members of groups, groups and roles of principals, directory objects by id.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access;
use super::answer::{Answer, bad_request, collection, error, not_found, plain_count};
use super::body::texts;
use super::cx::Cx;
use super::query::{Expand, Query, Want, is_eventual};
use super::schema::{DIRECTORY_ROLE, Entity, GROUP, SERVICE_PRINCIPAL, USER};
use super::{groups, roles, service_principals, users};
use crate::reply::Reply;
use crate::world::{RoleDefinition, Tenant, World, role_by_template};

/// The most group ids `checkMemberGroups` takes.
const MOST_CHECKED: usize = 20;
/// The most objects an expansion shows.
const MOST_EXPANDED: usize = 20;
/// The most ids `getByIds` takes.
const MOST_IDS: usize = 1000;

/// An object of the directory that may be a member of something.
#[derive(Clone, Copy)]
pub(super) enum Object<'w> {
    Group(&'w crate::world::Group),
    Principal(&'w crate::world::ServicePrincipal),
    Role(Uuid, &'static RoleDefinition),
    User(&'w crate::world::User),
}

impl<'w> Object<'w> {
    /// Finds a user, group or service principal.
    pub(super) fn find(tenant: &'w Tenant, id: &Uuid) -> Option<Self> {
        tenant
            .users
            .get(id)
            .map(Self::User)
            .or_else(|| tenant.groups.get(id).map(Self::Group))
            .or_else(|| tenant.service_principals.get(id).map(Self::Principal))
    }

    pub(super) fn display_name(&self) -> &'w str {
        match self {
            Self::Group(group) => &group.display_name,
            Self::Principal(principal) => &principal.display_name,
            Self::Role(_, role) => &role.name,
            Self::User(user) => &user.display_name,
        }
    }

    pub(super) fn entity(&self) -> &'static Entity {
        match self {
            Self::Group(_) => GROUP,
            Self::Principal(_) => SERVICE_PRINCIPAL,
            Self::Role(..) => DIRECTORY_ROLE,
            Self::User(_) => USER,
        }
    }

    /// The object as Graph shows it, with its type.
    pub(super) fn view(&self, tenant: &Tenant, want: &Want) -> Map<String, Value> {
        let mut view = match self {
            Self::Group(group) => groups::view(group),
            Self::Principal(principal) => service_principals::view(tenant, principal, want),
            Self::Role(id, role) => roles::view(id, role),
            Self::User(user) => users::view(user, want),
        };
        view.insert("@odata.type".to_owned(), format!("#microsoft.graph.{}", self.entity().name).into());
        view
    }
}

/// `members` and `transitiveMembers` of a group.
pub(super) fn members(world: &World, cx: &Cx<'_>, transitive: bool) -> Answer {
    access::MEMBERS_READ.check(cx)?;
    let tenant = cx.tenant(world)?;
    let group = groups::find(tenant, cx.id(1))?;
    let ids = if transitive { nested(tenant, &group.members) } else { group.members.iter().copied().collect() };
    list(cx, tenant, ids.iter().filter_map(|id| Object::find(tenant, id)).collect())
}

pub(super) fn owners(world: &World, cx: &Cx<'_>) -> Answer {
    access::MEMBERS_READ.check(cx)?;
    let tenant = cx.tenant(world)?;
    let group = groups::find(tenant, cx.id(1))?;
    list(cx, tenant, group.owners.iter().filter_map(|id| Object::find(tenant, id)).collect())
}

/// `memberOf` and `transitiveMemberOf` of a user (`who` is `None` for the signed-in one).
pub(super) fn member_of(world: &World, cx: &Cx<'_>, key: Option<&str>, transitive: bool) -> Answer {
    access::MEMBER_OF.check(cx)?;
    let tenant = cx.tenant(world)?;
    let user = who(cx, tenant, key)?;
    list(cx, tenant, containing(tenant, &user, transitive))
}

/// `memberOf` of a service principal.
pub(super) fn principal_member_of(world: &World, cx: &Cx<'_>, transitive: bool) -> Answer {
    access::DIRECTORY_OBJECTS.check(cx)?;
    let tenant = cx.tenant(world)?;
    let id = service_principals::find(tenant, cx.id(1))?.id;
    list(cx, tenant, containing(tenant, &id, transitive))
}

/// `checkMemberGroups`: which of the named groups hold the principal, nested groups included.
pub(super) fn check_member_groups(world: &World, cx: &Cx<'_>, key: Option<&str>) -> Answer {
    access::MEMBER_OF.check(cx)?;
    let tenant = cx.tenant(world)?;
    let user = who(cx, tenant, key)?;
    let body = cx.json()?;
    let asked = texts(&body["groupIds"]);
    if asked.is_empty() || asked.len() > MOST_CHECKED {
        return Err(bad_request(&format!("Number of included identifiers must be between 1 and {MOST_CHECKED}.")));
    }
    let held: Vec<String> =
        asked.into_iter().filter(|id| Uuid::parse_str(id).is_ok_and(|id| tenant.is_member(&id, &user))).collect();
    Ok(Reply::json(200, json!({"@odata.context": cx.context("Collection(Edm.String)"), "value": held})))
}

/// `getMemberGroups`: every group that holds the principal.
pub(super) fn get_member_groups(world: &World, cx: &Cx<'_>, key: Option<&str>) -> Answer {
    access::MEMBER_OF.check(cx)?;
    let tenant = cx.tenant(world)?;
    let user = who(cx, tenant, key)?;
    let security_only = cx.json()?["securityEnabledOnly"].as_bool().unwrap_or(false);
    let held: Vec<Uuid> = containing(tenant, &user, true)
        .iter()
        .filter_map(|object| match object {
            Object::Group(group) if group.security_enabled || !security_only => Some(group.id),
            _ => None,
        })
        .collect();
    Ok(Reply::json(200, json!({"@odata.context": cx.context("Collection(Edm.String)"), "value": held})))
}

/// `directoryObjects/getByIds`.
pub(super) fn by_ids(world: &World, cx: &Cx<'_>) -> Answer {
    access::DIRECTORY_OBJECTS.check(cx)?;
    let tenant = cx.tenant(world)?;
    let body = cx.json()?;
    let ids = texts(&body["ids"]);
    if ids.is_empty() || ids.len() > MOST_IDS {
        return Err(bad_request(&format!("The number of ids must be between 1 and {MOST_IDS}.")));
    }
    let types = texts(&body["types"]);
    let found: Vec<Value> = ids
        .iter()
        .filter_map(|id| Object::find(tenant, &Uuid::parse_str(id).ok()?))
        .filter(|object| types.is_empty() || types.iter().any(|kind| kind.eq_ignore_ascii_case(object.entity().name)))
        .map(|object| Value::Object(object.view(tenant, &Want::ALL)))
        .collect();
    Ok(Reply::json(200, json!({"@odata.context": cx.context("directoryObjects"), "value": found})))
}

pub(super) fn directory_object(world: &World, cx: &Cx<'_>) -> Answer {
    access::DIRECTORY_OBJECTS.check(cx)?;
    let tenant = cx.tenant(world)?;
    let object = Object::find(tenant, &cx.object_id(1)?).ok_or_else(|| not_found(cx.id(1)))?;
    let query = Query::one(cx.call, object.entity())?;
    let view = object.view(tenant, &query.showing(object.entity()));
    Ok(super::answer::object(cx, 200, &query, object.entity(), "directoryObjects", view))
}

/// The objects of an expanded navigation property of a group or user.
pub(super) fn expanded(tenant: &Tenant, id: &Uuid, expand: &Expand) -> Result<Value, Reply> {
    let objects: Vec<Object<'_>> = match expand.name.as_str() {
        "memberOf" => containing(tenant, id, false),
        "transitiveMemberOf" => containing(tenant, id, true),
        "members" | "owners" => {
            let group = tenant.groups.get(id).ok_or_else(|| not_found(&id.to_string()))?;
            let ids = if expand.name == "members" { &group.members } else { &group.owners };
            ids.iter().filter_map(|id| Object::find(tenant, id)).collect()
        }
        other => {
            return Err(error(400, "BadRequest", &format!("The sandbox does not serve $expand={other} here.")));
        }
    };
    let shown = objects.iter().take(MOST_EXPANDED).map(|object| {
        let mut view = object.view(tenant, &Want::ALL);
        if let Some(names) = &expand.select {
            view.retain(|name, _| name.starts_with('@') || names.contains(name));
        }
        Value::Object(view)
    });
    Ok(shown.collect())
}

/// The signed-in user, or the user with that key. A partner's user is not in the customer's directory.
fn who(cx: &Cx<'_>, tenant: &Tenant, key: Option<&str>) -> Result<Uuid, Reply> {
    match key {
        Some(key) => users::find(tenant, key).map(|user| user.id),
        None => {
            let me = cx.me()?;
            tenant.users.get(&me).map(|user| user.id).ok_or_else(|| not_found(&me.to_string()))
        }
    }
}

fn list(cx: &Cx<'_>, tenant: &Tenant, objects: Vec<Object<'_>>) -> Answer {
    let last = cx.route.last().map(String::as_str).unwrap_or_default();
    let counted = last == "$count";
    let cast = cx.route.iter().find_map(|segment| segment.strip_prefix("microsoft.graph."));
    let entity = match cast {
        None => None,
        Some("user") => Some(USER),
        Some("group") => Some(GROUP),
        Some("directoryrole") => Some(DIRECTORY_ROLE),
        Some("serviceprincipal") => Some(SERVICE_PRINCIPAL),
        Some(other) => {
            return Err(error(
                400,
                "BadRequest",
                &format!("Resource not found for the segment 'microsoft.graph.{other}'."),
            ));
        }
    };
    // Without a cast the objects are of several types; the widest one decides which options are known.
    let schema = entity.unwrap_or_else(|| objects.first().map_or(GROUP, Object::entity));
    let query = Query::list(cx.call, schema)
        .or_else(|refusal| if entity.is_none() { Query::list(cx.call, USER) } else { Err(refusal) })?;
    if query.filter.is_some() && !(is_eventual(cx.call) && query.count) {
        return Err(error(
            400,
            "Request_UnsupportedQuery",
            "The specified filter to the reference property query is currently not supported.",
        ));
    }
    let kept = objects.into_iter().filter(|object| entity.is_none_or(|entity| object.entity().name == entity.name));
    let view = |object: &Object<'_>, want: &Want| {
        let mut view = object.view(tenant, want);
        if entity.is_some() {
            view.remove("@odata.type");
        }
        view
    };
    if counted {
        return plain_count(cx, &query, kept, view);
    }
    let mut reply = collection(cx, &query, schema, "directoryObjects", kept, view);
    if entity.is_none() && query.select.is_none() {
        reply = whole(cx, &reply, tenant);
    }
    Ok(reply)
}

/// Without `$select`, objects of different types are each shown with their own properties.
fn whole(cx: &Cx<'_>, reply: &Reply, tenant: &Tenant) -> Reply {
    let crate::reply::Body::Json(Value::Object(body)) = &reply.body else {
        return reply.clone();
    };
    let mut body = body.clone();
    if let Some(Value::Array(items)) = body.get_mut("value") {
        for item in items {
            let id = item["id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
            let object = id.and_then(|id| {
                Object::find(tenant, &id).or_else(|| role_by_template(&id).map(|role| Object::Role(id, role)))
            });
            if let Some(object) = object {
                let none = Query::default();
                let shown = super::answer::object(
                    cx,
                    200,
                    &none,
                    object.entity(),
                    "",
                    object.view(tenant, &none.showing(object.entity())),
                );
                if let crate::reply::Body::Json(Value::Object(mut shown)) = shown.body {
                    shown.remove("@odata.context");
                    *item = Value::Object(shown);
                }
            }
        }
    }
    Reply::json(reply.status, Value::Object(body))
}

/// Members of members, without repeats.
fn nested(tenant: &Tenant, members: &BTreeSet<Uuid>) -> Vec<Uuid> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<Uuid> = members.iter().copied().collect();
    while let Some(id) = open.pop() {
        if seen.insert(id)
            && let Some(group) = tenant.groups.get(&id)
        {
            open.extend(&group.members);
        }
    }
    seen.into_iter().collect()
}

/// The groups and directory roles that hold a principal.
fn containing<'w>(tenant: &'w Tenant, id: &Uuid, transitive: bool) -> Vec<Object<'w>> {
    let holds = |group: &&crate::world::Group| {
        if transitive { tenant.is_member(&group.id, id) } else { group.members.contains(id) }
    };
    let mut objects: Vec<Object<'w>> = tenant.groups.values().filter(holds).map(Object::Group).collect();
    let roles: BTreeSet<Uuid> = if transitive {
        tenant.directory_roles(id).into_iter().collect()
    } else {
        tenant
            .role_assignments
            .values()
            .filter(|assignment| assignment.principal_id == *id)
            .map(|assignment| assignment.role_definition_id)
            .collect()
    };
    objects.extend(
        roles
            .iter()
            .filter_map(|role| role_by_template(role))
            .map(|role| Object::Role(roles::object_id(tenant, &role.template_id), role)),
    );
    objects
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Group, TenantKind};

    #[test]
    fn nested_members_are_found_once_even_in_circles() {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let mut tenant = Tenant::new(Uuid::from_u128(1), "T", "t.example", TenantKind::Partner, now);
        for (id, members) in [(10, vec![11, 1]), (11, vec![10, 1, 2])] {
            let mut group = Group::security(Uuid::from_u128(id), "G", now);
            group.members = members.into_iter().map(Uuid::from_u128).collect();
            tenant.groups.insert(group.id, group);
        }
        let members = nested(&tenant, &tenant.groups[&Uuid::from_u128(10)].members);
        assert_eq!(members, [1, 2, 10, 11].map(Uuid::from_u128));
    }
}
