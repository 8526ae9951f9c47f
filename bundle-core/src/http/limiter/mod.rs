//! How fast a service may be asked: learned from its refusals, without a clock or a task of its own.

mod bucket;
mod curve;
mod estimate;
#[cfg(test)]
mod goals;
mod pace;
mod passes;
#[cfg(test)]
mod simulation;

use std::time::{Duration, Instant};

use self::pace::Pace;
use self::passes::Passes;
use super::Quota;

/// Models the service as a token bucket of unknown rate and size and keeps our sending within it.
///
/// * **Open**: nothing was ever refused; nothing is delayed.
/// * **Parked**: a refusal came; nothing is sent before the time it asked for has passed.
/// * **Probing**: sending starts again at the pace at which the bucket, as far as it was seen, was refilled while
///   parked, and doubles ten times a second until the next refusal.
/// * **Steady**: two refusals have shown rate and burst ([`curve`]); both are used up to a small margin. A pace that
///   held for a while is exceeded a little, then more and more, to find a quota that has grown.
#[derive(Debug)]
pub(super) struct Limiter {
    waits: Waits,
    passes: Passes,
    /// What is documented, in requests a second: where probing may start.
    documented: Option<f64>,
    /// `None` while open.
    pace: Option<Box<Pace>>,
}

/// Waits of our own, for refusals that do not say how long: the first, doubled while nothing passes, and the longest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

impl Limiter {
    /// A limiter that delays nothing until a refusal, or keeps to a quota that was declared.
    pub(super) fn new(waits: Waits, declared: Option<Quota>, documented: Option<f64>, now: Instant) -> Self {
        let pace = declared.map(|quota| Box::new(Pace::declared(quota, now)));
        Self { waits, passes: Passes::new(now), documented, pace }
    }

    /// Whether nothing is delayed.
    pub(super) fn is_open(&self) -> bool {
        self.pace.is_none()
    }

    /// Whether a request of this cost may be sent now, or when to ask again.
    pub(super) fn ready(&mut self, now: Instant, cost: u32) -> Result<(), Instant> {
        self.pace.as_mut().map_or(Ok(()), |pace| pace.ready(now, f64::from(cost), &self.passes))
    }

    /// Lets a request of this cost be sent now, or says when to ask again.
    pub(super) fn take(&mut self, now: Instant, cost: u32) -> Result<(), Instant> {
        self.ready(now, cost)?;
        if let Some(pace) = &mut self.pace {
            pace.take(now, f64::from(cost));
        }
        Ok(())
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_forgettable(&self, now: Instant) -> bool {
        self.pace.as_ref().is_none_or(|pace| pace.is_stale(now))
    }

    /// How long a request would wait that comes after others of this cost.
    pub(super) fn wait(&self, now: Instant, ahead: u32) -> Duration {
        self.pace.as_ref().map_or(Duration::ZERO, |pace| pace.wait(now, f64::from(ahead)))
    }

    /// A request that was sent at `sent` was not refused, whatever else its answer was. `near` says that the service
    /// calls its limit reached.
    pub(super) fn passed(&mut self, sent: Instant, cost: u32, near: bool) {
        self.passes.count(sent, cost);
        if let Some(pace) = &mut self.pace {
            pace.passed(sent, f64::from(cost), near);
        }
    }

    /// A request that was sent at `sent` was refused.
    pub(super) fn refused(&mut self, now: Instant, sent: Instant, cost: u32, retry_after: Option<Duration>) {
        let pace = self.pace.get_or_insert_with(|| Box::new(Pace::unknown(self.documented, sent)));
        pace.refused(now, sent, f64::from(cost), retry_after, &self.waits);
    }
}
