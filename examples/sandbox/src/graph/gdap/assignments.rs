//! Access assignments: roles of a relationship given to a security group of the partner.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::answer::{Answer, collection, error, object};
use super::super::body::Draft;
use super::super::cx::Cx;
use super::super::organization::fields;
use super::super::query::Query;
use super::super::schema::{ACCESS_ASSIGNMENT, RELATIONSHIP};
use super::{
    bad, check_change, check_etag, check_read, etag, missing, relationship, relationship_mut, requests, roles,
    roles_json,
};
use crate::clock::iso_ticks;
use crate::reply::Reply;
use crate::world::{AccessAssignment, AssignmentStatus, Relationship, RelationshipStatus, World};

pub(in crate::graph) fn list(world: &World, cx: &Cx<'_>) -> Answer {
    check_read(world, cx)?;
    let query = Query::list(cx.call, ACCESS_ASSIGNMENT)?;
    let relationship = relationship(world, cx)?;
    Ok(collection(
        cx,
        &query,
        ACCESS_ASSIGNMENT,
        &fragment(relationship),
        relationship.assignments.values(),
        |assignment, _| view(cx, assignment),
    ))
}

pub(in crate::graph) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    check_read(world, cx)?;
    let query = Query::one(cx.call, ACCESS_ASSIGNMENT)?;
    let relationship = relationship(world, cx)?;
    let assignment = existing(relationship, cx)?;
    Ok(object(cx, 200, &query, ACCESS_ASSIGNMENT, &fragment(relationship), view(cx, assignment)))
}

pub(in crate::graph) fn create(world: &mut World, cx: &Cx<'_>) -> Answer {
    check_change(world, cx)?;
    let draft = Draft::create(cx, ACCESS_ASSIGNMENT)?;
    let relationship = relationship(world, cx)?;
    if relationship.status(cx.now()) != RelationshipStatus::Active {
        return Err(bad("The passed in delegatedAdminRelationshipId is invalid."));
    }
    let container = draft.fields.get("accessContainer").unwrap_or(&Value::Null);
    if container["accessContainerType"] != "securityGroup" {
        return Err(bad("The accessContainerType must be securityGroup."));
    }
    let text = container["accessContainerId"].as_str().unwrap_or_default();
    let group = Uuid::parse_str(text).ok().and_then(|id| world.partner_tenant().groups.get(&id));
    let group = group
        .filter(|group| group.security_enabled)
        .ok_or_else(|| bad(&format!("The access container '{text}' does not exist.")))?
        .id;
    let wanted = wanted_roles(relationship, &draft)?;
    let taken = relationship
        .assignments
        .values()
        .any(|assignment| assignment.group == group && assignment.status(cx.now()) != AssignmentStatus::Deleted);
    if taken {
        return Err(error(409, "conflict", "The resource already exists."));
    }
    let assignment = AccessAssignment::new(world.new_id(), group, wanted, cx.now());
    let shown = view(cx, &assignment);
    let id = assignment.id;
    let relationship = relationship_mut(world, cx)?;
    relationship.assignments.insert(id, assignment);
    let location = cx.url(&format!("{}/{}/accessAssignments/{id}", RELATIONSHIP.set, relationship.id));
    let reply = object(cx, 201, &Query::default(), ACCESS_ASSIGNMENT, &fragment(relationship), shown);
    Ok(reply.with_header("Location", location))
}

