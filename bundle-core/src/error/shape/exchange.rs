//! The Exchange admin API: the Graph envelope around an exception.
//!
//! `details[0].message` reads `Ex6F9304|Namespace.Type|text`; the type is the only stable code.

use serde_json::Value;

use super::{Facts, graph, json};

pub(super) fn read(facts: &mut Facts, error: &Value) {
    for detail in json::items(error, "details") {
        exception_text(facts, json::text(detail, "message").unwrap_or_default());
    }
    let inner = json::field(error, "innererror");
    let mut level = inner.and_then(|inner| json::field(inner, "internalexception"));
    for _ in 0..MAX_DEPTH {
        let Some(exception) = level else { break };
        exception_type(facts, json::text(exception, "type").unwrap_or_default());
        exception_text(facts, json::text(exception, "message").unwrap_or_default());
        level = json::field(exception, "internalexception");
    }
    exception_text(facts, json::text(error, "message").unwrap_or_default());
    if let Some(inner) = inner {
        exception_type(facts, json::text(inner, "type").unwrap_or_default());
        exception_text(facts, json::text(inner, "message").unwrap_or_default());
    }
    facts.code(json::scalar(error, "code").unwrap_or_default());
    graph::inner(facts, error);
}

/// Whether the envelope is one of the admin API: it names exceptions.
pub(super) fn wrote(error: &Value) -> bool {
    let inner = json::field(error, "innererror");
    let typed = inner
        .is_some_and(|inner| json::field(inner, "internalexception").is_some() || json::field(inner, "type").is_some());
    typed || json::text(error, "message").is_some_and(|text| text.contains("|Microsoft."))
}

/// Splits `id|type|text` on the first two pipes; anything else is text.
fn exception_text(facts: &mut Facts, text: &str) {
    let mut parts = text.splitn(3, '|');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(kind), Some(text)) if !kind.contains(' ') => {
            exception_type(facts, kind);
            facts.text(text);
        }
        _ => facts.text(text),
    }
}

fn exception_type(facts: &mut Facts, name: &str) {
    let last = name.rsplit('.').next().unwrap_or(name).trim();
    // The wrapper of every failure says nothing.
    if last != "ODataServiceException" && last != "Exception" {
        facts.code(last);
    }
}

const MAX_DEPTH: usize = 8;
