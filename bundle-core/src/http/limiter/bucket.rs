//! Our own image of the service's bucket.

use std::time::{Duration, Instant};

/// A token bucket: filled at `rate` a second up to `size`. It may be overdrawn by one request that costs more than it
/// can ever hold.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    rate: f64,
    size: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    /// A bucket with `level` in it at `at`.
    pub(super) fn new(rate: f64, size: f64, level: f64, at: Instant) -> Self {
        let size = size.max(1.0);
        Self { rate: rate.max(SLOWEST), size, level: level.min(size), at }
    }

    /// Changes rate and size from `now` on; what is in it stays.
    pub(super) fn change(&mut self, now: Instant, rate: f64, size: f64) {
        *self = Self::new(rate, size, self.level(now), now);
    }

    /// What is filled in, a second.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// What is left at `now`.
    pub(super) fn level(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        (self.level + passed * self.rate).min(self.size)
    }

    /// Whether there is enough for `cost` at `now`, or when there is.
    pub(super) fn ready(&self, now: Instant, cost: f64) -> Result<(), Instant> {
        let missing = cost.min(self.size) - self.level(now);
        // What is missing by a rounding error must not be waited for: the wait would be rounded to nothing.
        if missing > 1e-6 {
            return Err(now + seconds(missing / self.rate).max(Duration::from_nanos(1)));
        }
        Ok(())
    }

    /// Takes `cost` at `now`, more than is in it where need be.
    pub(super) fn take(&mut self, now: Instant, cost: f64) {
        self.level = self.level(now) - cost;
        self.at = self.at.max(now);
    }
}

/// Seconds as a duration, bounded so that adding it to a point in time cannot overflow.
pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.clamp(0.0, LONGEST))
}

/// A request in a quarter of an hour: the slowest pace that is still sending.
const SLOWEST: f64 = 1.0 / 900.0;

/// A bound for absurd waits, in seconds: 30 days.
const LONGEST: f64 = 30.0 * 86_400.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_is_filled_at_its_rate_up_to_its_size() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut bucket = Bucket::new(10.0, 2.0, 5.0, start);
        for _ in 0..2 {
            assert_eq!(bucket.ready(start, 1.0), Ok(()));
            bucket.take(start, 1.0);
        }
        assert_eq!(bucket.ready(start, 1.0), Err(at(100)));
        assert_eq!(bucket.ready(at(100), 1.0), Ok(()));
        assert_eq!(bucket.level(at(60_000)), 2.0);
    }

    #[test]
    fn dear_request_overdraws_once() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10.0, 5.0, 5.0, start);
        assert_eq!(bucket.ready(start, 20.0), Ok(()));
        bucket.take(start, 20.0);
        let Err(at) = bucket.ready(start, 1.0) else { panic!("overdrawn") };
        assert!((at - start).as_secs_f64() > 1.59);
    }
}
