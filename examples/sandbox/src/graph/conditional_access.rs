//! Conditional access policies and security defaults.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access;
use super::answer::{Answer, collection, error, not_found, object};
use super::body::{Draft, texts};
use super::cx::Cx;
use super::organization::fields;
use super::query::Query;
use super::schema::{CONDITIONAL_ACCESS_POLICY as POLICY, SECURITY_DEFAULTS};
use crate::clock::iso_ticks;
use crate::reply::Reply;
use crate::world::World;

const STATES: [&str; 3] = ["enabled", "disabled", "enabledForReportingButNotEnforced"];
const GUEST_TYPES: [&str; 7] = [
    "none",
    "internalGuest",
    "b2bCollaborationGuest",
    "b2bCollaborationMember",
    "b2bDirectConnectUser",
    "otherExternalUser",
    "serviceProvider",
];
const USER_LISTS: [&str; 6] =
    ["includeUsers", "excludeUsers", "includeGroups", "excludeGroups", "includeRoles", "excludeRoles"];

pub(super) fn list(world: &World, cx: &Cx<'_>) -> Answer {
    access::POLICIES_READ.check(cx)?;
    let query = Query::list(cx.call, POLICY)?;
    let policies = cx.tenant(world)?.policies.list();
    Ok(collection(cx, &query, POLICY, POLICY.set, policies, |policy, _| shown(&policy.body)))
}

pub(super) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    access::POLICIES_READ.check(cx)?;
    let query = Query::one(cx.call, POLICY)?;
    let policy = cx.tenant(world)?.policies.get(&policy_id(cx)?).ok_or_else(|| missing(cx))?;
    Ok(object(cx, 200, &query, POLICY, POLICY.set, shown(&policy.body)))
}

pub(super) fn create(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::POLICIES_CHANGE.check(cx)?;
    let draft = Draft::create(cx, POLICY)?;
    draft.required("displayName")?;
    draft.required("state")?;
    cx.tenant(world)?;
    let mut body = draft.fields;
    if body
        .get("conditions")
        .is_none_or(|conditions| conditions["users"].is_null() || conditions["applications"].is_null())
    {
        return Err(invalid("1032", "conditions must name users and applications"));
    }
    if ["grantControls", "sessionControls"].iter().all(|name| body.get(*name).is_none_or(Value::is_null)) {
        return Err(invalid("1038", "grantControls or sessionControls must be set"));
    }
    let id = world.new_id();
    let now = cx.now();
    body.insert("id".to_owned(), id.to_string().into());
    body.insert("createdDateTime".to_owned(), iso_ticks(now).into());
    body.insert("modifiedDateTime".to_owned(), Value::Null);
    check(&body)?;
    let body = Value::Object(body);
    let view = shown(&body);
    cx.tenant_mut(world)?.policies.create(id, body, now);
    let reply = object(cx, 201, &Query::default(), POLICY, POLICY.set, view);
    Ok(reply.with_header("Location", cx.url(&format!("identity/conditionalAccess/policies/{id}"))))
}

/// Changes a policy: properties that are sent replace the old ones; of `conditions` each member by itself,
/// so that `users` is replaced as a whole and the other conditions stay.
pub(super) fn change(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::POLICIES_CHANGE.check(cx)?;
    let draft = Draft::change(cx, POLICY)?;
    let id = policy_id(cx)?;
    let old = cx.tenant(world)?.policies.get(&id).ok_or_else(|| missing(cx))?;
    let mut body = fields(old.body.clone());
    for (name, value) in draft.fields {
        let merged = match (name.as_str(), body.remove(&name), value) {
            ("conditions", Some(Value::Object(mut kept)), Value::Object(sent)) => {
                kept.extend(sent);
                Value::Object(kept)
            }
            (_, _, value) => value,
        };
        body.insert(name, merged);
    }
    let now = cx.now();
    body.insert("modifiedDateTime".to_owned(), iso_ticks(now).into());
    check(&body)?;
    cx.tenant_mut(world)?.policies.update(&id, Value::Object(body), now);
    Ok(Reply::empty(204))
}

pub(super) fn delete(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::POLICIES_CHANGE.check(cx)?;
    let id = policy_id(cx)?;
    let now = cx.now();
    if !cx.tenant_mut(world)?.policies.delete(&id, now) {
        return Err(missing(cx));
    }
    Ok(Reply::empty(204))
}

pub(super) fn security_defaults(world: &World, cx: &Cx<'_>) -> Answer {
    access::SECURITY_DEFAULTS_READ.check(cx)?;
    let query = Query::one(cx.call, SECURITY_DEFAULTS)?;
    let enabled = cx.tenant(world)?.security_defaults;
    let view = fields(json!({
        "id": "00000000-0000-0000-0000-000000000005",
        "displayName": "Security Defaults",
        "description": "Security defaults is a set of basic identity security mechanisms recommended by Microsoft.",
        "isEnabled": enabled,
    }));
    Ok(object(cx, 200, &query, SECURITY_DEFAULTS, SECURITY_DEFAULTS.set, view))
}

