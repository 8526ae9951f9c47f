//! A token bucket.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::QuotaSettings;

/// Admits requests at a rate.
#[derive(Debug)]
pub(super) struct Quota {
    settings: QuotaSettings,
    state: Mutex<(f64, Instant)>,
}

impl Quota {
    pub(super) fn new(settings: QuotaSettings) -> Self {
        Self { settings, state: Mutex::new((f64::from(settings.burst), Instant::now())) }
    }

    /// Takes what a request costs; `false` refuses it.
    ///
    /// Where refused requests count too, they take the bucket into debt, a second's worth at most: who waits the
    /// second that the refusal asks for is heard again.
    pub(super) fn take(&self, cost: u32) -> bool {
        let QuotaSettings { rate, burst, charges_refused } = self.settings;
        let (rate, burst, cost) = (f64::from(rate), f64::from(burst), f64::from(cost));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let level = (state.0 + (now - state.1).as_secs_f64() * rate).min(burst);
        let admitted = level >= cost;
        *state = (if admitted || charges_refused { (level - cost).max(-rate) } else { level }, now);
        admitted
    }
}
