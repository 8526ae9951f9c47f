use std::time::Duration;

use bundle_core::ErrorKind;
use bundle_core::gdap::{AccessAssignmentStatus, NewAccessAssignment};
use bundle_core::ids::AccessAssignmentId;
use bundle_core::testing::TestServer;
use partner_center_client::gdap::{Change, OperationId};
use serde_json::json;
use wiremock::ResponseTemplate;
use wiremock::matchers::{body_json, header, query_param, query_param_is_missing};

use crate::support::{ETAG, RELATIONSHIP, answer, etag, gdap, graph, group, relationship, role};

const ASSIGNMENT: &str = "44444444-4444-4444-8444-444444444444";

fn assignment() -> AccessAssignmentId {
    AccessAssignmentId::new(ASSIGNMENT)
}

#[tokio::test]
async fn list_follows_next_links_and_keeps_past_ones() {
    let server = TestServer::start().await;
    graph("GET", &format!("/{RELATIONSHIP}/accessAssignments"))
        .and(query_param_is_missing("$skiptoken"))
        .and(query_param_is_missing("$top"))
        .respond_with(answer(200, "access_assignments/list_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    graph("GET", &format!("/{RELATIONSHIP}/accessAssignments"))
        .and(query_param("$skiptoken", "cGFnZTI"))
        .respond_with(answer(200, "access_assignments/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let all = gdap(&server).access_assignments(&relationship()).list().collect_all().await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].access_container.access_container_id, group());
    assert_eq!(all[0].etag, Some(etag()));
    assert_eq!(all[1].status, AccessAssignmentStatus::Deleted);
}

#[tokio::test]
async fn get_reads_one() {
    let server = TestServer::start().await;
    graph("GET", &format!("/{RELATIONSHIP}/accessAssignments/{ASSIGNMENT}"))
        .respond_with(answer(200, "access_assignments/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let one = gdap(&server).access_assignments(&relationship()).get(&assignment()).await.unwrap();
    assert_eq!(one.id, assignment());
}

#[tokio::test]
async fn create_sends_one_group_and_one_role_and_waits_out_throttling() {
    let server = TestServer::start().await;
    let wanted = json!({
        "accessContainer": {
            "accessContainerId": "77777777-7777-4777-8777-777777777777",
            "accessContainerType": "securityGroup"
        },
        "accessDetails": {"unifiedRoles": [{"roleDefinitionId": "29232cdf-9323-42fd-ade2-1d097af3e4de"}]}
    });
    graph("POST", &format!("/{RELATIONSHIP}/accessAssignments"))
        .and(body_json(&wanted))
        .respond_with(answer(429, "relationships/error_429_throttled.json", &server).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    graph("POST", &format!("/{RELATIONSHIP}/accessAssignments"))
        .and(body_json(&wanted))
        .respond_with(answer(201, "access_assignments/create_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let new = NewAccessAssignment::new(group(), role());
    let created = gdap(&server).access_assignments(&relationship()).create(&new).await.unwrap();
    assert_eq!(created.status, AccessAssignmentStatus::Pending);
}

#[tokio::test]
async fn create_refusals_are_told_apart() {
    for (status, fixture, kind) in [
        (403, "relationships/error_403_denied.json", ErrorKind::PermissionDenied),
        (409, "access_assignments/error_409_already_there.json", ErrorKind::Conflict),
        (502, "relationships/error_502.json", ErrorKind::OutcomeUnknown),
    ] {
        let server = TestServer::start().await;
        graph("POST", &format!("/{RELATIONSHIP}/accessAssignments"))
            .respond_with(answer(status, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let new = NewAccessAssignment::new(group(), role());
        let error = gdap(&server).access_assignments(&relationship()).create(&new).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn update_is_accepted_as_an_operation_or_done_when_nothing_changes() {
    let accepted = ResponseTemplate::new(202).insert_header("retry-after", "10").insert_header(
        "location",
        format!("https://graph.microsoft.com/v1.0/tenantRelationships/delegatedAdminRelationships/{RELATIONSHIP}/operations/99999999-9999-4999-8999-999999999999"),
    );
    for unchanged in [false, true] {
        let server = TestServer::start().await;
        let response = if unchanged { answer(200, "access_assignments/get.json", &server) } else { accepted.clone() };
        graph("PATCH", &format!("/{RELATIONSHIP}/accessAssignments/{ASSIGNMENT}"))
            .and(header("if-match", ETAG))
            .and(body_json(json!({
                "accessDetails": {"unifiedRoles": [{"roleDefinitionId": "29232cdf-9323-42fd-ade2-1d097af3e4de"}]}
            })))
            .respond_with(response)
            .expect(1)
            .mount(server.mock())
            .await;
        let assignments = gdap(&server).access_assignments(&relationship());
        match assignments.update(&assignment(), &etag(), &role()).await.unwrap() {
            Change::Done(done) => assert!(unchanged && done.id == assignment()),
            Change::Accepted(accepted) => {
                assert!(!unchanged);
                assert_eq!(accepted.operation, Some(OperationId::new("99999999-9999-4999-8999-999999999999")));
                assert_eq!(accepted.retry_after, Some(Duration::from_secs(10)));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn delete_names_the_version_and_a_stale_one_is_refused() {
    let server = TestServer::start().await;
    graph("DELETE", &format!("/{RELATIONSHIP}/accessAssignments/{ASSIGNMENT}"))
        .and(header("if-match", ETAG))
        .respond_with(ResponseTemplate::new(204))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    graph("DELETE", &format!("/{RELATIONSHIP}/accessAssignments/{ASSIGNMENT}"))
        .respond_with(answer(412, "relationships/error_412_stale.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let assignments = gdap(&server).access_assignments(&relationship());
    assignments.delete(&assignment(), &etag()).await.unwrap();
    let error = assignments.delete(&assignment(), &etag()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error}");
}
