//! What one run came to, and what can be read off it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::server::Counts;

/// What a program says of its run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) wall: Duration,
    pub(crate) cpu: Option<Duration>,
    pub(crate) peak: Option<u64>,
    pub(crate) items: u64,
    pub(crate) sum: u64,
}

/// A run: what the program says and what the server saw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) report: Report,
    pub(crate) counts: Counts,
}

/// What is read off a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    /// Seconds from the first request to the last answer.
    Wall,
    /// Processor seconds of the program.
    Cpu,
    /// Bytes resident at most.
    Peak,
    /// Nanoseconds per item.
    PerItem,
    /// Requests to services, batches and refused ones included, token requests not.
    Requests,
    /// The share of them that were throttled.
    Throttled,
    /// Challenges of vaults.
    Challenges,
    /// Token requests.
    Tokens,
    /// Processor seconds of the server.
    ServerCpu,
}

impl Metric {
    /// The value; `None` where this machine does not tell.
    #[expect(clippy::cast_precision_loss, reason = "counts and bytes here are far below 2^52")]
    pub(crate) fn of(self, sample: &Sample) -> Option<f64> {
        let Sample { report, counts } = sample;
        Some(match self {
            Self::Wall => report.wall.as_secs_f64(),
            Self::Cpu => report.cpu?.as_secs_f64(),
            Self::Peak => report.peak? as f64,
            Self::PerItem => report.wall.as_secs_f64() * 1e9 / report.items as f64,
            Self::Requests => counts.requests as f64,
            Self::Throttled => counts.throttled as f64 / counts.requests.max(1) as f64,
            Self::Challenges => counts.challenges as f64,
            Self::Tokens => counts.tokens as f64,
            Self::ServerCpu => counts.cpu?.as_secs_f64(),
        })
    }

    /// The value as a person reads it.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Wall | Self::Cpu | Self::ServerCpu => format!("{value:.3} s"),
            Self::Peak => format!("{:.1} MB", value / 1e6),
            Self::PerItem => format!("{value:.0} ns"),
            Self::Throttled => format!("{:.2} %", value * 100.0),
            Self::Requests | Self::Challenges | Self::Tokens => format!("{value:.0}"),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Cpu => "CPU",
            Self::Peak => "peak",
            Self::PerItem => "per item",
            Self::Requests => "requests",
            Self::Throttled => "429s",
            Self::Challenges => "challenges",
            Self::Tokens => "tokens",
            Self::ServerCpu => "server CPU",
        }
    }
}

/// The value in the middle; `None` when one is missing.
pub(crate) fn median(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let mut values = values.collect::<Option<Vec<f64>>>()?;
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}
