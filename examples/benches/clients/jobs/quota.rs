//! More work than a quota allows at once. Nobody can be faster than the quota: the ideal is what is left after the
//! burst, at its rate.

use super::gets::{ours_reads, plain_reads};
use crate::job::Job;
use crate::sample::Metric;
use crate::server::{QuotaSettings, Settings};
use crate::stage::Size;

/// A burst as large as a second's worth.
pub(crate) fn one_second(size: Size) -> Job {
    let reads = size.of(10_000, 1_500);
    let quota = QuotaSettings { rate: 500, burst: 500, charges_refused: false };
    beside_plain("quota", reads, quota).ideal("ours", ideal(reads, quota), 1.03).at_most(
        Metric::Throttled,
        "ours",
        0.02,
    )
}

/// A burst of a tenth of a second.
pub(crate) fn small_burst(size: Size) -> Job {
    let reads = size.of(2_500, 1_000);
    let quota = QuotaSettings { rate: 500, burst: 50, charges_refused: false };
    beside_plain("quota-small", reads, quota).ideal("ours", ideal(reads, quota), 1.60).at_most(
        Metric::Throttled,
        "ours",
        0.05,
    )
}

/// A quota that refused requests are charged to as well.
pub(crate) fn charged(size: Size) -> Job {
    let reads = size.of(10_000, 1_500);
    let quota = QuotaSettings { rate: 500, burst: 500, charges_refused: true };
    beside_plain("quota-charged", reads, quota).ideal("ours", ideal(reads, quota), 1.05)
}

fn beside_plain(name: &'static str, reads: usize, quota: QuotaSettings) -> Job {
    let QuotaSettings { rate, burst, charges_refused } = quota;
    let charged = if charges_refused { ", refused ones charged too" } else { "" };
    let settings = || Settings::default().quota(quota);
    Job::new(name, format!("{reads} reads of a quota of {rate} a second, {burst} at once{charged}"))
        .program("plain", settings(), reads, move |stage| plain_reads(stage, reads))
        .program("ours", settings(), reads, move |stage| ours_reads(stage, reads))
        .column(Metric::Throttled)
}

fn ideal(reads: usize, quota: QuotaSettings) -> f64 {
    let reads = u32::try_from(reads).unwrap_or(u32::MAX);
    f64::from(reads.saturating_sub(quota.burst)) / f64::from(quota.rate)
}
