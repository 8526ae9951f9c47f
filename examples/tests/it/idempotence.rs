//! A second run finds everything there.

use bundle_core::Integration;
use bundle_core::catalog::Selection;
use bundle_sandbox::Sandbox;
use examples::onboard::run;

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
