//! Partner Center REST (v1).

mod access;
mod answer;
mod application;
mod audit;
mod consents;
mod customers;
pub(crate) mod events;
mod filter;
mod profile;
mod rate;
mod replay;
mod subscriptions;
mod webhooks;

pub(crate) use rate::ConsentRate;
pub(crate) use replay::Replays;

use std::time::Instant;

use uuid::Uuid;

use crate::call::Call;
use crate::reply::Reply;
use crate::world::World;

use access::Caller;

/// What a handler answers; both sides end up on the wire.
type Outcome = Result<Reply, Box<Reply>>;

/// Answers one request to this service.
pub(crate) fn handle(world: &mut World, call: &Call) -> Reply {
    let (reply, caller) = match access::caller(world, call) {
        Ok(caller) => (answer_caller(world, call, &caller), Some(caller)),
        Err(refusal) => (*refusal, None),
    };
    with_service_headers(call, caller.as_ref(), reply)
}

/// Answers a known caller; a repeated `MS-RequestId` gets the first answer again and changes nothing.
fn answer_caller(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    if let Some(reply) = world.partner_replays.find(call) {
        return reply;
    }
    let reply = route(world, call, caller).unwrap_or_else(|refusal| *refusal);
    world.partner_replays.remember(call, &reply);
    reply
}

fn route(world: &mut World, call: &Call, caller: &Caller) -> Outcome {
    let lowered: Vec<String> = call.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let segments: Vec<&str> = lowered.iter().map(String::as_str).collect();
    if segments.contains(&"applicationconsents") {
        world.consent_rate.admit(caller.claims.app_id, Instant::now())?;
    }
    let rest = match segments.as_slice() {
        ["v1", rest @ ..] => rest,
        ["webhooks", "v1", "registration", rest @ ..] => return webhooks::route(world, call, caller, rest),
        ["auditactivity", "v1", "auditrecords", id] => return audit::get(world, caller, id),
        _ => return Err(answer::no_route()),
    };
    match (call.method.as_str(), rest) {
        ("GET", ["customers"]) => customers::list(world, call, caller),
        ("GET", ["customers", "relationshiprequests"]) => customers::invitation(world, caller),
        ("GET", ["customers", id]) => customers::get(world, caller, id),
        ("PATCH", ["customers", id]) => customers::remove(world, call, caller, id),
        ("GET", ["customers", id, "managedservices"]) => customers::managed_services(world, caller, id),
        ("GET", ["customers", id, "subscriptions"]) => subscriptions::list(world, call, caller, id),
        ("GET", ["customers", id, "subscriptions", subscription]) => {
            subscriptions::get(world, caller, id, subscription)
        }
        ("PATCH", ["customers", id, "subscriptions", subscription]) => {
            subscriptions::update(world, call, caller, id, subscription)
        }
        ("GET", ["customers", id, "subscribedskus"]) => subscriptions::skus(world, call, caller, id),
        ("POST", ["customers", id, "applicationconsents"]) => consents::create(world, call, caller, id),
        ("DELETE", ["customers", id, "applicationconsents", application]) => {
            consents::delete(world, caller, id, application)
        }
        ("GET", ["auditrecords"]) => audit::list(world, call, caller),
        ("GET", ["profiles", "organization"]) => profile::organization(world, caller),
        ("GET", ["profiles", "legalbusiness"]) => profile::legal_business(world, caller),
        ("HEAD", ["domains", domain]) => Ok(profile::domain(world, domain)),
        (_, ["customers"] | ["customers", ..] | ["auditrecords"] | ["profiles", _] | ["domains", _]) => {
            Err(answer::no_method())
        }
        _ => Err(answer::no_route()),
    }
}

fn with_service_headers(call: &Call, caller: Option<&Caller>, reply: Reply) -> Reply {
    let id = call.request_id.to_string();
    let echo = |name: &str| call.header(name).unwrap_or(&id).to_owned();
    let mut headers = vec![
        ("MS-RequestId", echo("ms-requestid")),
        ("MS-CorrelationId", echo("ms-correlationid")),
        ("MS-CV", format!("{}.0", &call.request_id.simple().to_string()[..22])),
        ("MS-ServerId", "PC-SANDBOX-01".to_owned()),
    ];
    if let Some(caller) = caller.filter(|_| call.header("validatemfa").is_some_and(is_true)) {
        headers.push(("isMfaCompliant", caller.claims.mfa.to_string()));
    }
    headers.into_iter().fold(reply, |mut reply, (name, value)| {
        reply.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        reply.with_header(name, value)
    })
}

fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

/// Reads an id in a path.
fn parse_id(text: &str) -> Result<Uuid, Box<Reply>> {
    Uuid::parse_str(text)
        .map_err(|_| answer::refuse(400, "3000", &format!("The value '{text}' isn't a valid identifier.")))
}
