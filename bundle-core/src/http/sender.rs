//! One attempt: a request out, an answer in, within its time.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use tokio::time::Instant;

use super::collect::{self, Peek};
use super::timers::Timers;
use super::{Body, ClientOptions, HttpTransport, OutgoingRequest, SendFailure, Transport};
use crate::error::{Error, ErrorKind, Result};

/// Sends through the transport and reads the answer.
#[derive(Debug)]
pub(crate) struct Sender {
    transport: Arc<dyn Transport>,
    attempt_timeout: Duration,
    timers: Timers,
}

/// What is wanted of a success; an error is always read, its beginning at least.
pub(super) enum Want<'a> {
    /// The whole body, of at most this many bytes, read into memory used before; who peeks sees it arrive.
    Whole(usize, BytesMut, Option<Peek<'a>>),
    /// The body as it arrives.
    Open,
}

/// What came.
pub(super) enum Answer {
    Whole(http::Response<Bytes>),
    Open(http::Response<Body>),
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Whole(answer) => answer.status().as_u16(),
            Self::Open(answer) => answer.status().as_u16(),
        }
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        match self {
            Self::Whole(answer) => answer.headers(),
            Self::Open(answer) => answer.headers(),
        }
    }

    /// The size of the body, as far as it has been read.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Whole(answer) => answer.body().len(),
            Self::Open(_) => 0,
        }
    }

    /// Headers and the beginning of the body of an error.
    pub(super) fn refusal(self) -> (HeaderMap, Bytes) {
        match self {
            Self::Whole(answer) => {
                let (head, body) = answer.into_parts();
                (head.headers, body)
            }
            Self::Open(answer) => (answer.into_parts().0.headers, Bytes::new()),
        }
    }
}

impl Sender {
    pub(crate) fn new(options: &ClientOptions) -> Result<Self> {
        let transport = match &options.transport {
            Some(transport) => Arc::clone(transport),
            None => Arc::new(HttpTransport::new(options)?),
        };
        Ok(Self { transport, attempt_timeout: options.attempt_timeout, timers: Timers::default() })
    }

    /// How long one attempt may take.
    pub(super) fn attempt_timeout(&self) -> Duration {
        self.attempt_timeout
    }

    /// Sends and reads the whole answer, whatever its status; at most `cap` bytes of a success.
    #[cfg(feature = "workload-identity")]
    pub(crate) async fn fetch(
        &self,
        request: OutgoingRequest,
        cap: usize,
    ) -> Result<http::Response<Bytes>, SendFailure> {
        let until = Instant::now() + self.attempt_timeout;
        match self.send(request, Want::Whole(cap, BytesMut::new(), None), until).await? {
            Answer::Whole(answer) => Ok(answer),
            Answer::Open(answer) => Ok(answer.map(|_| Bytes::new())),
        }
    }

    /// Several small boxes instead of one large: an allocator has the small ones at hand.
    pub(super) fn send<'a>(
        &'a self,
        request: OutgoingRequest,
        want: Want<'a>,
        deadline: Instant,
    ) -> Pin<Box<impl Future<Output = Result<Answer, SendFailure>> + Send + 'a>> {
        let started = Instant::now();
        let until = deadline.min(started + self.attempt_timeout);
        // Given away before anybody waits, so that what waits stays small.
        let sending = self.transport.send(request);
        Box::pin(async move {
            match self.timers.within(until, pin!(exchange(sending, want, until))).await {
                Some(outcome) => outcome,
                None => {
                    let text = format!("no answer within {:.2} s", (until - started).as_secs_f32());
                    Err(SendFailure::lost(Error::new(ErrorKind::Timeout, text)))
                }
            }
        })
    }
}

#[expect(clippy::manual_async_fn, reason = "an `async fn` holds its arguments twice")]
fn exchange<'a>(
    sending: Sending<'a>,
    want: Want<'a>,
    until: Instant,
) -> impl Future<Output = Result<Answer, SendFailure>> + Send + 'a {
    async move {
        let (head, body) = sending.await?.into_parts();
        let bytes = match want {
            _ if !head.status.is_success() => Box::pin(collect::refusal(&head.headers, body, until)).await,
            Want::Open => return Ok(Answer::Open(http::Response::from_parts(head, body))),
            Want::Whole(cap, memory, peek) => collect::success(&head.headers, body, cap, memory, peek)
                .await
                .map_err(|failure| SendFailure { error: failure.error.with_status(head.status.as_u16()), ..failure })?,
        };
        Ok(Answer::Whole(http::Response::from_parts(head, bytes)))
    }
}

/// A request on its way.
type Sending<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Body>, SendFailure>> + Send + 'a>>;
