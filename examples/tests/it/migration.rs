//! The program `migrate` against the sandbox: from an old application to the new one, and back.

use bundle_sandbox::world::{Application, PartnerConsent, PasswordCredential, RefreshToken, Secret, resource_named};
use bundle_sandbox::{Fault, LogEntry, Sandbox, SandboxOptions, World, demo};
use examples::gdap::Output;
use examples::migrate::{Args, run};
use jiff::SignedDuration;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{
    CONTOSO, Ended, Folder, Program, add_relationship, connect, disturb, for_each_request, resumable, role_names,
};

const LEGACY: Uuid = Uuid::from_u128(0xd);

/// The secret of the old application.
fn old_secret() -> String {
    format!("{}-old", Sandbox::CANARY)
}

/// A partner whose customers consented to an old application and have a mapped relationship with all roles.
fn world(customers: usize) -> World {
    let mut world = demo::world(customers);
    let year_ago = world.now() - SignedDuration::from_hours(365 * 24);
    let mut legacy = Application::new(world.new_id(), LEGACY, "Old Connector", year_ago);
    "AzureADMultipleOrgs".clone_into(&mut legacy.sign_in_audience);
    legacy.passwords.push(PasswordCredential {
        key_id: world.new_id(),
        display_name: Some("old".to_owned()),
        secret: Secret::new(old_secret()),
        start: year_ago,
        end: world.now() + SignedDuration::from_hours(365 * 24),
        created_at: year_ago,
    });
    world.partner_tenant_mut().applications.insert(legacy.id, legacy);
    for number in 1..=customers {
        let id = demo::customer_tenant(number);
        add_relationship(&mut world, &id, &format!("Mapped {number}"), &role_names().collect::<Vec<_>>(), true);
        let client = world.ensure_service_principal(&id, &LEGACY).unwrap();
        let graph = resource_named("graph").unwrap().app_id;
        let graph = world.tenant(&id).unwrap().service_principal_by_app_id(&graph).unwrap().id;
        world.grant_scopes(&id, &client, &graph, None, ["Directory.Read.All"], year_ago);
        let consent =
            PartnerConsent { application_id: LEGACY, display_name: None, grants: Vec::new(), created_at: year_ago };
        world.tenant_mut(&id).unwrap().partner_consents.insert(LEGACY, consent);
    }
    world
}

async fn sandbox(customers: usize) -> Sandbox {
    Sandbox::start(world(customers), SandboxOptions::new()).await.unwrap()
}

fn moving(folder: &Folder) -> Args {
    let mut args = Args::of("Old Connector");
    args.onboard = resumable(folder);
    args
}

/// Everything to the last step.
fn replacing(folder: &Folder) -> Args {
    let mut args = moving(folder);
    args.remove_legacy = true;
    args.remove_secrets = true;
    args
}

fn rolling_back(folder: &Folder) -> Args {
    let mut args = moving(folder);
    args.rollback = true;
    args
}

async fn ran(args: &Args, sandbox: &Sandbox) -> Output {
    run(args, &connect(sandbox).await).await.unwrap()
}

fn told(output: &Output) -> Vec<&str> {
    output.rows.iter().map(|row| &*row[1]).collect()
}

fn has(sandbox: &Sandbox, customer: usize, application: &Uuid) -> bool {
    let world = sandbox.world();
    world.tenant(&demo::customer_tenant(customer)).unwrap().service_principal_by_app_id(application).is_some()
}

fn new_application(sandbox: &Sandbox) -> Uuid {
    sandbox.world().demo.as_ref().unwrap().application
}

