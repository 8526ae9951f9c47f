//! The limit of application consents: 50 requests in any second for one application.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::answer;
use crate::reply::Reply;

/// When each application asked last. Real time: it is the pace of a client that is limited, and the virtual clock may
/// stand still meanwhile.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConsentRate {
    asked: BTreeMap<Uuid, VecDeque<Instant>>,
}

impl ConsentRate {
    /// Counts a request of an application, or refuses it; what is refused does not count.
    pub(super) fn admit(&mut self, application: Uuid, now: Instant) -> Result<(), Box<Reply>> {
        let asked = self.asked.entry(application).or_default();
        while asked.front().is_some_and(|first| now.duration_since(*first) >= SECOND) {
            asked.pop_front();
        }
        if asked.len() >= MOST {
            let refusal = answer::gateway(429, "Rate limit is exceeded. Try again in 1 seconds.");
            return Err(Box::new(refusal.with_header("Retry-After", "1")));
        }
        asked.push_back(now);
        Ok(())
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MOST: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_requests_pass_in_any_second_for_each_application() {
        let (mut rate, start) = (ConsentRate::default(), Instant::now());
        let mut admitted = |application: u128, millis: u64| {
            rate.admit(Uuid::from_u128(application), start + Duration::from_millis(millis)).is_ok()
        };
        assert!((0..50).all(|n| admitted(1, n * 10)));
        assert!(!admitted(1, 999));
        assert!(admitted(2, 999));
        assert!(admitted(1, 1000));
        assert!(!admitted(1, 1005));
        assert!(admitted(1, 1010));
    }
}
