//! The virtual clock that every timestamp, expiry and propagation delay of the sandbox reads.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Time as the sandbox sees it: a start, plus what was advanced, plus real time multiplied by a speed.
///
/// Clones share the same time. At speed 0 the clock only moves when it is advanced, so a test decides
/// when something propagates; at speed 1 it runs like a wall clock.
#[derive(Clone)]
pub struct VirtualClock {
    state: Arc<Mutex<State>>,
}

struct State {
    /// The virtual time at `anchor`.
    base: Timestamp,
    anchor: Instant,
    speed: f64,
}

impl VirtualClock {
    /// Creates a clock that stands still at the given time.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self { state: Arc::new(Mutex::new(State { base: start, anchor: Instant::now(), speed: 0.0 })) }
    }

    /// Returns the present virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.state().now()
    }

    /// Moves the clock forward and returns the new time.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let mut state = self.state();
        state.settle();
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        state.base = state.base.saturating_add(by).unwrap_or(Timestamp::MAX);
        state.base
    }

    /// Moves the clock forward to the given time, never backwards, and returns the new time.
    pub fn advance_to(&self, time: Timestamp) -> Timestamp {
        let mut state = self.state();
        state.settle();
        state.base = state.base.max(time);
        state.base
    }

    /// Sets how many virtual seconds pass in a real one; 0 stops the clock.
    pub fn set_speed(&self, speed: f64) {
        let mut state = self.state();
        state.settle();
        state.speed = speed.max(0.0);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VirtualClock").field(&self.now()).finish()
    }
}

impl State {
    fn now(&self) -> Timestamp {
        if self.speed == 0.0 {
            return self.base;
        }
        let passed = SignedDuration::from_secs_f64(self.anchor.elapsed().as_secs_f64() * self.speed);
        self.base.saturating_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// Folds the real time that passed into the base, so that speed and base may change.
    fn settle(&mut self) {
        self.base = self.now();
        self.anchor = Instant::now();
    }
}

/// Adds seconds to a time.
pub(crate) fn plus(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// Writes a time the way Graph writes most of them: `2026-01-01T09:00:00Z`.
pub(crate) fn iso(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Writes a time with seven fractional digits: `2026-01-01T09:00:00.0000000Z`.
pub(crate) fn iso_ticks(time: Timestamp) -> String {
    let ticks = time.subsec_nanosecond().max(0) / 100;
    format!("{}.{ticks:07}Z", time.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// Writes a time the way HTTP headers do: `Thu, 01 Jan 2026 09:00:00 GMT`.
pub(crate) fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-01-01T09:00:00Z".parse().expect("a literal timestamp")
    }

    #[test]
    fn manual_clock_moves_only_when_advanced_and_never_back() {
        let clock = VirtualClock::manual(start());
        assert_eq!(clock.now(), start());
        assert_eq!(clock.advance(Duration::from_secs(90)), plus(start(), 90));
        assert_eq!(clock.advance_to(start()), plus(start(), 90));
        let same = clock.clone();
        clock.advance(Duration::from_secs(1));
        assert_eq!(same.now(), plus(start(), 91));
    }

    #[test]
    fn times_are_written_in_the_services_formats() {
        assert_eq!(iso(start()), "2026-01-01T09:00:00Z");
        assert_eq!(iso_ticks(start()), "2026-01-01T09:00:00.0000000Z");
        assert_eq!(http_date(start()), "Thu, 01 Jan 2026 09:00:00 GMT");
    }
}
