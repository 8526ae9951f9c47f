//! The answer of a service, before it is written to the wire.

use serde_json::Value;

/// Status, headers and body of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

/// What follows the headers.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    /// Bytes and their content type.
    Raw(Vec<u8>, String),
}

impl Reply {
    /// Answers with JSON (`application/json; charset=utf-8` unless a `Content-Type` header is added).
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self::new(status, Body::Json(body))
    }

    /// Answers without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, Body::Empty)
    }

    /// Answers with bytes of the given content type.
    pub(crate) fn raw(status: u16, body: impl Into<Vec<u8>>, content_type: &str) -> Self {
        Self::new(status, Body::Raw(body.into(), content_type.to_owned()))
    }

    /// Adds a header; the same name may be added more than once.
    #[must_use]
    pub(crate) fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Returns the first header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn new(status: u16, body: Body) -> Self {
        Self { status, headers: Vec::new(), body }
    }
}