pub(super) fn change_security_defaults(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::SECURITY_DEFAULTS_CHANGE.check(cx)?;
    let draft = Draft::change(cx, SECURITY_DEFAULTS)?;
    let enabled = draft.required_flag("isEnabled")?;
    cx.tenant_mut(world)?.security_defaults = enabled;
    Ok(Reply::empty(204))
}

fn policy_id(cx: &Cx<'_>) -> Result<Uuid, Reply> {
    Uuid::parse_str(cx.id(3))
        .map_err(|_| error(400, "BadRequest", &format!("1040: Policy id '{}' is not a valid GUID.", cx.id(3))))
}

fn missing(cx: &Cx<'_>) -> Reply {
    let mut reply = not_found(cx.id(3));
    if let crate::reply::Body::Json(body) = &mut reply.body {
        body["error"]["code"] = "NotFound".into();
        body["error"]["message"] = format!("{} is not found in the directory.", cx.id(3)).into();
    }
    reply
}

/// A policy with every member of `conditions` and `users` written out, as the service does.
fn shown(body: &Value) -> Map<String, Value> {
    let mut view = fields(body.clone());
    let Some(Value::Object(conditions)) = view.get_mut("conditions") else {
        return view;
    };
    for name in ["signInRiskLevels", "userRiskLevels", "servicePrincipalRiskLevels"] {
        conditions.entry(name).or_insert_with(|| json!([]));
    }
    conditions.entry("clientAppTypes").or_insert_with(|| json!(["all"]));
    for name in ["platforms", "locations", "devices", "clientApplications", "authenticationFlows", "insiderRiskLevels"]
    {
        conditions.entry(name).or_insert(Value::Null);
    }
    if let Some(Value::Object(users)) = conditions.get_mut("users") {
        for name in USER_LISTS {
            users.entry(name).or_insert_with(|| json!([]));
        }
        for name in ["includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers"] {
            users.entry(name).or_insert(Value::Null);
        }
    }
    view
}

fn check(body: &Map<String, Value>) -> Result<(), Reply> {
    let state = body.get("state").and_then(Value::as_str).unwrap_or_default();
    if !STATES.contains(&state) {
        return Err(error(400, "BadRequest", &format!("1002: The state '{state}' is not a valid policy state.")));
    }
    let users = &body.get("conditions").map_or(Value::Null, |conditions| conditions["users"].clone());
    let includes = |name: &str| !texts(&users[name]).is_empty();
    let guests = !users["includeGuestsOrExternalUsers"].is_null();
    if !(includes("includeUsers") || includes("includeGroups") || includes("includeRoles") || guests) {
        return Err(invalid("1033", "users must include somebody"));
    }
    if guests && texts(&users["includeUsers"]).iter().any(|user| user == "GuestsOrExternalUsers") {
        return Err(invalid(
            "1034",
            "includeUsers GuestsOrExternalUsers cannot be combined with includeGuestsOrExternalUsers",
        ));
    }
    for name in ["includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers"] {
        if !users[name].is_null() {
            check_guests(&users[name])?;
        }
    }
    Ok(())
}

fn check_guests(guests: &Value) -> Result<(), Reply> {
    let types = guests["guestOrExternalUserTypes"].as_str().unwrap_or_default();
    if types.is_empty() || !types.split(',').all(|kind| GUEST_TYPES.contains(&kind.trim())) {
        return Err(invalid("1035", &format!("guestOrExternalUserTypes '{types}' is not valid")));
    }
    let tenants = &guests["externalTenants"];
    if tenants.is_null() {
        return Ok(());
    }
    let kind = tenants["membershipKind"].as_str().unwrap_or_default();
    let expected = match kind {
        "all" => "#microsoft.graph.conditionalAccessAllExternalTenants",
        "enumerated" => "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
        other => {
            return Err(invalid("1036", &format!("membershipKind '{other}' is not valid")));
        }
    };
    if tenants["@odata.type"] != expected {
        return Err(error(
            400,
            "BadRequest",
            "A value without a type name was found and no expected type is available. When the model is specified, each value in the payload must have a type which can be either specified in the payload, explicitly by the caller or implicitly inferred from the parent value.",
        ));
    }
    let members = texts(&tenants["members"]);
    if (kind == "enumerated") == members.is_empty() || members.iter().any(|member| Uuid::parse_str(member).is_err()) {
        return Err(invalid("1037", "externalTenants must name tenant ids exactly when membershipKind is enumerated"));
    }
    Ok(())
}

fn invalid(number: &str, reason: &str) -> Reply {
    error(400, "BadRequest", &format!("{number}: Invalid policy: {reason}."))
}
