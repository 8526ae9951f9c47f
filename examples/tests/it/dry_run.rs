//! A dry run shows what it would do, and does nothing.

use bundle_core::Integration;
use bundle_core::catalog::Selection;
use bundle_sandbox::Sandbox;
use examples::onboard::{run, write_setup};

use crate::support::{Folder, Program, bootstrap, connect, resumable};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dry_run_writes_nothing_and_shows_the_exclusion() {
    let (sandbox, folder) = (Sandbox::demo(5).await.unwrap(), Folder::new());
    let world = sandbox.snapshot();
    let time = sandbox.clock().now();
    let mut args = resumable(&folder);
    args.dry_run = true;
    let outcome = run(&args, &connect(&sandbox).await).await.unwrap();
    assert_eq!(sandbox.log().writes(), 0, "{:?}", sandbox.log().write_entries());
    assert_eq!(outcome.report.writes, 0);
    assert_eq!(sandbox.snapshot(), world);
    assert_eq!(sandbox.clock().now(), time, "a dry run does not wait");
    assert!(!folder.file("state.json").exists());

    let mut text = Vec::new();
    write_setup(&mut text, &outcome.setup, true).unwrap();
    outcome.report.write(&mut text, true).unwrap();
    let text = String::from_utf8(text).unwrap();
    let exclusion = format!(
        "exclude service provider users of tenant {} from policy \"Block external access\"",
        bundle_sandbox::demo::partner_tenant()
    );
    for words in [
        &*exclusion,
        "create security group \"GDAP-Application Administrator\"",
        "create relationship \"Contoso - GDAP - ",
        "assign 12 role(s) of relationship \"Fabrikam-GDAP\"",
        "Exchange Administrator missing",
        "dry run: nothing was written",
    ] {
        assert!(text.contains(words), "{words:?} is missing in {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dry_run_after_a_run_has_nothing_to_do_where_all_is_done() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let program = || Program::onboard().args(["--endpoints".as_ref(), endpoints.as_os_str()]);
    assert_eq!(program().run().code, 0);
    sandbox.log().reset();
    let ended = program().args(["--dry-run"]).run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("nothing to do"), "{}", ended.stdout);
    assert_eq!(sandbox.log().writes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dry_run_of_a_set_up_from_nothing_writes_nothing() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let world = sandbox.snapshot();
    let secrets = folder.file("secrets");
    let selection = Selection::stock(&Integration::ALL);
    let report = bootstrap(&sandbox, &secrets).await.run(&selection, sandbox.clock().now(), true).await.unwrap();
    assert_eq!(sandbox.log().writes(), 0, "{:?}", sandbox.log().write_entries());
    assert_eq!(sandbox.snapshot(), world);
    assert!(!secrets.exists());
    assert!(report.steps.iter().any(|step| step.contains("service account")), "{:?}", report.steps);
}
