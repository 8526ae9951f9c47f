//! What a cmdlet answers: rows and warnings, page after page.

use bundle_core::error::{ServiceAnswer, classify};
use bundle_core::http::{Page, Request, Response};
use bundle_core::{Error, Result, Service};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

/// Everything a cmdlet has answered. A cmdlet without output answers no rows; that is a success.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CmdletOutput<T> {
    /// The rows of all pages.
    pub rows: Vec<T>,
    /// The warnings of all pages.
    pub warnings: Vec<String>,
}

impl<T> Default for CmdletOutput<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), warnings: Vec::new() }
    }
}

impl<T> CmdletOutput<T> {
    pub(crate) fn push(&mut self, item: CmdletItem<T>) {
        match item {
            CmdletItem::Row(row) => self.rows.push(row),
            CmdletItem::Warning(warning) => self.warnings.push(warning),
        }
    }
}

/// One piece of what a cmdlet answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CmdletItem<T> {
    /// A row.
    Row(T),
    /// A warning, as PowerShell would print it.
    Warning(String),
}

/// Reads a page as rows and warnings; warnings come before the rows of their page.
pub(crate) fn items<T: DeserializeOwned>(request: &Request, response: &Response) -> Result<Page<CmdletItem<T>>> {
    let answer = Answer::read(request, response)?;
    let warnings = answer.warnings.into_iter().map(CmdletItem::Warning);
    let mut items: Vec<CmdletItem<T>> = warnings.collect();
    for row in answer.rows {
        items.push(CmdletItem::Row(decode(row, response)?));
    }
    Ok(Page { items, next: answer.next })
}

/// Reads a page as rows alone.
pub(crate) fn rows<T: DeserializeOwned>(request: &Request, response: &Response) -> Result<Page<T>> {
    let answer = Answer::read(request, response)?;
    let items = answer.rows.into_iter().map(|row| decode(row, response)).collect::<Result<_>>()?;
    Ok(Page { items, next: answer.next })
}

struct Answer {
    rows: Vec<Value>,
    warnings: Vec<String>,
    next: Option<Request>,
}

impl Answer {
    fn read(request: &Request, response: &Response) -> Result<Self> {
        if response.body().trim_ascii().is_empty() {
            return Ok(Self { rows: Vec::new(), warnings: Vec::new(), next: None });
        }
        let mut body: Map<String, Value> = response.json()?;
        if body.get("error").is_some_and(Value::is_object) {
            // Some builds put a failure into a success.
            return Err(refusal(request, response));
        }
        let next = match body.get(NEXT_LINK).and_then(Value::as_str).filter(|link| !link.is_empty()) {
            None => None,
            Some(link) => {
                let url = next_url(request.url(), link)
                    .ok_or_else(|| response.error("the next link leads away from where the cmdlet was sent"))?;
                Some(request.with_url(url))
            }
        };
        let warnings = match body.remove(WARNINGS) {
            Some(Value::Array(texts)) => texts.into_iter().filter_map(text).collect(),
            _ => Vec::new(),
        };
        let rows = match body.remove("value") {
            Some(Value::Array(rows)) => rows,
            Some(Value::Null) => Vec::new(),
            Some(row) => vec![row],
            // One object may come bare.
            None if body.keys().any(|key| !key.contains('@')) => vec![Value::Object(body)],
            None => Vec::new(),
        };
        Ok(Self { rows: rows.into_iter().map(without_annotations).collect(), warnings, next })
    }
}

fn refusal(request: &Request, response: &Response) -> Error {
    let error = classify(&ServiceAnswer {
        service: Service::Exchange,
        status: response.status().as_u16(),
        headers: response.headers(),
        body: response.body(),
    });
    let error = error.with_operation(request.operation()).with_attempts(response.attempts());
    match request.tenant() {
        Some(tenant) => error.with_tenant(*tenant),
        None => error,
    }
}

/// The link as a URL of the same service. Links may name port 446, on which the service runs behind its front door and
/// nobody else can reach it.
fn next_url(from: &Url, link: &str) -> Option<Url> {
    let mut url = from.join(link).ok()?;
    if url.port() == Some(BACKEND_PORT) {
        url.set_port(from.port()).ok()?;
    }
    let path = from.path().to_ascii_lowercase();
    let root = &path[..path.find(ROOT)? + ROOT.len()];
    let same = url.origin() == from.origin()
        && url.username().is_empty()
        && url.password().is_none()
        && url.path().to_ascii_lowercase().starts_with(root);
    same.then_some(url)
}

/// Drops `Name@odata.type` and the like, on every level.
fn without_annotations(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(without_annotations).collect(),
        Value::Object(members) => members
            .into_iter()
            .filter(|(key, _)| !key.contains('@'))
            .map(|(key, value)| (key, without_annotations(value)))
            .collect(),
        scalar => scalar,
    }
}

fn decode<T: DeserializeOwned>(row: Value, response: &Response) -> Result<T> {
    serde_json::from_value(row).map_err(|cause| -> Error {
        // Offending values stand in double quotes.
        let text = cause.to_string();
        let safe = text.split('"').next().unwrap_or_default().trim_end();
        response.error(format!("a row of the answer cannot be read: {safe}"))
    })
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

const NEXT_LINK: &str = "@odata.nextLink";
const WARNINGS: &str = "@adminapi.warnings";
const ROOT: &str = "/adminapi/";
const BACKEND_PORT: u16 = 446;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn backend_port_is_rewritten_and_other_hosts_are_refused() {
        let from = Url::parse("https://outlook.office365.com/adminapi/beta/t/InvokeCommand?$select=A").unwrap();
        for link in [
            "https://outlook.office365.com:446/adminapi/beta/t/InvokeCommand?$skiptoken=1",
            "https://outlook.office365.com:443/adminapi/beta/t/InvokeCommand?$skiptoken=1",
            "https://Outlook.office365.com/adminapi/beta/t/InvokeCommand?$skiptoken=1",
        ] {
            let url = next_url(&from, link).unwrap();
            assert_eq!(url.as_str(), "https://outlook.office365.com/adminapi/beta/t/InvokeCommand?$skiptoken=1");
        }
        for link in [
            "https://evil.example/adminapi/beta/t/InvokeCommand",
            "https://outlook.office365.com.evil.example:446/adminapi/beta/t/InvokeCommand",
            "http://outlook.office365.com/adminapi/beta/t/InvokeCommand",
            "https://outlook.office365.com:8443/adminapi/beta/t/InvokeCommand",
            "https://u@outlook.office365.com/adminapi/beta/t/InvokeCommand",
            "https://outlook.office365.com/ews/exchange.asmx",
            "//evil.example/adminapi/beta/t/InvokeCommand",
        ] {
            assert!(next_url(&from, link).is_none(), "{link}");
        }
    }

    #[test]
    fn annotations_are_dropped_on_every_level() {
        let row = json!({"A@odata.type": "#Int64", "A": 1, "B": [{"C@data.type": "x", "C": {"@d": 1}}]});
        assert_eq!(without_annotations(row), json!({"A": 1, "B": [{"C": {}}]}));
    }
}