/// Replaces the roles: 202 with an operation to watch, or 200 when nothing changes.
pub(in crate::graph) fn change(world: &mut World, cx: &Cx<'_>) -> Answer {
    check_change(world, cx)?;
    let relationship = relationship(world, cx)?;
    let assignment = existing(relationship, cx)?;
    check_etag(cx, &etag_of(cx, assignment))?;
    let draft = Draft::change(cx, ACCESS_ASSIGNMENT)?;
    check_live(cx, relationship, assignment)?;
    let wanted = wanted_roles(relationship, &draft)?;
    let sorted = |roles: &[Uuid]| {
        let mut roles = roles.to_vec();
        roles.sort_unstable();
        roles
    };
    if sorted(&wanted) == sorted(&assignment.roles) {
        return Ok(object(
            cx,
            200,
            &Query::default(),
            ACCESS_ASSIGNMENT,
            &fragment(relationship),
            view(cx, assignment),
        ));
    }
    let id = assignment.id;
    let data = json!({"accessAssignmentId": id, "accessDetails": {"unifiedRoles": roles_json(&wanted)}}).to_string();
    if let Some(assignment) = relationship_mut(world, cx)?.assignments.get_mut(&id) {
        assignment.set_roles(wanted, cx.now());
    }
    let location = requests::start_operation(world, cx, "delegatedAdminAccessAssignmentUpdate", data)?;
    Ok(Reply::empty(202).with_header("Location", location).with_header("Retry-After", "10"))
}

pub(in crate::graph) fn delete(world: &mut World, cx: &Cx<'_>) -> Answer {
    check_change(world, cx)?;
    let relationship = relationship(world, cx)?;
    let assignment = existing(relationship, cx)?;
    check_etag(cx, &etag_of(cx, assignment))?;
    check_live(cx, relationship, assignment)?;
    let id = assignment.id;
    if let Some(assignment) = relationship_mut(world, cx)?.assignments.get_mut(&id) {
        assignment.deleted_at = Some(cx.now());
        assignment.modified_at = cx.now();
        assignment.version += 1;
    }
    Ok(Reply::empty(204))
}

fn check_live(cx: &Cx<'_>, relationship: &Relationship, assignment: &AccessAssignment) -> Result<(), Reply> {
    if relationship.status(cx.now()) != RelationshipStatus::Active {
        return Err(bad("The passed in delegatedAdminRelationshipId is invalid."));
    }
    match assignment.status(cx.now()) {
        AssignmentStatus::Active | AssignmentStatus::Pending => Ok(()),
        status => Err(bad(&format!("The access assignment cannot be changed in status '{}'.", status.as_str()))),
    }
}

/// The roles sent; every one must be part of the relationship.
fn wanted_roles(relationship: &Relationship, draft: &Draft) -> Result<Vec<Uuid>, Reply> {
    let wanted = roles(draft.fields.get("accessDetails").unwrap_or(&Value::Null))?;
    match wanted.iter().find(|role| !relationship.roles.contains(role)) {
        Some(role) => {
            Err(bad(&format!("The role definition id '{role}' is not part of the delegated admin relationship.")))
        }
        None => Ok(wanted),
    }
}

fn existing<'w>(relationship: &'w Relationship, cx: &Cx<'_>) -> Result<&'w AccessAssignment, Reply> {
    Uuid::parse_str(cx.id(4))
        .ok()
        .and_then(|id| relationship.assignments.get(&id))
        .ok_or_else(|| missing("delegatedAdminAccessAssignment", cx.id(4)))
}

fn fragment(relationship: &Relationship) -> String {
    format!("{}('{}')/accessAssignments", RELATIONSHIP.set, relationship.id)
}

fn etag_of(cx: &Cx<'_>, assignment: &AccessAssignment) -> String {
    etag(&assignment.id.to_string(), assignment.version, assignment.status(cx.now()).as_str())
}

fn view(cx: &Cx<'_>, assignment: &AccessAssignment) -> Map<String, Value> {
    fields(json!({
        "@odata.etag": etag_of(cx, assignment),
        "id": assignment.id,
        "status": assignment.status(cx.now()).as_str(),
        "createdDateTime": iso_ticks(assignment.created_at),
        "lastModifiedDateTime": iso_ticks(assignment.modified_at),
        "accessContainer": {"accessContainerId": assignment.group, "accessContainerType": "securityGroup"},
        "accessDetails": {"unifiedRoles": roles_json(&assignment.roles)},
    }))
}
