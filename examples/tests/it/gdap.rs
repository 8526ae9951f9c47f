//! The program `gdap` against the sandbox: from an invitation to the report, and its bad input.

use bundle_core::ids::{GroupId, RoleTemplateId};
use bundle_sandbox::{Fault, LogEntry, Sandbox};
use examples::gdap::{
    Args, AssignArgs, Command, ComplianceArgs, InviteArgs, Output, RenewalArgs, State, Switch, TerminateArgs, run,
};
use graph_client::Query;
use serde_json::Value;

use crate::support::{CONTOSO, FABRIKAM, Folder, Program, connect, disturb, for_each_request, graph};

fn args(folder: &Folder, command: Command) -> Args {
    let mut args = Args::of(command);
    args.state = Some(folder.file("gdap.json"));
    // The clock is the sandbox's: waiting moves it.
    args.wait = Some("2h".to_owned());
    args
}

fn invite(folder: &Folder) -> Args {
    let mut command = InviteArgs::default();
    command.customer = vec![CONTOSO.to_owned()];
    command.days = 730;
    args(folder, Command::Invite(command))
}

fn assign(folder: &Folder) -> Args {
    let mut command = AssignArgs::default();
    command.customer = vec![CONTOSO.to_owned()];
    args(folder, Command::Assign(command))
}

fn compliance(role: &[&str]) -> Args {
    let mut command = ComplianceArgs::default();
    command.role = role.iter().map(|role| (*role).to_owned()).collect();
    command.notice = 60;
    command.paths = true;
    Args::of(Command::Compliance(command))
}

async fn ran(args: &Args, sandbox: &Sandbox) -> Output {
    run(args, &connect(sandbox).await).await.unwrap()
}

#[tokio::test]
async fn a_customer_is_invited_mapped_and_then_compliant() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let before = ran(&compliance(&[]), &sandbox).await;
    assert_eq!(before.json["customers"][0]["verdict"], "broken");

    let invited = ran(&invite(&folder), &sandbox).await;
    assert_eq!(invited.json["customers"][0]["state"], "inForce", "{}", invited.json);
    let name = invited.json["customers"][0]["name"].as_str().unwrap();
    assert!(name.starts_with("Contoso - GDAP - "), "{name}");
    let unassigned = ran(&compliance(&[]), &sandbox).await;
    assert_eq!(unassigned.json["customers"][0]["roles"][0]["state"], "unassigned");

    let assigned = ran(&assign(&folder), &sandbox).await;
    assert_eq!(assigned.json["customers"][0]["state"], "done", "{}", assigned.json);
    assert_eq!(assigned.json["customers"][0]["steps"].as_array().unwrap().len(), 12);
    let after = ran(&compliance(&[]), &sandbox).await;
    assert_eq!(after.json["customers"][0]["verdict"], "compliant", "{}", after.json);
    assert!(!after.needs_person);
    // One account in twelve groups: twelve ways.
    assert_eq!(after.json["paths"][CONTOSO].as_array().unwrap().len(), 12);

    // Everything again does nothing.
    let writes = |sandbox: &Sandbox| sandbox.log().entries().iter().filter(|entry| is_write(entry)).count();
    let made = writes(&sandbox);
    ran(&invite(&folder), &sandbox).await;
    ran(&assign(&folder), &sandbox).await;
    assert_eq!(writes(&sandbox), made);
}

#[tokio::test]
async fn compliance_tells_what_is_wrong_with_each_customer() {
    let sandbox = Sandbox::demo(5).await.unwrap();
    let report = ran(&compliance(&["Exchange Administrator"]), &sandbox).await;
    let customers = report.json["customers"].as_array().unwrap();
    let of = |name: &str| customers.iter().find(|customer| customer["name"] == name).unwrap();
    let issues = |name: &str| -> Vec<&str> {
        of(name)["findings"].as_array().unwrap().iter().map(|finding| finding["issue"].as_str().unwrap()).collect()
    };
    assert_eq!(issues("Contoso"), ["noRelationship", "missingRole"]);
    assert!(issues("Fabrikam").contains(&"missingRole"));
    assert_eq!(of("Fabrikam")["roles"][0]["state"], "unassigned");
    assert_eq!(of("Wingtip")["roles"][0]["state"], "missing", "{}", of("Wingtip"));
}

#[tokio::test]
async fn an_end_near_by_is_replaced_and_the_old_relationship_ended() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    ending(&folder, &sandbox).await;
    assert_eq!(renewed(&folder, &sandbox).await, ["reInvite", "map", "terminate"]);
    let mut states: Vec<String> = connect(&sandbox)
        .await
        .fact_ports()
        .relationships
        .relationships()
        .await
        .unwrap()
        .iter()
        .map(|relationship| relationship.status.to_string())
        .collect();
    states.sort();
    assert!(states[0] == "active" && states[1].starts_with("terminat"), "{states:?}");
}

