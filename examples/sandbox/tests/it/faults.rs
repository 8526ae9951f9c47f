//! Faults on order, the request log, the control service, snapshots and the program.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use bundle_sandbox::{Fault, Sandbox, SandboxOptions, Service, World, demo};
use serde_json::{Value, json};

use crate::support::{Demo, GRAPH};

fn refresh_tokens(world: &World) -> usize {
    world.sessions.refresh_tokens.len()
}

/// Sends a refresh whose connection may break; says whether an answer came.
async fn answered(demo: &Demo) -> bool {
    let url = format!("{}/{}/oauth2/v2.0/token", demo.sandbox.base(Service::Login), demo.partner());
    let form = demo.refresh_form(demo.refresh_token(), GRAPH);
    demo.http.post(url).form(&form).send().await.is_ok()
}

#[tokio::test]
async fn fault_strikes_the_request_it_is_ordered_for() {
    let demo = Demo::start(1).await;
    demo.sandbox.faults().at(2, Fault::Fail { status: 503, body: json!({"error": "unavailable"}) });
    assert_eq!(demo.refresh(&demo.partner(), GRAPH).await.0, 200);
    assert_eq!(demo.refresh(&demo.partner(), GRAPH).await, (503, json!({"error": "unavailable"})));
    assert_eq!(demo.refresh(&demo.partner(), GRAPH).await.0, 200);
    assert_eq!(demo.sandbox.faults().counted(), 3);
}

#[tokio::test]
async fn cut_closes_the_connection_before_or_after_the_effect() {
    let demo = Demo::start(1).await;
    let before = refresh_tokens(&demo.sandbox.world());
    demo.sandbox.faults().at(1, Fault::CutBefore);
    demo.sandbox.faults().at(2, Fault::CutAfter);
    assert!(!answered(&demo).await);
    assert_eq!(refresh_tokens(&demo.sandbox.world()), before);
    assert!(!answered(&demo).await);
    assert_eq!(refresh_tokens(&demo.sandbox.world()), before + 1);
    assert!(answered(&demo).await);
    let statuses: Vec<u16> = demo.sandbox.log().entries().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [0, 0, 200]);
}

#[tokio::test]
async fn stall_never_answers_and_says_when_it_is_reached() {
    let demo = Demo::start(1).await;
    let before = refresh_tokens(&demo.sandbox.world());
    for (fault, added) in [(Fault::StallBefore, 0), (Fault::StallAfter, 1)] {
        demo.sandbox.faults().reset();
        demo.sandbox.faults().at(1, fault);
        tokio::select! {
            answer = answered(&demo) => panic!("answered: {answer}"),
            () = demo.sandbox.faults().stalled() => {}
        }
        assert_eq!(refresh_tokens(&demo.sandbox.world()), before + added);
    }
    assert!(answered(&demo).await);
}

#[tokio::test]
async fn throttle_answers_in_the_services_own_words() {
    let demo = Demo::start(1).await;
    for (service, pointer, word) in [
        (Service::Login, "/error", "temporarily_unavailable"),
        (Service::Graph, "/error/code", "TooManyRequests"),
        (Service::PartnerCenter, "/message", "Rate limit is exceeded. Try again in 7 seconds."),
        (Service::KeyVault, "/error/code", "Throttled"),
        (Service::ResourceManager, "/error/code", "SubscriptionRequestsThrottled"),
    ] {
        demo.sandbox.faults().throttle(service, 1, "7");
        let url = format!("{}/common/discovery/v2.0/keys", demo.sandbox.base(service));
        let response = demo.http.get(&url).send().await.unwrap();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "7");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body.pointer(pointer), Some(&json!(word)), "{body}");
        assert_ne!(demo.http.get(&url).send().await.unwrap().status(), 429);
    }
    demo.sandbox.faults().throttle(Service::Login, 1, "");
    let url = format!("{}/common/discovery/v2.0/keys", demo.sandbox.base(Service::Login));
    assert!(!demo.http.get(url).send().await.unwrap().headers().contains_key("retry-after"));
}

#[tokio::test]
async fn refusal_lasts_until_the_reset() {
    let demo = Demo::start(1).await;
    demo.sandbox.faults().refuse(Service::Login, "/oauth2/", 400, json!({"error": "no"}));
    for _ in 0..2 {
        assert_eq!(demo.refresh(&demo.partner(), GRAPH).await.0, 400);
    }
    demo.sandbox.faults().reset();
    assert_eq!(demo.refresh(&demo.partner(), GRAPH).await.0, 200);
}

