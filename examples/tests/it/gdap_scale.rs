//! The compliance report over many customers: how many requests it takes, and (by hand) how long and how much memory.

use bundle_core::gdap::GDAP_ROLES;
use bundle_sandbox::world::{AccessAssignment, Group, Relationship};
use bundle_sandbox::{Sandbox, SandboxOptions, World, demo};
use examples::gdap::{Args, Command, ComplianceArgs, run};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::support::{Folder, Program, connect};

/// A partner whose customers have three relationships each, with all 12 roles of each given to a group.
fn world(customers: usize) -> World {
    let mut world = demo::world(customers);
    world.relationships.clear();
    let month_ago = world.now() - SignedDuration::from_hours(30 * 24);
    let account = world.demo.as_ref().map(|demo| demo.service_account);
    let roles: Vec<_> = GDAP_ROLES.iter().map(|role| *role.template_id.as_uuid()).collect();
    let mut groups = Vec::new();
    for role in &GDAP_ROLES {
        let mut group = Group::security(world.new_id(), &format!("GDAP-{}", role.name), month_ago);
        group.members.extend(account);
        groups.push((group.id, *role.template_id.as_uuid()));
        world.partner_tenant_mut().groups.insert(group.id, group);
    }
    for number in 1..=customers {
        for nth in 1..=3 {
            let id = format!("{}-{}", world.new_id(), world.partner);
            let name = format!("Customer {number} - GDAP - {nth}");
            let customer = Some(demo::customer_tenant(number));
            let mut relationship = Relationship::new(id.clone(), &name, customer, roles.clone(), month_ago);
            relationship.activate_since(month_ago);
            "P180D".clone_into(&mut relationship.auto_extend_duration);
            for (group, role) in &groups {
                let assignment = assignment(&mut world, *group, *role, month_ago);
                relationship.assignments.insert(assignment.id, assignment);
            }
            world.relationships.insert(id, relationship);
        }
    }
    world
}

fn assignment(world: &mut World, group: Uuid, role: Uuid, at: Timestamp) -> AccessAssignment {
    AccessAssignment::new(world.new_id(), group, vec![role], at)
}

#[tokio::test]
async fn compliance_takes_one_batch_for_twenty_relationships() {
    const CUSTOMERS: u64 = 200;
    let sandbox = Sandbox::start(world(200), SandboxOptions::new()).await.unwrap();
    let connection = connect(&sandbox).await;
    let mut command = ComplianceArgs::default();
    command.notice = 60;
    let output = run(&Args::of(Command::Compliance(command)), &connection).await.unwrap();
    assert_eq!(output.json["customers"].as_array().unwrap().len(), 200);
    assert_eq!(output.json["customers"][0]["roles"][11]["state"], "effective");
    let paths: Vec<String> = sandbox.log().entries().into_iter().map(|entry| entry.path).collect();
    let count = |end: &str| paths.iter().filter(|path| path.ends_with(end)).count() as u64;
    // 300 relationships on a page, 20 relationships in a batch: none of them can be fewer.
    assert_eq!(count("/delegatedAdminRelationships"), (3 * CUSTOMERS).div_ceil(300));
    assert_eq!(count("/$batch"), (3 * CUSTOMERS).div_ceil(20));
    assert_eq!(count("/members"), 12);
    let requests = connection.meter.requests();
    assert!(requests <= 2 + 30 + 24 + 6, "{requests} requests");
}

/// `cargo test -p examples --test it -- --ignored --nocapture gdap_scale`. A development build took 5 s and 75 MB, with 188
/// requests: 10 pages of relationships, 150 batches, 24 reads of the 12 groups, the customers and the sign-in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, with `time` of GNU"]
async fn compliance_of_a_thousand_customers_in_a_minute_and_200_megabytes() {
    let sandbox = Sandbox::start(world(1000), SandboxOptions::new()).await.unwrap();
    let folder = Folder::new();
    let (endpoints, page) = (folder.endpoints(&sandbox), folder.file("report.html"));
    let ended = tokio::task::spawn_blocking(move || {
        Program::measured_gdap()
            .args(["--endpoints"])
            .args([&endpoints])
            .args(["compliance", "--json", "--html"])
            .args([&page])
            .run()
    });
    let ended = ended.await.unwrap();
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let kilobytes: u64 = ended.stderr.lines().last().unwrap().trim().parse().unwrap();
    let seconds = report["seconds"].as_f64().unwrap();
    println!("{} requests, {seconds:.1} s, {} MB", report["requests"], kilobytes / 1000);
    assert_eq!(report["customers"].as_array().unwrap().len(), 1000);
    assert!(seconds <= 60.0 && kilobytes <= 200_000);
}
