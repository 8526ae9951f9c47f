//! Which outcome may be repeated: one pure table.

use crate::error::ErrorKind;

use super::request::Safety;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The request was not sent: connecting, name resolution or TLS failed.
    NotSent,
    /// The connection broke, or the time ran out, after the request was sent.
    Lost,
    /// The service answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// Whether the answer said how long to wait.
        retry_after: bool,
        /// What the answer was classified as.
        kind: ErrorKind,
    },
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Repeat after a wait.
    Retry,
    /// Return the error as it is.
    Return,
    /// Return [`ErrorKind::OutcomeUnknown`]: it may have been done.
    OutcomeUnknown,
}

/// Decides whether an attempt is repeated.
///
/// | outcome | read | idempotent | unsafe |
/// | --- | --- | --- | --- |
/// | 429, 509, 503 with `Retry-After` | retry | retry | retry: refused before work |
/// | not sent | retry | retry | retry |
/// | 503 without it, 408 | retry | retry | return |
/// | 500, 502, 504, lost after sending | retry | retry | outcome unknown |
/// | another status classified as unavailable | retry | retry | return |
/// | everything else | return | return | return |
#[must_use]
pub fn decide(outcome: Outcome, safety: Safety) -> Verdict {
    let repeatable = safety != Safety::Unsafe;
    match outcome {
        Outcome::NotSent => Verdict::Retry,
        Outcome::Lost if repeatable => Verdict::Retry,
        Outcome::Lost => Verdict::OutcomeUnknown,
        Outcome::Answered { status: 429 | 509, .. } | Outcome::Answered { status: 503, retry_after: true, .. } => {
            Verdict::Retry
        }
        Outcome::Answered { status: 408 | 503, .. } if repeatable => Verdict::Retry,
        Outcome::Answered { status: 500 | 502 | 504, kind, .. } if is_transient(kind) => {
            if repeatable {
                Verdict::Retry
            } else {
                Verdict::OutcomeUnknown
            }
        }
        Outcome::Answered { status: 400..=499, kind: ErrorKind::Unavailable, .. } if repeatable => Verdict::Retry,
        Outcome::Answered { .. } => Verdict::Return,
    }
}

/// A 5xx that names a cause which will not pass (Exchange puts "not found" and "quota" into 500) is final.
fn is_transient(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unavailable | ErrorKind::Other | ErrorKind::Timeout | ErrorKind::Throttled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, retry_after: bool) -> Outcome {
        let kind = match status {
            429 | 509 => ErrorKind::Throttled,
            408 | 500.. => ErrorKind::Unavailable,
            _ => ErrorKind::InvalidRequest,
        };
        Outcome::Answered { status, retry_after, kind }
    }

    #[test]
    fn table_is_followed() {
        use Safety::{Idempotent, Read, Unsafe};
        use Verdict::{OutcomeUnknown, Retry, Return};
        let rows = [
            (answered(429, false), [Retry, Retry, Retry]),
            (answered(509, false), [Retry, Retry, Retry]),
            (answered(503, true), [Retry, Retry, Retry]),
            (Outcome::NotSent, [Retry, Retry, Retry]),
            (answered(503, false), [Retry, Retry, Return]),
            (answered(408, false), [Retry, Retry, Return]),
            (answered(500, true), [Retry, Retry, OutcomeUnknown]),
            (answered(502, false), [Retry, Retry, OutcomeUnknown]),
            (answered(504, false), [Retry, Retry, OutcomeUnknown]),
            (Outcome::Lost, [Retry, Retry, OutcomeUnknown]),
            (answered(400, false), [Return, Return, Return]),
            (answered(404, true), [Return, Return, Return]),
        ];
        for (outcome, expected) in rows {
            for (safety, verdict) in [Read, Idempotent, Unsafe].into_iter().zip(expected) {
                assert_eq!(decide(outcome, safety), verdict, "{outcome:?} {safety:?}");
            }
        }
    }

    #[test]
    fn server_error_with_a_final_cause_is_returned() {
        let outcome = Outcome::Answered { status: 500, retry_after: false, kind: ErrorKind::NotFound };
        assert_eq!(decide(outcome, Safety::Read), Verdict::Return);
        let outcome = Outcome::Answered { status: 400, retry_after: false, kind: ErrorKind::Unavailable };
        assert_eq!(decide(outcome, Safety::Read), Verdict::Retry);
        assert_eq!(decide(outcome, Safety::Unsafe), Verdict::Return);
    }
}