#[tokio::test]
async fn log_counts_requests_and_only_changes_as_writes() {
    let demo = Demo::start(1).await;
    demo.refresh(&demo.partner(), GRAPH).await;
    let graph = demo.sandbox.base(Service::Graph);
    demo.http.get(format!("{graph}/v1.0/organization")).send().await.unwrap();
    demo.http.post(format!("{graph}/v1.0/groups")).json(&json!({})).send().await.unwrap();
    demo.sandbox.faults().throttle(Service::Graph, 1, "1");
    demo.http.post(format!("{graph}/v1.0/groups")).json(&json!({})).send().await.unwrap();
    let exchange = format!("{}/adminapi/beta/x/InvokeCommand", demo.sandbox.base(Service::Exchange));
    for cmdlet in ["Get-Mailbox", "Set-Mailbox"] {
        let body = json!({"CmdletInput": {"CmdletName": cmdlet}});
        demo.http.post(&exchange).json(&body).send().await.unwrap();
    }
    assert_eq!((demo.sandbox.log().requests(), demo.sandbox.log().writes()), (6, 2));
    let written: Vec<(u64, Service)> =
        demo.sandbox.log().write_entries().iter().map(|entry| (entry.n, entry.service)).collect();
    assert_eq!(written, [(3, Service::Graph), (6, Service::Exchange)]);
}

#[tokio::test]
async fn control_service_moves_the_clock_forward_only_and_is_not_counted() {
    let demo = Demo::start(1).await;
    let clock = demo.text("clock").to_owned();
    let post = async |body: Value| {
        let response = demo.http.post(&clock).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let start = demo.sandbox.clock().now();
    let later = start.saturating_add(jiff::SignedDuration::from_secs(90)).unwrap();
    assert_eq!(post(json!({"advanceSeconds": 90})).await, (200, json!({"now": later.to_string()})));
    assert_eq!(post(json!({"advanceTo": start.to_string()})).await.1["now"], later.to_string());
    assert_eq!(demo.sandbox.clock().now(), later);
    assert_eq!(post(json!({"advanceSeconds": -1})).await.0, 400);
    assert_eq!(post(json!({})).await.0, 400);
    let read: Value = demo.http.get(&clock).send().await.unwrap().json().await.unwrap();
    assert_eq!(read["now"], later.to_string());
    assert_eq!(demo.sandbox.log().requests(), 0);
    let log = format!("{}/log", demo.sandbox.control());
    demo.refresh(&demo.partner(), GRAPH).await;
    let counts: Value = demo.http.get(&log).send().await.unwrap().json().await.unwrap();
    assert_eq!(counts, json!({"requests": 1, "writes": 0}));
    let counts: Value = demo.http.post(format!("{log}/reset")).send().await.unwrap().json().await.unwrap();
    assert_eq!(counts, json!({"requests": 0, "writes": 0}));
}

#[tokio::test]
async fn date_header_and_speed_follow_the_virtual_clock() {
    let demo = Demo::start(0).await;
    demo.sandbox.clock().advance(Duration::from_secs(86_400 * 365));
    let url = format!("{}/common/discovery/v2.0/keys", demo.sandbox.base(Service::Login));
    let response = demo.http.get(url).send().await.unwrap();
    let date = response.headers()["date"].to_str().unwrap().to_owned();
    assert!(date.ends_with(&demo.sandbox.clock().now().strftime("%b %Y %H:%M:%S GMT").to_string()), "{date}");
    let fast = Sandbox::start(demo::world(0), SandboxOptions::new().speed(1e9)).await.unwrap();
    let first = fast.clock().now();
    while fast.clock().now() == first {
        tokio::task::yield_now().await;
    }
    assert!(fast.clock().now() > first);
}

#[tokio::test]
async fn snapshot_is_the_same_for_the_same_state_and_holds_no_secret() {
    let (one, other) = (Demo::start(6).await, Demo::start(6).await);
    let picture = one.sandbox.snapshot();
    assert_eq!(picture, other.sandbox.snapshot());
    assert!(!picture.to_string().contains(Sandbox::CANARY));
    one.refresh(&one.partner(), GRAPH).await;
    assert_eq!(picture, one.sandbox.snapshot());
    one.sandbox.world().partner_tenant_mut().groups.values_mut().for_each(|group| group.members.clear());
    assert_ne!(picture, one.sandbox.snapshot());
    assert_eq!(picture["relationships"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn secrets_of_the_world_are_not_printed() {
    let demo = Demo::start(2).await;
    let world = demo.sandbox.world();
    assert!(!format!("{world:?}").contains(Sandbox::CANARY));
    for secret in ["clientSecret", "refreshToken", "adminRefreshToken"] {
        assert!(demo.endpoints["demo"][secret].as_str().unwrap().contains(Sandbox::CANARY));
    }
}

#[test]
fn program_names_a_wrong_argument_in_one_line() {
    let program = Command::new(env!("CARGO_BIN_EXE_bundle-sandbox")).args(["--customers", "many"]).output().unwrap();
    assert_eq!(program.status.code(), Some(2));
    let text = String::from_utf8(program.stderr).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.contains("--customers") && program.stdout.is_empty(), "{text}");
}

#[test]
fn program_prints_its_endpoints_and_serves_them() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_bundle-sandbox"))
        .args(["--customers", "1", "--speed", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut endpoints = serde_json::Deserializer::from_reader(program.stdout.take().unwrap()).into_iter::<Value>();
    let endpoints = endpoints.next().unwrap().unwrap();
    let clock = url::Url::parse(endpoints["demo"]["clock"].as_str().unwrap()).unwrap();
    let mut connection = std::net::TcpStream::connect(clock.socket_addrs(|| None).unwrap()[0]).unwrap();
    connection.write_all(b"GET /clock HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"now\""), "{answer}");
}
