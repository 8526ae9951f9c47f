//! Many first calls at once, before any token is there.

use futures_util::future::try_join_all;

use crate::job::Job;
use crate::model::Tally;
use crate::sample::Metric;
use crate::server::{SLOW_TENANT, Settings};
use crate::stage::{Size, Stage};
use crate::{Failure, ours};

/// Calls of one tenant, of a hundred, and of a hundred beside one whose tokens take seconds.
pub(crate) fn job(size: Size) -> Job {
    let calls = size.of(1_000, 200);
    let settings = || Settings::default().tokens(50, 5_000);
    Job::new("first-calls", format!("{calls} concurrent first calls, a token takes 50 ms"))
        .program("one tenant", settings(), calls, move |stage| first_calls(stage, calls, 1))
        .program("100 tenants", settings(), calls, move |stage| first_calls(stage, calls, 100))
        .program("beside a slow one", settings(), calls + 1, move |stage| beside_a_slow_one(stage, calls))
        .column(Metric::Tokens)
        .exactly(Metric::Tokens, "one tenant", 1.0)
        .exactly(Metric::Tokens, "100 tenants", 100.0)
        .exactly(Metric::Tokens, "beside a slow one", 101.0)
        .at_most(Metric::Wall, "beside a slow one", 1.0)
}

async fn first_calls(mut stage: Stage, calls: usize, tenants: usize) -> Result<(Stage, Tally), Failure> {
    let graph = ours::graph(&ours::options(&stage.server, 8)?)?;
    stage.start();
    let graphs = (0..calls).map(|call| graph.for_tenant(&ours::tenant((call % tenants) as u128)).as_application());
    let people = try_join_all(graphs.map(|graph| ours::person(graph, 1))).await?;
    let mut tally = Tally::default();
    people.iter().for_each(|person| tally.person(person));
    Ok((stage, tally))
}

/// Measures until all but the slow tenant's call are answered.
async fn beside_a_slow_one(mut stage: Stage, calls: usize) -> Result<(Stage, Tally), Failure> {
    let graph = ours::graph(&ours::options(&stage.server, 8)?)?;
    stage.start();
    let slow = tokio::spawn(ours::person(graph.for_tenant(&ours::tenant(SLOW_TENANT)).as_application(), 1));
    // The slow call is under way before the others begin.
    tokio::task::yield_now().await;
    let graphs = (0..calls).map(|call| graph.for_tenant(&ours::tenant((call % 100) as u128)).as_application());
    let people = try_join_all(graphs.map(|graph| ours::person(graph, 1))).await?;
    stage.stop();
    let mut tally = Tally::default();
    people.iter().for_each(|person| tally.person(person));
    tally.person(&slow.await??);
    Ok((stage, tally))
}
