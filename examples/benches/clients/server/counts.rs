//! What the server has seen.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::measure::cpu;

/// The counts of a run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Requests to services; a batch is one.
    pub(crate) requests: u64,
    /// Requests, and items of batches, that were throttled.
    pub(crate) throttled: u64,
    /// Challenges of vaults.
    pub(crate) challenges: u64,
    /// Token requests.
    pub(crate) tokens: u64,
    /// What the server itself took.
    pub(crate) cpu: Option<Duration>,
}

/// Counts.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    throttled: AtomicU64,
    challenges: AtomicU64,
    tokens: AtomicU64,
    cpu: Option<Duration>,
}

impl Counters {
    pub(super) fn start() -> Self {
        Self { cpu: cpu(), ..Self::default() }
    }

    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    pub(super) fn throttled(&self) {
        self.throttled.fetch_add(1, Relaxed);
    }

    pub(super) fn challenge(&self) {
        self.challenges.fetch_add(1, Relaxed);
    }

    pub(super) fn token(&self) {
        self.tokens.fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self) -> Counts {
        Counts {
            requests: self.requests.load(Relaxed),
            throttled: self.throttled.load(Relaxed),
            challenges: self.challenges.load(Relaxed),
            tokens: self.tokens.load(Relaxed),
            cpu: cpu().zip(self.cpu).map(|(now, then)| now.saturating_sub(then)),
        }
    }
}
