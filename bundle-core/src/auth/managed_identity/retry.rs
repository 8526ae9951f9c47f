//! When an identity endpoint is asked again: it answers otherwise than services do.

use std::time::Duration;

use crate::http::RetryPolicy;

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// The endpoint refused; `wait` is what it asked for.
    Answered { status: u16, wait: Option<Duration> },
    /// There was no answer.
    NoAnswer,
}

/// The wait before the next attempt; `None` when the outcome is final.
///
/// 404, 429 and 5xx pass by themselves, and so does 410: the endpoint is being updated, which takes up to 70 seconds
/// whatever the policy says about attempts.
///
/// Source: "How to use managed identities to acquire an access token", retry guidance (Microsoft Learn).
pub(super) fn wait(outcome: Outcome, attempt: u32, elapsed: Duration, policy: &RetryPolicy) -> Option<Duration> {
    let doubled = |base: Duration| base.saturating_mul(1u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
    let wait = match outcome {
        Outcome::Answered { status: 410, .. } => {
            let left = UPDATE.checked_sub(elapsed).filter(|left| !left.is_zero())?;
            return Some(doubled(FIRST_WAIT_FOR_UPDATE).min(left));
        }
        Outcome::Answered { status: 404 | 429 | 500..=599, wait } => wait,
        Outcome::NoAnswer => None,
        Outcome::Answered { .. } => return None,
    };
    let own = doubled(policy.base_wait).min(policy.max_wait);
    let wait = wait.unwrap_or_default().max(own);
    let in_time = elapsed.checked_add(wait).is_some_and(|end| end <= policy.deadline);
    (attempt < policy.max_attempts && in_time).then_some(wait)
}

/// How long an update of the endpoint may take.
const UPDATE: Duration = Duration::from_secs(70);
const FIRST_WAIT_FOR_UPDATE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered { status, wait: None }
    }

    #[test]
    fn waits_double_and_end_with_the_attempts() {
        let policy = RetryPolicy::default();
        for outcome in [answered(404), answered(429), answered(500), answered(503), Outcome::NoAnswer] {
            let waits: Vec<_> = (1..=6).map(|attempt| wait(outcome, attempt, Duration::ZERO, &policy)).collect();
            let seconds = |seconds| Some(Duration::from_secs(seconds));
            assert_eq!(waits, [seconds(1), seconds(2), seconds(4), seconds(8), None, None], "{outcome:?}");
        }
        for status in [400, 401, 403, 405] {
            assert_eq!(wait(answered(status), 1, Duration::ZERO, &policy), None, "{status}");
        }
    }

    #[test]
    fn endpoint_is_never_undercut_nor_the_deadline_passed() {
        let policy = RetryPolicy::default();
        let asked = |seconds| Outcome::Answered { status: 429, wait: Some(Duration::from_secs(seconds)) };
        assert_eq!(wait(asked(7), 1, Duration::ZERO, &policy), Some(Duration::from_secs(7)));
        assert_eq!(wait(asked(301), 1, Duration::ZERO, &policy), None);
        assert_eq!(wait(answered(429), 1, policy.deadline, &policy), None);
    }

    #[test]
    fn update_is_waited_for_seventy_seconds_in_all() {
        let policy = RetryPolicy::none();
        let (mut elapsed, mut attempt) = (Duration::ZERO, 0);
        while let Some(next) = wait(answered(410), attempt + 1, elapsed, &policy) {
            elapsed += next;
            attempt += 1;
            assert!(attempt < 20);
        }
        assert_eq!((elapsed, attempt), (Duration::from_secs(70), 7));
    }
}
