//! When a cached token is renewed, and when a renewal that failed is tried again. Randomness is the caller's, so that
//! a fleet of programs does not renew in step.

use std::time::Duration;

/// How long after its issue a token of this lifetime is renewed: when the authority says, else half-way (tokens of two
/// hours and more) or five minutes before its end (a fifth of its life, for short-lived ones), and up to a tenth
/// earlier.
pub(super) fn refresh_after(lifetime: Duration, refresh_in: Option<Duration>, random: u64) -> Duration {
    let latest = lifetime - EARLY.min(lifetime / 5);
    // A hint of no time at all must not turn every call into a renewal.
    let own = if lifetime >= LONG_LIVED { lifetime / 2 } else { latest };
    let planned = refresh_in.map_or(own, |hint| hint.clamp(lifetime / 10, latest));
    planned - share(planned / 10, random)
}

/// How long to wait before the next try after this many failures in a row: half a minute, doubled up to five minutes,
/// up to a fifth longer, and never less than the authority asked for.
pub(super) fn retry_after(failures: u32, asked: Option<Duration>, random: u64) -> Duration {
    let own = (FIRST_RETRY * 2_u32.pow(failures.saturating_sub(1).min(8))).min(LAST_RETRY);
    let wait = own.max(asked.unwrap_or_default().min(LONGEST_ASKED));
    wait + share(wait / 5, random)
}

/// A part of `whole` as large as the random number is.
fn share(whole: Duration, random: u64) -> Duration {
    let part = u32::try_from(random >> 32).expect("32 bits are left");
    let nanos = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(u64::try_from((u128::from(nanos) * u128::from(part)) >> 32).unwrap_or(nanos))
}

const EARLY: Duration = Duration::from_secs(300);
/// An authority that cannot be reached for hours then harms nobody who holds such a token.
const LONG_LIVED: Duration = Duration::from_secs(7200);
const FIRST_RETRY: Duration = Duration::from_secs(30);
const LAST_RETRY: Duration = Duration::from_secs(300);
/// A bound for absurd waits, so that adding one to a point in time cannot overflow.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn renewal_is_ahead_of_the_end() {
        for (lifetime, hint, expected) in [
            (3600, None, 3300),
            (3600, Some(1800), 1800),
            (86_400, Some(50_000), 50_000),
            (86_400, None, 43_200),
            (7199, None, 6899),
            // Hints that make no sense.
            (3600, Some(0), 360),
            (3600, Some(7200), 3300),
            (100, None, 80),
            (0, None, 0),
        ] {
            assert_eq!(
                refresh_after(seconds(lifetime), hint.map(seconds), 0),
                seconds(expected),
                "{lifetime} {hint:?}"
            );
        }
    }

    #[test]
    fn jitter_brings_it_forward_by_a_tenth_at_most() {
        assert_eq!(refresh_after(seconds(3600), None, 1 << 63), seconds(3300 - 165));
        let earliest = refresh_after(seconds(3600), None, u64::MAX);
        assert!(earliest > seconds(3300 - 330) && earliest < seconds(3300 - 329), "{earliest:?}");
    }

    #[test]
    fn tries_after_failures_grow_rarer() {
        let waits: Vec<u64> = (1..=6).map(|failures| retry_after(failures, None, 0).as_secs()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 300, 300]);
        assert_eq!(retry_after(1, Some(seconds(100)), 1 << 63), seconds(110));
        assert_eq!(retry_after(1, Some(Duration::MAX), 0), seconds(3600));
        assert_eq!(retry_after(u32::MAX, Some(seconds(1)), 0), seconds(300));
    }
}
