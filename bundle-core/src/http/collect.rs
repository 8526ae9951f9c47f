//! A body read whole: bounded, and decompressed where it really is compressed.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};
use tokio::time::{Instant, timeout_at};

use super::gzip::Gunzip;
use super::{Body, SendFailure};
use crate::error::{Error, ErrorKind};

/// Looks at the plain bytes that have arrived so far and says whether it wants to see more.
pub(super) type Peek<'a> = &'a mut (dyn FnMut(&[u8]) -> bool + Send);

/// How much of an error body is read.
pub(super) const ERROR_BODY: usize = 64 << 10;

/// Reads the body of a success into `memory`; more than `cap` bytes are refused.
// A block, not an `async fn`, which would hold its arguments twice.
pub(super) fn success<'a, 'p: 'a>(
    headers: &'a HeaderMap,
    mut body: Body,
    cap: usize,
    memory: BytesMut,
    mut peek: Option<Peek<'p>>,
) -> impl Future<Output = Result<Bytes, SendFailure>> + Send + 'a {
    let mut bytes = Collector::new(headers, cap, memory, body.length());
    async move {
        while let Some(chunk) = body.chunk().await? {
            bytes.push(&chunk)?;
            if let Some(look) = &mut peek
                && !look(bytes.so_far())
            {
                peek = None;
            }
        }
        bytes.finish()
    }
}

/// Reads the beginning of an error's body, as far as it arrives before `until`. The status says more than a body that
/// is broken or does not end, so nothing fails here.
pub(super) async fn refusal(headers: &HeaderMap, mut body: Body, until: Instant) -> Bytes {
    let mut raw = BytesMut::new();
    while let Ok(Ok(Some(chunk))) = timeout_at(until, body.chunk()).await {
        let room = ERROR_BODY - raw.len();
        raw.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if raw.len() == ERROR_BODY {
            break;
        }
    }
    let raw = raw.freeze();
    let mut plain = Collector::new(headers, ERROR_BODY, BytesMut::new(), None);
    // Exchange marks plain, empty and NUL bodies as gzip; what cannot be decompressed is kept as it came.
    let _ = plain.push(&raw);
    let plain = plain.so_far();
    if plain.is_empty() { raw } else { Bytes::copy_from_slice(&plain[..plain.len().min(ERROR_BODY)]) }
}

/// Bytes on their way: plain, or gzip that is undone as it arrives.
struct Collector<'a> {
    headers: &'a HeaderMap,
    cap: usize,
    /// Whether the first bytes have been looked at.
    is_known: bool,
    plain: BytesMut,
    gunzip: Option<Box<Gunzip>>,
}

impl<'a> Collector<'a> {
    fn new(headers: &'a HeaderMap, cap: usize, mut memory: BytesMut, length: Option<u64>) -> Self {
        let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        memory.clear();
        memory.reserve(length.min(cap).min(RESERVED));
        Self { headers, cap, is_known: false, plain: memory, gunzip: None }
    }

    fn push(&mut self, chunk: &[u8]) -> Result<(), SendFailure> {
        let length = match &mut self.gunzip {
            Some(gunzip) => gunzip.push(chunk, self.cap)?,
            None => {
                // One byte over the cap is enough to know.
                let room = self.cap.saturating_add(1).saturating_sub(self.plain.len());
                self.plain.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if !self.is_known && self.plain.len() >= MAGIC.len() {
                    self.is_known = true;
                    if self.plain.starts_with(MAGIC) && may_be_undone(self.headers) {
                        let head = std::mem::take(&mut self.plain);
                        return self
                            .gunzip
                            .insert(Box::new(Gunzip::new()))
                            .push(&head, self.cap)
                            .and_then(|_| self.bounded());
                    }
                }
                self.plain.len()
            }
        };
        if length > self.cap { Err(self.too_large()) } else { Ok(()) }
    }

    fn bounded(&self) -> Result<(), SendFailure> {
        if self.so_far().len() > self.cap { Err(self.too_large()) } else { Ok(()) }
    }

    fn so_far(&self) -> &[u8] {
        self.gunzip.as_ref().map_or(&self.plain, |gunzip| gunzip.so_far())
    }

    fn finish(self) -> Result<Bytes, SendFailure> {
        match self.gunzip {
            Some(gunzip) => gunzip.finish(),
            None => Ok(self.plain.freeze()),
        }
    }

    fn too_large(&self) -> SendFailure {
        // Repeating would bring the same bytes.
        SendFailure::not_sent(Error::new(ErrorKind::Decode, format!("the answer is larger than {} bytes", self.cap)))
    }
}

/// Whether gzip is to be undone where the first bytes are those of gzip. What the header says is not enough: some
/// services mark bodies as gzip that are not. A file that is gzip by itself (`application/gzip`) stays what it is.
fn may_be_undone(headers: &HeaderMap) -> bool {
    let is_marked =
        text(headers, CONTENT_ENCODING).is_some_and(|encoding| encoding.to_ascii_lowercase().contains("gzip"));
    is_marked || text(headers, CONTENT_TYPE).is_some_and(|kind| kind.contains("json") || kind.starts_with("text/"))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// What gzip begins with.
const MAGIC: &[u8] = b"\x1f\x8b";
/// What is set aside at once for an announced length; more grows as it arrives.
const RESERVED: usize = 8 << 20;
