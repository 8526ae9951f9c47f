//! The login authority: `{"error": "invalid_grant", "error_description": "AADSTS...", "error_codes": [...]}`.
//!
//! Source: "OAuth 2.0 authorization code flow", error response (Microsoft Learn).

use serde_json::Value;

use super::{Facts, json};

pub(super) fn read(facts: &mut Facts, error: &str, body: &Value) {
    if POLLING.contains(&error) {
        facts.code(error);
    }
    for number in json::items(body, "error_codes").iter().filter_map(Value::as_u64) {
        facts.code(format!("AADSTS{number}"));
    }
    let description = json::text(body, "error_description").or_else(|| json::text(body, "message"));
    describe(facts, error, description, json::text(body, "suberror"));
    facts.claims = json::text(body, "claims").filter(|claims| !claims.is_empty()).map(str::to_owned);
    facts.request_id(json::text(body, "correlation_id"));
    facts.request_id(json::text(body, "trace_id"));
}

/// The same as a form: the query of an authorization response.
pub(super) fn read_form(facts: &mut Facts, body: &str) {
    let (mut error, mut description, mut suberror) = (String::new(), None, None);
    for (name, value) in url::form_urlencoded::parse(body.as_bytes()) {
        match name.as_ref() {
            "error" => error = value.into_owned(),
            "error_description" => description = Some(value.into_owned()),
            "suberror" | "error_subcode" => suberror = Some(value.into_owned()),
            "claims" => facts.claims = Some(value.into_owned()),
            _ => {}
        }
    }
    describe(facts, &error, description.as_deref(), suberror.as_deref());
}

/// The AADSTS numbers a text names, as `AADSTS65001`.
pub(super) fn codes_in(text: &str) -> impl Iterator<Item = String> {
    let codes = text.match_indices("AADSTS").filter_map(|(at, _)| {
        let digits = text[at + 6..].bytes().take_while(u8::is_ascii_digit).count();
        (4..=9).contains(&digits).then(|| text[at..at + 6 + digits].to_owned())
    });
    codes.take(4)
}

/// The numbers that stand without their letters: on the sign-in page, in its log, in a library's own words and in the
/// address of the page that explains one.
#[cfg(feature = "flows")]
pub(super) fn numbers_in(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() && found.len() < 4 {
        let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if (5..=9).contains(&digits) && MARKS.iter().any(|mark| text[..at].ends_with(mark)) {
            found.push(format!("AADSTS{}", &text[at..at + digits]));
        }
        at += digits.max(1);
    }
    found
}

fn describe(facts: &mut Facts, error: &str, description: Option<&str>, suberror: Option<&str>) {
    let description = description.unwrap_or_default();
    for code in codes_in(description) {
        facts.code(code);
    }
    facts.code(suberror.unwrap_or_default());
    facts.code(error);
    facts.text(description);
}

/// What stands before a number of the login authority.
#[cfg(feature = "flows")]
const MARKS: [&str; 9] = [
    "error?code=",
    "\"error_codes\":[",
    "error_codes: [",
    "'error_codes': [",
    "sErrorCode\":\"",
    "errorNo\":",
    "invalid_grant: ",
    "invalid_client: ",
    "ResultType: ",
];

/// Answers of the device code flow that its loop acts on by name.
const POLLING: [&str; 5] =
    ["authorization_pending", "slow_down", "expired_token", "authorization_declined", "bad_verification_code"];
