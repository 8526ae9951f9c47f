//! Cmdlets in batches: what is sent, and what becomes of each.

use std::sync::Mutex;

use bundle_core::ErrorKind;
use bundle_core::auth::Principal;
use bundle_core::testing::{FixedCredential, TestServer};
use exchange_client::Cmdlet;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::support::{SCOPE, answer, exchange, tenant};

const ANCHOR: &str = "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@22222222-2222-4222-8222-222222222222";
const GOES_ON: &str = "odata.maxpagesize=1000;odata.continue-on-error";

/// Answers batches one after the other.
async fn expect(server: &TestServer, answers: Vec<ResponseTemplate>) {
    let times = answers.len() as u64;
    let answers = Mutex::new(answers.into_iter());
    Mock::given(method("POST"))
        .and(path(format!("/exchange/adminapi/beta/{}/$batch", tenant())))
        .and(header("authorization", FixedCredential::header(&tenant(), Principal::Account, SCOPE)))
        .and(header("x-anchormailbox", ANCHOR))
        .and(header("prefer", GOES_ON))
        .and(header("content-type", "application/json"))
        .respond_with(move |_: &wiremock::Request| answers.lock().unwrap().next().unwrap())
        .expect(times)
        .mount(server.mock())
        .await;
}

/// The items of each batch that arrived.
async fn sent(server: &TestServer) -> Vec<Vec<Value>> {
    let received = server.mock().received_requests().await.unwrap();
    let items = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["requests"].as_array().unwrap().clone();
    received.iter().map(|request| items(&request.body)).collect()
}

#[tokio::test]
async fn batch_answers_each_cmdlet() {
    let server = TestServer::start().await;
    expect(&server, vec![answer(200, "batch/mixed_200.json", &server)]).await;
    let cmdlets = [
        Cmdlet::new("Get-Mailbox").parameter("Identity", "alex").select(["PrimarySmtpAddress", "EmailAddresses"]),
        Cmdlet::new("Get-Mailbox").parameter("Identity", "nobody"),
        Cmdlet::new("Set-Mailbox").parameter("Identity", "alex").parameter("HiddenFromAddressListsEnabled", true),
    ];
    let outputs = exchange(&server).batch::<Value>(&cmdlets).await.unwrap();
    let first = outputs[0].as_ref().unwrap();
    assert_eq!(first.rows[0]["EmailAddresses"], json!(["SMTP:alex@contoso.com"]));
    assert_eq!(first.warnings, ["The first warning."]);
    let error = outputs[1].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("exchange.batch")));
    assert_eq!((error.tenant(), error.attempts()), (Some(&tenant()), 1));
    assert!(error.to_string().contains("'nobody' couldn't be found"), "{error}");
    assert!(outputs[2].as_ref().unwrap().rows.is_empty());

    let url = format!("{}/exchange/adminapi/beta/{}/InvokeCommand", server.uri(), tenant());
    let sent = sent(&server).await.remove(0);
    assert_eq!(
        sent[0],
        json!({
            "id": "1", "method": "POST",
            "url": format!("{url}?$select=PrimarySmtpAddress,EmailAddresses"),
            "headers": {
                "content-type": "application/json; charset=utf-8", "prefer": GOES_ON, "x-anchormailbox": ANCHOR,
                "x-clientapplication": "ExoManagementModule", "x-cmdletname": "Get-Mailbox",
                "x-responseformat": "json", "x-serializationlevel": "Partial",
            },
            "body": {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {"Identity": "alex"}}},
        })
    );
    assert_eq!(sent[1]["url"], url);
}

#[tokio::test]
async fn throttled_cmdlet_is_sent_again_alone() {
    let server = TestServer::start().await;
    let first = answer(200, "batch/throttled_item_200.json", &server);
    expect(&server, vec![first, answer(200, "batch/done_200.json", &server)]).await;
    let grant = |user: &str| Cmdlet::new("Add-MailboxPermission").parameter("User", user);
    let outputs = exchange(&server).batch::<Value>(&[grant("a"), grant("b")]).await.unwrap();
    assert!(outputs.iter().all(Result::is_ok));
    let sent = sent(&server).await;
    assert_eq!(sent[1].len(), 1);
    assert_eq!(sent[1][0]["body"]["CmdletInput"]["Parameters"]["User"], "b");
}

