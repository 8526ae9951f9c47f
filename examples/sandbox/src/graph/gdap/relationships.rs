//! Relationships.

use jiff::Span;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::access::GLOBAL_ADMINISTRATOR;
use super::super::answer::{Answer, collection, error, object};
use super::super::body::Draft;
use super::super::cx::Cx;
use super::super::organization::fields;
use super::super::query::Query;
use super::super::schema::RELATIONSHIP;
use super::{
    bad, check_change, check_etag, check_read, etag, missing, relationship, relationship_mut, requests, roles,
    roles_json,
};
use crate::clock::iso_ticks;
use crate::reply::Reply;
use crate::world::{Relationship, RelationshipStatus, World};

const MOST_NAME_CHARACTERS: usize = 50;
const MOST_DAYS: i64 = 730;

pub(in crate::graph) fn list(world: &World, cx: &Cx<'_>) -> Answer {
    check_read(world, cx)?;
    let query = Query::list(cx.call, RELATIONSHIP)?;
    Ok(collection(cx, &query, RELATIONSHIP, RELATIONSHIP.set, world.relationships.values(), |relationship, _| {
        view(world, cx, relationship)
    }))
}

pub(in crate::graph) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    check_read(world, cx)?;
    let query = Query::one(cx.call, RELATIONSHIP)?;
    let relationship = relationship(world, cx)?;
    Ok(object(cx, 200, &query, RELATIONSHIP, RELATIONSHIP.set, view(world, cx, relationship)))
}

pub(in crate::graph) fn create(world: &mut World, cx: &Cx<'_>) -> Answer {
    check_change(world, cx)?;
    let draft = Draft::create(cx, RELATIONSHIP)?;
    let name = draft.text("displayName").ok_or_else(|| bad("The displayName is required."))?;
    check_name(world, name, None)?;
    let duration = draft.text("duration").ok_or_else(|| bad("The duration is required."))?;
    check_duration(duration)?;
    let roles = roles(draft.fields.get("accessDetails").unwrap_or(&Value::Null))?;
    let extension = extension(draft.text("autoExtendDuration").unwrap_or("PT0S"))?;
    check_extension(extension, &roles)?;
    let customer = draft.fields.get("customer").map(|customer| customer_id(world, customer)).transpose()?.flatten();
    // The second half of an id is the same for all relationships of a partner.
    let id = format!("{}-{}", world.new_id(), world.partner);
    let mut relationship = Relationship::new(id.clone(), name, customer, roles, cx.now());
    duration.clone_into(&mut relationship.duration);
    extension.clone_into(&mut relationship.auto_extend_duration);
    let shown = view(world, cx, &relationship);
    world.relationships.insert(id.clone(), relationship);
    let reply = object(cx, 201, &Query::default(), RELATIONSHIP, RELATIONSHIP.set, shown);
    Ok(reply.with_header("Location", cx.url(&format!("{}/{id}", RELATIONSHIP.set))))
}

/// Everything may change while the status is `created`; later only the extension, and taking out Global Administrator.
pub(in crate::graph) fn change(world: &mut World, cx: &Cx<'_>) -> Answer {
    check_change(world, cx)?;
    let current = relationship(world, cx)?;
    check_etag(cx, &etag_of(cx, current))?;
    let draft = Draft::change(cx, RELATIONSHIP)?;
    let editable = current.locked_at.is_none() && current.terminated_at.is_none();
    let status = current.status(cx.now());
    if !editable && status != RelationshipStatus::Active {
        return Err(bad(&format!("The relationship cannot be updated in status '{}'.", status.as_str())));
    }
    let mut changed = current.clone();
    if let Some(details) = draft.fields.get("accessDetails") {
        changed.roles = roles(details)?;
    }
    if let Some(text) = draft.text("autoExtendDuration") {
        extension(text)?.clone_into(&mut changed.auto_extend_duration);
    }
    if let Some(name) = draft.text("displayName") {
        check_name(world, name, Some(&current.id))?;
        name.clone_into(&mut changed.display_name);
    }
    if let Some(duration) = draft.text("duration") {
        check_duration(duration)?;
        duration.clone_into(&mut changed.duration);
    }
    if let Some(customer) = draft.fields.get("customer") {
        changed.customer = customer_id(world, customer)?;
    }
    let fixed_changed = changed.display_name != current.display_name
        || changed.duration != current.duration
        || changed.customer != current.customer;
    let roles_changed = changed.roles != current.roles;
    if !editable
        && (fixed_changed || (roles_changed && !only_global_administrator_removed(&current.roles, &changed.roles)))
    {
        return Err(bad(
            "Only autoExtendDuration and the removal of the Global Administrator role may be changed once the relationship is active.",
        ));
    }
    check_extension(&changed.auto_extend_duration, &changed.roles)?;
    changed.version += 1;
    changed.modified_at = cx.now();
    let long_running = !editable && roles_changed;
    *relationship_mut(world, cx)? = changed;
    if long_running {
        let data = json!({"accessDetails": {"unifiedRoles": roles_json(&relationship(world, cx)?.roles)}}).to_string();
        let location = requests::start_operation(world, cx, "delegatedAdminRelationshipUpdate", data)?;
        return Ok(Reply::empty(202).with_header("Location", location).with_header("Retry-After", "10"));
    }
    let shown = view(world, cx, relationship(world, cx)?);
    Ok(object(cx, 200, &Query::default(), RELATIONSHIP, RELATIONSHIP.set, shown))
}

