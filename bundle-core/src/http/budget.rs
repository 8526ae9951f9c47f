//! The retry budget: a service in trouble is not asked even more.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many retries a pipeline may send, in proportion to what succeeds.
///
/// Every success pays for a share of a retry, and a few retries a second are free, so that a client with little to do
/// can retry at all. With the defaults a service that fails everything gets ten retries a second, and one that fails
/// at times gets a fifth more requests at most. Being throttled costs nothing: those waits are the limiter's.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RetryBudget {
    /// Retries per success, 0.2 by default.
    pub per_success: f64,
    /// Retries a second beside those, 10 by default.
    pub per_second: f64,
    /// How many may be saved up, 100 by default; it starts full.
    pub most: f64,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { per_success: 0.2, per_second: 10.0, most: 100.0 }
    }
}

impl RetryBudget {
    /// No bound beside the [`RetryPolicy`](super::RetryPolicy).
    #[must_use]
    pub fn unlimited() -> Self {
        Self { most: f64::INFINITY, ..Self::default() }
    }

    /// Sets the retries per success.
    #[must_use]
    pub fn per_success(mut self, retries: f64) -> Self {
        self.per_success = retries;
        self
    }

    /// Sets the retries a second beside those.
    #[must_use]
    pub fn per_second(mut self, retries: f64) -> Self {
        self.per_second = retries;
        self
    }

    /// Sets how many retries may be saved up.
    #[must_use]
    pub fn most(mut self, retries: f64) -> Self {
        self.most = retries;
        self
    }
}

/// What is left of a budget.
#[derive(Debug)]
pub(super) struct Purse {
    budget: RetryBudget,
    /// Successes that were not paid in yet: all that a success does is count.
    successes: AtomicU64,
    saved: Mutex<Saved>,
}

#[derive(Debug)]
struct Saved {
    retries: f64,
    at: Instant,
}

impl Purse {
    pub(super) fn new(budget: RetryBudget, now: Instant) -> Self {
        Self { budget, successes: AtomicU64::new(0), saved: Mutex::new(Saved { retries: budget.most, at: now }) }
    }

    /// A request succeeded.
    pub(super) fn pay_in(&self) {
        self.successes.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes one retry; `false` when none is left.
    pub(super) fn spend(&self, now: Instant) -> bool {
        let RetryBudget { per_success, per_second, most } = self.budget;
        if most.is_infinite() {
            return true;
        }
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        let successes = self.successes.swap(0, Ordering::Relaxed) as f64;
        let passed = now.saturating_duration_since(saved.at).min(LONGEST).as_secs_f64();
        saved.retries = (saved.retries + successes * per_success + passed * per_second).min(most);
        saved.at = saved.at.max(now);
        if saved.retries < 1.0 {
            return false;
        }
        saved.retries -= 1.0;
        true
    }
}

/// After so long every budget is full again.
const LONGEST: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(purse: &Purse, now: Instant) -> usize {
        (0..10_000).take_while(|_| purse.spend(now)).count()
    }

    #[test]
    fn successes_and_time_pay_for_retries() {
        let start = Instant::now();
        let purse = Purse::new(RetryBudget::default(), start);
        assert_eq!(spent(&purse, start), 100);
        for _ in 0..50 {
            purse.pay_in();
        }
        assert_eq!(spent(&purse, start), 10);
        assert_eq!(spent(&purse, start + Duration::from_millis(2_500)), 25);
        assert_eq!(spent(&purse, start), 0);
    }

    #[test]
    fn savings_are_bounded() {
        let start = Instant::now();
        let purse = Purse::new(RetryBudget::default().most(5.0), start);
        for _ in 0..1_000 {
            purse.pay_in();
        }
        assert_eq!(spent(&purse, start + Duration::from_secs(3_600)), 5);
    }

    #[test]
    fn budgets_can_be_nothing_and_everything() {
        let start = Instant::now();
        let none = Purse::new(RetryBudget::default().most(0.0), start);
        none.pay_in();
        assert_eq!(spent(&none, start + Duration::from_secs(60)), 0);
        assert_eq!(spent(&Purse::new(RetryBudget::unlimited(), start), start), 10_000);
    }
}