#[tokio::test]
async fn pages_are_fetched_in_batches_and_joined() {
    let server = TestServer::start().await;
    let first = answer(200, "batch/pages_1_200.json", &server);
    expect(&server, vec![first, answer(200, "batch/pages_2_200.json", &server)]).await;
    let cmdlets = [Cmdlet::new("Get-Mailbox"), Cmdlet::new("Get-OrganizationConfig")];
    let outputs = exchange(&server).batch::<Value>(&cmdlets).await.unwrap();
    let mailboxes = outputs[0].as_ref().unwrap();
    assert_eq!(
        mailboxes.rows.iter().map(|row| &row["PrimarySmtpAddress"]).collect::<Vec<_>>(),
        ["alex@contoso.com", "megan@contoso.com"]
    );
    assert_eq!(mailboxes.warnings, ["The first warning.", "The second warning."]);
    assert_eq!(outputs[1].as_ref().unwrap().rows[0]["DisplayName"], "Contoso");
    let sent = sent(&server).await;
    assert_eq!(sent[1].len(), 1);
    assert!(sent[1][0]["url"].as_str().unwrap().ends_with("/InvokeCommand?$skiptoken=cGFnZTI"));
    assert_eq!(sent[1][0]["body"], sent[0][0]["body"]);
}

#[tokio::test]
async fn link_that_was_followed_ends_its_listing_alone() {
    let server = TestServer::start().await;
    let first = answer(200, "batch/pages_1_200.json", &server);
    expect(&server, vec![first, answer(200, "batch/pages_loop_200.json", &server)]).await;
    let cmdlets = [Cmdlet::new("Get-Mailbox"), Cmdlet::new("Get-OrganizationConfig")];
    let outputs = exchange(&server).batch::<Value>(&cmdlets).await.unwrap();
    assert_eq!(outputs[0].as_ref().unwrap_err().kind(), ErrorKind::Decode);
    assert!(outputs[1].is_ok());
}

#[tokio::test]
async fn cmdlet_the_service_did_not_come_to_is_unknown_unless_it_reads() {
    let server = TestServer::start().await;
    let first = answer(200, "batch/stopped_200.json", &server);
    expect(&server, vec![first, answer(200, "batch/done_200.json", &server)]).await;
    let cmdlets = ["New-Mailbox", "New-MailContact", "Get-Mailbox"].map(Cmdlet::new);
    let outputs = exchange(&server).batch::<Value>(&cmdlets).await.unwrap();
    assert_eq!(outputs[0].as_ref().unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(outputs[1].as_ref().unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert!(outputs[2].is_ok(), "asked for again");
}

#[tokio::test]
async fn eleven_cmdlets_are_two_batches() {
    let server = TestServer::start().await;
    let body = |count: usize| {
        let responses: Vec<Value> = (1..=count).map(|id| json!({"id": id.to_string(), "status": 200})).collect();
        ResponseTemplate::new(200).set_body_json(json!({"responses": responses}))
    };
    // Which of the two arrives first is not said; answers to strangers are nobody's.
    expect(&server, vec![body(10), body(10)]).await;
    let outputs = exchange(&server).batch::<Value>(&vec![Cmdlet::new("Get-Mailbox"); 11]).await.unwrap();
    assert!(outputs.iter().all(Result::is_ok));
    let mut sizes: Vec<usize> = sent(&server).await.iter().map(Vec::len).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 10]);
}

#[tokio::test]
async fn batch_that_fails_as_a_whole_is_an_error_that_shows_nothing_sent() {
    let server = TestServer::start().await;
    expect(&server, vec![answer(403, "invoke/error_403_role_missing.json", &server)]).await;
    let cmdlet = Cmdlet::new("New-Mailbox").parameter("Password", "canary");
    let error = exchange(&server).batch::<Value>(&[cmdlet]).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::PermissionDenied, Some("exchange.batch")));
    assert!(!format!("{error} {error:?} {:?}", error.body()).contains("canary"));
    let bad = [Cmdlet::new("Get-Mailbox"), Cmdlet::new("Get-Mailbox; Remove-Mailbox")];
    let error = exchange(&server).batch::<Value>(&bad).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("cmdlet 1: "), "{error}");
    assert!(exchange(&server).batch::<Value>(&[]).await.unwrap().is_empty());
}
