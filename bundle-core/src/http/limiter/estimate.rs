//! What two exhaustions in a row say about the quota.

use super::curve::{Agreement, Curve};

/// A stretch of probing that ended with an empty bucket.
#[derive(Debug)]
pub(super) struct Probe<'a> {
    /// The rate it began with and the one it ended with, in requests a second.
    pub(super) first_rate: f64,
    pub(super) last_rate: f64,
    /// What passed.
    pub(super) passed: f64,
    /// How long it took, in seconds.
    pub(super) length: f64,
    /// How long before its end the bucket was empty the last time, in seconds.
    pub(super) between: f64,
    pub(super) curve: &'a Curve,
    pub(super) earlier: &'a Curve,
}

/// What a probe has shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Learned {
    /// The quota, and by what share to stay below the rate.
    Quota { rate: f64, burst: f64, margin: f64 },
    /// The rate is about this.
    About(f64),
    /// The rate is this or more.
    AtLeast(f64),
}

impl Probe<'_> {
    /// Weighs the two sources: all that was refilled since the bucket was empty the last time and has passed (too
    /// little where the bucket ran over in between), and the rate at which both exhaustions show the same burst (none
    /// where the bucket was not full in between). Neither is ever too high, so the higher one holds.
    pub(super) fn learn(&self) -> Learned {
        let refilled = self.passed / self.between.max(1e-9);
        // The second estimate that comes to the same rate is believed, however few requests it rests on.
        let confirmed = self.passed >= 1.0 && (refilled / self.first_rate - 1.0).abs() < 0.25;
        let conclusive = self.passed >= CONCLUSIVE || (self.length >= 3.0 && self.passed >= 3.0);
        if !conclusive && !confirmed {
            // Far less than before: the bucket was not full, so all that was refilled has passed.
            let partly = self.passed >= 1.0 && self.curve.burst(0.0) < self.earlier.burst(0.0) / 2.0;
            return if partly { Learned::About(refilled) } else { Learned::AtLeast(refilled) };
        }
        // After a long time the quota may be another one, and the sender may have paused.
        let recent = if self.length < 10.0 { refilled } else { 0.0 };
        let rate = match self.curve.agree(self.earlier, self.last_rate.max(refilled)) {
            Agreement::At(rate) => rate.max(recent),
            Agreement::Less if recent > 0.0 => refilled,
            _ if confirmed => refilled,
            Agreement::Less | Agreement::More => return Learned::AtLeast(refilled),
        };
        if rate < self.first_rate / 4.0 && !confirmed {
            // So much less than was believed has to be shown twice: others may share the quota.
            return Learned::About(rate.max(refilled));
        }
        let burst = self.curve.burst(rate).max(self.earlier.burst(rate)).max(1.0);
        Learned::Quota { rate, burst, margin: margin(self.passed - burst) }
    }
}

/// How far below a measured rate to stay: a request or two more or less are what the measure cannot tell.
pub(super) fn margin(measured: f64) -> f64 {
    (2.0 / measured.max(1.0)).clamp(0.005, 0.1)
}

/// So many requests make a measure.
pub(super) const CONCLUSIVE: f64 = 8.0;

#[cfg(test)]
mod tests {
    use super::super::curve::Stretch;
    use super::*;

    fn curve(stretches: &[(f64, f64)]) -> Curve {
        Curve::new(stretches.iter().map(|&(length, passed)| Stretch { length, passed }))
    }

    fn probe<'a>(passed: f64, length: f64, curve: &'a Curve, earlier: &'a Curve) -> Probe<'a> {
        Probe { first_rate: 50.0, last_rate: 2000.0, passed, length, between: length + 1.0, curve, earlier }
    }

    #[test]
    fn bucket_that_ran_over_is_measured_by_its_burst() {
        // 500 a second, 50 at once, parked for a second: 450 ran over.
        let (first, second) = (curve(&[(0.004, 52.0)]), curve(&[(0.2, 150.0), (0.4, 210.0)]));
        let Learned::Quota { rate, burst, margin } = probe(210.0, 0.4, &second, &first).learn() else {
            panic!("it is conclusive")
        };
        assert!((rate - 500.0).abs() < 2.0 && (burst - 50.0).abs() < 0.5, "{rate} {burst}");
        assert!(margin < 0.02);
    }

    #[test]
    fn bucket_that_was_not_full_is_measured_by_what_was_refilled() {
        // 100 a second, 500 at once: 100 were refilled in the second and passed with those of the 0.25 s since.
        let (first, second) = (curve(&[(0.03, 503.0)]), curve(&[(0.25, 125.0)]));
        let Learned::Quota { rate, burst, .. } = probe(125.0, 0.25, &second, &first).learn() else {
            panic!("it is conclusive")
        };
        assert_eq!(rate, 100.0);
        assert_eq!(burst, 500.0);
    }

    #[test]
    fn few_requests_are_not_believed_until_they_are_confirmed() {
        let (first, second) = (curve(&[(0.004, 50.0)]), curve(&[(0.01, 5.0)]));
        assert_eq!(probe(5.0, 0.0, &second, &first).learn(), Learned::About(5.0));
        let few = curve(&[(0.004, 5.0)]);
        assert_eq!(probe(5.0, 0.0, &second, &few).learn(), Learned::AtLeast(5.0));
        let again = Probe { first_rate: 4.5, ..probe(5.0, 0.0, &second, &few) };
        assert!(matches!(again.learn(), Learned::Quota { rate: 5.0, margin: 0.1, .. }));
    }

    #[test]
    fn sender_that_paused_is_no_measure() {
        let (first, second) = (curve(&[(0.004, 50.0)]), curve(&[(0.01, 30.0)]));
        assert!(matches!(probe(30.0, 600.0, &second, &first).learn(), Learned::AtLeast(_)));
    }
}
