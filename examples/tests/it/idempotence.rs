//! A second run finds everything there.

use bundle_core::Integration;
use bundle_core::catalog::Selection;
use bundle_sandbox::{Fault, LogEntry, Sandbox};
use examples::onboard::run;
use serde_json::json;

use crate::support::{Folder, bootstrap, connect, quiet};

#[tokio::test]
async fn second_run_only_reads_and_reports_the_same() {
    let sandbox = Sandbox::demo(6).await.unwrap();
    let mut args = quiet();
    args.apply_ca_exclusion = true;
    let first = run(&args, &connect(&sandbox).await).await.unwrap();
    assert!(first.report.writes > 0 && sandbox.log().writes() > 0);
    let world = sandbox.snapshot();

    sandbox.log().reset();
    let second = run(&args, &connect(&sandbox).await).await.unwrap();
    assert_eq!(sandbox.log().writes(), 0, "{:?}", sandbox.log().write_entries());
    assert_eq!(second.report.writes, 0);
    assert_eq!(second.report.requests, sandbox.log().requests());
    assert_eq!(second.setup.steps, [""; 0]);
    assert_eq!(sandbox.snapshot(), world);
    assert_eq!(first.report.customers.len(), second.report.customers.len());
    for (first, second) in first.report.customers.iter().zip(&second.report.customers) {
        assert_eq!((&first.name, first.outcome, first.shields), (&second.name, second.outcome, second.shields));
        let issues = |report: &bundle_core::onboarding::CustomerReport| -> Vec<_> {
            report.findings.iter().map(|finding| (finding.issue, finding.kind)).collect()
        };
        assert_eq!(issues(first), issues(second), "{}", first.name);
        assert_eq!(second.steps, [""; 0], "{}", second.name);
    }
}

#[tokio::test]
async fn second_set_up_from_nothing_only_reads() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let selection = Selection::stock(&Integration::ALL);
    let first = bootstrap(&sandbox, folder.path()).await.run(&selection, sandbox.clock().now(), false).await.unwrap();
    assert!(first.secret.is_some() && first.application.is_some() && !first.steps.is_empty());
    let world = sandbox.snapshot();

    sandbox.log().reset();
    let second = bootstrap(&sandbox, folder.path()).await.run(&selection, sandbox.clock().now(), false).await.unwrap();
    assert_eq!(sandbox.log().writes(), 0, "{:?}", sandbox.log().write_entries());
    assert_eq!(second.steps, [""; 0]);
    assert_eq!((first.application, first.secret, first.account), (second.application, second.secret, second.account));
    assert_eq!(sandbox.snapshot(), world);
}

/// A tenant without a licence for a service has no service principal of it, and none can be made.
#[tokio::test]
async fn service_the_tenant_does_not_have_is_not_asked_for_again_at_once() {
    let (probing, folder) = (Sandbox::demo(3).await.unwrap(), Folder::new());
    let mut args = quiet();
    args.customer = vec!["33333333-3333-4333-8333-333333333333".to_owned()];
    run(&args, &connect(&probing).await).await.unwrap();
    let creates = |entry: &&LogEntry| entry.method == "POST" && entry.path.ends_with("/servicePrincipals");
    let created = probing.log().entries().iter().filter(creates).map(|entry| entry.n).collect::<Vec<_>>();
    let [create] = created[..] else { panic!("{created:?}") };

    let sandbox = Sandbox::demo(3).await.unwrap();
    args.state = Some(folder.file("state.json"));
    let body = json!({"error": {"code": "Request_BadRequest", "message": "The service is not subscribed to."}});
    sandbox.faults().at(create, Fault::Fail { status: 400, body });
    let outcome = run(&args, &connect(&sandbox).await).await.unwrap();
    assert_eq!(outcome.report.summary().done, 1, "{:?}", outcome.report);
    sandbox.log().reset();
    run(&args, &connect(&sandbox).await).await.unwrap();
    assert_eq!(sandbox.log().writes(), 0, "{:?}", sandbox.log().write_entries());
}
