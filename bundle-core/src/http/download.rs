//! A success whose body is read as it arrives.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;
use tokio::time::Instant;

use super::Body;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::TenantId;

/// The answer of [`Pipeline::open`](super::Pipeline::open): status and headers, and the body chunk by chunk, of any
/// size. It keeps its place among the calls of the tenant until it is dropped.
pub struct Download {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    pub(super) operation: &'static str,
    pub(super) tenant: Option<TenantId>,
    pub(super) chunk_timeout: Duration,
    pub(super) _place: super::gate::Place,
}

impl Download {
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

    /// The next bytes of the body as the service sends them, `None` at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`] when the connection breaks, [`ErrorKind::Timeout`] when nothing arrives for as long as
    /// an attempt may take. Nothing is repeated: the caller decides whether to begin anew, where it can from a `Range`.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let until = Instant::now() + self.chunk_timeout;
        let error = match tokio::time::timeout_at(until, self.body.chunk()).await {
            Ok(Ok(chunk)) => return Ok(chunk),
            Ok(Err(failure)) => failure.error,
            Err(_) => {
                let text = format!("nothing arrived for {:.2} s", self.chunk_timeout.as_secs_f32());
                Error::new(ErrorKind::Timeout, text)
            }
        };
        let error = error.with_operation(self.operation).with_status(self.status.as_u16());
        Err(match self.tenant {
            Some(tenant) => error.with_tenant(tenant),
            None => error,
        })
    }
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download").field("operation", &self.operation).field("status", &self.status.as_u16()).finish()
    }
}
