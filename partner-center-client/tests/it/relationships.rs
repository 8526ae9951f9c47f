use std::time::Duration;

use bundle_core::ErrorKind;
use bundle_core::gdap::{AccessDetails, CustomerParticipant, NewRelationship, RelationshipStatus};
use bundle_core::testing::TestServer;
use bundle_core::time::Days;
use partner_center_client::gdap::{Change, OperationId, RelationshipPatch, RelationshipQuery};
use serde_json::json;
use wiremock::ResponseTemplate;
use wiremock::matchers::{body_json, header, query_param, query_param_is_missing};

use crate::support::{ETAG, RELATIONSHIP, answer, customer, etag, gdap, graph, relationship, role};

#[tokio::test]
async fn list_follows_next_links_until_absent() {
    let server = TestServer::start().await;
    graph("GET", "")
        .and(query_param("$top", "300"))
        .and(query_param_is_missing("$filter"))
        .and(query_param_is_missing("$skipToken"))
        .respond_with(answer(200, "relationships/list_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    graph("GET", "")
        .and(query_param("$skipToken", "cGFnZTI"))
        .respond_with(answer(200, "relationships/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let all = gdap(&server).relationships().list(&RelationshipQuery::new()).collect_all().await.unwrap();
    let states: Vec<&str> = all.iter().map(|relationship| relationship.status.as_str()).collect();
    assert_eq!(states, ["active", "created", "terminated"]);
    assert_eq!(all[0].etag, Some(etag()));
    assert_eq!(all[1].end_date_time, None);
}

#[tokio::test]
async fn list_filters_by_status_and_customer() {
    for (query, filter) in [
        (RelationshipQuery::new().status(RelationshipStatus::Active), "status eq 'active'"),
        (RelationshipQuery::new().customer(customer()), "customer/tenantId eq '22222222-2222-4222-8222-222222222222'"),
        (
            RelationshipQuery::new().customer(customer()).status(RelationshipStatus::ApprovalPending),
            "status eq 'approvalPending' and customer/tenantId eq '22222222-2222-4222-8222-222222222222'",
        ),
    ] {
        let server = TestServer::start().await;
        graph("GET", "")
            .and(query_param("$filter", filter))
            .and(query_param("$top", "50"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": []})))
            .expect(1)
            .mount(server.mock())
            .await;
        assert_eq!(gdap(&server).relationships().list(&query.top(50)).try_next().await.unwrap(), None);
    }
}

#[tokio::test]
async fn get_waits_out_throttling() {
    let server = TestServer::start().await;
    graph("GET", &format!("/{RELATIONSHIP}"))
        .respond_with(answer(429, "relationships/error_429_throttled.json", &server).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    graph("GET", &format!("/{RELATIONSHIP}"))
        .respond_with(answer(200, "relationships/get_active.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let found = gdap(&server).relationships().get(&relationship()).await.unwrap();
    assert_eq!(found.id, relationship());
    assert_eq!(found.customer.unwrap().tenant_id, customer());
    assert_eq!(found.auto_extend_duration, Some(Days::new(180)));
}

#[tokio::test]
async fn get_of_an_unknown_id_is_not_found() {
    let server = TestServer::start().await;
    graph("GET", &format!("/{RELATIONSHIP}"))
        .respond_with(answer(404, "relationships/error_404_absent.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = gdap(&server).relationships().get(&relationship()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert_eq!(error.operation(), Some("graph.gdap.relationships.get"));
}

fn new_relationship() -> NewRelationship {
    let participant = CustomerParticipant { tenant_id: customer(), display_name: None };
    NewRelationship::try_new("Contoso GDAP", participant, &[role()]).unwrap()
}

#[tokio::test]
async fn create_sends_name_durations_customer_and_roles() {
    let server = TestServer::start().await;
    graph("POST", "")
        .and(header("content-type", "application/json"))
        .and(body_json(json!({
            "displayName": "Contoso GDAP",
            "duration": "P730D",
            "autoExtendDuration": "P180D",
            "customer": {"tenantId": "22222222-2222-4222-8222-222222222222"},
            "accessDetails": {"unifiedRoles": [{"roleDefinitionId": "29232cdf-9323-42fd-ade2-1d097af3e4de"}]}
        })))
        .respond_with(answer(201, "relationships/create_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let gdap = gdap(&server);
    let created = gdap.relationships().create(&new_relationship()).await.unwrap();
    assert_eq!(created.status, RelationshipStatus::Created);
    assert_eq!(created.etag, Some(etag()));
    let link = gdap.approval_link(&created);
    assert!(link.ends_with(&format!("#/partners/invitation/granularAdminRelationships/{RELATIONSHIP}")), "{link}");
}

#[tokio::test]
async fn create_refusals_are_told_apart_and_a_lost_answer_is_not_repeated() {
    for (status, fixture, kind) in [
        (403, "relationships/error_403_denied.json", ErrorKind::PermissionDenied),
        (409, "relationships/error_409_name_taken.json", ErrorKind::Conflict),
        (502, "relationships/error_502.json", ErrorKind::OutcomeUnknown),
    ] {
        let server = TestServer::start().await;
        graph("POST", "").respond_with(answer(status, fixture, &server)).expect(1).mount(server.mock()).await;
        let error = gdap(&server).relationships().create(&new_relationship()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn update_names_the_version_and_sends_what_changes() {
    let server = TestServer::start().await;
    graph("PATCH", &format!("/{RELATIONSHIP}"))
        .and(header("if-match", ETAG))
        .and(body_json(json!({"autoExtendDuration": "P180D"})))
        .respond_with(answer(200, "relationships/get_active.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let patch = RelationshipPatch::new().auto_extend_duration(Days::new(180));
    let change = gdap(&server).relationships().update(&relationship(), &etag(), &patch).await.unwrap();
    let Change::Done(relationship) = change else { panic!("{change:?}") };
    assert_eq!(relationship.status, RelationshipStatus::Active);
}

#[tokio::test]
async fn update_that_takes_time_names_its_operation() {
    let server = TestServer::start().await;
    graph("PATCH", &format!("/{RELATIONSHIP}"))
        .and(header("if-match", ETAG))
        .and(body_json(json!({
            "accessDetails": {"unifiedRoles": [{"roleDefinitionId": "29232cdf-9323-42fd-ade2-1d097af3e4de"}]}
        })))
        .respond_with(
            ResponseTemplate::new(202).insert_header("retry-after", "10").insert_header(
                "location",
                format!("https://graph.microsoft.com/v1.0/x/{RELATIONSHIP}/operations/op-1"),
            ),
        )
        .expect(1)
        .mount(server.mock())
        .await;
    let patch = RelationshipPatch::new().access_details(AccessDetails::new([role()]));
    let change = gdap(&server).relationships().update(&relationship(), &etag(), &patch).await.unwrap();
    let Change::Accepted(accepted) = change else { panic!("{change:?}") };
    assert_eq!(accepted.operation, Some(OperationId::new("op-1")));
    assert_eq!(accepted.retry_after, Some(Duration::from_secs(10)));
}

#[tokio::test]
async fn stale_version_is_refused() {
    let server = TestServer::start().await;
    for verb in ["PATCH", "DELETE"] {
        graph(verb, &format!("/{RELATIONSHIP}"))
            .and(header("if-match", ETAG))
            .respond_with(answer(412, "relationships/error_412_stale.json", &server))
            .expect(1)
            .mount(server.mock())
            .await;
    }
    let relationships = gdap(&server).relationships();
    let patch = RelationshipPatch::new().display_name("Contoso");
    let error = relationships.update(&relationship(), &etag(), &patch).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error}");
    let error = relationships.delete(&relationship(), &etag()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error}");
}

#[tokio::test]
async fn delete_names_the_version() {
    let server = TestServer::start().await;
    graph("DELETE", &format!("/{RELATIONSHIP}"))
        .and(header("if-match", ETAG))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(server.mock())
        .await;
    gdap(&server).relationships().delete(&relationship(), &etag()).await.unwrap();
}
