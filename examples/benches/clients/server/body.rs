//! Bodies: whole ones, and pages sent piece by piece.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Interval, MissedTickBehavior, interval_at};

use super::answer::Answer;

impl Answer {
    pub(super) fn whole(body: Bytes) -> Self {
        Self::Whole(Some(body))
    }

    /// A page of three parts; with a time, its bytes arrive over that time.
    pub(super) fn page(head: Bytes, items: Bytes, tail: Bytes, takes: Duration) -> Self {
        let (piece, pace) = if takes.is_zero() {
            (PIECE, None)
        } else {
            let step = takes / STEPS;
            let mut pace = interval_at(tokio::time::Instant::now() + step, step);
            pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
            (items.len().div_ceil(STEPS as usize).max(1), Some(Box::new(pace)))
        };
        Self::Page(Pieces { head: Some(head), items, tail: Some(tail), piece, pace })
    }
}

/// The rest of a page.
pub(super) struct Pieces {
    head: Option<Bytes>,
    items: Bytes,
    tail: Option<Bytes>,
    piece: usize,
    pace: Option<Box<Interval>>,
}

impl Pieces {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(head));
        }
        if self.items.is_empty() {
            return Poll::Ready(self.tail.take());
        }
        if let Some(pace) = &mut self.pace {
            ready!(pace.poll_tick(context));
        }
        Poll::Ready(Some(self.items.split_to(self.piece.min(self.items.len()))))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let data = match self.get_mut() {
            Self::Whole(body) => body.take(),
            Self::Page(pieces) => ready!(pieces.poll_next(context)),
        };
        Poll::Ready(data.map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_none(),
            Self::Page(pieces) => pieces.tail.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, Bytes::len) as u64),
            // Graph does not say how long a listing will be.
            Self::Page(_) => SizeHint::default(),
        }
    }
}

/// The largest piece: what a TLS record holds.
const PIECE: usize = 16 << 10;
/// In how many pieces a slow page arrives.
const STEPS: u32 = 10;
