//! Several cmdlets in one request.

use serde_json::{Value, json};
use url::Url;

use super::{Outcome, Place, access, answer, error};
use crate::call::Call;
use crate::reply::{Body, Reply};
use crate::world::World;

/// Runs every item, or without `odata.continue-on-error` the items up to the first that fails.
pub(super) fn run(world: &mut World, call: &Call, place: &Place<'_>) -> Outcome {
    access::admit(world, call, place)?;
    let body = call.json();
    let items = body
        .as_ref()
        .and_then(|body| body["requests"].as_array())
        .ok_or_else(|| error::plain(400, "BadRequest", "The batch has no requests."))?;
    let goes_on =
        call.header("prefer").is_some_and(|prefer| prefer.to_ascii_lowercase().contains("odata.continue-on-error"));
    let mut responses = Vec::with_capacity(items.len());
    for item in items {
        let reply = part(call, item).map_or_else(
            || *error::plain(400, "BadRequest", "The batch item isn't valid."),
            |inner| answer(world, &inner, place.host),
        );
        let failed = reply.status >= 400;
        responses.push(response(&item["id"], &reply));
        if failed && !goes_on {
            break;
        }
    }
    Ok(Reply::json(200, json!({"responses": responses})))
}

/// Makes the call of one item; a batch inside a batch is none.
fn part(call: &Call, item: &Value) -> Option<Call> {
    let url = item["url"].as_str()?;
    let path = match Url::parse(url) {
        Ok(url) => match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        },
        Err(_) => url.to_owned(),
    };
    if path.to_ascii_lowercase().contains("/$batch") {
        return None;
    }
    let headers: Vec<(String, String)> = item["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    let method = item["method"].as_str()?.parse().ok()?;
    call.part(method, &path, &headers, item["body"].to_string().into_bytes())
}

fn response(id: &Value, reply: &Reply) -> Value {
    let headers: serde_json::Map<String, Value> =
        reply.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let body = match &reply.body {
        Body::Json(body) => body.clone(),
        Body::Empty => Value::Null,
        Body::Raw(bytes, _) => json!(String::from_utf8_lossy(bytes)),
    };
    json!({"id": id, "status": reply.status, "headers": headers, "body": body})
}
