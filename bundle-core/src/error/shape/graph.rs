//! Microsoft Graph and its relatives: `{"error": {"code", "message", "innerError", "details"}}`.
//!
//! Source: "Microsoft Graph error responses and resource types" (Microsoft Learn).

use serde_json::Value;

use super::{Facts, json};

pub(super) fn read(facts: &mut Facts, error: &Value) {
    facts.code(json::scalar(error, "code").unwrap_or_default());
    message(facts, json::text(error, "message").unwrap_or_default());
    for detail in json::items(error, "details") {
        facts.code(json::scalar(detail, "code").unwrap_or_default());
        facts.text(json::text(detail, "message").unwrap_or_default());
    }
    inner(facts, error);
}

/// Codes, texts and request ids of the nested `innerError` objects.
pub(super) fn inner(facts: &mut Facts, error: &Value) {
    let mut level = json::field(error, "innerError");
    for _ in 0..MAX_DEPTH {
        let Some(inner) = level else { break };
        facts.code(json::scalar(inner, "code").unwrap_or_default());
        facts.text(json::text(inner, "message").unwrap_or_default());
        facts.request_id(json::text(inner, "client-request-id"));
        facts.request_id(json::text(inner, "request-id"));
        level = json::field(inner, "innerError");
    }
}

/// The older form: `{"odata.error": {"code", "message": {"lang", "value"}}}`.
pub(super) fn read_odata(facts: &mut Facts, error: &Value) {
    facts.code(json::scalar(error, "code").unwrap_or_default());
    match json::field(error, "message") {
        Some(Value::String(text)) => facts.text(text),
        Some(text) => facts.text(json::text(text, "value").unwrap_or_default()),
        None => {}
    }
    facts.request_id(json::text(error, "requestId"));
}

/// A message, which some workloads fill with JSON of their own (Intune: `Message`, `CustomApiErrorPhrase`).
fn message(facts: &mut Facts, text: &str) {
    let trimmed = text.trim();
    let nested = trimmed.starts_with('{').then(|| serde_json::from_str::<Value>(trimmed).ok()).flatten();
    let Some(nested) = nested else { return facts.text(text) };
    for name in ["ErrorCode", "CustomApiErrorPhrase", "code"] {
        facts.code(json::scalar(&nested, name).unwrap_or_default());
    }
    match json::field(&nested, "error") {
        Some(error @ Value::Object(_)) => {
            facts.code(json::scalar(error, "code").unwrap_or_default());
            facts.text(json::text(error, "message").unwrap_or_default());
        }
        Some(Value::String(error)) => facts.code(error.as_str()),
        _ => {}
    }
    for name in ["Message", "CustomApiErrorPhrase", "error_description"] {
        facts.text(json::text(&nested, name).unwrap_or_default());
    }
    if facts.message.is_empty() {
        facts.text(text);
    }
}

const MAX_DEPTH: usize = 8;
