//! More work than a quota allows at once. Nobody can be faster than the quota: the ideal is what is left after the
//! burst, at its rate.

use std::time::Duration;

use bundle_core::Service;
use bundle_core::http::Quota;

use super::gets::{CONCURRENCY, ours_reads, plain_reads, reads_with};
use crate::job::Job;
use crate::model::Tally;
use crate::sample::Metric;
use crate::server::{QuotaSettings, Settings};
use crate::stage::{Size, Stage};
use crate::{Failure, ours};

/// A burst as large as a second's worth.
pub(crate) fn one_second(size: Size) -> Job {
    let (reads, quota) = (size.of(10_000, 1_500), QuotaSettings { rate: 500, burst: 500, charges_refused: false });
    let ideal = ideal(reads, quota);
    against("quota", reads, quota).ideal("unknown", ideal, 1.03).at_most(Metric::Throttled, "unknown", 0.02)
}

/// A burst of a tenth of a second.
pub(crate) fn small_burst(size: Size) -> Job {
    let (reads, quota) = (size.of(2_500, 1_000), QuotaSettings { rate: 500, burst: 50, charges_refused: false });
    let ideal = ideal(reads, quota);
    against("quota-small", reads, quota)
        .ideal("unknown", ideal, 1.60)
        .at_most(Metric::Throttled, "unknown", 0.05)
        .ideal("declared", ideal, 1.05)
        .at_most(Metric::Throttled, "declared", 0.01)
}

/// As [`one_second`], where refused requests are charged too.
pub(crate) fn one_second_charged(size: Size) -> Job {
    let (reads, quota) = (size.of(10_000, 1_500), QuotaSettings { rate: 500, burst: 500, charges_refused: true });
    against("charged", reads, quota).ideal("unknown", ideal(reads, quota), 1.05)
}

/// As [`small_burst`], where refused requests are charged too.
pub(crate) fn small_burst_charged(size: Size) -> Job {
    let (reads, quota) = (size.of(2_500, 1_000), QuotaSettings { rate: 500, burst: 50, charges_refused: true });
    against("charged-small", reads, quota).ideal("declared", ideal(reads, quota), 1.05)
}

/// A plain program, ours that has to find the quota out, and ours that was told.
fn against(name: &'static str, reads: usize, quota: QuotaSettings) -> Job {
    let QuotaSettings { rate, burst, charges_refused } = quota;
    let charged = if charges_refused { ", refused ones charged too" } else { "" };
    let settings = || Settings::default().quota(quota);
    Job::new(name, format!("{reads} reads of a quota of {rate} a second, {burst} at once{charged}"))
        .program("plain", settings(), reads, move |stage| plain_reads(stage, reads))
        .program("unknown", settings(), reads, move |stage| ours_reads(stage, reads))
        .program("declared", settings(), reads, move |stage| declared_reads(stage, reads, quota))
        .column(Metric::Throttled)
}

async fn declared_reads(stage: Stage, reads: usize, quota: QuotaSettings) -> Result<(Stage, Tally), Failure> {
    let quota = Quota::new(quota.rate, Duration::from_secs(1))?.with_burst(quota.burst)?;
    let options = ours::options(&stage.server, CONCURRENCY)?.quota(Service::Graph, quota);
    reads_with(stage, &options, reads).await
}

fn ideal(reads: usize, quota: QuotaSettings) -> f64 {
    let reads = u32::try_from(reads).unwrap_or(u32::MAX);
    f64::from(reads.saturating_sub(quota.burst)) / f64::from(quota.rate)
}
