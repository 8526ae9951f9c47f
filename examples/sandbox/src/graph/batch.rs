//! `$batch`: up to 20 requests in one, each answered for itself.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use wiremock::http::Method;

use super::answer::{Answer, error};
use crate::call::Call;
use crate::reply::{Body, Reply};
use crate::world::World;

const MOST_PARTS: usize = 20;

/// One request of a batch, checked.
struct Part {
    id: String,
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    depends_on: Vec<String>,
}

/// Answers a batch. The order of the answers is not the order of the requests: callers go by `id`.
pub(super) fn handle(world: &mut World, call: &Call, version: &str) -> Answer {
    if call.method.as_str() != "POST" {
        return Err(error(405, "BadRequest", "Specified HTTP method is not allowed for the request target."));
    }
    let parts = read(call)?;
    let mut statuses: BTreeMap<String, u16> = BTreeMap::new();
    let mut responses = Vec::with_capacity(parts.len());
    for part in order(parts)? {
        let failed = part.depends_on.iter().any(|id| statuses.get(id).is_none_or(|status| *status >= 400));
        let reply = if failed {
            error(424, "FailedDependency", "A request this one depends on failed.")
        } else {
            answer(world, call, version, &part)
        };
        statuses.insert(part.id.to_lowercase(), reply.status);
        responses.push(response(part.id, reply));
    }
    responses.reverse();
    Ok(Reply::json(200, json!({"responses": responses})))
}

fn answer(world: &mut World, call: &Call, version: &str, part: &Part) -> Reply {
    let url = format!("/{version}/{}", part.url.trim_start_matches('/'));
    match call.part(part.method.clone(), &url, &part.headers, part.body.clone()) {
        Some(inner) if inner.segments.iter().any(|segment| segment == "$batch") => {
            super::answer::finish(&inner, error(400, "BadRequest", "A batch cannot contain another batch."))
        }
        Some(inner) => super::answer::finish(&inner, super::serve(world, &inner)),
        None => error(400, "BadRequest", "The URL or the headers of the batch request are malformed."),
    }
}

fn response(id: String, reply: Reply) -> Value {
    let mut response = Map::new();
    response.insert("id".to_owned(), id.into());
    response.insert("status".to_owned(), reply.status.into());
    let mut headers: Map<String, Value> = reply.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
    match reply.body {
        Body::Empty => {}
        Body::Json(body) => {
            headers.entry("Content-Type").or_insert_with(|| "application/json".into());
            response.insert("body".to_owned(), body);
        }
        Body::Raw(bytes, kind) => {
            headers.insert("Content-Type".to_owned(), kind.into());
            response.insert("body".to_owned(), STANDARD.encode(bytes).into());
        }
    }
    response.insert("headers".to_owned(), Value::Object(headers));
    Value::Object(response)
}

fn read(call: &Call) -> Result<Vec<Part>, Reply> {
    let body = call.json().ok_or_else(|| malformed("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."))?;
    let requests = body["requests"].as_array().ok_or_else(|| malformed("Invalid batch payload format."))?;
    if requests.is_empty() || requests.len() > MOST_PARTS {
        return Err(malformed(&format!("Number of batch request steps must be between 1 and {MOST_PARTS}.")));
    }
    let mut seen = BTreeSet::new();
    let mut parts = Vec::with_capacity(requests.len());
    for request in requests {
        let part = part(request)?;
        if !seen.insert(part.id.to_lowercase()) {
            return Err(malformed(&format!("Request Id {} has to be unique in a batch.", part.id)));
        }
        parts.push(part);
    }
    let unknown = parts.iter().flat_map(|part| &part.depends_on).find(|id| !seen.contains(*id));
    match unknown {
        Some(id) => Err(malformed(&format!("The dependency '{id}' names no request of the batch."))),
        None => Ok(parts),
    }
}

fn part(request: &Value) -> Result<Part, Reply> {
    let text = |name: &str| request[name].as_str().filter(|text| !text.is_empty());
    let id = text("id").ok_or_else(|| malformed("Request Id cannot be null or empty."))?;
    let method = text("method").and_then(|method| method.to_ascii_uppercase().parse().ok());
    let method = method.ok_or_else(|| malformed(&format!("The method of request '{id}' is missing or not valid.")))?;
    let url = text("url").ok_or_else(|| malformed(&format!("The url of request '{id}' is missing.")))?;
    // Absolute addresses are refused, though some of Microsoft's own libraries send them.
    if url.contains("://") {
        return Err(malformed("Invalid batch payload format."));
    }
    let headers = request["headers"].as_object().into_iter().flatten();
    let body = match &request["body"] {
        Value::Null => Vec::new(),
        Value::String(encoded) => STANDARD
            .decode(encoded)
            .map_err(|_| malformed(&format!("The body of request '{id}' must be JSON or base64 text.")))?,
        body => body.to_string().into_bytes(),
    };
    let depends_on = request["dependsOn"].as_array().into_iter().flatten();
    Ok(Part {
        id: id.to_owned(),
        method,
        url: url.to_owned(),
        headers: headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect(),
        body,
        depends_on: depends_on.filter_map(|id| id.as_str().map(str::to_lowercase)).collect(),
    })
}

/// Sorts requests so that each follows those it depends on.
fn order(mut open: Vec<Part>) -> Result<Vec<Part>, Reply> {
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut ordered = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let ready = open.iter().position(|part| part.depends_on.iter().all(|id| done.contains(id)));
        let ready = ready.ok_or_else(|| malformed("The dependencies of the batch form a circle."))?;
        let part = open.remove(ready);
        done.insert(part.id.to_lowercase());
        ordered.push(part);
    }
    Ok(ordered)
}

fn malformed(message: &str) -> Reply {
    error(400, "BadRequest", message)
}
