//! From an answer of a service to an [`Error`]: one place for all services.
//!
//! The [`shape`] of the body yields codes, texts and ids; [`judge`](super::judge) says what they mean.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};

use super::Error;
use super::judge::{Evidence, challenge, judge};
use super::shape::{self, Facts};
use crate::redact::redact;
use crate::service::Service;

/// An answer that is not a success.
#[derive(Clone, Copy, Debug)]
pub struct ServiceAnswer<'a> {
    /// The service that answered.
    pub service: Service,
    /// The HTTP status.
    pub status: u16,
    /// The response headers.
    pub headers: &'a HeaderMap,
    /// The body, already bounded.
    pub body: &'a [u8],
}

/// Classifies a failed answer: kind, code, message, request ids, diagnosis and redacted body.
///
/// Any body is taken: empty, HTML, broken or of another service. `Retry-After` headers are left to the caller; a wait
/// that only the body names is kept.
///
/// ```
/// use bundle_core::error::{ErrorKind, ServiceAnswer, classify};
/// use bundle_core::Service;
///
/// let error = classify(&ServiceAnswer {
///     service: Service::PartnerCenter,
///     status: 403,
///     headers: &http::HeaderMap::new(),
///     body: br#"{"code": 900309, "description": "Access has been blocked by Conditional Access policies."}"#,
/// });
/// assert_eq!(error.kind(), ErrorKind::ConditionalAccess);
/// let diagnosis = error.diagnosis().expect("the code is known");
/// assert_eq!(diagnosis.issue, "delegated-consent-conditional-access");
/// for (step, text) in diagnosis.remedy.iter().enumerate() {
///     println!("{}. {text}", step + 1);
/// }
/// ```
#[must_use]
pub fn classify(answer: &ServiceAnswer<'_>) -> Error {
    let body = shape::readable(answer.body);
    let mut facts = shape::read(Some(answer.service), &body);
    // Storage names its code in a header too, the only place when the answer has no body.
    if facts.codes.is_empty() {
        let code = answer.headers.get("x-ms-error-code").and_then(|value| value.to_str().ok());
        if let Some(code) = code {
            facts.code(code);
        }
    }
    let verdict = judge(&Evidence {
        service: Some(answer.service),
        status: Some(answer.status),
        headers: answer.headers,
        facts: &facts,
        wide: false,
    });
    let code = verdict.code.map_or_else(|| own_code(answer, &facts), str::to_owned);
    let mut error = Error::new((verdict.meaning).0, message(&facts, &code)).with_status(answer.status);
    if let Some(diagnosis) = verdict.diagnosis() {
        error = error.with_diagnosis(diagnosis);
    }
    for id in request_ids(answer.headers, &facts) {
        error = error.with_request_id(id);
    }
    if !body.is_empty() {
        error = error.with_body(redact(&body));
    }
    if let Some(seconds) = facts.wait {
        error = error.with_retry_after(Duration::from_secs(seconds));
    }
    if let Some(claims) = facts.claims {
        error = error.with_claims(claims);
    }
    if let Some(date) = date(answer.headers) {
        error = error.with_answered_at(date);
    }
    if code.is_empty() { error } else { error.with_code(redact(&code)) }
}

/// The code of an answer no code decided: the first one named, else the error of the challenge, else the name of
/// the status.
fn own_code(answer: &ServiceAnswer<'_>, facts: &Facts) -> String {
    if let Some(code) = facts.codes.first() {
        return code.clone();
    }
    let oauth = ["insufficient_claims", "invalid_token", "insufficient_scope"];
    if let Some(code) = oauth.into_iter().find(|code| challenge(answer.headers, code)) {
        return code.to_owned();
    }
    let reason = StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
    reason.unwrap_or_default().replace([' ', '-', '\''], "")
}

/// The `Date` of an answer: the time by the clock of whoever answered.
fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(http::header::DATE)?.to_str().ok()?).ok()
}

/// The ids of headers and body, without doubles; the one to quote to Microsoft comes last.
fn request_ids<'a>(headers: &'a HeaderMap, facts: &'a Facts) -> Vec<&'a str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut ids: Vec<&str> = Vec::new();
    let from_headers = REQUEST_ID_HEADERS.iter().filter_map(|name| header(name));
    // An authority's trace id and Graph's `request-id` stand in headers too; those of the body fill in.
    for id in facts.request_ids.iter().map(String::as_str).chain(from_headers) {
        let is_id = (8..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if is_id {
            ids.retain(|known| !known.eq_ignore_ascii_case(id));
            ids.push(id);
        }
    }
    ids
}

/// The service's own text on one line, bounded, without what the error says elsewhere.
fn message(facts: &Facts, code: &str) -> String {
    let mut text = facts.message.as_str();
    // "AADSTS65001: ...": the code is a field of its own; what stands before the number says less than it.
    let number =
        text.find("AADSTS").map(|at| &text[at..]).filter(|tail| tail[6..].starts_with(|c: char| c.is_ascii_digit()));
    let coded = number.or_else(|| (!code.is_empty() && text.starts_with(code)).then_some(text)).unwrap_or_default();
    if let Some((prefix, rest)) = coded.split_once(':')
        && !prefix.contains(' ')
    {
        text = rest;
    }
    // "... Trace ID: ... Correlation ID: ... Timestamp: ..." and "\nRequestId:...\nTime:...": so are the ids.
    for noise in ["Trace ID:", "\nRequestId:"] {
        text = text.split(noise).next().unwrap_or(text);
    }
    let mut line = String::with_capacity(text.len().min(MAX_MESSAGE) + 4);
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 4 * MAX_MESSAGE {
            break;
        }
    }
    let mut line = redact(&line);
    if let Some((at, _)) = line.char_indices().nth(MAX_MESSAGE) {
        line.truncate(at);
        line.push('…');
    }
    if line.is_empty() { "the service refused the request without saying why".to_owned() } else { line }
}

/// Headers that carry a request id: those of the caller and of the whole chain first, the service's own last.
const REQUEST_ID_HEADERS: [&str; 7] = [
    "x-ms-client-request-id",
    "client-request-id",
    "x-ms-correlation-request-id",
    "ms-correlationid",
    "x-ms-request-id",
    "request-id",
    "ms-requestid",
];

const MAX_MESSAGE: usize = 300;

#[cfg(test)]
mod tests;
