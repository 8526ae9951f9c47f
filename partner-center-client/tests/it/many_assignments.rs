use bundle_core::ErrorKind;
use bundle_core::gdap::AssignmentApi;
use bundle_core::ids::RelationshipId;
use bundle_core::testing::TestServer;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, Request, ResponseTemplate};

use crate::support::{answer, gdap, graph};

/// Answers each item of a batch by its relationship: `a…` is denied, `b…` has a second page, the others are empty.
fn batch_answer(server: &str) -> impl Fn(&Request) -> ResponseTemplate + 'static + use<> {
    let server = server.to_owned();
    move |request: &Request| {
        let body: Value = request.body_json().unwrap();
        let answer = |item: &Value| {
            let url = item["url"].as_str().unwrap();
            assert!(url.ends_with("/accessAssignments") && item["method"] == "GET", "{item}");
            let relationship = url.split('/').nth_back(1).unwrap();
            let (status, body) = if relationship.starts_with('a') {
                (403, json!({"error": {"code": "forbidden", "message": "no"}}))
            } else if relationship.starts_with('b') {
                let next = format!(
                    "{server}/graph/v1.0/tenantRelationships/delegatedAdminRelationships/{relationship}/accessAssignments?$skiptoken=2"
                );
                (200, json!({"value": [], "@odata.nextLink": next}))
            } else {
                (200, json!({"value": []}))
            };
            json!({"id": item["id"], "status": status, "headers": {"content-type": "application/json"}, "body": body})
        };
        let responses: Vec<Value> = body["requests"].as_array().unwrap().iter().map(answer).collect();
        assert!(responses.len() <= 20);
        ResponseTemplate::new(200).set_body_json(json!({"responses": responses}))
    }
}

#[tokio::test]
async fn twenty_relationships_are_read_in_one_request_each_with_its_own_outcome() {
    let server = TestServer::start().await;
    Mock::given(method("POST"))
        .and(path("/graph/v1.0/$batch"))
        .respond_with(batch_answer(&server.uri()))
        .expect(3)
        .mount(server.mock())
        .await;
    graph("GET", "/b-1/accessAssignments")
        .respond_with(answer(200, "access_assignments/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let mut ids: Vec<RelationshipId> = (0..39).map(|n| RelationshipId::new(format!("c-{n}"))).collect();
    ids.insert(7, RelationshipId::new("a-1"));
    ids.push(RelationshipId::new("b-1"));
    let outcomes = gdap(&server).access_assignments_of(&ids).await.unwrap();
    assert_eq!(outcomes.len(), 41);
    for (at, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Err(error) => assert_eq!((at, error.kind()), (7, ErrorKind::PermissionDenied)),
            Ok(assignments) => assert_eq!(assignments.len(), usize::from(at == 40), "{at}"),
        }
    }
}

#[tokio::test]
async fn nothing_is_sent_for_no_relationships() {
    let server = TestServer::start().await;
    let port: &dyn AssignmentApi = &gdap(&server);
    assert!(port.assignments_of(&[]).await.unwrap().is_empty());
}
