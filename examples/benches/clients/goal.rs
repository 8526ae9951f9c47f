//! What a job should come to, and whether it does.

use crate::sample::{Metric, Sample, median};

/// A wish about the programs of a job.
#[derive(Clone, Debug)]
pub(crate) enum Goal {
    /// At most `at_most` times what another program needs.
    Ratio { metric: Metric, of: &'static str, to: &'static str, at_most: f64 },
    /// At most `at_most` times the seconds nobody can do without.
    Ideal { of: &'static str, seconds: f64, at_most: f64 },
    /// At most a value.
    AtMost { metric: Metric, of: &'static str, limit: f64 },
    /// Exactly a value, in every run.
    Exactly { metric: Metric, of: &'static str, value: f64 },
}

/// How a goal was met.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) what: String,
    pub(crate) now: String,
    /// The least and the most of single runs.
    pub(crate) range: String,
    pub(crate) wanted: String,
    /// `None` when this machine or a failed run does not tell.
    pub(crate) met: Option<bool>,
}

impl Goal {
    /// Judges by the runs of each program, in the order they were run.
    pub(crate) fn judge<'a>(&self, runs: impl Fn(&str) -> &'a [Sample]) -> Verdict {
        match *self {
            Self::Ratio { metric, of, to, at_most } => {
                let (ours, theirs) = (runs(of), runs(to));
                let pairs = ours.iter().zip(theirs).map(|(a, b)| Some(metric.of(a)? / metric.of(b)?));
                let now = median(ours.iter().map(|run| metric.of(run)))
                    .zip(median(theirs.iter().map(|run| metric.of(run))))
                    .map(|(ours, theirs)| ours / theirs);
                let show = |value: f64| format!("{value:.3}");
                verdict(format!("{} {of} / {to}", metric.name()), now, pairs, at_most, show)
            }
            Self::Ideal { of, seconds, at_most } => {
                let ratios = || runs(of).iter().map(|run| Some(Metric::Wall.of(run)? / seconds));
                let show = |value: f64| format!("{value:.3}");
                verdict(format!("wall {of} / ideal {seconds:.1} s"), median(ratios()), ratios(), at_most, show)
            }
            Self::AtMost { metric, of, limit } => {
                let values = || runs(of).iter().map(|run| metric.of(run));
                let show = |value: f64| metric.show(value);
                verdict(format!("{} {of}", metric.name()), median(values()), values(), limit, show)
            }
            Self::Exactly { metric, of, value } => {
                let values = || runs(of).iter().map(|run| metric.of(run));
                let show = |value: f64| metric.show(value);
                let mut verdict = verdict(format!("{} {of}", metric.name()), median(values()), values(), value, show);
                verdict.wanted = format!("= {}", metric.show(value));
                // Counts are whole, so whatever is off is off by one at least.
                verdict.met = verdict.met.map(|_| values().flatten().all(|own| (own - value).abs() < 0.5));
                verdict
            }
        }
    }
}

fn verdict(
    what: String,
    now: Option<f64>,
    runs: impl Iterator<Item = Option<f64>>,
    limit: f64,
    show: impl Fn(f64) -> String,
) -> Verdict {
    let (least, most) = runs.flatten().fold((f64::MAX, f64::MIN), |(least, most), run| (least.min(run), most.max(run)));
    Verdict {
        what,
        now: now.map_or_else(|| "-".to_owned(), &show),
        range: if now.is_some() { format!("{} to {}", show(least), show(most)) } else { String::new() },
        wanted: format!("≤ {}", show(limit)),
        met: now.map(|now| now <= limit),
    }
}
