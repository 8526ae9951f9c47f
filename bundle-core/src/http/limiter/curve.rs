//! What one exhaustion says about a token bucket.

/// How much passed within each stretch of time that ended when the bucket was empty.
///
/// A bucket that holds at most `burst` and is refilled at `rate` lets no more than `burst + rate * length` pass in any
/// stretch, and exactly that much in the stretch since it was last full. So for a given rate the largest
/// `passed - rate * length` is the burst, and two exhaustions that agree on both give the rate.
#[derive(Clone, Debug, Default)]
pub(super) struct Curve(Vec<Stretch>);

/// One stretch of time, in seconds, and what passed in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) length: f64,
    pub(super) passed: f64,
}

/// Which rate makes two exhaustions agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Agreement {
    /// They agree at this rate.
    At(f64),
    /// The later one let less pass at any rate: the bucket was not full before it.
    Less,
    /// The later one let more pass at any rate: the bucket was not full before the earlier one.
    More,
}

impl Curve {
    /// Keeps the stretches that can be the largest at some rate; `stretches` come shortest first.
    pub(super) fn new(stretches: impl IntoIterator<Item = Stretch>) -> Self {
        let mut hull: Vec<Stretch> = Vec::new();
        for next in stretches {
            // A longer stretch holds the shorter ones; drop those below the line between their neighbours.
            while let [.., before, last] = hull[..]
                && (last.passed - before.passed) * (next.length - before.length)
                    <= (next.passed - before.passed) * (last.length - before.length)
            {
                hull.pop();
            }
            hull.push(next);
        }
        Self(hull)
    }

    /// The burst that explains the exhaustion at this rate.
    pub(super) fn burst(&self, rate: f64) -> f64 {
        self.0.iter().map(|stretch| stretch.passed - rate * stretch.length).fold(0.0, f64::max)
    }

    /// The rate that explains the exhaustion of a full bucket of this burst; zero when it was not full.
    pub(super) fn rate(&self, burst: f64) -> f64 {
        let long = self.0.iter().filter(|stretch| stretch.length >= SHORTEST);
        long.map(|stretch| (stretch.passed - burst) / stretch.length).fold(0.0, f64::max)
    }

    /// The rate up to `highest` at which `earlier` and this exhaustion have the same burst.
    pub(super) fn agree(&self, earlier: &Self, highest: f64) -> Agreement {
        let more = |rate| self.burst(rate) > earlier.burst(rate);
        if !more(0.0) {
            return Agreement::Less;
        }
        if more(highest) {
            return Agreement::More;
        }
        let (mut low, mut high) = (0.0, highest);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if more(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        Agreement::At(low)
    }
}

/// In shorter stretches, in seconds, one request more or less is half the rate.
const SHORTEST: f64 = 0.5;

/// Enough for a rate exact to a millionth of the highest.
const HALVINGS: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(stretches: &[(f64, f64)]) -> Curve {
        Curve::new(stretches.iter().map(|&(length, passed)| Stretch { length, passed }))
    }

    #[test]
    fn two_exhaustions_of_one_bucket_give_rate_and_burst() {
        // 500 a second, 50 at once: all at once, then slowly enough that the bucket stays full for 0.3 s.
        let first = curve(&[(0.004, 52.0)]);
        let second = curve(&[(0.1, 100.0), (0.2, 150.0), (0.3, 180.0), (0.5, 230.0)]);
        let Agreement::At(rate) = second.agree(&first, 1000.0) else { panic!("they agree") };
        assert!((rate - 500.0).abs() < 1.0, "{rate}");
        assert!((second.burst(rate) - 50.0).abs() < 0.5);
    }

    #[test]
    fn a_bucket_that_was_not_full_is_told_apart() {
        let (full, partly) = (curve(&[(0.1, 200.0)]), curve(&[(0.1, 80.0)]));
        assert_eq!(partly.agree(&full, 1000.0), Agreement::Less);
        assert_eq!(full.agree(&partly, 500.0), Agreement::More);
    }

    #[test]
    fn only_stretches_that_matter_are_kept() {
        let line = curve(&[(1.0, 10.0), (2.0, 15.0), (3.0, 30.0), (4.0, 31.0)]);
        assert_eq!(line.0.len(), 3, "{line:?}");
        assert_eq!(line.burst(0.0), 31.0);
        assert_eq!(curve(&[]).burst(5.0), 0.0);
    }
}
