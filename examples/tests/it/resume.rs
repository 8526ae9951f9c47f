//! However often and wherever it is stopped, an onboarding ends in the same world.

use std::ops::RangeInclusive;

use bundle_sandbox::{Fault, Sandbox};
use examples::onboard::{Args, run};
use serde_json::Value;

use crate::support::{self, Folder, connect, disturb, for_each_request, resumable};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contoso_stopped_before_any_request_ends_in_the_same_world() {
    let (world, requests) = CONTOSO.undisturbed().await;
    for_each_request(requests, |n| CONTOSO.stopped_at(n, Fault::StallBefore, world.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contoso_stopped_after_any_request_ends_in_the_same_world() {
    let (world, requests) = CONTOSO.undisturbed().await;
    for_each_request(requests, |n| CONTOSO.stopped_at(n, Fault::StallAfter, world.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contoso_with_any_answer_lost_ends_in_the_same_world() {
    let (world, requests) = CONTOSO.undisturbed().await;
    for_each_request(requests, |n| CONTOSO.disturbed_at(n, vec![Fault::CutAfter], world.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contoso_with_any_request_lost_and_the_next_refused_ends_in_the_same_world() {
    let (world, requests) = CONTOSO.undisturbed().await;
    let faults = [Fault::CutBefore, Fault::Fail { status: 503, body: Value::Null }];
    for_each_request(requests, |n| CONTOSO.disturbed_at(n, faults.to_vec(), world.clone())).await;
}

/// What comes before the relationships is the same for every customer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fabrikam_stopped_after_any_request_about_it_ends_in_the_same_world() {
    let (world, requests) = FABRIKAM.undisturbed().await;
    for_each_request(requests, |n| FABRIKAM.stopped_at(n, Fault::StallAfter, world.clone())).await;
}

/// One customer's onboarding, from nothing to done.
#[derive(Clone, Copy)]
struct Journey {
    customer: &'static str,
    /// How many customers the world has.
    customers: usize,
    apply_ca_exclusion: bool,
    /// The first request to disturb is the first with this in its path.
    from: &'static str,
}

const CONTOSO: Journey = Journey { customer: support::CONTOSO, customers: 1, apply_ca_exclusion: false, from: "/" };

/// Its Conditional Access policy is changed on the way.
const FABRIKAM: Journey = Journey {
    customer: support::FABRIKAM,
    customers: 2,
    apply_ca_exclusion: true,
    from: "/tenantRelationships/delegatedAdminRelationships",
};

impl Journey {
    /// The world an undisturbed run leaves behind, and the numbers of the requests to disturb.
    async fn undisturbed(self) -> (Value, RangeInclusive<u64>) {
        let (sandbox, folder) = (Sandbox::demo(self.customers).await.unwrap(), Folder::new());
        let outcome = run(&self.args(&folder), &connect(&sandbox).await).await.unwrap();
        assert_eq!(outcome.report.summary().done, 1, "{:?}", outcome.report);
        let requests = sandbox.faults().counted();
        assert!(requests > 100, "{requests} requests are too few for a whole onboarding");
        let first = sandbox.log().entries().iter().find(|entry| entry.path.contains(self.from)).unwrap().n;
        (sandbox.snapshot(), first..=requests)
    }

    /// Stops the program at a request and runs it again.
    async fn stopped_at(self, n: u64, fault: Fault, world: Value) {
        let (sandbox, folder) = (Sandbox::demo(self.customers).await.unwrap(), Folder::new());
        let args = self.args(&folder);
        disturb(&sandbox, n, vec![fault]);
        // What is in memory ends with this block; the state file and the cloud stay.
        {
            let connection = connect(&sandbox).await;
            tokio::select! {
                () = sandbox.faults().stalled() => {}
                ended = run(&args, &connection) => panic!("ended before request {n}: {:?}", ended.map(|_| ())),
            }
        }
        self.runs_to_the_end(&sandbox, &args, n, &world).await;
    }

    /// Disturbs a run from a request on. Where that ends it early, another run goes on.
    async fn disturbed_at(self, n: u64, faults: Vec<Fault>, world: Value) {
        let (sandbox, folder) = (Sandbox::demo(self.customers).await.unwrap(), Folder::new());
        let args = self.args(&folder);
        disturb(&sandbox, n, faults);
        match run(&args, &connect(&sandbox).await).await {
            Ok(outcome) if outcome.report.summary().done == 1 => assert_eq!(sandbox.snapshot(), world, "request {n}"),
            _ => self.runs_to_the_end(&sandbox, &args, n, &world).await,
        }
    }

    async fn runs_to_the_end(self, sandbox: &Sandbox, args: &Args, n: u64, world: &Value) {
        sandbox.faults().reset();
        let outcome = run(args, &connect(sandbox).await).await;
        let outcome = outcome.unwrap_or_else(|failure| panic!("after request {n}: {failure:?}"));
        assert_eq!(outcome.report.summary().done, 1, "after request {n}: {:?}", outcome.report);
        assert_eq!(sandbox.snapshot(), *world, "after request {n}");
    }

    fn args(self, folder: &Folder) -> Args {
        let mut args = resumable(folder);
        args.customer = vec![self.customer.to_owned()];
        args.apply_ca_exclusion = self.apply_ca_exclusion;
        args
    }
}