#[tokio::test]
async fn renewal_without_the_state_file_finds_the_groups_by_their_prefix() {
    let prefixed = |mut args: Args| {
        match &mut args.command {
            Command::Assign(command) => "MSP".clone_into(&mut command.groups.group_prefix),
            Command::Renewals(command) => "MSP".clone_into(&mut command.groups.group_prefix),
            _ => {}
        }
        args
    };
    let (sandbox, folder, elsewhere) = (Sandbox::demo(1).await.unwrap(), Folder::new(), Folder::new());
    ending(&folder, &sandbox).await;
    ran(&prefixed(assign(&elsewhere)), &sandbox).await;
    let groups = async || graph(&sandbox).await.groups().list(&Query::new()).collect_all().await.unwrap().len();
    let before = groups().await;
    for _ in 0..3 {
        ran(&prefixed(renewals(&Folder::new())), &sandbox).await;
    }
    assert_eq!(groups().await, before, "no second set of groups");
}

/// Invites and maps a customer to a relationship that ends in 30 days.
async fn ending(folder: &Folder, sandbox: &Sandbox) {
    let mut first = invite(folder);
    if let Command::Invite(command) = &mut first.command {
        command.days = 30;
        command.auto_extend = Some(Switch::Off);
    }
    ran(&first, sandbox).await;
    ran(&assign(folder), sandbox).await;
}

fn renewals(folder: &Folder) -> Args {
    let mut command = RenewalArgs::default();
    command.notice = 90;
    command.apply = true;
    args(folder, Command::Renewals(command))
}

