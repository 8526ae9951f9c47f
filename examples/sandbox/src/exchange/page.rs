//! Pages of rows, continued by posting the same body again.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Place, error};
use crate::call::Call;
use crate::reply::Reply;

/// How many rows a page has unless the caller says otherwise.
const DEFAULT_PAGE: usize = 100;
/// The most rows a page has.
const LARGEST_PAGE: usize = 1000;

/// Writes the page of rows that the call asks for.
pub(super) fn reply(
    call: &Call,
    place: &Place<'_>,
    rows: Vec<Value>,
    warnings: &[String],
) -> Result<Reply, Box<Reply>> {
    let start = start(call)?;
    if start > rows.len() {
        return Err(stale());
    }
    let size = page_size(call);
    let more = rows.len() > start + size;
    let selected = call.query("$select");
    let page: Vec<Value> = rows.into_iter().skip(start).take(size).map(|row| select(row, selected)).collect();
    let root = format!("{}/adminapi/{}/{}", call.base, place.version, place.tenant);
    let mut body = json!({
        "@odata.context": format!("{root}/$metadata#Collection(Exchange.GenericHashTable)"),
        "adminapi.warnings@odata.type": "#Collection(String)",
        "@adminapi.warnings": warnings,
        "value": page,
    });
    if more {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(selected) = selected {
            query.append_pair("$select", selected);
        }
        query.append_pair("$skiptoken", &token(start + size, &call.body));
        body["@odata.nextLink"] = json!(format!("{root}/InvokeCommand?{}", query.finish()));
    }
    Ok(Reply::json(200, body))
}

/// Reads `odata.maxpagesize` of the `Prefer` header.
fn page_size(call: &Call) -> usize {
    call.header("prefer")
        .into_iter()
        .flat_map(|prefer| prefer.split([';', ',']))
        .filter_map(|preference| preference.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("odata.maxpagesize"))
        .and_then(|(_, size)| size.trim().parse().ok())
        .map_or(DEFAULT_PAGE, |size: usize| size.clamp(1, LARGEST_PAGE))
}

/// Reads where the page starts; a continuation is only good for the body it was made from.
fn start(call: &Call) -> Result<usize, Box<Reply>> {
    let Some(sent) = call.query("$skiptoken") else {
        return Ok(0);
    };
    URL_SAFE_NO_PAD
        .decode(sent)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.split_once(':').and_then(|(start, _)| start.parse().ok()))
        .filter(|start| token(*start, &call.body) == sent)
        .ok_or_else(stale)
}

fn token(start: usize, body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    URL_SAFE_NO_PAD.encode(format!("{start}:{:016x}", hasher.finish()))
}

fn stale() -> Box<Reply> {
    error::plain(
        400,
        "BadRequest",
        "Expired or Invalid pagination request. Default expiry time for cursor is 30 minutes.",
    )
}

/// Keeps the selected properties of a row with their annotations.
fn select(mut row: Value, selected: Option<&str>) -> Value {
    if let (Some(names), Some(properties)) = (selected, row.as_object_mut()) {
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        properties.retain(|key, _| {
            let property = key.split('@').next().unwrap_or_default();
            names.iter().any(|name| name.eq_ignore_ascii_case(property))
        });
    }
    row
}
