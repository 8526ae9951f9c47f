//! Watching what is sent: for metrics, without a dependency on any metrics library.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::ErrorKind;
use crate::ids::TenantId;
use crate::service::Service;

/// Is told what a pipeline does. Every method has an empty default.
///
/// # Behavior
/// * Methods are called in the middle of a request: they return at once and never block.
/// * [`Observer::sending`] comes before each attempt, [`Observer::answered`] after it; an attempt that is cancelled
///   has no end.
/// * Nothing that is passed holds a secret, a URL or a body.
pub trait Observer: std::fmt::Debug + Send + Sync {
    /// An attempt is about to be sent.
    fn sending(&self, attempt: &Attempt<'_>) {
        let _ = attempt;
    }

    /// An attempt has ended.
    fn answered(&self, attempt: &Attempt<'_>, answer: &Answered) {
        let _ = (attempt, answer);
    }

    /// The call has waited: before this attempt for admission, after it to repeat it.
    fn waited(&self, attempt: &Attempt<'_>, reason: WaitReason, wait: Duration) {
        let _ = (attempt, reason, wait);
    }
}

/// One attempt of a call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The service.
    pub service: Service,
    /// The operation, for example `graph.groups.create`.
    pub operation: &'a str,
    /// The tenant the call is about.
    pub tenant: Option<&'a TenantId>,
    /// Which attempt of the call, from 1.
    pub number: u32,
    /// Whether it could change something: all but reads and token requests.
    pub is_write: bool,
    /// The size of the body that is sent.
    pub bytes: usize,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Answered {
    /// The HTTP status, `None` when no answer came.
    pub status: Option<u16>,
    /// What the answer was classified as, `None` for a success.
    pub kind: Option<ErrorKind>,
    /// The size of the body, decompressed.
    pub bytes: usize,
    /// From sending to the last byte read.
    pub elapsed: Duration,
}

/// Why a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitReason {
    /// A place among the calls of the tenant, or the end of a throttle that other calls met.
    Admission,
    /// The service asked for it, or an attempt failed.
    Retry,
}

/// Counts the requests of all clients that share it. Every attempt counts.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    writes: AtomicU64,
    throttled: AtomicU64,
}

impl Meter {
    /// How many requests were sent, token requests included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many of them could change something: all but reads and token requests.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// How many were refused because too many had come (429).
    #[must_use]
    pub fn throttled(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }
}

impl Observer for Meter {
    fn sending(&self, attempt: &Attempt<'_>) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if attempt.is_write {
            self.writes.fetch_add(1, Ordering::Relaxed);
        }
    }
    fn answered(&self, _: &Attempt<'_>, answer: &Answered) {
        if answer.status == Some(429) {
            self.throttled.fetch_add(1, Ordering::Relaxed);
        }
    }
}
