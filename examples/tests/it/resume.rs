//! However often and wherever it is stopped, an onboarding ends in the same world.

use bundle_sandbox::{Fault, LogEntry, Sandbox};
use examples::onboard::{Args, run};
use serde_json::Value;

use crate::support::{self, Folder, connect, disturb, for_each_request, resumable};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contoso_stopped_before_any_request_ends_in_the_same_world() {
    let (world, requests) = CONTOSO.undisturbed().await;
    for_each_request(all(requests), |n| CONTOSO.stopped_at(n, Fault::StallBefore, world.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contoso_stopped_after_any_request_ends_in_the_same_world() {
    let (world, requests) = CONTOSO.undisturbed().await;
    for_each_request(all(requests), |n| CONTOSO.stopped_at(n, Fault::StallAfter, world.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contoso_with_any_answer_to_a_post_lost_ends_in_the_same_world() {
    let (world, requests) = CONTOSO.undisturbed().await;
    for_each_request(posts(requests), |n| CONTOSO.disturbed_at(n, vec![Fault::CutAfter], world.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contoso_with_any_post_lost_and_the_next_request_refused_ends_in_the_same_world() {
    let (world, requests) = CONTOSO.undisturbed().await;
    let faults = [Fault::CutBefore, Fault::Fail { status: 503, body: Value::Null }];
    for_each_request(posts(requests), |n| CONTOSO.disturbed_at(n, faults.to_vec(), world.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contoso_on_a_network_that_is_never_well_ends_in_the_same_world() {
    let (world, _) = CONTOSO.undisturbed().await;
    let faults = [Fault::CutBefore, Fault::CutAfter, Fault::Fail { status: 503, body: Value::Null }];
    let restless = |seed: u64| {
        let (faults, world) = (faults.clone(), world.clone());
        async move {
            let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
            // Every sixth request or so, but not in step with the runs: the same request would be met each time.
            let gaps = (1_u64..).scan(seed, |state, _| {
                *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                Some(2 + (*state >> 33) % 9)
            });
            let mut n = 0;
            for (gap, fault) in gaps.take(500).zip(faults.into_iter().cycle()) {
                n += gap;
                sandbox.faults().at(n, fault);
            }
            for attempt in 1.. {
                assert!(attempt < 40, "seed {seed}: the runs do not get on");
                let ended = run(&CONTOSO.args(&folder), &connect(&sandbox).await).await;
                if ended.is_ok_and(|ended| ended.report.summary().done == 1) {
                    break;
                }
            }
            assert_eq!(sandbox.snapshot(), world, "seed {seed}");
        }
    };
    for_each_request(1..=6, restless).await;
}

/// What comes before the relationships is the same for every customer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fabrikam_stopped_after_any_post_about_it_ends_in_the_same_world() {
    let (world, requests) = FABRIKAM.undisturbed().await;
    for_each_request(posts(requests), |n| FABRIKAM.stopped_at(n, Fault::StallAfter, world.clone())).await;
}

/// Requests that may not simply be repeated, and some that may.
fn posts(requests: Vec<LogEntry>) -> impl Iterator<Item = u64> {
    requests.into_iter().filter(|entry| entry.method != "GET").map(|entry| entry.n)
}

fn all(requests: Vec<LogEntry>) -> impl Iterator<Item = u64> {
    requests.into_iter().map(|entry| entry.n)
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
    /// The world an undisturbed run leaves behind, and the requests to disturb.
    async fn undisturbed(self) -> (Value, Vec<LogEntry>) {
        let (sandbox, folder) = (Sandbox::demo(self.customers).await.unwrap(), Folder::new());
        let outcome = run(&self.args(&folder), &connect(&sandbox).await).await.unwrap();
        assert_eq!(outcome.report.summary().done, 1, "{:?}", outcome.report);
        let mut requests = sandbox.log().entries();
        assert!(requests.len() > 100, "{} requests are too few for a whole onboarding", requests.len());
        let first = requests.iter().position(|entry| entry.path.contains(self.from)).unwrap();
        (sandbox.snapshot(), requests.split_off(first))
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
