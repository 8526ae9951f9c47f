//! Pages of at most 25 items.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Outcome, answer};
use crate::call::Call;
use crate::reply::Reply;

/// The most items on a page, and how many there are unless the caller asks for fewer.
const LARGEST_PAGE: usize = 25;

/// Writes the page the call asks for.
pub(super) fn reply(call: &Call, items: Vec<Value>) -> Outcome {
    let size = match call.query("maxresults").map(str::parse::<usize>) {
        None => LARGEST_PAGE,
        Some(Ok(size)) if (1..=LARGEST_PAGE).contains(&size) => size,
        Some(_) => {
            return Err(answer::refuse(400, "BadParameter", "maxresults must be between 1 and 25."));
        }
    };
    let start = start(call, items.len())?;
    let more = items.len() > start + size;
    let page: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    let next = more.then(|| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in ["api-version", "maxresults"] {
            if let Some(value) = call.query(name) {
                query.append_pair(name, value);
            }
        }
        query.append_pair("$skiptoken", &URL_SAFE_NO_PAD.encode(format!("start={}", start + size)));
        format!("{}{}?{}", call.base, call.path, query.finish())
    });
    Ok(Reply::json(200, json!({"value": page, "nextLink": next})))
}

fn start(call: &Call, length: usize) -> Result<usize, Box<Reply>> {
    let Some(token) = call.query("$skiptoken") else {
        return Ok(0);
    };
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix("start=")?.parse().ok())
        .filter(|start| *start <= length)
        .ok_or_else(|| answer::refuse(400, "BadParameter", "The $skiptoken isn't valid."))
}
