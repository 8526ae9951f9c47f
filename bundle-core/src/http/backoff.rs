//! How long to wait before the next attempt.

use std::time::Duration;

use super::RetryPolicy;

/// The wait before attempt `attempt + 1`: the server's or our own, whichever is longer, plus up to as much of our own
/// again. Never below the server's. `random` is any number; it spreads clients that failed together.
pub(super) fn wait(policy: &RetryPolicy, attempt: u32, server: Option<Duration>, random: u64) -> Duration {
    let doubled = 1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    let own = policy.base_wait.saturating_mul(doubled).min(policy.max_wait);
    // 16 bits are enough to spread, and f64 holds the product exactly.
    let jitter = own.mul_f64(f64::from((random & 0xffff) as u16) / f64::from(u16::MAX));
    server.unwrap_or_default().min(LONGEST).max(own / 2) + jitter / 2
}

/// A bound for absurd values, so that adding one to a point in time cannot overflow.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_waits_are_bounded() {
        assert!(wait(&RetryPolicy::default(), 1, Some(Duration::MAX), u64::MAX) <= LONGEST + Duration::from_secs(1));
    }

    #[test]
    fn wait_doubles_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let at = |attempt| wait(&policy, attempt, None, u64::MAX);
        assert_eq!(at(1), Duration::from_secs(1));
        assert_eq!(at(2), Duration::from_secs(2));
        assert_eq!(at(6), Duration::from_secs(30));
        assert_eq!(at(400), Duration::from_secs(30));
        assert_eq!(wait(&policy, 1, None, 0), Duration::from_millis(500));
    }

    #[test]
    fn server_is_never_undercut() {
        let policy = RetryPolicy::default().base_wait(Duration::ZERO);
        assert_eq!(wait(&policy, 3, Some(Duration::from_secs(7)), 12345), Duration::from_secs(7));
        let policy = RetryPolicy::default();
        for random in [0, 1, 0x7fff, u64::MAX] {
            assert!(wait(&policy, 2, Some(Duration::from_secs(7)), random) >= Duration::from_secs(7));
        }
    }
}
