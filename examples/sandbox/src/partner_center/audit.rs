//! What was done through Partner Center, and what happened to the partner's relationships.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;

use super::access::{AGENTS, Caller};
use super::{Outcome, answer};
use crate::call::Call;
use crate::clock::{iso, iso_ticks, plus};
use crate::reply::Reply;
use crate::world::{AuditRecord, World};

/// How long records are kept: 90 days.
const KEPT_SECONDS: i64 = 90 * 24 * 3600;
/// How far a listing goes back when it does not say: 30 days.
const USUAL_SECONDS: i64 = 30 * 24 * 3600;

/// A change that was made.
pub(super) struct Done {
    pub(super) operation: &'static str,
    pub(super) resource: &'static str,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

/// Takes note of a change.
pub(super) fn record(world: &mut World, caller: &Caller, customer: Uuid, done: Done) {
    let record = AuditRecord {
        id: world.new_id().to_string(),
        operation: done.operation.to_owned(),
        resource_type: done.resource.to_owned(),
        old_value: done.old,
        new_value: done.new,
        customer: Some(customer),
        user: caller.claims.user.as_ref().map(|user| user.id.to_string()),
        at: world.now(),
    };
    world.partner_center.audit.push(record);
}

/// Lists records of a range of days.
pub(super) fn list(world: &World, call: &Call, caller: &Caller) -> Outcome {
    caller.require_group(world, AGENTS)?;
    let day = |name: &str| call.query(name).map(str::parse::<Date>).transpose();
    let invalid = |_| answer::refuse(400, "3000", "The date isn't valid.");
    let today = world.now().to_zoned(TimeZone::UTC).date();
    let back = |seconds: i64| plus(world.now(), -seconds).to_zoned(TimeZone::UTC).date();
    let start = day("startDate").map_err(invalid)?.unwrap_or_else(|| back(USUAL_SECONDS));
    let end = day("endDate").map_err(invalid)?.unwrap_or(today);
    if start < back(KEPT_SECONDS) {
        return Err(answer::refuse(400, "3000", "The start date cannot be more than 90 days in the past."));
    }
    let filter: Option<Value> = call.query("filter").map(serde_json::from_str).transpose().unwrap_or_default();
    let items: Vec<Value> = all(world)
        .iter()
        .filter(|record| (start..=end).contains(&record.at.to_zoned(TimeZone::UTC).date()))
        .map(|record| body(world, record))
        .filter(|body| filter.as_ref().is_none_or(|filter| accepts(filter, body)))
        .collect();
    Ok(answer::collection(&items, "/auditrecords", None))
}

/// Returns one record, as the link of an event leads to it.
pub(super) fn get(world: &World, caller: &Caller, id: &str) -> Outcome {
    caller.require_group(world, AGENTS)?;
    all(world)
        .iter()
        .find(|record| record.id.eq_ignore_ascii_case(id))
        .map(|record| Reply::json(200, body(world, record)))
        .ok_or_else(|| answer::refuse(404, "1000", "The audit record isn't found."))
}

/// The records that were kept, and those that follow from the relationships.
pub(super) fn all(world: &World) -> Vec<AuditRecord> {
    let of_relationships = world.relationships.values().flat_map(|relationship| {
        let name = relationship.customer.and_then(|id| world.tenant(&id)).map(|tenant| &tenant.display_name);
        let customer = json!({"tenantId": relationship.customer, "organizationDisplayName": name});
        let new = json!({"Id": relationship.id, "customer": customer}).to_string();
        let happened = [
            ("approved", relationship.approved_at.filter(|at| *at <= world.now())),
            ("activated", relationship.activated_at(world.now())),
        ];
        happened.into_iter().filter_map(move |(what, at)| {
            Some(AuditRecord {
                id: format!("{}-{what}", relationship.id),
                operation: format!("granular_admin_relationship_{what}"),
                resource_type: "granular_admin_relationship".to_owned(),
                old_value: None,
                new_value: Some(new.clone()),
                customer: relationship.customer,
                user: None,
                at: at?,
            })
        })
    });
    let mut all: Vec<AuditRecord> = world.partner_center.audit.iter().cloned().chain(of_relationships).collect();
    all.sort_by_key(|record| std::cmp::Reverse(record.at));
    all
}

fn accepts(filter: &Value, body: &Value) -> bool {
    let value = filter["Value"].as_str().unwrap_or_default().to_lowercase();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_lowercase();
    match filter["Field"].as_str() {
        Some("CustomerId") => text("customerId") == value,
        Some("CompanyName") => text("customerName").contains(&value),
        Some("ResourceType") => text("resourceType") == value,
        _ => false,
    }
}

fn body(world: &World, record: &AuditRecord) -> Value {
    let name = record.customer.and_then(|id| world.tenant(&id)).map(|tenant| &tenant.display_name);
    json!({
        "id": record.id,
        "partnerId": world.partner,
        "customerId": record.customer,
        "customerName": name,
        "userPrincipalName": record.user,
        "resourceType": record.resource_type,
        "resourceOldValue": record.old_value,
        "resourceNewValue": record.new_value,
        "operationType": record.operation,
        "operationDate": iso_ticks(record.at),
        "operationStatus": "succeeded",
        "customizedData": [{"key": "Date", "value": iso(record.at)}],
        "attributes": {"objectType": "AuditRecord"},
    })
}
