//! What a run needs of the server.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How the server behaves in a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// How long every answer of a service takes.
    pub(crate) latency: Duration,
    /// How long the body of a page takes to arrive, on top of that.
    pub(crate) body: Duration,
    /// How long a token takes.
    pub(crate) token_latency: Duration,
    /// How long a token of the slow tenant takes.
    pub(crate) slow_token_latency: Duration,
    /// How many users there are.
    pub(crate) users: usize,
    /// How many of them are on a page.
    pub(crate) page: usize,
    pub(crate) quota: Option<QuotaSettings>,
}

/// A quota: a bucket that is full in the beginning.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct QuotaSettings {
    /// Requests a second.
    pub(crate) rate: u32,
    /// How many may come at once.
    pub(crate) burst: u32,
    /// Whether what is refused counts too.
    pub(crate) charges_refused: bool,
}

impl Settings {
    pub(crate) fn latency(milliseconds: u64) -> Self {
        Self { latency: Duration::from_millis(milliseconds), ..Self::default() }
    }

    pub(crate) fn users(self, users: usize, page: usize) -> Self {
        Self { users, page, ..self }
    }

    pub(crate) fn body(self, milliseconds: u64) -> Self {
        Self { body: Duration::from_millis(milliseconds), ..self }
    }

    pub(crate) fn tokens(self, milliseconds: u64, slow: u64) -> Self {
        Self {
            token_latency: Duration::from_millis(milliseconds),
            slow_token_latency: Duration::from_millis(slow),
            ..self
        }
    }

    pub(crate) fn quota(self, quota: QuotaSettings) -> Self {
        Self { quota: Some(quota), ..self }
    }
}
