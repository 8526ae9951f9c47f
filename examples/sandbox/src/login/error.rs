//! Errors of the login authority in Entra's shape.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::reply::Reply;

/// An error with its AADSTS number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoginError {
    pub(crate) status: u16,
    pub(crate) error: &'static str,
    pub(crate) code: u32,
    pub(crate) message: String,
    pub(crate) suberror: Option<&'static str>,
    claims: bool,
}

impl LoginError {
    pub(crate) fn new(status: u16, error: &'static str, code: u32, message: impl Into<String>) -> Self {
        Self { status, error, code, message: message.into(), suberror: None, claims: false }
    }

    pub(crate) fn invalid_request(code: u32, message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request", code, message)
    }

    pub(crate) fn invalid_grant(code: u32, message: impl Into<String>) -> Self {
        Self::new(400, "invalid_grant", code, message)
    }

    pub(crate) fn invalid_client(code: u32, message: impl Into<String>) -> Self {
        Self::new(401, "invalid_client", code, message)
    }

    /// A form or query parameter is missing.
    pub(crate) fn missing(parameter: &str) -> Self {
        Self::invalid_request(900_144, format!("The request body must contain the following parameter: '{parameter}'."))
    }

    pub(crate) fn with_suberror(mut self, suberror: &'static str) -> Self {
        self.suberror = Some(suberror);
        self
    }

    /// Adds the `claims` member that a client passes on to the next sign-in.
    pub(crate) fn with_claims(mut self) -> Self {
        self.claims = true;
        self
    }

    /// Returns the text that callers see, with trace id, correlation id and time.
    pub(crate) fn description(&self, call: &Call) -> String {
        format!(
            "AADSTS{}: {} Trace ID: {} Correlation ID: {} Timestamp: {}",
            self.code,
            self.message,
            call.request_id,
            correlation(call),
            timestamp(call)
        )
    }

    pub(crate) fn body(&self, call: &Call) -> Value {
        let mut body = json!({
            "error": self.error,
            "error_description": self.description(call),
            "error_codes": [self.code],
            "timestamp": timestamp(call),
            "trace_id": call.request_id,
            "correlation_id": correlation(call),
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        });
        if let Some(suberror) = self.suberror {
            body["suberror"] = json!(suberror);
        }
        if self.claims {
            let claims = json!({"access_token": {"capolids": {"essential": true, "values": [call.request_id]}}});
            body["claims"] = json!(claims.to_string());
        }
        body
    }

    pub(crate) fn reply(&self, call: &Call) -> Reply {
        Reply::json(self.status, self.body(call))
    }
}

fn correlation(call: &Call) -> String {
    call.header("client-request-id")
        .filter(|id| Uuid::parse_str(id).is_ok())
        .map_or_else(|| call.request_id.to_string(), str::to_owned)
}

fn timestamp(call: &Call) -> String {
    call.now.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
