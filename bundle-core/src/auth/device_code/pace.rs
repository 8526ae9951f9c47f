//! How often the token endpoint is asked: pure.

use std::time::Duration;

/// The interval of a device code, and how it grows.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    /// Questions without an answer, in a row.
    unanswered: u32,
}

impl Pace {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval: interval.clamp(SHORTEST, LONGEST), unanswered: 0 }
    }

    /// The time between two questions.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// How long to wait after "not yet". `asked` is what the answer wished.
    pub(super) fn answered(&mut self, asked: Option<Duration>) -> Duration {
        self.unanswered = 0;
        self.interval.max(asked.unwrap_or_default()).min(LONGEST)
    }

    /// How long to wait after "slow down", which holds for all questions that follow.
    pub(super) fn slowed_down(&mut self, asked: Option<Duration>) -> Duration {
        self.interval = (self.interval + SLOW_DOWN).min(LONGEST);
        self.answered(asked)
    }

    /// How long to wait when there was no answer: twice as long each time.
    pub(super) fn unanswered(&mut self, asked: Option<Duration>) -> Duration {
        self.unanswered = (self.unanswered + 1).min(DOUBLINGS);
        let own = (self.interval * 2_u32.pow(self.unanswered)).min(LONGEST_OWN.max(self.interval));
        own.max(asked.unwrap_or_default()).min(LONGEST)
    }
}

/// How much slower to ask after `slow_down`. Source: RFC 8628 section 3.5.
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// How often at most the endpoint is asked, whatever it says.
const SHORTEST: Duration = Duration::from_secs(1);
/// A bound for absurd values; Entra's codes are good for 15 minutes.
pub(super) const LONGEST: Duration = Duration::from_secs(86_400);
/// The longest wait without being asked to: a person who has signed in should not wait much longer than the network.
const LONGEST_OWN: Duration = Duration::from_secs(60);
const DOUBLINGS: u32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn slowing_down_lasts_and_what_was_asked_for_holds_once() {
        let mut pace = Pace::new(secs(5));
        assert_eq!(pace.answered(None), secs(5));
        assert_eq!(pace.slowed_down(None), secs(10));
        assert_eq!(pace.slowed_down(Some(secs(40))), secs(40));
        assert_eq!(pace.answered(Some(secs(3))), secs(15));
        assert_eq!(pace.answered(Some(secs(16))), secs(16));
        assert_eq!(pace.interval(), secs(15));
    }

    #[test]
    fn silence_doubles_the_wait_up_to_a_minute_and_an_answer_ends_it() {
        let mut pace = Pace::new(secs(5));
        let waits: Vec<Duration> = (0..6).map(|_| pace.unanswered(None)).collect();
        assert_eq!(waits, [10, 20, 40, 60, 60, 60].map(secs));
        assert_eq!(pace.unanswered(Some(secs(120))), secs(120));
        assert_eq!(pace.answered(None), secs(5));
        assert_eq!(pace.unanswered(None), secs(10));
        assert_eq!(Pace::new(secs(90)).unanswered(None), secs(90));
    }

    #[test]
    fn absurd_values_are_bounded() {
        assert_eq!(Pace::new(Duration::ZERO).interval(), SHORTEST);
        let mut pace = Pace::new(Duration::MAX);
        assert_eq!(pace.slowed_down(Some(Duration::MAX)), LONGEST);
        assert_eq!(pace.unanswered(Some(Duration::MAX)), LONGEST);
    }
}
