//! How many requests a service takes from us.

use std::time::Duration;

use crate::error::{Error, Result};

/// A quota as a token bucket: `requests` in each stretch of `per`, and `burst` of them at once.
///
/// A client that is told its quota keeps to it from the first request on, instead of learning it from refusals.
/// See [`ClientOptions::quota`](super::ClientOptions::quota).
///
/// ```
/// use std::time::Duration;
/// use bundle_core::http::Quota;
///
/// let quota = Quota::new(3_000, Duration::from_secs(10))?.with_burst(500)?;
/// assert_eq!(quota.rate(), 300.0);
/// # Ok::<(), bundle_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    requests: u32,
    per: Duration,
    burst: u32,
}

impl Quota {
    /// Consent through Partner Center: 50 requests in any second for one application. With three at once, for a program
    /// that is held up now and then, that leaves 47.
    ///
    /// Source: "Get customer consent as Control Panel Vendor" (Microsoft Learn, Partner Center), version of 2023-08.
    pub(super) const CONSENTS: Self = Self { requests: 47, per: Duration::from_secs(1), burst: 3 };

    /// So many requests in each stretch of `per`; all of them may come at once.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): either is zero, or `per` is longer than a day.
    pub fn new(requests: u32, per: Duration) -> Result<Self> {
        if requests == 0 {
            return Err(Error::config("quota: 0 requests would send nothing"));
        }
        if per.is_zero() || per > LONGEST {
            return Err(Error::config(format!("quota: {per:?} is not between 1 ns and a day")));
        }
        Ok(Self { requests, per, burst: requests })
    }

    /// Sets how many requests may come at once.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): it is zero.
    pub fn with_burst(self, burst: u32) -> Result<Self> {
        if burst == 0 {
            return Err(Error::config("quota: a burst of 0 would send nothing"));
        }
        Ok(Self { burst, ..self })
    }

    /// Requests a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        f64::from(self.requests) / self.per.as_secs_f64()
    }

    /// How many requests may come at once.
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.burst
    }
}

const LONGEST: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quota_that_sends_nothing_is_refused() {
        let second = Duration::from_secs(1);
        for (requests, per) in [(0, second), (1, Duration::ZERO), (1, Duration::MAX)] {
            let error = Quota::new(requests, per).unwrap_err();
            assert!(error.to_string().contains("quota: "), "{error}");
        }
        assert!(Quota::new(1, second).unwrap().with_burst(0).is_err());
    }

    #[test]
    fn burst_is_the_whole_quota_unless_it_is_set() {
        let quota = Quota::new(3_000, Duration::from_secs(10)).unwrap();
        assert_eq!((quota.rate(), quota.burst()), (300.0, 3_000));
        assert_eq!(quota.with_burst(7).unwrap().burst(), 7);
    }
}
