//! Requests for a relationship (lock for approval, terminate) and its long-running operations.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::access::partner_denied;
use super::super::answer::{Answer, collection, object};
use super::super::body::Draft;
use super::super::cx::Cx;
use super::super::organization::fields;
use super::super::query::Query;
use super::super::schema::{RELATIONSHIP, RELATIONSHIP_OPERATION, RELATIONSHIP_REQUEST};
use super::{bad, check_change, check_read, missing, relationship, relationship_mut};
use crate::clock::{iso_ticks, plus};
use crate::reply::Reply;
use crate::world::{
    ASSIGNMENT_SECONDS, LOCK_SECONDS, RelationshipOperation, RelationshipRequest, RelationshipStatus,
    TERMINATION_SECONDS, World,
};

pub(in crate::graph) fn list(world: &World, cx: &Cx<'_>) -> Answer {
    check_read(world, cx)?;
    let query = Query::list(cx.call, RELATIONSHIP_REQUEST)?;
    let relationship = relationship(world, cx)?;
    let fragment = format!("{}('{}')/requests", RELATIONSHIP.set, relationship.id);
    Ok(collection(cx, &query, RELATIONSHIP_REQUEST, &fragment, relationship.requests.iter(), |request, _| {
        view(cx, request)
    }))
}

pub(in crate::graph) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    check_read(world, cx)?;
    let query = Query::one(cx.call, RELATIONSHIP_REQUEST)?;
    let relationship = relationship(world, cx)?;
    let request = relationship.requests.iter().find(|request| request.id.to_string() == cx.id(4));
    let request = request.ok_or_else(|| missing("delegatedAdminRelationshipRequest", cx.id(4)))?;
    let fragment = format!("{}('{}')/requests", RELATIONSHIP.set, relationship.id);
    Ok(object(cx, 200, &query, RELATIONSHIP_REQUEST, &fragment, view(cx, request)))
}

pub(in crate::graph) fn create(world: &mut World, cx: &Cx<'_>) -> Answer {
    check_change(world, cx)?;
    let draft = Draft::create(cx, RELATIONSHIP_REQUEST)?;
    let action = draft.text("action").ok_or_else(|| bad("The action is required."))?;
    let current = relationship(world, cx)?;
    let status = current.status(cx.now());
    let fits = match action {
        "lockForApproval" => status == RelationshipStatus::Created && current.locked_at.is_none(),
        "terminate" => status == RelationshipStatus::Active,
        // Only the customer answers a request for approval.
        "approve" | "reject" => return Err(partner_denied()),
        other => return Err(bad(&format!("The action '{other}' is not valid."))),
    };
    if !fits {
        return Err(bad(&format!(
            "The action '{action}' is not allowed for a relationship in status '{}'.",
            status.as_str()
        )));
    }
    let approves_after = current.customer.and_then(|id| world.tenant(&id)).and_then(|customer| customer.approves_after);
    let request = RelationshipRequest { id: world.new_id(), action: action.to_owned(), created_at: cx.now() };
    let shown = view(cx, &request);
    let relationship = relationship_mut(world, cx)?;
    if action == "lockForApproval" {
        relationship.lock(cx.now(), approves_after);
    } else {
        relationship.terminated_at = Some(cx.now());
    }
    relationship.version += 1;
    relationship.modified_at = cx.now();
    let fragment = format!("{}('{}')/requests", RELATIONSHIP.set, relationship.id);
    let location = cx.url(&format!("{}/{}/requests/{}", RELATIONSHIP.set, relationship.id, request.id));
    relationship.requests.push(request);
    Ok(object(cx, 201, &Query::default(), RELATIONSHIP_REQUEST, &fragment, shown).with_header("Location", location))
}

pub(in crate::graph) fn operations(world: &World, cx: &Cx<'_>) -> Answer {
    check_read(world, cx)?;
    let query = Query::list(cx.call, RELATIONSHIP_OPERATION)?;
    let relationship = relationship(world, cx)?;
    let fragment = format!("{}('{}')/operations", RELATIONSHIP.set, relationship.id);
    Ok(collection(cx, &query, RELATIONSHIP_OPERATION, &fragment, relationship.operations.iter(), |operation, _| {
        operation_view(cx, operation)
    }))
}

pub(in crate::graph) fn operation(world: &World, cx: &Cx<'_>) -> Answer {
    check_read(world, cx)?;
    let query = Query::one(cx.call, RELATIONSHIP_OPERATION)?;
    let relationship = relationship(world, cx)?;
    let operation = relationship.operations.iter().find(|operation| operation.id.to_string() == cx.id(4));
    let operation = operation.ok_or_else(|| missing("delegatedAdminRelationshipOperation", cx.id(4)))?;
    let fragment = format!("{}('{}')/operations", RELATIONSHIP.set, relationship.id);
    let reply = object(cx, 200, &query, RELATIONSHIP_OPERATION, &fragment, operation_view(cx, operation));
    let running = cx.now() < plus(operation.created_at, ASSIGNMENT_SECONDS);
    Ok(if running { reply.with_header("Retry-After", "10") } else { reply })
}

/// Notes a long-running change of the relationship named in the path; returns where to watch it.
pub(super) fn start_operation(world: &mut World, cx: &Cx<'_>, kind: &str, data: String) -> Result<String, Reply> {
    let id: Uuid = world.new_id();
    let relationship = relationship_mut(world, cx)?;
    relationship.operations.push(RelationshipOperation {
        id,
        operation_type: kind.to_owned(),
        data,
        created_at: cx.now(),
    });
    Ok(cx.url(&format!("{}/{}/operations/{id}", RELATIONSHIP.set, relationship.id)))
}

fn view(cx: &Cx<'_>, request: &RelationshipRequest) -> Map<String, Value> {
    let takes = if request.action == "terminate" { TERMINATION_SECONDS } else { LOCK_SECONDS };
    let done = plus(request.created_at, takes);
    let status = if cx.now() >= done {
        "succeeded"
    } else if cx.now() > request.created_at {
        "pending"
    } else {
        "created"
    };
    fields(json!({
        "id": request.id,
        "action": request.action,
        "status": status,
        "createdDateTime": iso_ticks(request.created_at),
        "lastModifiedDateTime": iso_ticks(done.min(cx.now())),
    }))
}

fn operation_view(cx: &Cx<'_>, operation: &RelationshipOperation) -> Map<String, Value> {
    let done = plus(operation.created_at, ASSIGNMENT_SECONDS);
    let status = if cx.now() >= done {
        "succeeded"
    } else if cx.now() > operation.created_at {
        "running"
    } else {
        "notStarted"
    };
    // Members added to an enum later are only named to callers who say that they expect them.
    let evolved = cx.call.header("prefer").is_some_and(|prefer| prefer.contains("include-unknown-enum-members"));
    let kind = match operation.operation_type.as_str() {
        "delegatedAdminRelationshipUpdate" if !evolved => "unknownFutureValue",
        kind => kind,
    };
    fields(json!({
        "id": operation.id,
        "operationType": kind,
        "status": status,
        "data": operation.data,
        "createdDateTime": iso_ticks(operation.created_at),
        "lastModifiedDateTime": iso_ticks(done.min(cx.now())),
    }))
}
