//! The wire shapes of failed answers: what a body says, before any table is asked.
//!
//! The structure of the body decides how it is read, not its content type: services answer in each other's shapes.

mod azure;
mod entra;
mod exchange;
mod graph;
mod json;
mod partner_center;
#[cfg(feature = "flows")]
mod paste;

use std::borrow::Cow;

use serde_json::Value;

use crate::service::Service;

#[cfg(feature = "flows")]
pub(crate) use paste::read_paste;

/// What one body said.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Codes, the most telling first.
    pub(crate) codes: Vec<String>,
    /// Names of exceptions and the like that stand in the text around an answer: less telling than a code.
    pub(crate) names: Vec<String>,
    /// The text meant for people.
    pub(crate) message: String,
    /// Further texts of the body, searched for signatures only.
    pub(crate) more: String,
    /// Ids the body named, the one to quote last.
    pub(crate) request_ids: Vec<String>,
    /// The claims a new sign-in has to satisfy, as JSON text.
    pub(crate) claims: Option<String>,
    /// How many seconds the text asks to wait.
    pub(crate) wait: Option<u64>,
}

impl Facts {
    pub(super) fn code(&mut self, code: impl Into<String>) {
        let code = code.into();
        let is_code = (1..=MAX_CODE).contains(&code.len()) && !code.contains(char::is_control);
        if is_code && self.codes.len() < MAX_CODES && !self.codes.contains(&code) {
            self.codes.push(code);
        }
    }

    /// Keeps a text: the first one is the message, the others are searched.
    fn text(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() || self.message == text {
            return;
        }
        if self.message.is_empty() {
            self.message = bounded(text).to_owned();
        } else if self.more.len() < MAX_TEXT {
            self.more.push('\n');
            self.more.push_str(bounded(text));
        }
    }

    fn request_id(&mut self, id: Option<&str>) {
        self.request_ids.extend(id.map(str::to_owned));
    }
}

/// Takes a body apart. Never fails: what cannot be read is text, or nothing.
pub(crate) fn read(service: Option<Service>, body: &str) -> Facts {
    let mut facts = Facts::default();
    read_into(&mut facts, service, body, 0);
    // AADSTS numbers turn up in the texts of every service, as the reason behind its own code.
    for code in entra::codes_in(&facts.message).chain(entra::codes_in(&facts.more)).collect::<Vec<_>>() {
        facts.code(code);
    }
    facts
}

/// The body as text: lossy, without byte order mark, NULs and surrounding space.
pub(crate) fn readable(body: &[u8]) -> Cow<'_, str> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let body = &body[..body.len().min(MAX_BODY)];
    match String::from_utf8_lossy(body) {
        Cow::Borrowed(text) if !text.contains('\0') => Cow::Borrowed(text.trim()),
        text => Cow::Owned(text.replace('\0', "").trim().to_owned()),
    }
}

fn read_into(facts: &mut Facts, service: Option<Service>, body: &str, depth: usize) {
    match body.as_bytes().first() {
        None => {}
        Some(b'{' | b'[' | b'"') => match serde_json::from_str::<Value>(body) {
            Ok(Value::String(inner)) if depth < 2 => read_into(facts, service, inner.trim(), depth + 1),
            Ok(value) => read_json(facts, service, &value),
            Err(_) => facts.text(body),
        },
        Some(b'<') => azure::read_markup(facts, body),
        Some(_) if body.starts_with("error=") && !body.contains(char::is_whitespace) => entra::read_form(facts, body),
        Some(_) => facts.text(body),
    }
}

fn read_json(facts: &mut Facts, service: Option<Service>, value: &Value) {
    if let Some(error) = json::field(value, "odata.error") {
        return graph::read_odata(facts, error);
    }
    match json::field(value, "error") {
        Some(Value::String(error)) => entra::read(facts, error, value),
        Some(error @ Value::Object(_)) => match service {
            Some(Service::Exchange | Service::Compliance) => exchange::read(facts, error),
            Some(Service::KeyVault | Service::ResourceManager | Service::Blob | Service::Table) => {
                azure::read(facts, error);
            }
            Some(_) => graph::read(facts, error),
            None if exchange::wrote(error) => exchange::read(facts, error),
            None => azure::read(facts, error),
        },
        _ => partner_center::read(facts, value),
    }
}

/// A start of the text that is long enough for every signature.
fn bounded(text: &str) -> &str {
    let end = (0..=text.len().min(MAX_TEXT)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

const MAX_BODY: usize = 1024 * 1024;
const MAX_CODE: usize = 128;
const MAX_CODES: usize = 16;
const MAX_TEXT: usize = 4096;
