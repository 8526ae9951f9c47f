//! The program `consent` against the sandbox: every reason to look after a customer, and every way to be stopped.

use std::time::Duration;

use bundle_core::TenantId;
use bundle_core::consent::{ConsentRecord, ConsentRecords as _};
use bundle_core::ids::AppId;
use bundle_sandbox::demo::customer_tenant;
use bundle_sandbox::{Fault, LogEntry, Sandbox, SandboxOptions, Service, World};
use examples::consent::{Args, Command, Journal, RefreshArgs, ResetArgs, run, run_until};
use examples::gdap::Output;
use serde_json::{Value, json};

use crate::support::{
    CONTOSO, FABRIKAM, FEW_PERMISSIONS, Folder, Program, connect, disturb, for_each_request, related,
};

fn args(folder: &Folder, command: Command) -> Args {
    let mut args = Args::of(command);
    args.state = Some(folder.file("consent.jsonl"));
    args.permissions = Some(folder.few_permissions());
    args
}

fn refresh(folder: &Folder) -> Args {
    let mut command = RefreshArgs::default();
    command.how.quiet = true;
    args(folder, Command::Refresh(command))
}

fn reset(folder: &Folder) -> Args {
    let mut command = ResetArgs::default();
    command.all = true;
    command.how.quiet = true;
    args(folder, Command::Reset(command))
}

async fn start(world: World) -> Sandbox {
    Sandbox::start(world, SandboxOptions::new()).await.unwrap()
}

async fn ran(args: &Args, sandbox: &Sandbox) -> Output {
    run(args, &connect(sandbox).await).await.unwrap()
}

