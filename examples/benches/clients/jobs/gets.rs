//! Many small reads.

use bundle_core::http::ClientOptions;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};

use crate::job::Job;
use crate::model::{Person, Tally};
use crate::sample::Metric;
use crate::server::Settings;
use crate::stage::{Size, Stage};
use crate::{Failure, ours, plain};

/// As fast as both sides can.
pub(crate) fn at_once(size: Size) -> Job {
    let reads = size.of(40_000, 4_000);
    Job::new("gets", format!("{reads} small reads, {CONCURRENCY} at once"))
        .program("plain", Settings::default(), reads, move |stage| plain_reads(stage, reads))
        .program("ours", Settings::default(), reads, move |stage| ours_reads(stage, reads))
        .ratio(Metric::Wall, "ours", "plain", 1.10)
}

/// Where every answer takes a while, so that what counts is how many are asked for.
pub(crate) fn with_latency(size: Size) -> Job {
    let reads = size.of(10_000, 1_000);
    Job::new("gets-latency", format!("{reads} small reads at 20 ms latency, {CONCURRENCY} at once"))
        .program("plain", Settings::latency(20), reads, move |stage| plain_reads(stage, reads))
        .program("ours", Settings::latency(20), reads, move |stage| ours_reads(stage, reads))
        .ratio(Metric::Wall, "ours", "plain", 1.05)
}

/// Reads users with the plain program, [`CONCURRENCY`] at once.
pub(super) async fn plain_reads(mut stage: Stage, reads: usize) -> Result<(Stage, Tally), Failure> {
    let client = plain::client()?;
    stage.start();
    let people = stream::iter(0..reads)
        .map(|number| plain::person(client.clone(), stage.server.clone(), number))
        .buffer_unordered(CONCURRENCY);
    let tally = tallied(people).await?;
    Ok((stage, tally))
}

/// Reads users with ours, [`CONCURRENCY`] at once.
pub(super) async fn ours_reads(stage: Stage, reads: usize) -> Result<(Stage, Tally), Failure> {
    let options = ours::options(&stage.server, CONCURRENCY)?;
    reads_with(stage, &options, reads).await
}

/// Reads users with options of ours, [`CONCURRENCY`] at once.
pub(super) async fn reads_with(
    mut stage: Stage,
    options: &ClientOptions,
    reads: usize,
) -> Result<(Stage, Tally), Failure> {
    let graph = ours::graph(options)?.for_tenant(&ours::tenant(1)).as_application();
    stage.start();
    let people = stream::iter(0..reads).map(|number| ours::person(graph.clone(), number)).buffer_unordered(CONCURRENCY);
    let tally = tallied(people).await?;
    Ok((stage, tally))
}

async fn tallied(people: impl Stream<Item = Result<Person, Failure>>) -> Result<Tally, Failure> {
    people
        .try_fold(Tally::default(), async |mut tally, person| {
            tally.person(&person);
            Ok(tally)
        })
        .await
}

pub(super) const CONCURRENCY: usize = 16;
