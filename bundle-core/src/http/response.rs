//! A successful answer.

use bytes::Bytes;
use http::StatusCode;
use http::header::{HeaderMap, HeaderName};
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};
use crate::ids::TenantId;

/// Status, headers and whole body of an answer that is no error.
#[derive(Clone)]
pub struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) operation: &'static str,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) attempts: u32,
}

impl Response {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The response headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header as text; `None` when it is absent or no text.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, without a leading byte-order mark (Partner Center writes one).
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.body)
    }

    /// The body as it came.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.body
    }

    /// How many attempts it took.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Reads the body as JSON, whatever its content type. NUL bytes after it are skipped: activity blobs of Office 365
    /// are padded with them.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`]: the body is no such JSON. The message names the field, never a value.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let body = self.body();
        let end = body.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        serde_json::from_slice(&body[..end]).map_err(|cause| self.decode_error(&cause))
    }

    /// An error about the content of this answer.
    #[must_use]
    pub fn error(&self, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        let error = Error::new(ErrorKind::Decode, message)
            .with_operation(self.operation)
            .with_status(self.status.as_u16())
            .with_attempts(self.attempts);
        match self.tenant {
            Some(tenant) => error.with_tenant(tenant),
            None => error,
        }
    }

    pub(super) fn decode_error(&self, cause: &serde_json::Error) -> Error {
        // serde_json quotes offending values with double quotes, field names with backticks.
        if self.body().trim_ascii_start().first() == Some(&b'<') {
            // A proxy, a sign-in page of a network or a front door of the service stepped in.
            return self.error("the answer is a page of HTML or XML where JSON was expected");
        }
        let text = cause.to_string();
        let safe = text.split('"').next().unwrap_or_default().trim_end();
        self.error(format!(
            "the answer cannot be read as JSON: {safe} (line {}, column {}, {} bytes)",
            cause.line(),
            cause.column(),
            self.body.len()
        ))
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Bodies can hold secrets (tokens, vault values), so only their size is shown.
        f.debug_struct("Response")
            .field("operation", &self.operation)
            .field("status", &self.status.as_u16())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(body: &'static [u8]) -> Response {
        Response {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from_static(body),
            operation: "test.get",
            tenant: None,
            attempts: 1,
        }
    }

    #[test]
    fn byte_order_mark_is_skipped() {
        let value: serde_json::Value = response(b"\xEF\xBB\xBF{\"a\":1}").json().unwrap();
        assert_eq!(value["a"], 1);
    }

    #[test]
    fn padding_is_skipped_and_a_web_page_is_named() {
        let value: serde_json::Value = response(b"{\"a\":1}\0\0\0").json().unwrap();
        assert_eq!(value["a"], 1);
        for (body, said) in [(&b"\0\0"[..], "JSON"), (b"", "JSON"), (b"\n<html>hunter2</html>", "HTML")] {
            let error = response(body).json::<serde_json::Value>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert!(error.to_string().contains(said) && !error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn decode_error_names_the_field_and_no_value() {
        #[derive(serde::Deserialize, Debug)]
        struct Model {
            #[serde(rename = "count")]
            _count: u32,
        }
        let error = response(br#"{"count":"hunter2"}"#).json::<Model>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        let error = response(b"{}").json::<Model>().unwrap_err();
        assert!(error.to_string().contains("`count`"), "{error}");
        assert!(!format!("{:?}", response(b"hunter2")).contains("hunter2"));
    }
}
