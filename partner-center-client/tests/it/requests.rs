use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use partner_center_client::gdap::{RequestAction, RequestId, RequestStatus};
use serde_json::json;
use wiremock::matchers::{body_json, header};

use crate::support::{ETAG, RELATIONSHIP, answer, etag, gdap, graph, relationship};

#[tokio::test]
async fn lock_for_approval_names_the_version_when_it_is_known() {
    let server = TestServer::start().await;
    graph("POST", &format!("/{RELATIONSHIP}/requests"))
        .and(body_json(json!({"action": "lockForApproval"})))
        .respond_with(answer(201, "requests/lock_created.json", &server))
        .expect(2)
        .mount(server.mock())
        .await;
    let requests = gdap(&server).requests(&relationship());
    let request = requests.lock_for_approval(Some(&etag())).await.unwrap();
    assert_eq!(request.action, RequestAction::LockForApproval);
    assert_eq!(request.status, RequestStatus::Created);
    requests.lock_for_approval(None).await.unwrap();
    let received = server.mock().received_requests().await.unwrap();
    assert_eq!(received[0].headers["if-match"], ETAG);
    assert!(!received[1].headers.contains_key("if-match"));
}

#[tokio::test]
async fn lock_for_approval_in_another_status_is_refused() {
    let server = TestServer::start().await;
    graph("POST", &format!("/{RELATIONSHIP}/requests"))
        .respond_with(answer(400, "requests/error_400_wrong_status.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = gdap(&server).requests(&relationship()).lock_for_approval(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
}

#[tokio::test]
async fn terminate_waits_out_throttling() {
    let server = TestServer::start().await;
    graph("POST", &format!("/{RELATIONSHIP}/requests"))
        .and(body_json(json!({"action": "terminate"})))
        .respond_with(answer(429, "relationships/error_429_throttled.json", &server).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    graph("POST", &format!("/{RELATIONSHIP}/requests"))
        .and(body_json(json!({"action": "terminate"})))
        .respond_with(answer(201, "requests/terminate_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let request = gdap(&server).requests(&relationship()).terminate().await.unwrap();
    assert_eq!(request.action, RequestAction::Terminate);
}

#[tokio::test]
async fn list_and_get_ask_for_later_enum_members() {
    let server = TestServer::start().await;
    graph("GET", &format!("/{RELATIONSHIP}/requests"))
        .and(header("prefer", "include-unknown-enum-members"))
        .respond_with(answer(200, "requests/list.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    graph("GET", &format!("/{RELATIONSHIP}/requests/88888888-8888-4888-8888-888888888888"))
        .and(header("prefer", "include-unknown-enum-members"))
        .respond_with(answer(200, "requests/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let requests = gdap(&server).requests(&relationship());
    let all = requests.list().collect_all().await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[1].action, RequestAction::Reject);
    let one = requests.get(&RequestId::new("88888888-8888-4888-8888-888888888888")).await.unwrap();
    assert_eq!(one.status, RequestStatus::Succeeded);
}
