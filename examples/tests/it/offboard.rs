//! `gdap offboard` against the sandbox: nothing of the partner stays, and nothing of others goes.

use std::collections::BTreeSet;

use bundle_sandbox::world::{Application, PartnerConsent, User, resource_named};
use bundle_sandbox::{Fault, Sandbox, SandboxOptions, World, demo};
use examples::gdap::{Args, Command, OffboardArgs, Output, run};
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{CONTOSO, Folder, Program, add_relationship, connect, disturb, for_each_request, role_names};

const OTHER_APPLICATION: Uuid = Uuid::from_u128(0xb);
const VENDOR_APPLICATION: Uuid = Uuid::from_u128(0xc);

/// A partner with one customer it works for: a mapped relationship, consent, guests, addresses, applications.
fn world() -> World {
    let mut world = demo::world(1);
    let id = demo::customer_tenant(1);
    let month_ago = world.now() - SignedDuration::from_hours(30 * 24);
    let roles: Vec<&str> = role_names().chain(["Billing Administrator"]).collect();
    for (name, mapped) in [("Contoso partner access", true), ("Made by another program", false)] {
        add_relationship(&mut world, &id, name, &roles, mapped);
    }

    let partner = world.partner;
    for (tenant, app_id, name) in
        [(partner, OTHER_APPLICATION, "Adatum Backup"), (id, VENDOR_APPLICATION, "Vendor Monitoring")]
    {
        let mut application = Application::new(world.new_id(), app_id, name, month_ago);
        application.sign_in_audience = "AzureADMultipleOrgs".to_owned();
        world.tenant_mut(&tenant).unwrap().applications.insert(application.id, application);
        world.ensure_service_principal(&id, &app_id).unwrap();
    }
    let connector = world.demo.as_ref().unwrap().application;
    let client = world.ensure_service_principal(&id, &connector).unwrap();
    let graph = world.tenant(&id).unwrap().service_principal_by_app_id(&resource_named("graph").unwrap().app_id);
    let graph = graph.unwrap().id;
    world.grant_scopes(&id, &client, &graph, None, SCOPES, month_ago);

    let guests =
        [("ada", "ada@adatum.onmicrosoft.com"), ("bob", "BOB@adatum.onmicrosoft.com"), ("eve", "eve@else.org")];
    for (name, mail) in guests {
        let upn = format!("{name}_ext#EXT#@contoso.onmicrosoft.com");
        let mut user = User::new(world.new_id(), &upn, name, month_ago);
        "Guest".clone_into(&mut user.user_type);
        user.mail = Some(mail.to_owned());
        world.tenant_mut(&id).unwrap().users.insert(user.id, user);
    }
    let tenant = world.tenant_mut(&id).unwrap();
    let mails = json!(["noc@adatum.onmicrosoft.com", "it@contoso.onmicrosoft.com"]);
    tenant.extra.insert("technicalNotificationMails".to_owned(), mails);
    let consent =
        PartnerConsent { application_id: connector, display_name: None, grants: Vec::new(), created_at: month_ago };
    tenant.partner_consents.insert(connector, consent);
    world
}

async fn sandbox() -> Sandbox {
    Sandbox::start(world(), SandboxOptions::new()).await.unwrap()
}

/// Everything that can be asked for.
fn everything() -> OffboardArgs {
    let mut command = OffboardArgs::default();
    command.customer = vec![CONTOSO.to_owned()];
    command.guests = true;
    command.partner_apps = true;
    command.vendor_app = vec![VENDOR_APPLICATION.to_string()];
    command.reseller = true;
    command
}

async fn offboard(command: &OffboardArgs, sandbox: &Sandbox) -> Output {
    run(&Args::of(Command::Offboard(command.clone())), &connect(sandbox).await).await.unwrap()
}

/// The steps with their outcomes, `done take … out of the notification mails`.
fn told(output: &Output) -> Vec<String> {
    output.rows.iter().map(|row| format!("{} {}", row[1], row[2])).collect()
}

/// Suspends what the customer subscribed to, as a person would in Partner Center.
fn suspend(sandbox: &Sandbox) {
    sandbox.world().tenant_mut(&demo::customer_tenant(1)).unwrap().skus.clear();
}