/// The state and the reason of a customer.
fn of<'a>(output: &'a Output, name: &str) -> (&'a str, &'a str) {
    let customers = output.json["customers"].as_array().unwrap();
    let row = customers.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}: {}", output.json));
    (row["state"].as_str().unwrap(), row["reason"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn customers_are_consented_once_and_a_second_run_asks_none_of_them() {
    let (sandbox, folder) = (start(related(5, 1)).await, Folder::new());
    let first = ran(&refresh(&folder), &sandbox).await;
    for name in ["Contoso", "Northwind", "Tailspin", "Wingtip"] {
        assert_eq!(of(&first, name), ("done", "neverDone"), "{}", first.json);
    }
    // A policy of Fabrikam keeps the partner out; that stops nobody else.
    assert_eq!(of(&first, "Fabrikam"), ("refused", "neverDone"));
    let fabrikam = first.json["customers"].as_array().unwrap().iter().find(|row| row["name"] == "Fabrikam").unwrap();
    assert_eq!(fabrikam["findings"][0]["kind"], "ConditionalAccess", "{fabrikam}");
    assert!(first.needs_person && !first.inconclusive);

    let before = (sandbox.log().writes(), sandbox.log().requests());
    let second = ran(&refresh(&folder), &sandbox).await;
    assert_eq!(second.json["summary"]["fresh"], 5);
    assert_eq!(sandbox.log().writes(), before.0);
    let asked = sandbox.log().entries().split_off(usize::try_from(before.1).unwrap());
    let customer = |entry: &LogEntry| (1..=5).any(|number| entry.path.contains(&customer_tenant(number).to_string()));
    assert!(!asked.iter().any(customer), "{asked:?}");

    let status = ran(&args(&folder, Command::Status), &sandbox).await;
    assert_eq!((of(&status, "Contoso").0, of(&status, "Fabrikam").0), ("done", "refused"));
}

#[tokio::test]
async fn refresh_of_what_is_granted_takes_four_requests_and_writes_nothing() {
    let (sandbox, folder) = (start(related(1, 1)).await, Folder::new());
    ran(&refresh(&folder), &sandbox).await;
    let mut again = refresh(&folder);
    if let Command::Refresh(command) = &mut again.command {
        command.force = true;
    }
    sandbox.log().reset();
    let output = ran(&again, &sandbox).await;
    assert_eq!(of(&output, "Contoso"), ("done", "asked"));
    assert_eq!(sandbox.log().write_entries(), []);
    let requests = sandbox.log().entries();
    // Those before are about the partner: the customers, and what the resources offer.
    let own = requests.iter().position(|entry| entry.path.contains(CONTOSO)).unwrap();
    let paths: Vec<&str> = requests[own..].iter().map(|entry| entry.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(paths.len(), 4, "{paths:?}");
    assert_eq!((paths[0], paths[1]), ("token", "$batch"));
}

#[tokio::test]
async fn every_reason_to_look_again_is_told() {
    let (sandbox, folder) = (start(related(2, 1)).await, Folder::new());
    ran(&refresh(&folder), &sandbox).await;
    let day = Duration::from_secs(24 * 3600);

    sandbox.clock().advance(day);
    let failed = ran(&refresh(&folder), &sandbox).await;
    assert_eq!((of(&failed, "Contoso").0, of(&failed, "Fabrikam")), ("fresh", ("refused", "failed")));

    sandbox.clock().advance(6 * day);
    assert_eq!(of(&ran(&refresh(&folder), &sandbox).await, "Contoso"), ("done", "stale"));

    let mut more = refresh(&folder);
    more.permissions = Some(folder.write("more.txt", [&FEW_PERMISSIONS[..], &["Mail.Send"]].concat().join("\n")));
    let writes = sandbox.log().writes();
    assert_eq!(of(&ran(&more, &sandbox).await, "Contoso"), ("done", "permissionsChanged"));
    assert!(sandbox.log().writes() > writes);

    let connection = connect(&sandbox).await;
    let contoso: TenantId = CONTOSO.parse().unwrap();
    let journal = || Journal::open(more.state.as_deref(), connection.cloud.name(), connection.partner, false).unwrap();
    journal().keep(&contoso, &ConsentRecord::new(AppId::from_u128(7))).await.unwrap();
    // The consent of the application is there after all: that is no obstacle.
    assert_eq!(of(&ran(&more, &sandbox).await, "Contoso"), ("done", "applicationChanged"));
    assert_eq!(journal().record(&contoso).await.unwrap().unwrap().application, connection.application);
}

#[tokio::test]
async fn consent_somebody_removed_is_given_again() {
    let (sandbox, folder) = (start(related(1, 1)).await, Folder::new());
    ran(&refresh(&folder), &sandbox).await;
    let world = sandbox.snapshot();
    let application = connect(&sandbox).await.application;
    {
        let mut world = sandbox.world();
        let tenant = world.tenant_mut(&customer_tenant(1)).unwrap();
        tenant.partner_consents.clear();
        let principal = tenant.service_principal_by_app_id(application.as_uuid()).unwrap().id;
        tenant.remove_service_principal(&principal);
    }
    sandbox.clock().advance(Duration::from_secs(7 * 24 * 3600));
    assert_eq!(of(&ran(&refresh(&folder), &sandbox).await, "Contoso"), ("done", "stale"));
    assert_eq!(sandbox.snapshot(), world);
}

#[tokio::test]
async fn reset_removes_the_service_principal_and_ends_where_it_began() {
    let (sandbox, folder) = (start(related(1, 1)).await, Folder::new());
    ran(&refresh(&folder), &sandbox).await;
    let world = sandbox.snapshot();
    let application = connect(&sandbox).await.application;
    let principal = || {
        let world = sandbox.world();
        world.tenant(&customer_tenant(1)).unwrap().service_principal_by_app_id(application.as_uuid()).unwrap().id
    };
    let before = principal();
    let output = ran(&reset(&folder), &sandbox).await;
    assert_eq!(of(&output, "Contoso"), ("done", "asked"), "{}", output.json);
    assert_ne!(principal(), before);
    assert_eq!(sandbox.snapshot(), world);
}

#[tokio::test]
async fn dry_run_tells_the_steps_and_writes_nothing() {
    let (sandbox, folder) = (start(related(1, 1)).await, Folder::new());
    for mut args in [refresh(&folder), reset(&folder)] {
        match &mut args.command {
            Command::Refresh(command) => command.how.dry_run = true,
            Command::Reset(command) => command.how.dry_run = true,
            _ => unreachable!("two commands write"),
        }
        let output = ran(&args, &sandbox).await;
        assert_eq!(of(&output, "Contoso"), ("planned", "neverDone"));
        assert!(output.json["customers"][0]["steps"].as_array().unwrap().len() >= 2, "{}", output.json);
    }
    assert_eq!(sandbox.log().write_entries(), []);
    assert!(!folder.file("consent.jsonl").exists());
}

#[tokio::test]
async fn throttled_requests_are_repeated() {
    let (sandbox, folder) = (start(related(1, 1)).await, Folder::new());
    sandbox.faults().throttle(Service::PartnerCenter, 2, "0");
    sandbox.faults().throttle(Service::Graph, 2, "0");
    assert_eq!(of(&ran(&refresh(&folder), &sandbox).await, "Contoso").0, "done");
}

#[tokio::test]
async fn what_cannot_be_found_out_is_inconclusive_and_goes_on_in_the_next_run() {
    let (sandbox, folder) = (start(related(1, 1)).await, Folder::new());
    for (service, path) in [(Service::PartnerCenter, "/applicationconsents"), (Service::Login, CONTOSO)] {
        for status in [429, 503] {
            sandbox.faults().refuse(service, path, status, Value::Null);
            let output = ran(&refresh(&folder), &sandbox).await;
            assert_eq!(of(&output, "Contoso").0, "inconclusive", "{service} {status}: {}", output.json);
            assert!(output.inconclusive && !output.needs_person);
            sandbox.faults().reset();
        }
    }
    let status = ran(&args(&folder, Command::Status), &sandbox).await;
    assert_eq!(of(&status, "Contoso").0, "inconclusive");
    assert_eq!(of(&ran(&refresh(&folder), &sandbox).await, "Contoso"), ("done", "unfinished"));
}

#[tokio::test]
async fn customer_without_a_relationship_is_refused() {
    let mut world = related(1, 1);
    world.relationships.clear();
    let (sandbox, folder) = (start(world).await, Folder::new());
    let output = ran(&refresh(&folder), &sandbox).await;
    assert_eq!(of(&output, "Contoso"), ("refused", "neverDone"), "{}", output.json);
    let status = ran(&args(&folder, Command::Status), &sandbox).await;
    assert_eq!(of(&status, "Contoso").0, "refused");
}

#[tokio::test]
async fn stopped_program_begins_no_customer() {
    let (sandbox, folder) = (start(related(2, 1)).await, Folder::new());
    let output = run_until(&refresh(&folder), &connect(&sandbox).await, async {}).await.unwrap();
    assert_eq!(output.json["summary"]["notBegun"], 2);
    assert!(output.needs_person);
    assert_eq!(sandbox.log().write_entries(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refresh_stopped_before_any_request_ends_in_the_same_world() {
    refresh_disturbed(Fault::StallBefore).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refresh_stopped_after_any_request_ends_in_the_same_world() {
    refresh_disturbed(Fault::StallAfter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refresh_with_any_answer_lost_ends_in_the_same_world() {
    refresh_disturbed(Fault::CutAfter).await;
}

async fn refresh_disturbed(fault: Fault) {
    let (sandbox, folder) = (start(related(1, 1)).await, Folder::new());
    ran(&refresh(&folder), &sandbox).await;
    let (world, requests) = (sandbox.snapshot(), sandbox.log().entries());
    for_each_request(requests.into_iter().map(|entry| entry.n), |n| {
        let (world, fault) = (world.clone(), fault.clone());
        async move {
            let (sandbox, folder) = (start(related(1, 1)).await, Folder::new());
            interrupted(&sandbox, &refresh(&folder), n, fault).await;
            let output = ran(&refresh(&folder), &sandbox).await;
            assert!(matches!(of(&output, "Contoso").0, "done" | "fresh"), "after request {n}: {}", output.json);
            assert_eq!(sandbox.snapshot(), world, "after request {n}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reset_stopped_before_any_request_ends_consented() {
    reset_disturbed(Fault::StallBefore).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reset_stopped_after_any_request_ends_consented() {
    reset_disturbed(Fault::StallAfter).await;
}

/// Whoever runs next, `reset` again or the nightly `refresh`: the customer has its consent.
async fn reset_disturbed(fault: Fault) {
    let (sandbox, folder) = (start(related(1, 1)).await, Folder::new());
    ran(&refresh(&folder), &sandbox).await;
    let before = sandbox.log().entries().len();
    ran(&reset(&folder), &sandbox).await;
    let (world, requests) = (sandbox.snapshot(), sandbox.log().entries().split_off(before));
    for_each_request(requests.into_iter().map(|entry| entry.n), |n| {
        let (world, fault) = (world.clone(), fault.clone());
        async move {
            for next in [refresh, reset] {
                let (sandbox, folder) = (start(related(1, 1)).await, Folder::new());
                ran(&refresh(&folder), &sandbox).await;
                interrupted(&sandbox, &reset(&folder), n, fault.clone()).await;
                let output = ran(&next(&folder), &sandbox).await;
                assert!(matches!(of(&output, "Contoso").0, "done" | "fresh"), "after request {n}: {}", output.json);
                assert_eq!(sandbox.snapshot(), world, "after request {n}");
            }
        }
    })
    .await;
}

/// Runs until the n-th request is met by a fault; what is in memory ends there.
async fn interrupted(sandbox: &Sandbox, args: &Args, n: u64, fault: Fault) {
    let stalls = fault != Fault::CutAfter;
    disturb(sandbox, n, vec![fault]);
    let connection = connect(sandbox).await;
    tokio::select! {
        () = sandbox.faults().stalled() => {}
        ended = run(args, &connection) => assert!(!stalls, "ended before request {n}: {ended:?}"),
    }
    sandbox.faults().reset();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_told_in_one_line_and_nothing_is_sent() {
    let (sandbox, folder) = (start(related(1, 1)).await, Folder::new());
    let (endpoints, foreign) = (folder.endpoints(&sandbox), folder.write("foreign", "not ours"));
    let cases: [(&[&str], &str); 7] = [
        (&["reset"], "nobody is selected"),
        (&["refresh", "--customer", "contoso"], "\"contoso\""),
        (&["refresh", "--concurrency", "0"], "--concurrency"),
        (&["refresh", "--wait", "soon"], "\"soon\""),
        (&["refresh", "--without-permission", "User.Raed.All"], "User.Raed.All"),
        (&["refresh", "--without-permission", "Application.ReadWrite.All"], "Application.ReadWrite.All"),
        (&["status", "--state", foreign.to_str().unwrap()], "state: "),
    ];
    for (arguments, words) in cases {
        let ended = Program::consent().args(["--endpoints"]).args([&endpoints]).args(arguments).run();
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.complaint().contains(words), "{ended:?}");
    }
    assert_eq!(sandbox.log().requests(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn program_writes_table_json_and_csv_and_shows_no_secret() {
    let (sandbox, folder) = (start(related(2, 1)).await, Folder::new());
    let (endpoints, state, few) = (folder.endpoints(&sandbox), folder.file("state.jsonl"), folder.few_permissions());
    let program = |code: i32, more: &[&str]| {
        let ended = Program::consent()
            .args(["--endpoints"])
            .args([&endpoints])
            .args(["--state"])
            .args([&state])
            .args(["--permissions"])
            .args([&few])
            .args(more)
            .env("RUST_LOG", "trace")
            .run();
        assert_eq!(ended.code, code, "{ended:?}");
        let kept = std::fs::read_to_string(&state).unwrap_or_default();
        assert!(![&ended.stdout, &ended.stderr, &kept].iter().any(|text| text.contains(Sandbox::CANARY)), "{ended:?}");
        ended.stdout
    };
    // A service that repeats what it was sent, secrets included.
    let echo = format!("refresh_token={0}-refresh Bearer aaaa.bbbb.{0}", Sandbox::CANARY);
    for (service, path) in [(Service::PartnerCenter, "/applicationconsents"), (Service::Login, CONTOSO)] {
        let body = json!({"error": "invalid_request", "error_description": echo, "code": 400, "description": echo});
        sandbox.faults().refuse(service, path, 400, body);
        program(1, &["refresh", "--customer", CONTOSO, "--force"]);
        sandbox.faults().reset();
    }
    let report: Value = serde_json::from_str(&program(1, &["refresh", "--force", "--json"])).unwrap();
    assert_eq!((&report["summary"]["done"], &report["summary"]["refused"]), (&json!(1), &json!(1)), "{report}");
    assert!(program(0, &["status", "--customer", CONTOSO]).contains("Contoso"));
    assert_eq!(program(1, &["status", "--csv"]).lines().count(), 3);
    assert!(program(0, &["reset", "--customer", CONTOSO, "--quiet"]).contains("remove the consent"));
    assert!(program(1, &["refresh", "--customer", FABRIKAM, "--force"]).contains("refused"));
}