#[tokio::test]
async fn customers_are_moved_proven_and_only_then_the_old_application_goes() {
    let (sandbox, folder) = (sandbox(1).await, Folder::new());
    let new = new_application(&sandbox);
    let moved = ran(&moving(&folder), &sandbox).await;
    assert_eq!(told(&moved), ["done", "skipped", "skipped"], "{:?}", moved.rows);
    assert!(!moved.needs_person);
    assert!(has(&sandbox, 1, &new) && has(&sandbox, 1, &LEGACY));

    let replaced = ran(&replacing(&folder), &sandbox).await;
    assert_eq!(told(&replaced), ["already", "done", "done"], "{:?}", replaced.rows);
    assert!(has(&sandbox, 1, &new) && !has(&sandbox, 1, &LEGACY));
    let passwords = sandbox.world().find_application(&LEGACY).unwrap().1.passwords.len();
    assert_eq!(passwords, 0);

    let (world, writes) = (sandbox.snapshot(), sandbox.log().writes());
    let again = ran(&replacing(&folder), &sandbox).await;
    assert_eq!(told(&again), ["already", "already"], "{:?}", again.rows);
    assert_eq!((sandbox.snapshot(), sandbox.log().writes()), (world, writes));
}

#[tokio::test]
async fn dry_run_lists_all_steps_and_writes_nothing() {
    let (sandbox, folder) = (sandbox(1).await, Folder::new());
    let before = sandbox.snapshot();
    let mut args = replacing(&folder);
    args.onboard.dry_run = true;
    let planned = ran(&args, &sandbox).await;
    assert_eq!(told(&planned), ["planned", "planned", "planned"], "{:?}", planned.rows);
    assert_eq!(sandbox.log().writes(), 0, "{:?}", sandbox.log().write_entries());
    assert_eq!(sandbox.snapshot(), before);
    let writes = planned.json["customers"][0]["steps"][0]["writes"].to_string();
    assert!(writes.contains("consent to the application"), "{writes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_old_credentials_the_plan_says_who_consented_to_it() {
    let (sandbox, folder) = (sandbox(1).await, Folder::new());
    let token = {
        let mut world = sandbox.world();
        let (home, user, now) = (world.partner, world.demo.as_ref().unwrap().service_account, world.now());
        let token = RefreshToken {
            home,
            user,
            app_id: LEGACY,
            issued_at: now,
            used_at: now,
            revoked: false,
            mfa: true,
            public: false,
        };
        world.sessions.add_refresh_token(token).expose().to_owned()
    };
    let (endpoints, few) = (folder.endpoints(&sandbox), folder.few_permissions());
    let program = |secret: &str| {
        let program = Program::migrate().env("BUNDLE_LEGACY_REFRESH_TOKEN", &token);
        let program = if secret.is_empty() { program } else { program.env("BUNDLE_LEGACY_CLIENT_SECRET", secret) };
        let program = program.args(["--legacy", "Old Connector", "--dry-run", "--json", "--quiet", "--remove-legacy"]);
        program.args(["--endpoints"]).args([&endpoints]).args(["--permissions"]).args([&few]).run()
    };
    let planned = |ended: Ended| -> Value {
        assert_eq!(ended.code, 0, "{ended:?}");
        let json: Value = serde_json::from_str(&ended.stdout).unwrap();
        json["customers"][0]["steps"][1].clone()
    };
    let consented = planned(program(&old_secret()));
    assert_eq!((&consented["name"], &consented["outcome"]["state"]), (&"Old Connector".into(), &"planned".into()));
    {
        let mut world = sandbox.world();
        let contoso = world.tenant_mut(&demo::customer_tenant(1)).unwrap();
        let principal = contoso.service_principal_by_app_id(&LEGACY).unwrap().id;
        contoso.remove_service_principal(&principal);
    }
    assert_eq!(planned(program(&old_secret()))["outcome"]["state"], "already");
    assert_eq!(sandbox.log().writes(), 0, "{:?}", sandbox.log().write_entries());
    let half = program("");
    assert!(half.code == 2 && half.complaint().contains("needed together"), "{half:?}");
}

#[tokio::test]
async fn the_way_back_is_open_until_the_old_application_is_removed() {
    let (sandbox, folder) = (sandbox(1).await, Folder::new());
    let before = sandbox.snapshot();
    ran(&moving(&folder), &sandbox).await;
    let mut planned = rolling_back(&folder);
    planned.onboard.dry_run = true;
    let (moved, writes) = (sandbox.snapshot(), sandbox.log().writes());
    assert_eq!(told(&ran(&planned, &sandbox).await), ["planned"]);
    assert_eq!((sandbox.snapshot(), sandbox.log().writes()), (moved, writes));
    for outcome in ["done", "already"] {
        let back = ran(&rolling_back(&folder), &sandbox).await;
        assert_eq!(told(&back), [outcome], "{:?}", back.rows);
        let contoso = &sandbox.snapshot()["tenants"]["Contoso"];
        // Microsoft's own service principals may have been added; nothing of the partner's is different.
        for part in ["grants", "appRoleAssignments", "partnerConsents", "roleAssignments"] {
            assert_eq!(contoso[part], before["tenants"]["Contoso"][part], "{part}");
        }
        assert!(has(&sandbox, 1, &LEGACY) && !has(&sandbox, 1, &new_application(&sandbox)));
    }
    // Forth again, to the end: there is no way back any more.
    let replaced = ran(&replacing(&folder), &sandbox).await;
    assert_eq!(told(&replaced), ["done", "done", "done"], "{:?}", replaced.rows);
    let back = ran(&rolling_back(&folder), &sandbox).await;
    assert!(told(&back) == ["skipped"] && back.rows[0][3].contains("nobody would have access"), "{:?}", back.rows);
    assert!(has(&sandbox, 1, &new_application(&sandbox)));
}

#[tokio::test]
async fn a_customer_that_is_not_proven_keeps_the_old_application_and_stops_no_other() {
    // Fabrikam's policy keeps the partner out.
    let (sandbox, folder) = (sandbox(2).await, Folder::new());
    let output = ran(&replacing(&folder), &sandbox).await;
    let of =
        |name: &str| -> Vec<&str> { output.rows.iter().filter(|row| row[0] == name).map(|row| &*row[1]).collect() };
    assert_eq!(of("Contoso"), ["done", "done"], "{:?}", output.rows);
    assert_eq!(of("Fabrikam"), ["failed", "skipped"], "{:?}", output.rows);
    assert_eq!(of("(partner)"), ["skipped"]);
    assert!(output.needs_person);
    assert!(has(&sandbox, 2, &LEGACY) && !has(&sandbox, 1, &LEGACY));
    assert_eq!(output.json["customers"][1]["steps"][0]["outcome"]["finding"]["kind"], "ConditionalAccess");
}

#[tokio::test]
async fn secrets_stay_while_a_customer_was_not_looked_at() {
    let (sandbox, folder) = (sandbox(3).await, Folder::new());
    let mut args = replacing(&folder);
    args.onboard.customer = vec![CONTOSO.to_owned()];
    let output = ran(&args, &sandbox).await;
    assert_eq!(told(&output), ["done", "done", "skipped"], "{:?}", output.rows);
    assert!(output.rows[2][3].contains("2 customer(s)"), "{:?}", output.rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migration_stopped_after_any_request_ends_in_the_same_world() {
    disturbed(&Fault::StallAfter, |_| true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migration_stopped_before_any_write_ends_in_the_same_world() {
    disturbed(&Fault::StallBefore, is_write).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migration_with_any_answer_to_a_write_lost_ends_in_the_same_world() {
    disturbed(&Fault::CutAfter, is_write).await;
}

fn is_write(entry: &LogEntry) -> bool {
    entry.method != "GET" && !entry.path.contains("/token")
}

/// Disturbs a migration at requests, each in a world of its own, and runs it again.
async fn disturbed(fault: &Fault, at: impl Fn(&LogEntry) -> bool) {
    let (calm, folder) = (sandbox(1).await, Folder::new());
    let done = ran(&replacing(&folder), &calm).await;
    assert!(!done.needs_person, "{:?}", done.rows);
    let (world, requests) = (calm.snapshot(), calm.log().entries());
    assert!(requests.len() > 50, "{} requests are too few for a migration", requests.len());
    let requests: Vec<u64> = requests.into_iter().filter(at).map(|entry| entry.n).collect();
    for_each_request(requests, |n| {
        let (world, fault) = (world.clone(), fault.clone());
        async move {
            let (sandbox, folder) = (sandbox(1).await, Folder::new());
            disturbed_at(n, fault, &replacing(&folder), &sandbox).await;
            let output = ran(&replacing(&folder), &sandbox).await;
            assert!(!output.needs_person, "after request {n}: {:?}", output.rows);
            assert_eq!(sandbox.snapshot(), world, "after request {n}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_back_stopped_after_any_request_ends_in_the_same_world() {
    let (calm, folder) = (sandbox(1).await, Folder::new());
    ran(&moving(&folder), &calm).await;
    let before = calm.faults().counted();
    ran(&rolling_back(&folder), &calm).await;
    let (world, requests) = (calm.snapshot(), calm.faults().counted());
    for_each_request(before + 1..=requests, |n| {
        let world = world.clone();
        async move {
            let (sandbox, folder) = (sandbox(1).await, Folder::new());
            ran(&moving(&folder), &sandbox).await;
            disturbed_at(n, Fault::StallAfter, &rolling_back(&folder), &sandbox).await;
            let output = ran(&rolling_back(&folder), &sandbox).await;
            assert!(!output.needs_person, "after request {n}: {:?}", output.rows);
            assert_eq!(sandbox.snapshot(), world, "after request {n}");
        }
    })
    .await;
}

/// Runs with a fault at a request. What is in memory ends with it; the state file and the cloud stay.
async fn disturbed_at(n: u64, fault: Fault, args: &Args, sandbox: &Sandbox) {
    disturb(sandbox, n, vec![fault]);
    let connection = connect(sandbox).await;
    tokio::select! {
        () = sandbox.faults().stalled() => {}
        ended = run(args, &connection) => drop(ended),
    }
    sandbox.faults().reset();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_told_in_one_line_and_nothing_is_written() {
    let (sandbox, folder) = (sandbox(1).await, Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let own = new_application(&sandbox).to_string();
    let program = |arguments: &[&str]| {
        let ended = Program::migrate().args(["--endpoints"]).args([&endpoints]).args(arguments).run();
        assert_eq!(ended.code, 2, "{ended:?}");
        ended.complaint().to_owned()
    };
    for (arguments, words) in [
        (&["--legacy", " "][..], "--legacy"),
        (&["--legacy", "00000003-0000-0000-c000-000000000000"], "Microsoft Graph"),
        (&["--legacy", "Old Connector", "--customer", "contoso"], "contoso"),
    ] {
        let line = program(arguments);
        assert!(line.contains(words), "{line}");
    }
    assert_eq!(sandbox.log().requests(), 0);
    for (arguments, words) in [
        (["--legacy", &own], "the one to move to"),
        (["--legacy", "No Such Connector"], "No Such Connector"),
        (["--legacy", "77777777-7777-4777-8777-777777777777"], "neither registered nor installed"),
    ] {
        let line = program(&arguments);
        assert!(line.contains(words), "{line}");
    }
    assert_eq!(sandbox.log().writes(), 0, "{:?}", sandbox.log().write_entries());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn program_writes_a_table_and_json() {
    let (sandbox, folder) = (sandbox(1).await, Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let few = folder.few_permissions();
    let program = |more: &[&str]| {
        let program = Program::migrate().args(["--legacy", "Old Connector", "--quiet", "--endpoints"]);
        let ended = program.args([&endpoints]).args(["--permissions"]).args([&few]).args(more).run();
        assert_eq!(ended.code, 0, "{ended:?}");
        ended.stdout
    };
    let table = program(&["--dry-run", "--remove-legacy"]);
    assert!(table.contains("Contoso") && table.contains("dry run: nothing was written"), "{table}");
    let json: Value = serde_json::from_str(&program(&["--json"])).unwrap();
    assert_eq!(json["legacy"]["name"], "Old Connector");
    assert_eq!(json["customers"][0]["steps"][0]["outcome"]["state"], "done");
}
