//! Consent of many customers at the pace Partner Center allows, measured by hand.

use std::time::Instant;

use bundle_sandbox::{Sandbox, SandboxOptions};
use examples::consent::{Args, Command, RefreshArgs, run};

use crate::support::{Folder, connect, related};

/// `cargo test --release -p examples --test it -- --ignored --nocapture consent_of_a_thousand`, on a machine with nothing else
/// to do: the sandbox refuses the 51st request in any second of real time. 20 s are ideal. A release build took 21.5 s to
/// give consent, 1.4 s to grant nine permissions on top (ten requests each) and 21.5 s to ask for each consent and look at
/// each tenant (five requests each), with no 429; a development build 21.8 s, 30 s and 28 s, all the processor had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: consents come at 50 a second"]
async fn consent_of_a_thousand_customers_keeps_to_fifty_a_second() {
    const CUSTOMERS: usize = 1000;
    let ideal = CUSTOMERS as f64 / 50.0;
    let mut world = related(CUSTOMERS, 1);
    for tenant in world.tenants.values_mut() {
        // Fabrikam's policy would keep the partner out.
        tenant.policies = bundle_sandbox::world::PolicySet::default();
    }
    let sandbox = Sandbox::start(world, SandboxOptions::new()).await.unwrap();
    let folder = Folder::new();
    let mut command = RefreshArgs::default();
    command.how.quiet = true;
    // The first run gives consent and does not wait until it is seen; the second grants the permissions on top. The third
    // knows of nothing: it asks for each consent and looks at each tenant.
    for (what, wait, state) in [
        ("consents given", "0s", "state"),
        ("permissions granted", "2h", "state"),
        ("consents asked for and looked at, nothing on record", "2h", "other"),
        ("nothing due", "2h", "other"),
    ] {
        command.how.wait = Some(wait.to_owned());
        let mut args = Args::of(Command::Refresh(command.clone()));
        args.state = Some(folder.file(state));
        args.permissions = Some(folder.few_permissions());
        sandbox.log().reset();
        let (connection, started) = (connect(&sandbox).await, Instant::now());
        let output = run(&args, &connection).await.unwrap();
        let seconds = started.elapsed().as_secs_f64();
        let refused = connection.meter.throttled();
        let requests = connection.meter.requests();
        println!("{what}: {seconds:.1} s, {requests} requests, {refused} refused; {}", output.json["summary"]);
        assert_eq!(refused, 0);
        let in_time = seconds <= ideal * 1.1;
        assert!(in_time || what == "permissions granted", "{what}: {seconds} s for {ideal} s");
    }
}
