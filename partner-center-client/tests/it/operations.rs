use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use partner_center_client::gdap::{OperationId, OperationStatus, OperationType};
use wiremock::matchers::header;

use crate::support::{RELATIONSHIP, answer, gdap, graph, relationship};

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
