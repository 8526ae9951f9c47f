//! Partner Center: `{"code": 900309, "description", "source"}`, the gateway's `{"statusCode", "message"}` and the
//! agreement form `{"code", "message", "description", "errorName"}`.
//!
//! Source: "Partner Center REST error codes" (Microsoft Learn).

use serde_json::Value;

use super::{Facts, json};

/// Reads a body without an `error` member; other services' bare `{"code", "message"}` read the same way.
pub(super) fn read(facts: &mut Facts, body: &Value) {
    facts.code(json::scalar(body, "code").unwrap_or_default());
    facts.code(json::text(body, "errorName").unwrap_or_default());
    for name in ["description", "message", "errorMessageExtended", "error_description", "detail", "title"] {
        facts.text(json::text(body, name).unwrap_or_default());
    }
    for entry in json::items(body, "data") {
        facts.text(entry.as_str().unwrap_or_default());
    }
    facts.request_id(json::text(body, "correlationId"));
    facts.request_id(json::text(body, "requestId"));
    facts.wait = wait(&facts.message);
}

/// The seconds in "Rate limit is exceeded. Try again in 57 seconds."
fn wait(text: &str) -> Option<u64> {
    let (_, after) = text.split_once("ry again in ")?;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let unit = after[digits..].trim_start();
    after[..digits].parse().ok().filter(|_| unit.starts_with("second"))
}
