//! Text that a person pasted: answers inside logs, exceptions, callback addresses and whole HTTP dumps.
//!
//! The text is looked through once for each kind of evidence; nothing in it has to be well-formed.

mod status;
mod words;

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::{Facts, azure, entra, json, read_into, read_json};
use crate::service::Service;

/// What a pasted text told.
#[derive(Debug, Default)]
pub(crate) struct Pasted {
    pub(crate) facts: Facts,
    pub(crate) status: Option<u16>,
    pub(crate) headers: HeaderMap,
}

/// Takes a pasted text apart. The text is bounded already.
pub(crate) fn read_paste(service: Option<Service>, text: &str) -> Pasted {
    let mut pasted = Pasted::default();
    let text = &*without_gutter(text.trim());
    let facts = &mut pasted.facts;
    let whole = serde_json::from_str::<Value>(text).ok();
    match &whole {
        Some(Value::String(inner)) => return read_paste(service, &inner.clone()),
        Some(value @ (Value::Object(_) | Value::Array(_))) => {
            pasted.status = walk(facts, service, value, 0, &mut MAX_NODES.clone());
        }
        _ => {
            forms(facts, text);
            pasted.status = objects(facts, service, text);
            if facts.codes.is_empty() {
                markup(facts, text);
            }
            pasted.headers = headers(text);
        }
    }
    words::codes(facts, text);
    // What stands around the answer tells too: the name of an exception, the step of a set-up.
    if whole.is_none() || facts.message.is_empty() {
        facts.text(text);
    }
    facts.more.push('\n');
    facts.more.push_str(text);
    if facts.wait.is_none() {
        facts.wait = words::wait(text);
    }
    if pasted.status.is_none() {
        pasted.status = status::in_text(text);
    }
    pasted
}

/// The text without what a shell draws in front of the lines of an error: `     | `.
fn without_gutter(text: &str) -> Cow<'_, str> {
    let in_gutter = |line: &str| line.trim_start().starts_with("| ");
    if !text.contains("| ") || text.lines().filter(|line| in_gutter(line)).take(2).count() < 2 {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.lines() {
        match line.trim_start().strip_prefix("| ") {
            Some(rest) => plain.extend([" ", rest.trim()]),
            None => plain.extend(["\n", line]),
        }
    }
    Cow::Owned(plain)
}

/// Reads every error object of a value; answers the status the value names.
fn walk(facts: &mut Facts, service: Option<Service>, value: &Value, depth: usize, nodes: &mut usize) -> Option<u16> {
    if depth > MAX_DEPTH || *nodes == 0 {
        return None;
    }
    *nodes -= 1;
    match value {
        Value::Object(map) => {
            let says = ["error", "odata.error", "code", "errorCode", "description", "message"];
            if says.iter().any(|name| json::field(value, name).is_some()) {
                read_json(facts, service, value);
            }
            // An entry of the sign-in log: the number stands alone.
            if json::field(value, "failureReason").is_some()
                && let Some(number) = json::scalar(value, "errorCode").filter(|number| number != "0")
            {
                facts.code(format!("AADSTS{number}"));
            }
            let own = ["status", "statusCode", "httpStatus", "http_status", "status_code"]
                .iter()
                .find_map(|name| json::scalar(value, name)?.parse().ok())
                .filter(|status| (300..600).contains(status));
            let mut inner = None;
            // Claims are JSON in a string that names no error.
            for (_, member) in map.iter().filter(|(name, _)| *name != "claims") {
                // Every member is read, also when the status is known.
                let found = walk(facts, service, member, depth + 1, nodes);
                inner = inner.or(found);
            }
            own.or(inner)
        }
        Value::Array(items) => {
            let mut status = None;
            for item in items.iter().take(MAX_ITEMS) {
                let found = walk(facts, service, item, depth + 1, nodes);
                status = status.or(found);
            }
            status
        }
        // JSON inside a string.
        Value::String(text) if text.contains('{') => objects(facts, service, text),
        _ => None,
    }
}

/// Reads the JSON objects inside a text, escaped ones too.
fn objects(facts: &mut Facts, service: Option<Service>, text: &str) -> Option<u16> {
    let mut status = None;
    let mut at = 0;
    for _ in 0..MAX_TRIES {
        let Some(found) = text.get(at..).and_then(|rest| rest.find('{')) else { break };
        let from = at + found;
        let window = window(&text[from..]);
        let window: Cow<'_, str> = if window[1..].trim_start().starts_with("\\\"") {
            Cow::Owned(window.replace("\\\"", "\"").replace("\\\\", "\\"))
        } else {
            Cow::Borrowed(window)
        };
        let mut stream = serde_json::Deserializer::from_str(&window).into_iter::<Value>();
        if let Some(Ok(value)) = stream.next() {
            let found = walk(facts, service, &value, 0, &mut MAX_NODES.clone());
            status = status.or(found);
            at = from + if matches!(window, Cow::Borrowed(_)) { stream.byte_offset() } else { 1 };
        } else {
            at = from + 1;
        }
    }
    status
}

/// Reads forms: the query of a callback, or `error=` anywhere in the text.
fn forms(facts: &mut Facts, text: &str) {
    for (at, _) in text.match_indices("error=").take(4) {
        let starts = at == 0 || text[..at].ends_with(['?', '&', '#', ' ', '\n', '"', '\'', '<', '(']);
        let form = text[at..].split(|c: char| c.is_whitespace() || "\"'<>".contains(c)).next().unwrap_or_default();
        if starts && form.len() > "error=".len() {
            entra::read_form(facts, form);
        }
    }
}

/// Reads XML of storage, or takes the text for a page.
fn markup(facts: &mut Facts, text: &str) {
    let Some(at) = text.find('<') else { return };
    let tail = &text[at..];
    if tail.contains("<Code>")
        || tail.contains("<code>")
        || tail.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case("<html"))
    {
        azure::read_markup(facts, tail);
    } else if text.starts_with('<') {
        read_into(facts, None, text, 0);
    }
}

/// The headers that matter, wherever a line names one.
fn headers(text: &str) -> HeaderMap {
    let mut found = HeaderMap::new();
    for line in text.lines().take(MAX_LINES) {
        let line = line.trim_start_matches(['<', '>', '*', ' ', '\t', '"', '\'', '-']);
        let Some((name, value)) = line.split_once([':', '=']) else { continue };
        let name = name.trim_matches(['"', '\'', ' ']);
        if name.len() > 40 || !HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        let value = value.trim().trim_matches(['"', '\'', ',', '[', ']']);
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            found.append(name, value);
        }
    }
    // Libraries quote the challenge without its name.
    if found.is_empty() && text.contains("insufficient_claims") && text.contains("error=") {
        found.append(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"insufficient_claims\""));
    }
    found
}

fn window(text: &str) -> &str {
    let end = (0..=text.len().min(MAX_OBJECT)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

const HEADERS: [&str; 10] = [
    "client-request-id",
    "date",
    "ms-correlationid",
    "ms-requestid",
    "request-id",
    "retry-after",
    "www-authenticate",
    "x-ms-client-request-id",
    "x-ms-error-code",
    "x-ms-request-id",
];

const MAX_DEPTH: usize = 8;
const MAX_ITEMS: usize = 64;
const MAX_LINES: usize = 2_000;
const MAX_NODES: usize = 400;
const MAX_OBJECT: usize = 64 * 1024;
const MAX_TRIES: usize = 24;
