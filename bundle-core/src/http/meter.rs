//! Counting what was sent.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the requests of all clients that share it. Every attempt counts.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    writes: AtomicU64,
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

    pub(super) fn count(&self, is_write: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if is_write {
            self.writes.fetch_add(1, Ordering::Relaxed);
        }
    }
}
