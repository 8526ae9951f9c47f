//! However often and wherever it is stopped, a set-up from nothing ends in the same world.

use bundle_core::catalog::Selection;
use bundle_sandbox::{Fault, Sandbox};
use serde_json::Value;

use crate::support::{FEW_PERMISSIONS, Folder, bootstrap, disturb, for_each_request};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_up_stopped_before_any_request_ends_in_the_same_world() {
    disturbed_at_every_request(&[Fault::StallBefore]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_up_stopped_after_any_request_ends_in_the_same_world() {
    disturbed_at_every_request(&[Fault::StallAfter]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_up_with_any_answer_lost_ends_in_the_same_world() {
    disturbed_at_every_request(&[Fault::CutAfter]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_up_with_any_request_lost_and_the_next_refused_ends_in_the_same_world() {
    disturbed_at_every_request(&[Fault::CutBefore, Fault::Fail { status: 503, body: Value::Null }]).await;
}

/// Disturbs a set-up from each of its requests on, in a world of its own, and runs it again.
async fn disturbed_at_every_request(faults: &[Fault]) {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    set_up(&sandbox, &folder).await.unwrap();
    let (world, requests) = (sandbox.snapshot(), sandbox.faults().counted());
    assert!(requests > 30, "{requests} requests are too few for a whole set-up");
    for_each_request(1..=requests, |n| disturbed_at(n, faults.to_vec(), world.clone())).await;
}

async fn disturbed_at(n: u64, faults: Vec<Fault>, world: Value) {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    disturb(&sandbox, n, faults);
    // What is in memory ends here; the folder of secrets and the cloud stay.
    tokio::select! {
        () = sandbox.faults().stalled() => {}
        _ = set_up(&sandbox, &folder) => {}
    }
    assert!(sandbox.faults().counted() >= n, "there was no request {n}");
    sandbox.faults().reset();
    set_up(&sandbox, &folder).await.unwrap_or_else(|error| panic!("after request {n}: {error}"));
    // Users, applications and secrets are counted in it: nothing is there twice.
    assert_eq!(sandbox.snapshot(), world, "after request {n}");
}

async fn set_up(sandbox: &Sandbox, secrets: &Folder) -> bundle_core::Result<()> {
    let selection = Selection::only(FEW_PERMISSIONS)?;
    let bootstrap = bootstrap(sandbox, secrets.path()).await;
    bootstrap.run(&selection, sandbox.clock().now(), false).await.map(drop)
}
