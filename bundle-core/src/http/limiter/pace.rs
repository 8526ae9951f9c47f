//! The pace of a key that was refused, or whose quota was declared.

use std::time::{Duration, Instant};

use super::Waits;
use super::bucket::{Bucket, seconds};
use super::curve::{Curve, Stretch};
use super::estimate::{CONCLUSIVE, Learned, Probe, margin};
use super::passes::Passes;
use crate::http::Quota;

/// What is known since the first refusal.
#[derive(Debug)]
pub(super) struct Pace {
    stage: Stage,
    bucket: Bucket,
    parked: Option<Parked>,
    /// When sending began again, and how much of what was sent since has passed.
    since: Instant,
    passed: f64,
    /// When the bucket was empty before, and what that showed.
    before: Option<(Instant, Curve)>,
    /// Refusals in a row without anything passing in between.
    barren: u32,
    /// Whether a sender had to wait since `last`: a pace that does not bind teaches nothing.
    binds: bool,
    /// When a sender was let go last.
    last: Instant,
    /// The service says that its limit is reached.
    near: bool,
    /// No faster than this, in requests a second.
    ceiling: f64,
    documented: Option<f64>,
}

#[derive(Debug)]
enum Stage {
    /// The rate is unknown: it grows until the next refusal.
    Probing { start: f64 },
    /// Rate and burst are known.
    Steady(Steady),
}

#[derive(Debug)]
struct Steady {
    rate: f64,
    burst: f64,
    /// The bucket as it should be: says whether a refusal was to be expected.
    expected: Bucket,
    /// For how many seconds the pace has bound, and for how many it is kept before more is tried.
    bound: f64,
    hold: f64,
    /// A refusal came that was not to be expected.
    doubted: bool,
}

/// An exhaustion that is being waited out.
#[derive(Debug)]
struct Parked {
    until: Instant,
    /// When the last of the refused requests was sent: the bucket was empty then.
    emptied: Instant,
    refused: f64,
    /// All refused requests were sent before sending began again: the wait is heeded, but they teach nothing new.
    late: bool,
}

impl Pace {
    /// The pace of a quota that the caller declared.
    pub(super) fn declared(quota: Quota, now: Instant) -> Self {
        let mut pace = Self::unknown(None, now);
        pace.ceiling = quota.rate() * (1.0 - DECLARED_MARGIN);
        let burst = f64::from(quota.burst());
        pace.settle(now, Steady::new(quota.rate(), burst, FIRST_HOLD, now), DECLARED_MARGIN, burst);
        pace
    }

    /// The pace after a first refusal.
    pub(super) fn unknown(documented: Option<f64>, now: Instant) -> Self {
        Self {
            stage: Stage::Probing { start: 0.0 },
            bucket: Bucket::new(1.0, 1.0, 1.0, now),
            parked: None,
            since: now,
            passed: 0.0,
            before: None,
            barren: 0,
            binds: false,
            last: now,
            near: false,
            ceiling: f64::MAX,
            documented,
        }
    }

    /// Whether a request may be sent now, or when to ask again.
    pub(super) fn ready(&mut self, now: Instant, cost: f64, passes: &Passes) -> Result<(), Instant> {
        match &self.parked {
            Some(parked) if now < parked.until => return Err(parked.until),
            Some(_) => self.resume(now, passes),
            None => {}
        }
        let ready = self.bucket.ready(now, cost);
        self.binds |= ready.is_err();
        ready
    }

    /// A request is sent.
    pub(super) fn take(&mut self, now: Instant, cost: f64) {
        self.bucket.take(now, cost);
        if let Stage::Steady(steady) = &mut self.stage {
            steady.expected.take(now, cost);
        }
        if std::mem::take(&mut self.binds) && !self.near {
            self.grow(now);
        }
        self.last = now;
    }

