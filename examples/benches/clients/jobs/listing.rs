//! Long listings: decoding, latency, and bodies that arrive slowly.

use crate::job::Job;
use crate::model::Tally;
use crate::sample::Metric;
use crate::server::Settings;
use crate::stage::{Size, Stage};
use crate::{Failure, ours, plain};

/// As fast as both sides can.
pub(crate) fn at_once(size: Size) -> Job {
    let (many, fewer) = (size.of(500_000, 50_000), size.of(100_000, 10_000));
    let settings = |users| Settings::default().users(users, PAGE);
    Job::new("list", format!("{many} users, typed, streamed"))
        .program("plain", settings(many), many, plain_list)
        .program("plain, spawned", settings(many), many, plain_list_in_a_task)
        .program("ours", settings(many), many, ours_list)
        .program("ours, fewer", settings(fewer), fewer, ours_list)
        .ratio(Metric::Wall, "ours", "plain", 0.65)
        .ratio(Metric::Cpu, "ours", "plain", 1.05)
        .at_most(Metric::Peak, "ours", 20e6)
        .ratio(Metric::Peak, "ours", "ours, fewer", 1.10)
}

/// Every page takes a while to begin.
pub(crate) fn with_latency(size: Size) -> Job {
    let users = size.of(100_000, 10_000);
    let settings = || Settings::latency(20).users(users, PAGE);
    Job::new("list-latency", format!("{users} users at 20 ms latency"))
        .program("plain", settings(), users, plain_list)
        .program("ours", settings(), users, ours_list)
        .ratio(Metric::Wall, "ours", "plain", 0.85)
}

/// Every page takes a while to begin and a while to arrive.
pub(crate) fn slow_pages(size: Size) -> Job {
    let users = size.of(60, 12) * PAGE;
    let settings = || Settings::latency(50).body(50).users(users, PAGE);
    Job::new("slow-pages", format!("{users} users, pages that take 50 ms to arrive after 50 ms latency"))
        .program("plain", settings(), users, plain_list)
        .program("ours", settings(), users, ours_list)
        .program("not ahead", settings(), users, |stage| ours_pages(stage, false))
        .ratio(Metric::Wall, "ours", "not ahead", 0.60)
}

async fn plain_list(mut stage: Stage) -> Result<(Stage, Tally), Failure> {
    let client = plain::client()?;
    stage.start();
    let tally = plain::list(&client, plain::first_page(&stage.server, PAGE)).await?;
    Ok((stage, tally))
}

/// The plain program in a task of its own. Written in `main`, as programs are, it runs apart from the tasks that read its
/// connections, and every piece of an answer wakes another thread; this shows how much of a difference that is.
async fn plain_list_in_a_task(stage: Stage) -> Result<(Stage, Tally), Failure> {
    tokio::spawn(plain_list(stage)).await?
}

async fn ours_list(stage: Stage) -> Result<(Stage, Tally), Failure> {
    ours_pages(stage, true).await
}

async fn ours_pages(mut stage: Stage, look_ahead: bool) -> Result<(Stage, Tally), Failure> {
    let graph = ours::graph(&ours::options(&stage.server, 8)?)?.for_tenant(&ours::tenant(1)).as_application();
    stage.start();
    let tally = ours::list(ours::users(&graph, PAGE).look_ahead(look_ahead)).await?;
    Ok((stage, tally))
}

/// The largest page of Graph's directory.
const PAGE: usize = 999;
