//! The Entra ID login authority.

mod access;
mod answer;
mod authority;
mod authorize;
mod client;
mod consent;
mod device_code;
mod discovery;
mod error;
mod page;
mod scope;
mod sign_in;
mod token;

use serde_json::Value;

use self::error::LoginError;
use crate::call::Call;
use crate::reply::Reply;
use crate::world::World;

pub(crate) use self::client::GRAPH_COMMAND_LINE_TOOLS;

/// Answers one request to the login authority.
pub(crate) fn handle(world: &mut World, call: &Call) -> Reply {
    let (method, segments) = call.route();
    let reply = match (method, segments.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => token::handle(world, call, tenant, token::Version::V2),
        ("POST", [tenant, "oauth2", "token"]) => token::handle(world, call, tenant, token::Version::V1),
        ("POST", [tenant, "oauth2", "v2.0", "devicecode"]) => device_code::handle(world, call, tenant),
        ("GET" | "POST", [tenant, "oauth2", "v2.0", "authorize"]) => authorize::handle(world, call, tenant),
        ("GET", [tenant, "v2.0", "adminconsent"]) => consent::handle(world, call, tenant, true),
        ("GET", [tenant, "adminconsent"]) => consent::handle(world, call, tenant, false),
        ("GET", [_, "oauth2", "v2.0", "logout"]) => Ok(page::signed_out(call)),
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => {
            discovery::openid_configuration(world, tenant, true)
        }
        ("GET", [tenant, ".well-known", "openid-configuration"]) => {
            discovery::openid_configuration(world, tenant, false)
        }
        ("GET", [_, "discovery", "v2.0" | "keys", ..] | ["discovery", "keys"]) => Ok(discovery::keys()),
        ("GET", ["common", "discovery", "instance"]) => discovery::instance(call),
        ("GET", ["common", "userrealm", user]) => Ok(discovery::user_realm(world, user)),
        ("GET", ["getuserrealm.srf"]) => Ok(discovery::old_user_realm(world, call)),
        _ => Ok(Reply::empty(404)),
    };
    finish(call, reply.unwrap_or_else(|error| error.reply(call)))
}

/// Returns the body of a throttled answer.
pub(crate) fn throttled(call: &Call) -> Value {
    LoginError::new(
        429,
        "temporarily_unavailable",
        90055,
        "There are too many incoming requests. Please retry after some time.",
    )
    .body(call)
}

fn finish(call: &Call, reply: Reply) -> Reply {
    let reply = reply
        .with_header("Cache-Control", "no-store, no-cache")
        .with_header("Pragma", "no-cache")
        .with_header("x-ms-request-id", call.request_id.to_string())
        .with_header("x-ms-ests-server", "2.1.0 - SANDBOX ProdSlices");
    match call.header("client-request-id") {
        Some(id) if call.header("return-client-request-id").is_some() => reply.with_header("client-request-id", id),
        _ => reply,
    }
}