    /// Whether nothing was sent for so long that the quota has to be learned anew.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        let last = self.parked.as_ref().map_or(self.last, |parked| parked.until);
        now.saturating_duration_since(last) > KEPT
    }

    /// How long a request would wait that comes after others of this cost, as far as is known.
    pub(super) fn wait(&self, now: Instant, ahead: f64) -> Duration {
        let from = self.parked.as_ref().map_or(now, |parked| parked.until.max(now));
        let line = match &self.stage {
            // The pace is to change soon.
            Stage::Probing { .. } => Duration::ZERO,
            Stage::Steady(_) => seconds((ahead + 1.0 - self.bucket.level(from)) / self.bucket.rate()),
        };
        (from - now).saturating_add(line)
    }

    pub(super) fn passed(&mut self, sent: Instant, cost: f64, near: bool) {
        self.near = near;
        if sent >= self.since {
            self.passed += cost;
            self.barren = 0;
        }
    }

    pub(super) fn refused(
        &mut self,
        now: Instant,
        sent: Instant,
        cost: f64,
        retry_after: Option<Duration>,
        waits: &Waits,
    ) {
        let asked = retry_after.filter(|wait| !wait.is_zero()).map(|wait| wait.min(LONGEST_PARK));
        let late = sent < self.since;
        if let Some(parked) = &mut self.parked {
            // All that was under way meets the same empty bucket.
            parked.emptied = parked.emptied.max(sent);
            parked.refused += cost;
            parked.late &= late;
            parked.until = parked.until.max(now + asked.unwrap_or_default());
            return;
        }
        let wait = match asked {
            _ if late => asked.unwrap_or_default(),
            None => self.own_wait(waits),
            Some(asked) if self.barren == 0 => asked,
            // It asks for too little again and again.
            Some(asked) => asked.max(self.own_wait(waits).min(asked.saturating_mul(8))),
        };
        if !late {
            self.barren += 1;
        }
        self.parked = Some(Parked { until: now + wait.min(LONGEST_PARK), emptied: sent, refused: cost, late });
    }

    fn own_wait(&self, waits: &Waits) -> Duration {
        waits.first.saturating_mul(1 << self.barren.min(16)).min(waits.longest)
    }

    /// Sends again: what did the exhaustion teach?
    fn resume(&mut self, now: Instant, passes: &Passes) {
        let Some(parked) = self.parked.take() else { return };
        if parked.late {
            self.last = now;
            return;
        }
        let length = parked.emptied.saturating_duration_since(self.since).as_secs_f64();
        let curve = self.curve(&parked, length, passes);
        let asked = parked.until.saturating_duration_since(parked.emptied).as_secs_f64().max(0.001);
        let hold = FIRST_HOLD.max(asked * HOLD_PER_PARK);
        let refilled = |rate: f64| now.saturating_duration_since(parked.emptied).as_secs_f64() * rate - parked.refused;
        match (&self.stage, &self.before) {
            (&Stage::Probing { start }, Some((before, earlier))) => {
                let probe = Probe {
                    first_rate: start,
                    last_rate: self.bucket.rate(),
                    passed: self.passed,
                    length,
                    between: parked.emptied.saturating_duration_since(*before).as_secs_f64(),
                    curve: &curve,
                    earlier,
                };
                match probe.learn() {
                    Learned::Quota { rate, burst, margin } => {
                        self.settle(now, Steady::new(rate, burst, hold, now), margin, refilled(rate));
                    }
                    Learned::About(rate) => self.probe(now, rate),
                    Learned::AtLeast(rate) => self.probe(now, rate.max(start / 2.0)),
                }
            }
            (Stage::Probing { .. }, None) => {
                let documented = self.documented.unwrap_or_default() / 2.0;
                self.probe(now, (curve.burst(0.0).max(1.0) / asked).max(documented));
            }
            (Stage::Steady(steady), _) => {
                let Steady { rate, burst, .. } = *steady;
                let expected = steady.expected.level(parked.emptied) <= burst * 0.6 + 2.0;
                if expected && length >= 1.0 && self.passed >= CONCLUSIVE {
                    // More was tried, and the limit found again.
                    let found = curve.rate(burst).clamp(rate / 2.0, self.bucket.rate().max(rate));
                    let same = (found / rate - 1.0).abs() < 0.05;
                    let hold = if same { (steady.hold * 2.0).min(LONGEST_HOLD.max(hold)) } else { hold };
                    self.settle(now, Steady::new(found, burst, hold, now), margin(self.passed), refilled(found));
                } else if !steady.doubted || length > 10.0 {
                    // Chance, or somebody who shares the quota: leave room.
                    let less = rate * 0.85;
                    let steady = Steady { doubted: true, ..Steady::new(less, burst, hold, now) };
                    self.settle(now, steady, 0.0, refilled(less));
                } else {
                    // The quota is another one now.
                    let start = self.bucket.rate() / 2.0;
                    self.probe(now, start);
                }
            }
        }
        self.before = Some((parked.emptied, curve));
        self.since = now;
        self.passed = 0.0;
        self.last = now;
        self.binds = false;
    }

    /// What passed before the bucket was empty, back to when sending began.
    fn curve(&self, parked: &Parked, length: f64, passes: &Passes) -> Curve {
        let since = self.before.as_ref().map(|_| self.since);
        let mut stretches = passes.stretches(parked.emptied, since);
        // Only the last second is kept in detail.
        let whole = Stretch { length, passed: self.passed };
        let detail = stretches.last().copied();
        if since.is_some() && detail.is_some_and(|detail| detail.length < length && detail.passed < whole.passed) {
            stretches.push(whole);
        }
        Curve::new(stretches)
    }

    fn probe(&mut self, now: Instant, start: f64) {
        let start = start.min(self.ceiling);
        self.stage = Stage::Probing { start };
        self.bucket = Bucket::new(start, slack(start), 1.0, now);
    }

    fn settle(&mut self, now: Instant, steady: Steady, margin: f64, level: f64) {
        let rate = (steady.rate * (1.0 - margin)).min(self.ceiling);
        self.bucket = Bucket::new(rate, usable(steady.burst), level, now);
        self.stage = Stage::Steady(steady);
    }

    /// Raises the pace after a sender had to wait for it.
    fn grow(&mut self, now: Instant) {
        let waited = now.saturating_duration_since(self.last).as_secs_f64();
        let rate = self.bucket.rate();
        match &mut self.stage {
            Stage::Probing { .. } => {
                let factor = (waited.min(0.05) / GROWTH).exp().min(MOST_GROWTH);
                let rate = (rate * factor).min(self.ceiling);
                self.bucket.change(now, rate, slack(rate));
            }
            Stage::Steady(steady) => {
                let before = excess(steady.bound - steady.hold);
                steady.bound += waited.min(1.0);
                let after = excess(steady.bound - steady.hold);
                if after > before {
                    let rate = (rate * (1.0 + after) / (1.0 + before)).min(self.ceiling);
                    self.bucket.change(now, rate, usable(steady.burst).max(slack(rate)));
                }
            }
        }
    }
}