pub(in crate::graph) fn delete(world: &mut World, cx: &Cx<'_>) -> Answer {
    check_change(world, cx)?;
    let current = relationship(world, cx)?;
    check_etag(cx, &etag_of(cx, current))?;
    if current.locked_at.is_some() || current.terminated_at.is_some() {
        return Err(bad("Only a relationship in status 'created' can be deleted."));
    }
    world.relationships.remove(cx.id(2)).ok_or_else(|| missing("delegatedAdminRelationship", cx.id(2)))?;
    Ok(Reply::empty(204))
}

fn etag_of(cx: &Cx<'_>, relationship: &Relationship) -> String {
    etag(&relationship.id, relationship.version, relationship.status(cx.now()).as_str())
}

fn view(world: &World, cx: &Cx<'_>, relationship: &Relationship) -> Map<String, Value> {
    let now = cx.now();
    let customer = relationship
        .customer
        .map(|id| json!({"tenantId": id, "displayName": world.tenant(&id).map(|tenant| &tenant.display_name)}));
    fields(json!({
        "@odata.etag": etag_of(cx, relationship),
        "id": relationship.id,
        "displayName": relationship.display_name,
        "duration": relationship.duration,
        "autoExtendDuration": relationship.auto_extend_duration,
        "status": relationship.status(now).as_str(),
        "createdDateTime": iso_ticks(relationship.created_at),
        "lastModifiedDateTime": iso_ticks(relationship.modified_at),
        "activatedDateTime": relationship.activated_at(now).map(iso_ticks),
        "endDateTime": relationship.end_at(now).map(iso_ticks),
        "customer": customer,
        "accessDetails": {"unifiedRoles": roles_json(&relationship.roles)},
    }))
}

fn check_name(world: &World, name: &str, except: Option<&str>) -> Result<(), Reply> {
    if name.trim().is_empty() || name.chars().count() > MOST_NAME_CHARACTERS {
        return Err(bad(&format!("The displayName must have 1 to {MOST_NAME_CHARACTERS} characters.")));
    }
    let used = world
        .relationships
        .values()
        .any(|other| other.display_name.eq_ignore_ascii_case(name) && Some(other.id.as_str()) != except);
    if used {
        return Err(error(
            409,
            "conflict",
            &format!("A delegated admin relationship with the displayName '{name}' already exists."),
        ));
    }
    Ok(())
}

fn check_duration(text: &str) -> Result<(), Reply> {
    // The parser also reads durations in words, which the service does not.
    let iso = Some(text).filter(|text| text.starts_with('P') && !text.contains(' '));
    let days = iso.and_then(|text| text.parse::<Span>().ok()).map(|span| {
        i64::from(span.get_years()) * 365
            + i64::from(span.get_months()) * 30
            + i64::from(span.get_weeks()) * 7
            + i64::from(span.get_days())
    });
    match days {
        Some(days) if (1..=MOST_DAYS).contains(&days) => Ok(()),
        _ => Err(bad(&format!("The duration '{text}' must be between P1D and P2Y."))),
    }
}

/// `P180D`, or `PT0S` for off (`P0D` is read back as that).
fn extension(text: &str) -> Result<&'static str, Reply> {
    match text {
        "P0D" | "PT0S" => Ok("PT0S"),
        "P180D" => Ok("P180D"),
        other => Err(bad(&format!("The autoExtendDuration '{other}' must be P0D, PT0S or P180D."))),
    }
}

fn check_extension(extension: &str, roles: &[Uuid]) -> Result<(), Reply> {
    if extension != "PT0S" && roles.contains(&GLOBAL_ADMINISTRATOR) {
        return Err(bad("A relationship with the Global Administrator role cannot be extended automatically."));
    }
    Ok(())
}

fn customer_id(world: &World, customer: &Value) -> Result<Option<Uuid>, Reply> {
    if customer.is_null() {
        return Ok(None);
    }
    let text = customer["tenantId"].as_str().unwrap_or_default();
    let id = Uuid::parse_str(text).ok().filter(|id| *id != world.partner && world.tenant(id).is_some());
    id.map(Some).ok_or_else(|| bad(&format!("The customer tenantId '{text}' is not valid.")))
}

fn only_global_administrator_removed(before: &[Uuid], after: &[Uuid]) -> bool {
    let mut before: Vec<Uuid> = before.to_vec();
    let mut after = after.to_vec();
    let had = before.contains(&GLOBAL_ADMINISTRATOR);
    before.retain(|role| *role != GLOBAL_ADMINISTRATOR);
    before.sort_unstable();
    after.sort_unstable();
    had && before == after
}
