//! Errors, lists and headers of Resource Manager.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::call::Call;
use crate::reply::Reply;

/// Refuses with a code and a message.
pub(super) fn refuse(status: u16, code: &str, message: &str) -> Box<Reply> {
    Box::new(Reply::json(status, json!({"error": {"code": code, "message": message}})))
}

pub(super) fn no_route(call: &Call) -> Box<Reply> {
    refuse(404, "InvalidResourceType", &format!("The resource path '{}' isn't served.", call.path))
}

pub(super) fn no_method(call: &Call) -> Box<Reply> {
    refuse(
        405,
        "HttpMethodNotAllowed",
        &format!("The HTTP method '{}' is not supported at scope '{}'.", call.method, call.path),
    )
}

/// Answers with a list, page by page when the caller limits it with `$top`.
pub(super) fn list(call: &Call, items: Vec<Value>) -> Result<Reply, Box<Reply>> {
    let invalid = || refuse(400, "InvalidParameter", "The paging of the request isn't valid.");
    let start = match call.query("$skiptoken") {
        None => 0,
        Some(token) => URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok())
            .filter(|start| *start <= items.len())
            .ok_or_else(invalid)?,
    };
    let size = match call.query("$top") {
        None => usize::MAX,
        Some(top) => top.parse().ok().filter(|top| *top > 0).ok_or_else(invalid)?,
    };
    let more = items.len() - start > size;
    let page: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    let mut body = json!({"value": page});
    if more {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in call.query.iter().filter(|(name, _)| name != "$skiptoken") {
            query.append_pair(name, value);
        }
        query.append_pair("$skiptoken", &URL_SAFE_NO_PAD.encode((start + size).to_string()));
        body["nextLink"] = json!(format!("{}{}?{}", call.base, call.path, query.finish()));
    }
    Ok(Reply::json(200, body))
}

/// Adds the headers every answer carries.
pub(super) fn with_service_headers(call: &Call, mut reply: Reply) -> Reply {
    let id = call.request_id.to_string();
    let scope = if call.segments.len() > 1 { "subscription" } else { "tenant" };
    let (kind, left) = match call.method.as_str() {
        "GET" | "HEAD" => ("reads", "11999"),
        "DELETE" => ("deletes", "14999"),
        _ => ("writes", "1199"),
    };
    reply.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("x-ms-request-id"));
    if let Some(client) = call.header("x-ms-client-request-id") {
        reply = reply.with_header("x-ms-client-request-id", client);
    }
    reply
        .with_header(&format!("x-ms-ratelimit-remaining-{scope}-{kind}"), left)
        .with_header("x-ms-request-id", id.clone())
        .with_header("x-ms-correlation-request-id", id.clone())
        .with_header("x-ms-routing-request-id", format!("SANDBOX:{}:{id}", call.now.strftime("%Y%m%dT%H%M%SZ")))
        .with_header("Cache-Control", "no-cache")
}