impl Steady {
    fn new(rate: f64, burst: f64, hold: f64, now: Instant) -> Self {
        let expected = Bucket::new(rate, burst, burst, now);
        Self { rate, burst, expected, bound: 0.0, hold, doubted: false }
    }
}

/// By what share to exceed a rate that was kept for so many seconds longer than it had to be: a few hundredths in the
/// first seconds, the double after six, everything after fifteen.
fn excess(longer: f64) -> f64 {
    if longer <= 0.0 { 0.0 } else { 0.005 * longer + (longer / 7.0).powi(3).min(20.0).exp_m1() }
}

/// What is sent at once of a burst: not all, for requests that were sent one by one can arrive together.
fn usable(burst: f64) -> f64 {
    (burst * 0.95 - 1.0).max(1.0)
}

/// What a timer that is some milliseconds late may catch up on.
fn slack(rate: f64) -> f64 {
    (rate * 0.004).max(1.0)
}

/// How far below a declared rate to stay: clocks and answers jitter.
const DECLARED_MARGIN: f64 = 0.01;

/// Seconds for which a pace is kept before more is tried: at first, per second of park it may cost, and at most.
const FIRST_HOLD: f64 = 5.0;
const HOLD_PER_PARK: f64 = 5.0;
const LONGEST_HOLD: f64 = 160.0;

/// Seconds in which a probing pace grows by the factor e: it doubles in a tenth of a second.
const GROWTH: f64 = 0.144;

/// The factor by which it grows at most from one request to the next.
const MOST_GROWTH: f64 = 1.25;

/// How long a quota is remembered that is not used.
const KEPT: Duration = Duration::from_secs(600);

/// A bound for absurd values; the call's deadline decides long before.
const LONGEST_PARK: Duration = Duration::from_secs(30 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: Waits = Waits { first: Duration::from_secs(1), longest: Duration::from_secs(30) };

    #[test]
    fn refusal_of_long_ago_is_heeded_and_teaches_nothing() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let passes = Passes::new(start);
        let mut pace = Pace::unknown(None, start);
        pace.refused(at(1), at(0), 1.0, Some(Duration::from_secs(1)), &WAITS);
        assert_eq!(pace.ready(at(500), 1.0, &passes), Err(at(1_001)));
        assert_eq!(pace.ready(at(1_001), 1.0, &passes), Ok(()));
        let rate = pace.bucket.rate();
        // It was sent before the park and comes back after it.
        pace.refused(at(1_100), at(0), 1.0, Some(Duration::from_secs(2)), &WAITS);
        assert_eq!(pace.ready(at(1_100), 1.0, &passes), Err(at(3_100)));
        assert!(pace.ready(at(60_000), 1.0, &passes).is_ok());
        assert_eq!(pace.bucket.rate(), rate);
    }

    #[test]
    fn limit_that_is_near_stops_growth() {
        let start = Instant::now();
        let passes = Passes::new(start);
        let grown = |near| {
            let mut pace = Pace::unknown(None, start);
            pace.refused(start, start, 1.0, Some(Duration::from_secs(1)), &WAITS);
            let mut now = start + Duration::from_secs(1);
            for _ in 0..20 {
                while let Err(at) = pace.ready(now, 1.0, &passes) {
                    now = at;
                }
                pace.take(now, 1.0);
                pace.passed(now, 1.0, near);
            }
            pace.bucket.rate()
        };
        assert_eq!(grown(true), 1.0);
        assert!(grown(false) > 20.0);
    }

    #[test]
    fn excess_is_gentle_first_and_never_ends() {
        assert_eq!(excess(-1.0), 0.0);
        assert!(excess(1.0) < 0.01 && excess(3.0) < 0.12);
        assert!(excess(6.5) > 1.0 && excess(15.0) > 1_000.0);
        assert!(excess(1e9).is_finite());
    }

    #[test]
    fn absurd_waits_are_bounded() {
        let start = Instant::now();
        let mut pace = Pace::unknown(None, start);
        pace.refused(start, start, 1.0, Some(Duration::MAX), &WAITS);
        assert_eq!(pace.wait(start, 0.0), LONGEST_PARK);
    }
}
