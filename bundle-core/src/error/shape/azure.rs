//! Key Vault, Resource Manager and storage: the Graph envelope with telling inner codes, or XML.
//!
//! Source: "Azure Key Vault REST API error codes", "Status and error codes" of storage (Microsoft Learn).

use serde_json::Value;

use super::{Facts, graph, json};

pub(super) fn read(facts: &mut Facts, error: &Value) {
    let message = json::text(error, "message").unwrap_or_default();
    // Key Vault names the reason of a 401 in its text: `AKV10032: Invalid issuer.`
    if message.starts_with("AKV") {
        facts.code(message.split(':').next().unwrap_or_default());
    }
    // The inner code is the reason, the outer one repeats the status: `Forbidden` around `ForbiddenByRbac`.
    graph_inner_codes(facts, error);
    graph::read(facts, error);
}

/// XML of the storage services; the title of any other page.
pub(super) fn read_markup(facts: &mut Facts, body: &str) {
    if let Some(code) = element(body, "Code") {
        facts.code(code);
        let text = element(body, "Message").unwrap_or_default();
        let (text, ids) = text.split_once("\nRequestId:").unwrap_or((text, ""));
        facts.text(text);
        facts.request_id(ids.split_whitespace().next());
        return;
    }
    let page = ["title", "h1", "h2"].iter().find_map(|name| element(body, name));
    match page {
        Some(title) if !title.is_empty() => facts.text(&format!("the answer is a web page: {title}")),
        _ => facts.text("the answer is a web page"),
    }
}

fn graph_inner_codes(facts: &mut Facts, error: &Value) {
    let mut level = json::field(error, "innererror");
    for _ in 0..MAX_DEPTH {
        let Some(inner) = level else { break };
        facts.code(json::scalar(inner, "code").unwrap_or_default());
        level = json::field(inner, "innererror");
    }
}

/// The text of the first element of this name, in any case and with any attributes.
fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let head = super::bounded(body);
    let mut at = 0;
    while let Some(found) = head[at..].find('<') {
        let tag = &head[at + found + 1..];
        let content = tag.find('>')?;
        let starts = tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let whole = tag.get(name.len()..).is_some_and(|rest| rest.starts_with(['>', ' ']));
        if starts && whole {
            let text = &tag[content + 1..];
            return Some(text[..text.find('<')?].trim());
        }
        at += found + 1;
    }
    None
}

const MAX_DEPTH: usize = 8;