#[tokio::test]
async fn nothing_of_the_partner_stays_and_nothing_of_others_goes() {
    let sandbox = sandbox().await;
    suspend(&sandbox);
    let output = offboard(&everything(), &sandbox).await;
    assert_eq!(
        told(&output),
        [
            "done delete guest user ada@adatum.onmicrosoft.com",
            "done delete guest user BOB@adatum.onmicrosoft.com",
            "done take noc@adatum.onmicrosoft.com out of the notification mails",
            "done remove vendor application \"Vendor Monitoring\"",
            "done remove the partner's application \"Adatum Backup\"",
            "done remove this application \"Bundle Connector\"",
            "done end relationship \"Contoso partner access\"",
            "skipped end relationship \"Made by another program\"",
            "done end the reseller relationship",
        ],
        "{:?}",
        output.rows
    );
    assert!(!output.needs_person);
    let world = sandbox.world();
    let contoso = world.tenant(&demo::customer_tenant(1)).unwrap();
    let guests: Vec<&User> = contoso.users.values().filter(|user| user.user_type == "Guest").collect();
    assert!(guests.len() == 1 && guests[0].display_name == "eve", "{guests:?}");
    assert_eq!(contoso.extra["technicalNotificationMails"], json!(["it@contoso.onmicrosoft.com"]));
    assert!(!contoso.reseller && contoso.partner_consents.is_empty());
    let owners: BTreeSet<Uuid> =
        contoso.service_principals.values().map(|principal| principal.app_owner_tenant).collect();
    assert!(!owners.contains(&world.partner), "{owners:?}");
}

#[tokio::test]
async fn only_what_was_asked_for_is_taken_away() {
    let sandbox = sandbox().await;
    let mut command = OffboardArgs::default();
    command.customer = vec![CONTOSO.to_owned()];
    let output = offboard(&command, &sandbox).await;
    assert_eq!(
        told(&output),
        [
            "skipped delete the partner's guest users",
            "done take noc@adatum.onmicrosoft.com out of the notification mails",
            "skipped remove the partner's other applications",
            "done remove this application \"Bundle Connector\"",
            "done end relationship \"Contoso partner access\"",
            "skipped end relationship \"Made by another program\"",
            "skipped end the reseller relationship",
        ]
    );
    assert!(!output.needs_person, "{:?}", output.rows);
}

#[tokio::test]
async fn relationships_of_others_end_when_asked_and_subscriptions_keep_the_reseller_link() {
    let sandbox = sandbox().await;
    let mut command = everything();
    command.other_relationships = true;
    let output = offboard(&command, &sandbox).await;
    assert!(output.needs_person);
    let told = told(&output);
    assert!(told.contains(&"done end relationship \"Made by another program\"".to_owned()), "{told:?}");
    let link = output.rows.last().unwrap();
    assert!(link[1] == "skipped" && link[3].contains("suspend"), "{link:?}");
    assert!(sandbox.world().tenant(&demo::customer_tenant(1)).unwrap().reseller);
}

#[tokio::test]
async fn dry_run_writes_nothing_and_lists_what_would_be_done() {
    let sandbox = sandbox().await;
    suspend(&sandbox);
    let before = sandbox.snapshot();
    let mut command = everything();
    command.dry_run = true;
    let output = offboard(&command, &sandbox).await;
    assert_eq!(sandbox.log().writes(), 0, "{:?}", sandbox.log().write_entries());
    assert_eq!(sandbox.snapshot(), before);
    assert_eq!(told(&output).iter().filter(|row| row.starts_with("planned")).count(), 8, "{:?}", output.rows);
}

#[tokio::test]
async fn a_refused_step_stops_no_other() {
    let sandbox = sandbox().await;
    // Without the permission the addresses stay, for whoever is the customer's administrator.
    let id = demo::customer_tenant(1);
    for grant in sandbox.world().tenant_mut(&id).unwrap().grants.values_mut() {
        grant.scope = grant.scope.replace("Organization.ReadWrite.All", "");
    }
    let output = offboard(&everything(), &sandbox).await;
    let refused = &output.json["customers"][0]["steps"][2];
    assert_eq!(refused["step"], "notificationMails");
    assert_eq!(refused["outcome"]["state"], "failed");
    assert_eq!(refused["outcome"]["finding"]["kind"], "PermissionDenied");
    let done = told(&output).iter().filter(|row| row.starts_with("done")).count();
    assert_eq!(done, 6, "{:?}", output.rows);
    assert!(output.needs_person);
}

