//! The one error of the workspace.
//!
//! [`Error::kind`] says what a caller does next, [`Error::diagnosis`] names the known issue behind it: its cause, who
//! must act and how. Everything the service said about the request (status, code, request ids) is kept, bounded and
//! without secrets.

mod diagnosis;
mod issues;
pub(crate) mod judge;
mod kind;
mod service;
pub(crate) mod shape;
pub(crate) mod tables;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::http::PageLink;
use crate::ids::TenantId;

pub use diagnosis::{Diagnosis, RetryAdvice, WhoActs};
pub use kind::ErrorKind;
pub use service::{ServiceAnswer, classify};

/// A result of this workspace.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in which operation, and what is known about it. One word in size.
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    code: Option<String>,
    status: Option<u16>,
    request_ids: Vec<String>,
    tenant: Option<TenantId>,
    operation: Option<Cow<'static, str>>,
    attempts: u32,
    retry_after: Option<Duration>,
    diagnosis: Option<&'static Diagnosis>,
    body: Option<String>,
    claims: Option<String>,
    last_page: Option<PageLink>,
    answered_at: Option<SystemTime>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Starts an error; the `with_` methods add what is known.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            code: None,
            status: None,
            request_ids: Vec::new(),
            tenant: None,
            operation: None,
            attempts: 0,
            retry_after: None,
            diagnosis: None,
            body: None,
            claims: None,
            last_page: None,
            answered_at: None,
            source: None,
        }))
    }

    /// Starts a [`ErrorKind::Config`] error: bad input, found before anything was sent.
    #[must_use]
    pub fn config(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// Names the service's own code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Names the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds a request id as the last one; the ids of all attempts are kept.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        let id = id.into();
        self.0.request_ids.retain(|known| *known != id);
        self.0.request_ids.push(id);
        self
    }

    /// Names the tenant the call was made for; a tenant named before stays.
    #[must_use]
    pub fn with_tenant(mut self, tenant: TenantId) -> Self {
        self.0.tenant.get_or_insert(tenant);
        self
    }

    /// Names the operation, for example `graph.groups.create`; an operation named before stays.
    #[must_use]
    pub fn with_operation(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation.get_or_insert_with(|| operation.into());
        self
    }

    /// Counts the attempts made.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Keeps how long the service asked to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Names the known issue.
    #[must_use]
    pub fn with_diagnosis(mut self, diagnosis: &'static Diagnosis) -> Self {
        self.0.diagnosis = Some(diagnosis);
        self
    }

    /// Keeps the body the service sent. The caller has bounded and redacted it.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<String>) -> Self {
        self.0.body = Some(body.into());
        self
    }

    /// Names the last page of a listing that could be read.
    #[must_use]
    pub(crate) fn with_last_page(mut self, link: PageLink) -> Self {
        self.0.last_page = Some(link);
        self
    }

    /// Keeps the claims the login authority asked for; they go unchanged into the next sign-in.
    #[must_use]
    pub fn with_claims(mut self, claims: impl Into<String>) -> Self {
        self.0.claims = Some(claims.into());
        self
    }

    /// Keeps when the service answered, by its own clock.
    pub(crate) fn with_answered_at(mut self, date: SystemTime) -> Self {
        self.0.answered_at = Some(date);
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Changes the kind, when a caller knows more than the service said.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same error for another call that waited for the same answer.
    pub(crate) fn copy(&self) -> Self {
        Self(self.0.clone())
    }

    /// Names the call that the error is told to, in place of the one that met it.
    #[cfg(feature = "batch")]
    pub(crate) fn told_to(mut self, operation: &'static str) -> Self {
        self.0.operation = Some(operation.into());
        self
    }

    /// What the caller does next.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later with nobody acting, see [`ErrorKind::is_retryable`].
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.kind.is_retryable()
    }

    /// How long the service asked to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The HTTP status, when there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own code: `AADSTS65001`, `Authorization_RequestDenied`, `900309`, an Exchange exception type.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The request id of the last attempt, to quote to Microsoft.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_ids.last().map(String::as_str)
    }

    /// The request ids of all attempts, oldest first.
    #[must_use]
    pub fn request_ids(&self) -> &[String] {
        &self.0.request_ids
    }

    /// The tenant the call was made for.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantId> {
        self.0.tenant.as_ref()
    }

    /// The operation, for example `graph.groups.create`.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// How many attempts were made; zero when nothing was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether consent in the tenant would help: it is missing, or the login authority does not know the application
    /// there.
    #[must_use]
    pub fn lacks_consent(&self) -> bool {
        self.kind() == ErrorKind::ConsentRequired || self.diagnosis().is_some_and(|row| row.issue == UNKNOWN_THERE)
    }

    /// The known issue behind this error, if it is one.
    #[must_use]
    pub fn diagnosis(&self) -> Option<&'static Diagnosis> {
        self.0.diagnosis
    }

    /// What failed, without the operation, status and ids that `Display` adds.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The body the service sent: at most 16 KiB, secrets redacted.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// When the service answered, by its own clock.
    pub(crate) fn answered_at(&self) -> Option<SystemTime> {
        self.0.answered_at
    }

    /// The claims a new sign-in has to satisfy, as JSON text; the login authority sends them with some refusals.
    #[must_use]
    pub fn claims(&self) -> Option<&str> {
        self.0.claims.as_deref()
    }

    /// The last page of a listing that could be read before the error. When the service has given up the place
    /// (`Directory_ExpiredPageToken`), a listing [resumed](crate::http::Pager::resume) there repeats that page and goes
    /// on with a new link; when it does not know that place either, the listing has to begin anew.
    #[must_use]
    pub fn last_page(&self) -> Option<&PageLink> {
        self.0.last_page.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(operation) = &inner.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&inner.message)?;
        match (inner.status, &inner.code) {
            (Some(status), Some(code)) => write!(f, " ({status} {code})")?,
            (Some(status), None) => write!(f, " ({status})")?,
            (None, Some(code)) => write!(f, " ({code})")?,
            (None, None) => {}
        }
        if let Some(tenant) = &inner.tenant {
            write!(f, " [tenant {tenant}]")?;
        }
        if let Some(id) = inner.request_ids.last() {
            write!(f, " [request-id {id}]")?;
        }
        if inner.attempts > 1 {
            write!(f, " after {} attempts", inner.attempts)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("code", &inner.code)
            .field("status", &inner.status)
            .field("operation", &inner.operation)
            .field("tenant", &inner.tenant)
            .field("request_ids", &inner.request_ids)
            .field("attempts", &inner.attempts)
            .field("retry_after", &inner.retry_after)
            .field("diagnosis", &inner.diagnosis.map(|d| d.issue))
            .field("source", &inner.source)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The issue of an application that the login authority does not know in a tenant.
pub(crate) const UNKNOWN_THERE: &str = "auth-app-registration-error";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_one_line_with_everything_a_log_needs() {
        let error = Error::new(ErrorKind::Throttled, "too many requests")
            .with_operation("graph.users.list")
            .with_status(429)
            .with_code("TooManyRequests")
            .with_tenant("11111111-1111-4111-8111-111111111111".parse().unwrap())
            .with_request_id("a")
            .with_request_id("b")
            .with_attempts(4);
        assert_eq!(
            error.to_string(),
            "graph.users.list: too many requests (429 TooManyRequests) \
             [tenant 11111111-1111-4111-8111-111111111111] [request-id b] after 4 attempts"
        );
        assert!(error.is_retryable());
        assert_eq!(error.request_ids(), ["a", "b"]);
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn innermost_operation_and_tenant_stay() {
        let error = Error::config("bad").with_operation("inner").with_operation("outer");
        assert_eq!(error.operation(), Some("inner"));
    }
}