/// Renews until nothing is left to renew; what was done, in order.
async fn renewed(folder: &Folder, sandbox: &Sandbox) -> Vec<String> {
    let mut done = Vec::new();
    for _ in 0..6 {
        let plan = ran(&renewals(folder), sandbox).await;
        let Some(first) = plan.json["renewals"].as_array().unwrap().first().cloned() else { return done };
        done.push(first["action"]["do"].as_str().unwrap().to_owned());
    }
    panic!("the renewals do not get on: {done:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renewal_stopped_after_any_request_ends_in_the_same_world() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    ending(&folder, &sandbox).await;
    let before = sandbox.log().entries().len();
    renewed(&folder, &sandbox).await;
    let (world, requests) = (sandbox.snapshot(), sandbox.log().entries().split_off(before));
    for_each_request(requests.into_iter().map(|entry| entry.n), |n| {
        let world = world.clone();
        async move {
            let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
            ending(&folder, &sandbox).await;
            disturb(&sandbox, n, vec![Fault::StallAfter]);
            tokio::select! {
                () = sandbox.faults().stalled() => {}
                _ = renewed(&folder, &sandbox) => panic!("ended before request {n}"),
            }
            sandbox.faults().reset();
            renewed(&folder, &sandbox).await;
            assert_eq!(sandbox.snapshot(), world, "after request {n}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_group_that_is_gone_is_replaced_by_the_one_of_its_name() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    ran(&invite(&folder), &sandbox).await;
    ran(&assign(&folder), &sandbox).await;
    let partner = connect(&sandbox).await.partner;
    let open = || State::open(Some(folder.file("gdap.json")), partner).unwrap();
    let mut state = open();
    let role = RoleTemplateId::EXCHANGE_ADMINISTRATOR;
    let right = state.groups.insert(role, GroupId::from_u128(7)).unwrap();
    state.save().unwrap();
    let output = ran(&assign(&folder), &sandbox).await;
    let steps = output.json["groupSteps"].as_array().unwrap();
    assert!(steps.len() == 1 && steps[0].as_str().unwrap().contains("is gone"), "{steps:?}");
    assert_eq!(open().groups[&role], right);
}

#[tokio::test]
async fn relationships_are_ended_only_when_told_twice() {
    let sandbox = Sandbox::demo(2).await.unwrap();
    let relationships = connect(&sandbox).await.fact_ports().relationships;
    let fabrikam = relationships.relationships().await.unwrap().remove(0);
    let mut command = TerminateArgs::default();
    command.relationship = vec![fabrikam.id.to_string()];
    for yes in [false, true, true] {
        command.yes = yes;
        ran(&Args::of(Command::Terminate(command.clone())), &sandbox).await;
        let status = relationships.relationship(&fabrikam.id).await.unwrap().status;
        assert_eq!(status.is_in_force(), !yes, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invited_and_mapped_with_a_stop_before_any_request_ends_in_the_same_world() {
    stopped_at_each_request(&Fault::StallBefore).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invited_and_mapped_with_a_stop_after_any_request_ends_in_the_same_world() {
    stopped_at_each_request(&Fault::StallAfter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invited_and_mapped_with_any_answer_to_a_write_lost_ends_in_the_same_world() {
    let (world, requests) = undisturbed().await;
    let writes = requests.into_iter().filter(is_write).map(|entry| entry.n);
    for_each_request(writes, |n| {
        let world = world.clone();
        async move {
            let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
            disturb(&sandbox, n, vec![Fault::CutAfter]);
            // Where that ends it early, another run goes on.
            for args in [invite(&folder), assign(&folder)] {
                drop(run(&args, &connect(&sandbox).await).await);
            }
            to_the_end(&sandbox, &folder, n, &world).await;
        }
    })
    .await;
}

async fn stopped_at_each_request(fault: &Fault) {
    let (world, requests) = undisturbed().await;
    for_each_request(requests.into_iter().map(|entry| entry.n), |n| {
        let (world, fault) = (world.clone(), fault.clone());
        async move {
            let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
            disturb(&sandbox, n, vec![fault]);
            // What is in memory ends with this block; the state file and the cloud stay.
            {
                let both = async {
                    for args in [invite(&folder), assign(&folder)] {
                        drop(run(&args, &connect(&sandbox).await).await);
                    }
                };
                tokio::select! {
                    () = sandbox.faults().stalled() => {}
                    () = both => panic!("ended before request {n}"),
                }
            }
            to_the_end(&sandbox, &folder, n, &world).await;
        }
    })
    .await;
}

/// The world an undisturbed invitation and mapping leave behind, and their requests.
async fn undisturbed() -> (Value, Vec<LogEntry>) {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    ran(&invite(&folder), &sandbox).await;
    ran(&assign(&folder), &sandbox).await;
    let requests = sandbox.log().entries();
    assert!(requests.len() > 40, "{} requests are too few for an invitation and a mapping", requests.len());
    (sandbox.snapshot(), requests)
}

async fn to_the_end(sandbox: &Sandbox, folder: &Folder, n: u64, world: &Value) {
    sandbox.faults().reset();
    let invited = ran(&invite(folder), sandbox).await;
    assert_eq!(invited.json["customers"][0]["state"], "inForce", "after request {n}: {}", invited.json);
    let assigned = ran(&assign(folder), sandbox).await;
    assert_eq!(assigned.json["customers"][0]["state"], "done", "after request {n}: {}", assigned.json);
    assert_eq!(sandbox.snapshot(), *world, "after request {n}");
}

fn is_write(entry: &LogEntry) -> bool {
    entry.method != "GET" && !entry.path.contains("/token") && !entry.path.contains("$batch")
}

#[test]
fn bad_input_is_told_in_one_line_and_nothing_is_sent() {
    let cases: [(&[&str], &str); 6] = [
        (&["invite"], "nobody is selected"),
        (&["invite", "--customer", "contoso"], "contoso"),
        (&["invite", "--all", "--days", "731"], "731 days"),
        (&["invite", "--all", "--role", "Chief of Everything"], "no built-in role"),
        (&["invite", "--all", "--role", "Global Administrator", "--auto-extend", "on"], "Global Administrator"),
        (&["assign", "--group-prefix", "AdminAgents"], "AdminAgents"),
    ];
    for (arguments, words) in cases {
        let ended = Program::gdap().args(arguments).run();
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.complaint().contains(words), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn program_writes_table_json_csv_and_page() {
    let (sandbox, folder) = (Sandbox::demo(5).await.unwrap(), Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let page = folder.file("report.html");
    let program = |code: i32, more: &[&str]| {
        let ended = Program::gdap().args(["--endpoints"]).args([&endpoints]).args(more).run();
        assert_eq!(ended.code, code, "{ended:?}");
        ended.stdout
    };
    let json = program(1, &["compliance", "--json", "--html", page.to_str().unwrap()]);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["customers"].as_array().unwrap().len(), 5);
    let html = std::fs::read_to_string(page).unwrap();
    assert_eq!(html.matches("<tr><th scope=\"row\"").count(), 5);
    assert_eq!(html.matches("class=\"cell\"").count(), 60);
    let csv = program(1, &["compliance", "--csv"]);
    assert_eq!(csv.lines().count(), 6);
    let table = program(0, &["status", "--customer", FABRIKAM]);
    assert!(table.contains("Fabrikam-GDAP"), "{table}");
}
