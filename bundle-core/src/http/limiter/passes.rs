//! When requests passed, for the last second.

use std::time::Instant;

use super::curve::Stretch;

/// Counts what passed by the time it was sent, in bins of four milliseconds. Written for every request, read only
/// after a throttle.
#[derive(Debug)]
pub(super) struct Passes {
    origin: Instant,
    /// The newest bin, counted from the origin.
    newest: u64,
    bins: [u16; BINS],
}

impl Passes {
    pub(super) fn new(now: Instant) -> Self {
        Self { origin: now, newest: 0, bins: [0; BINS] }
    }

    /// Counts a request that was sent at `sent` and passed.
    pub(super) fn count(&mut self, sent: Instant, cost: u32) {
        let bin = self.bin(sent);
        if bin > self.newest {
            let stale = (bin - self.newest).min(BINS as u64);
            for back in 0..stale {
                self.bins[slot(bin - back)] = 0;
            }
            self.newest = bin;
        } else if self.newest - bin >= BINS as u64 {
            return;
        }
        let count = &mut self.bins[slot(bin)];
        *count = count.saturating_add(u16::try_from(cost).unwrap_or(u16::MAX));
    }

    /// What passed in the stretches that end at `end` and begin no earlier than `since`, shortest first.
    pub(super) fn stretches(&self, end: Instant, since: Option<Instant>) -> Vec<Stretch> {
        let last = self.bin(end).min(self.newest);
        let oldest = self.newest.saturating_sub(BINS as u64 - 1);
        let first = since.map_or(0, |since| self.bin(since)).max(oldest);
        let end = end.saturating_duration_since(self.origin).as_secs_f64();
        let mut passed = 0.0;
        let mut stretches = Vec::new();
        for bin in (first..=last).rev() {
            let count = self.bins[slot(bin)];
            if count > 0 {
                passed += f64::from(count);
                stretches.push(Stretch { length: (end - bin as f64 * WIDTH).max(0.0), passed });
            }
        }
        stretches
    }

    fn bin(&self, at: Instant) -> u64 {
        let micros = at.saturating_duration_since(self.origin).as_micros();
        u64::try_from(micros / WIDTH_MICROS).unwrap_or(u64::MAX)
    }
}

fn slot(bin: u64) -> usize {
    (bin % BINS as u64) as usize
}

/// One second and a little of bins.
const BINS: usize = 256;

const WIDTH_MICROS: u128 = 4096;

const WIDTH: f64 = WIDTH_MICROS as f64 / 1e6;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn stretches_grow_backwards_from_the_end() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut passes = Passes::new(start);
        for millis in [0, 10, 10, 500, 505] {
            passes.count(at(millis), 1);
        }
        let counts = |end, since| -> Vec<f64> {
            passes.stretches(at(end), since).iter().map(|stretch| stretch.passed).collect()
        };
        assert_eq!(counts(505, None), [1.0, 2.0, 4.0, 5.0]);
        assert_eq!(counts(505, Some(at(400))), [1.0, 2.0]);
        assert_eq!(counts(300, None), [2.0, 3.0]);
        let longest = passes.stretches(at(505), None)[3].length;
        assert!((longest - 0.505).abs() < 1e-9, "{longest}");
    }

    #[test]
    fn only_the_last_second_is_kept() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut passes = Passes::new(start);
        passes.count(at(0), 7);
        passes.count(at(900), 1);
        assert_eq!(passes.stretches(at(900), None).len(), 2);
        passes.count(at(1800), 1);
        assert_eq!(passes.stretches(at(1800), None).len(), 2);
        // Far later, and an answer that comes too late to matter.
        passes.count(at(3_600_000), 2);
        passes.count(at(1), 9);
        let left = passes.stretches(at(3_600_000), None);
        assert_eq!((left.len(), left[0].passed), (1, 2.0));
    }
}
