//! The body of an answer as it arrives.

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};

use super::SendFailure;
use super::http_transport::lost;

/// The body of an answer, chunk by chunk. Dropping it closes the connection when bytes are left.
pub struct Body(Inner);

enum Inner {
    Whole(Option<Bytes>),
    Arriving(reqwest::Response),
    Stream(BoxStream<'static, Result<Bytes, SendFailure>>),
}

impl Body {
    /// A body from chunks.
    #[must_use]
    pub fn from_stream(chunks: impl Stream<Item = Result<Bytes, SendFailure>> + Send + 'static) -> Self {
        Self(Inner::Stream(chunks.boxed()))
    }

    pub(super) fn from_reqwest(answer: reqwest::Response) -> Self {
        Self(Inner::Arriving(answer))
    }

    /// How many bytes are still to come, where that was announced.
    pub(super) fn length(&self) -> Option<u64> {
        match &self.0 {
            Inner::Whole(bytes) => bytes.as_ref().map(|bytes| bytes.len() as u64),
            Inner::Arriving(answer) => answer.content_length(),
            Inner::Stream(_) => None,
        }
    }

    /// The next chunk, `None` at the end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, SendFailure> {
        match &mut self.0 {
            Inner::Whole(bytes) => Ok(bytes.take()),
            Inner::Arriving(answer) => answer.chunk().await.map_err(lost),
            Inner::Stream(chunks) => chunks.next().await.transpose(),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Whole(Some(bytes)))
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Body")
    }
}
