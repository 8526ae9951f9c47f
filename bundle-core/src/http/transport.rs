//! The port through which requests leave the program.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

use super::Body;
use crate::error::Error;

/// Sends one HTTP request. [`HttpTransport`](super::HttpTransport) is the one used unless
/// [`ClientOptions::transport`](super::ClientOptions) names another: a test double, a recorder, a proxy of one's own.
///
/// # Behavior
/// * [`Transport::send`] sends the request once: no redirects, no retries, no cookies, no decompression, no headers
///   beyond what HTTP itself needs and `User-Agent`.
/// * It answers as soon as the head of the response is there; the body follows as it arrives.
/// * A failure says whether the request may have reached the service; only then is a write not repeated.
/// * The request carries tokens. They go to the host in its URL and nowhere else: not to logs, not to errors.
/// * Dropping the future, or the body, cancels the request.
#[async_trait]
pub trait Transport: std::fmt::Debug + Send + Sync {
    /// Sends a request.
    async fn send(&self, request: OutgoingRequest) -> Result<http::Response<Body>, SendFailure>;
}

/// A request as it goes out.
#[derive(Clone)]
#[non_exhaustive]
pub struct OutgoingRequest {
    /// The method.
    pub method: Method,
    /// The URL, to be used as it is.
    pub url: Url,
    /// All headers, `Authorization` among them.
    pub headers: HeaderMap,
    /// The body, empty when there is none.
    pub body: Bytes,
}

impl OutgoingRequest {
    pub(crate) fn new(method: Method, url: Url, headers: HeaderMap, body: Bytes) -> Self {
        Self { method, url, headers, body }
    }
}

impl std::fmt::Debug for OutgoingRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Headers, bodies and queries hold secrets.
        f.debug_struct("OutgoingRequest")
            .field("method", &self.method.as_str())
            .field("host", &self.url.host_str())
            .field("path", &self.url.path())
            .finish_non_exhaustive()
    }
}

/// Why there is no answer, or no whole one.
#[derive(Debug)]
#[non_exhaustive]
pub struct SendFailure {
    /// Whether the request may have reached the service.
    pub sent: bool,
    /// What went wrong, without secrets.
    pub error: Error,
}

impl SendFailure {
    /// The request never left: name resolution, connecting or TLS failed.
    #[must_use]
    pub fn not_sent(error: Error) -> Self {
        Self { sent: false, error }
    }

    /// The connection broke, or the time ran out, after the request may have been sent.
    #[must_use]
    pub fn lost(error: Error) -> Self {
        Self { sent: true, error }
    }
}
