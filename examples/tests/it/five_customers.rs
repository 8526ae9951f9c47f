//! The five customers of the demonstration: what is reported, and what the exit code says.

use bundle_core::Integration;
use bundle_core::onboarding::{CustomerOutcome, CustomerReport, WaitReason};
use bundle_sandbox::Sandbox;
use examples::onboard::run;
use jiff::SignedDuration;

use crate::support::{FABRIKAM, Folder, Program, connect, quiet, resumable};

#[tokio::test]
async fn five_customers_end_as_their_worlds_are() {
    let sandbox = Sandbox::demo(5).await.unwrap();
    let before = sandbox.clock().now();
    let report = run(&quiet(), &connect(&sandbox).await).await.unwrap().report;
    let now = sandbox.clock().now();

    let seen: Vec<_> = report.customers.iter().map(|one| (&*one.name, one.outcome.as_str(), shields(one))).collect();
    assert_eq!(
        seen,
        [
            ("Contoso", "done", ["green", "green", "green", "green"]),
            ("Fabrikam", "blocked", ["red", "red", "green", "red"]),
            ("Northwind", "done", ["green", "notLicensed", "green", "green"]),
            ("Tailspin", "waiting", ["blue", "blue", "blue", "blue"]),
            ("Wingtip", "blocked", ["green", "red", "green", "green"]),
        ]
    );
    let issues: Vec<_> = report.customers.iter().map(issues).collect();
    assert_eq!(
        issues,
        [
            vec![],
            vec![("conditional-access-blocked", "customer")],
            vec![],
            vec![("gdap-approval-pending", "customer")],
            vec![("gdap-role-missing", "partner")],
        ]
    );
    assert!(report.customers.iter().flat_map(|one| &one.findings).all(|finding| !finding.remedy.is_empty()));

    let fabrikam = &report.customers[1].findings[0];
    assert!(fabrikam.evidence.contains("\"Block external access\""), "{}", fabrikam.evidence);
    assert!(fabrikam.remedy[0].contains("--apply-ca-exclusion"), "{:?}", fabrikam.remedy);

    let waiting = report.customers[3].waiting.as_ref().unwrap();
    assert_eq!(waiting.reason, WaitReason::Approval);
    assert!(waiting.check_after > before + SignedDuration::from_mins(1) && waiting.check_after > now);
    let relationship = {
        let world = sandbox.world();
        world.relationships.values().find(|one| one.display_name.starts_with("Tailspin")).unwrap().id.clone()
    };
    let link = waiting.link.as_deref().unwrap();
    assert!(link.starts_with("https://admin.microsoft.com/") && link.ends_with(&relationship), "{link}");

    let wingtip = &report.customers[4].findings[0].evidence;
    for word in ["Exchange Administrator", "Wingtip GDAP", "MLT_"] {
        assert!(wingtip.contains(word), "{wingtip}");
    }
    assert!(report.customers.iter().enumerate().all(|(at, one)| one.waiting.is_some() == (at == 3)));
}

#[tokio::test]
async fn fabrikam_turns_green_when_the_exclusion_acts() {
    let sandbox = Sandbox::demo(2).await.unwrap();
    let mut args = quiet();
    args.customer = vec![FABRIKAM.to_owned()];
    args.apply_ca_exclusion = true;
    // It takes half an hour to act; a program that waits less says so and when to look again.
    args.wait = Some("5m".to_owned());
    let started = sandbox.clock().now();
    let report = run(&args, &connect(&sandbox).await).await.unwrap().report;
    let waiting = report.customers[0].waiting.as_ref().unwrap();
    assert_eq!(
        (waiting.reason, report.customers[0].outcome),
        (WaitReason::ConditionalAccess, CustomerOutcome::Waiting)
    );
    assert!(waiting.check_after > sandbox.clock().now());

    args.wait = None;
    let report = run(&args, &connect(&sandbox).await).await.unwrap().report;
    assert_eq!(shields(&report.customers[0]), ["green"; 4]);
    assert_eq!(report.customers[0].outcome, CustomerOutcome::Done);
    assert!(sandbox.clock().now().duration_since(started) >= SignedDuration::from_mins(30));

    let snapshot = sandbox.snapshot();
    let policies = snapshot["tenants"]["Fabrikam"]["conditionalAccess"].as_array().unwrap();
    let excluded = &policies[0]["users"]["excludeGuestsOrExternalUsers"];
    assert_eq!(excluded["guestOrExternalUserTypes"], "serviceProvider");
    assert_eq!(excluded["externalTenants"]["members"].as_array().unwrap().len(), 1);
    assert_eq!(policies[0]["state"], "enabled");
}

#[tokio::test]
async fn account_outside_admin_agents_is_put_in_before_the_customers_are_read() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    {
        let mut world = sandbox.world();
        let account = world.demo.as_ref().unwrap().service_account;
        let agents = world.partner_tenant().group_named("AdminAgents").unwrap().id;
        world.partner_tenant_mut().groups.get_mut(&agents).unwrap().members.remove(&account);
    }
    let mut args = resumable(&folder);
    args.dry_run = true;
    let outcome = run(&args, &connect(&sandbox).await).await.unwrap();
    assert!(outcome.setup.joins_admin_agents && outcome.report.customers.is_empty());
    assert_eq!(sandbox.log().writes(), 0);

    args.dry_run = false;
    let outcome = run(&args, &connect(&sandbox).await).await.unwrap();
    assert_eq!(outcome.setup.steps[0], "put the service account into AdminAgents");
    assert_eq!(outcome.report.summary().done, 1, "{:?}", outcome.report);
}

#[cfg(unix)]
#[test]
fn nobody_reading_changes_nothing() {
    // A pipe whose reader has gone, as behind `head`.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = Program::onboard().args(["--customers", "1"]).stderr(writer).run();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("1 done"), "{}", ended.stdout);
}

#[test]
fn exit_code_tells_green_from_not_green() {
    let one = Program::onboard().args(["--customers", "1"]).run();
    assert_eq!(one.code, 0, "{one:?}");
    assert!(one.stdout.contains("1 done, 0 waiting, 0 blocked, 0 failed"), "{}", one.stdout);

    let five = Program::onboard().run();
    assert_eq!(five.code, 1, "{five:?}");
    for words in [
        "Northwind  green  not licensed  green  green  done",
        "2 done, 1 waiting, 2 blocked, 0 failed",
        "link:    https://admin.microsoft.com/",
        "look again after 2",
        "who acts: partner",
    ] {
        assert!(five.stdout.contains(words), "{words:?} is missing in {}", five.stdout);
    }
}

/// The shields in the order in which they are shown.
fn shields(customer: &CustomerReport) -> [&'static str; 4] {
    Integration::ALL.map(|integration| customer.shields.get(integration).unwrap().as_str())
}

fn issues(customer: &CustomerReport) -> Vec<(&'static str, &'static str)> {
    customer.findings.iter().map(|finding| (finding.issue, finding.who_acts)).collect()
}
