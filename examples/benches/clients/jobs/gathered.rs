//! Many small reads in few requests.

use futures_util::{StreamExt as _, stream};
use reqwest::Method;

use super::gets::{CONCURRENCY, plain_reads};
use crate::job::Job;
use crate::model::{PERSON, Tally};
use crate::sample::Metric;
use crate::server::Settings;
use crate::stage::{Size, Stage};
use crate::{Failure, ours};

/// Where every answer takes a while: as many requests are under way as the plain program has, with 20 reads in each.
pub(crate) fn job(size: Size) -> Job {
    let reads = size.of(10_000, 1_000);
    Job::new("gathered", format!("{reads} small reads at 20 ms latency, {CONCURRENCY} requests at once"))
        .program("plain", Settings::latency(20), reads, move |stage| plain_reads(stage, reads))
        .program("coalescing", Settings::latency(20), reads, move |stage| gathered(stage, reads))
        .program("batch", Settings::latency(20), reads, move |stage| batched(stage, reads))
        .ratio(Metric::Wall, "coalescing", "plain", 0.10)
        .ratio(Metric::Wall, "batch", "plain", 0.10)
}

/// Tasks that know nothing of each other read through one handle.
async fn gathered(mut stage: Stage, reads: usize) -> Result<(Stage, Tally), Failure> {
    let graph = ours::graph(&ours::options(&stage.server, CONCURRENCY)?)?.for_tenant(&ours::tenant(1)).as_application();
    let graph = graph.coalescing();
    stage.start();
    let mut people = stream::iter(0..reads).map(|number| ours::person(graph.clone(), number)).buffer_unordered(TASKS);
    let mut tally = Tally::default();
    while let Some(person) = people.next().await {
        tally.person(&person?);
    }
    Ok((stage, tally))
}

/// One task that knows all it wants.
async fn batched(mut stage: Stage, reads: usize) -> Result<(Stage, Tally), Failure> {
    let graph = ours::graph(&ours::options(&stage.server, CONCURRENCY)?)?.for_tenant(&ours::tenant(1)).as_application();
    stage.start();
    let read = |number| graph.request(Method::GET, &format!("/users/{number}")).query("$select", PERSON);
    let mut people = graph.batch().requests((0..reads).map(read)).concurrency(CONCURRENCY).stream()?;
    let mut tally = Tally::default();
    while let Some((_, person)) = people.next().await {
        tally.person(&person?.json()?);
    }
    Ok((stage, tally))
}

/// Enough to fill a batch in each request under way.
const TASKS: usize = 20 * CONCURRENCY;