#[tokio::test]
async fn access_is_kept_while_an_earlier_step_may_still_work() {
    let sandbox = sandbox().await;
    let calm = offboard(&everything(), &sandbox).await;
    assert!(!calm.rows.is_empty());
    let at = sandbox.log().entries().into_iter().find(|entry| entry.path.contains("/organization/")).unwrap().n;

    let sandbox = self::sandbox().await;
    disturb(&sandbox, at, vec![Fault::Fail { status: 503, body: Value::Null }; 12]);
    let output = offboard(&everything(), &sandbox).await;
    let told = told(&output);
    assert!(told[2].starts_with("failed take"), "{told:?}");
    assert!(told.contains(&"skipped remove this application \"Bundle Connector\"".to_owned()), "{told:?}");
    assert!(told.contains(&"skipped end relationship \"Contoso partner access\"".to_owned()), "{told:?}");
    sandbox.faults().reset();
    let again = self::told(&offboard(&everything(), &sandbox).await);
    assert!(again.contains(&"done end relationship \"Contoso partner access\"".to_owned()), "{again:?}");
}

#[tokio::test]
async fn a_second_run_finds_everything_gone() {
    let sandbox = sandbox().await;
    suspend(&sandbox);
    offboard(&everything(), &sandbox).await;
    let (world, writes) = (sandbox.snapshot(), sandbox.log().writes());
    let again = offboard(&everything(), &sandbox).await;
    assert_eq!(sandbox.snapshot(), world);
    assert_eq!(sandbox.log().writes(), writes, "{:?}", sandbox.log().write_entries());
    assert!(!again.needs_person, "{:?}", again.rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offboarding_stopped_before_any_request_ends_in_the_same_world() {
    disturbed_at_every_request(&[Fault::StallBefore]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offboarding_stopped_after_any_request_ends_in_the_same_world() {
    disturbed_at_every_request(&[Fault::StallAfter]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offboarding_with_any_answer_lost_ends_in_the_same_world() {
    disturbed_at_every_request(&[Fault::CutAfter]).await;
}

async fn disturbed_at_every_request(faults: &[Fault]) {
    let calm = sandbox().await;
    suspend(&calm);
    offboard(&everything(), &calm).await;
    let (world, requests) = (calm.snapshot(), calm.faults().counted());
    assert!(requests > 30, "{requests} requests are too few for an offboarding");
    for_each_request(1..=requests, |n| {
        let (world, faults) = (world.clone(), faults.to_vec());
        async move {
            let sandbox = sandbox().await;
            suspend(&sandbox);
            disturb(&sandbox, n, faults);
            {
                let connection = connect(&sandbox).await;
                let args = Args::of(Command::Offboard(everything()));
                tokio::select! {
                    () = sandbox.faults().stalled() => {}
                    ended = run(&args, &connection) => drop(ended),
                }
            }
            sandbox.faults().reset();
            let output = offboard(&everything(), &sandbox).await;
            assert!(!output.needs_person, "after request {n}: {:?}", output.rows);
            assert_eq!(sandbox.snapshot(), world, "after request {n}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_told_in_one_line_and_nothing_is_sent() {
    let (sandbox, folder) = (sandbox().await, Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let graph = "00000003-0000-0000-c000-000000000000";
    let cases: [(&[&str], &str); 4] = [
        (&["--customer", "contoso"], "contoso"),
        (&["--customer", CONTOSO, "--vendor-app", "monitoring"], "monitoring"),
        (&["--customer", CONTOSO, "--vendor-app", graph], "Microsoft Graph"),
        (&["--customer", CONTOSO, "--group-prefix", " "], "group prefix"),
    ];
    for (arguments, words) in cases {
        let ended = Program::gdap().args(["offboard", "--endpoints"]).args([&endpoints]).args(arguments).run();
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.complaint().contains(words), "{ended:?}");
    }
    assert_eq!(sandbox.log().requests(), 0);
    let stranger = "77777777-7777-4777-8777-777777777777";
    let ended = Program::gdap().args(["offboard", "--customer", stranger, "--endpoints"]).args([&endpoints]).run();
    assert!(ended.code == 2 && ended.complaint().contains(stranger), "{ended:?}");
    assert_eq!(sandbox.log().writes(), 0);
}

/// What the application may do in the customer's tenant.
const SCOPES: [&str; 5] = [
    "Application.ReadWrite.All",
    "Directory.ReadWrite.All",
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "User.ReadWrite.All",
];
