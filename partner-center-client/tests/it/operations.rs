use std::time::Duration;

use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use bundle_core::time::Days;
use partner_center_client::gdap::{
    Accepted, Change, OperationId, OperationProgress, OperationStatus, OperationType, RelationshipPatch,
};
use wiremock::ResponseTemplate;
use wiremock::matchers::header;

use crate::support::{RELATIONSHIP, answer, etag, gdap, graph, relationship};

#[tokio::test]
async fn list_answers_what_changes_and_how_far_it_is() {
    let server = TestServer::start().await;
    graph("GET", &format!("/{RELATIONSHIP}/operations"))
        .and(header("prefer", "include-unknown-enum-members"))
        .respond_with(answer(200, "operations/list.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let all = gdap(&server).operations(&relationship()).list().collect_all().await.unwrap();
    assert_eq!(all[0].operation_type, Some(OperationType::AccessAssignmentUpdate));
    assert!(all[0].status.has_ended());
    assert_eq!(all[1].operation_type, Some(OperationType::RelationshipUpdate));
    assert_eq!(all[1].status, OperationStatus::Running);
    assert!(!all[1].status.has_ended());
}

#[tokio::test]
async fn get_reads_one_and_an_unknown_one_is_not_found() {
    let server = TestServer::start().await;
    graph("GET", &format!("/{RELATIONSHIP}/operations/99999999-9999-4999-8999-999999999999"))
        .respond_with(answer(200, "operations/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    graph("GET", &format!("/{RELATIONSHIP}/operations/none"))
        .respond_with(answer(404, "relationships/error_404_absent.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let operations = gdap(&server).operations(&relationship());
    let one = operations.get(&OperationId::new("99999999-9999-4999-8999-999999999999")).await.unwrap();
    assert_eq!(one.status, OperationStatus::Succeeded);
    assert!(one.data.unwrap().contains("roleDefinitionId"));
    assert_eq!(operations.get(&OperationId::new("none")).await.unwrap_err().kind(), ErrorKind::NotFound);
}

/// A change the service carries out later, with a wait of no time.
async fn accepted(server: &TestServer) -> Accepted {
    let location = format!("{}/x/operations/99999999-9999-4999-8999-999999999999", server.uri());
    let taken = ResponseTemplate::new(202).insert_header("location", location).insert_header("retry-after", "0");
    graph("PATCH", &format!("/{RELATIONSHIP}")).respond_with(taken).expect(1).mount(server.mock()).await;
    let patch = RelationshipPatch::new().auto_extend_duration(Days::ZERO);
    match gdap(server).relationships().update(&relationship(), &etag(), &patch).await.unwrap() {
        Change::Accepted(accepted) => accepted,
        other => panic!("{other:?}"),
    }
}

async fn operation_answers(server: &TestServer, fixture: &str, times: u64) {
    graph("GET", &format!("/{RELATIONSHIP}/operations/99999999-9999-4999-8999-999999999999"))
        .respond_with(answer(200, fixture, server).insert_header("retry-after", "0"))
        .up_to_n_times(times)
        .expect(times)
        .mount(server.mock())
        .await;
}

#[tokio::test]
async fn accepted_change_is_watched_until_it_has_ended_well() {
    let server = TestServer::start().await;
    let accepted = accepted(&server).await;
    operation_answers(&server, "operations/running.json", 2).await;
    operation_answers(&server, "operations/get.json", 1).await;
    let operations = gdap(&server).operations(&relationship());
    let progress = operations.check(&accepted).await.unwrap();
    assert!(matches!(progress, OperationProgress::Running { look_after: Duration::ZERO, .. }), "{progress:?}");
    let operation = operations.finish(&accepted, Duration::from_secs(5)).await.unwrap();
    assert_eq!(operation.status, OperationStatus::Succeeded);
}

#[tokio::test]
async fn accepted_change_that_fails_or_takes_too_long_is_an_error() {
    let server = TestServer::start().await;
    let mut accepted = accepted(&server).await;
    operation_answers(&server, "operations/failed.json", 1).await;
    let operations = gdap(&server).operations(&relationship());
    let error = operations.finish(&accepted, Duration::from_secs(5)).await.unwrap_err();
    assert!(error.to_string().contains("failed"), "{error}");

    accepted.retry_after = Some(Duration::from_secs(10));
    let error = operations.finish(&accepted, Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    accepted.operation = None;
    assert_eq!(operations.check(&accepted).await.unwrap_err().kind(), ErrorKind::Decode);
}
