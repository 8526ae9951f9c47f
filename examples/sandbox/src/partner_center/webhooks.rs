//! The registration for events.

use serde_json::{Value, json};
use uuid::Uuid;

use super::access::{AGENTS, Caller};
use super::{Outcome, answer, parse_id};
use crate::call::Call;
use crate::clock::iso_ticks;
use crate::reply::Reply;
use crate::world::{TestEvent, WebhookRegistration, World};

/// The events that can be registered for.
const EVENTS: &[&str] = &[
    "granular-admin-access-assignment-activated",
    "granular-admin-access-assignment-created",
    "granular-admin-access-assignment-deleted",
    "granular-admin-access-assignment-updated",
    "granular-admin-relationship-activated",
    "granular-admin-relationship-approved",
    "granular-admin-relationship-expired",
    "granular-admin-relationship-terminated",
    "invoice-ready",
    "referral-created",
    "referral-updated",
    "subscription-updated",
    "test-created",
];

/// Answers what is asked of the registration.
pub(super) fn route(world: &mut World, call: &Call, caller: &Caller, rest: &[&str]) -> Outcome {
    caller.require_group(world, AGENTS)?;
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            world.partner_center.webhook.as_ref().map(|found| Reply::json(200, body(found))).ok_or_else(absent)
        }
        ("POST", []) if world.partner_center.webhook.is_some() => {
            Err(answer::refuse(409, "409", "A registration exists already."))
        }
        ("PUT", []) if world.partner_center.webhook.is_none() => Err(absent()),
        ("POST" | "PUT", []) => register(world, call),
        ("GET", ["events"]) => Ok(Reply::json(200, json!(EVENTS))),
        ("POST", ["validationevents"]) => test(world),
        ("GET", ["validationevents", id]) => tested(world, id),
        _ => Err(answer::no_method()),
    }
}

fn register(world: &mut World, call: &Call) -> Outcome {
    let sent = call.json().unwrap_or_default();
    let url =
        sent["WebhookUrl"].as_str().filter(|url| url.starts_with("https://") || url.starts_with("http://127.0.0.1"));
    let events: Option<Vec<String>> = sent["WebhookEvents"]
        .as_array()
        .and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
    let known = |name: &String| EVENTS.contains(&name.as_str());
    let (Some(url), Some(events)) = (url, events.filter(|names| !names.is_empty() && names.iter().all(known))) else {
        return Err(answer::refuse(400, "800002", "Invalid request input"));
    };
    let subscriber = world.partner_center.webhook.as_ref().map(|found| found.subscriber);
    let registration = WebhookRegistration {
        subscriber: subscriber.unwrap_or_else(|| world.new_id()),
        url: url.to_owned(),
        events,
        own_header: sent["SignatureTokenToMsSignatureHeader"].as_bool().unwrap_or_default(),
        since: world.now(),
    };
    let reply = Reply::json(200, body(&registration));
    world.partner_center.webhook = Some(registration);
    Ok(reply)
}

fn test(world: &mut World) -> Outcome {
    let registered = world.partner_center.webhook.as_ref();
    if !registered.is_some_and(|found| found.events.iter().any(|name| name == "test-created")) {
        return Err(answer::refuse(400, "3000", "The partner isn't registered for test events."));
    }
    let (id, at) = (world.new_id(), world.now());
    world.partner_center.test_events.insert(id, TestEvent { at, deliveries: Vec::new() });
    Ok(Reply::json(200, json!({"correlationId": id})))
}

fn tested(world: &World, id: &str) -> Outcome {
    let id: Uuid = parse_id(id)?;
    let (Some(event), Some(found)) = (world.partner_center.test_events.get(&id), &world.partner_center.webhook) else {
        return Err(answer::refuse(404, "1000", "The event isn't found."));
    };
    let results: Vec<Value> = event
        .deliveries
        .iter()
        .map(|delivery| {
            json!({
                "responseCode": match delivery.status {
                    None => String::new(),
                    Some(200) => "OK".to_owned(),
                    Some(status) => status.to_string(),
                },
                "responseMessage": "",
                "systemError": delivery.status.is_none(),
                "dateTimeUtc": iso_ticks(delivery.at),
            })
        })
        .collect();
    let body = json!({
        "correlationId": id,
        "partnerId": world.partner,
        "status": if results.is_empty() { "pending" } else { "completed" },
        "callbackUrl": found.url,
        "results": results,
    });
    Ok(Reply::json(200, body))
}

fn absent() -> Box<Reply> {
    answer::refuse(404, "1000", "The registration isn't found.")
}

fn body(registration: &WebhookRegistration) -> Value {
    json!({
        "SubscriberId": registration.subscriber,
        "WebhookUrl": registration.url,
        "WebhookEvents": registration.events,
        "SignatureTokenToMsSignatureHeader": registration.own_header,
    })
}
