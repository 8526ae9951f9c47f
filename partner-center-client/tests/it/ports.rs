use bundle_core::ErrorKind;
use bundle_core::customer::{Customer, CustomerApi};
use bundle_core::gdap::{AssignmentApi, Relationship, RelationshipApi};
use bundle_core::testing::TestServer;

use crate::support::{RELATIONSHIP, answer, client, customer, gdap, graph, partner_center, relationship};

fn fixture(name: &str) -> Relationship {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[tokio::test]
async fn customers_are_told_by_tenant_name_and_domain() {
    let server = TestServer::start().await;
    partner_center("GET", "customers")
        .respond_with(answer(200, "customers/list_page_3.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let port: &dyn CustomerApi = &client(&server);
    let expected = [
        Customer::new("55555555-5555-4555-8555-555555555555".parse().unwrap(), "Adatum")
            .domain("adatum.onmicrosoft.com"),
        Customer::new("66666666-6666-4666-8666-666666666666".parse().unwrap(), "66666666-6666-4666-8666-666666666666"),
    ];
    assert_eq!(port.customers().await.unwrap(), expected);
}

#[tokio::test]
async fn unknown_customer_is_not_found_whatever_the_code() {
    for fixture in ["customers/error_404_absent.json", "customers/error_404_tenant_unknown.json"] {
        let server = TestServer::start().await;
        partner_center("GET", &format!("customers/{}", customer()))
            .respond_with(answer(404, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let port: &dyn CustomerApi = &client(&server);
        assert_eq!(port.customer(&customer()).await.unwrap_err().kind(), ErrorKind::NotFound, "{fixture}");
    }
}

#[tokio::test]
async fn lock_sends_no_entity_tag_that_the_service_itself_may_have_outdated() {
    let server = TestServer::start().await;
    let without_etag = |request: &wiremock::Request| !request.headers.contains_key("if-match");
    graph("POST", &format!("/{RELATIONSHIP}/requests"))
        .and(without_etag)
        .respond_with(answer(201, "requests/lock_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let port: &dyn RelationshipApi = &gdap(&server);
    port.lock_for_approval(&fixture("relationships/create_created.json")).await.unwrap();
}

#[tokio::test]
async fn lock_in_another_status_passes_the_refusal_on() {
    let server = TestServer::start().await;
    graph("POST", &format!("/{RELATIONSHIP}/requests"))
        .respond_with(answer(400, "requests/error_400_wrong_status.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let port: &dyn RelationshipApi = &gdap(&server);
    let error = port.lock_for_approval(&fixture("relationships/create_created.json")).await.unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
}

#[tokio::test]
async fn relationships_and_assignments_are_read_whole() {
    let server = TestServer::start().await;
    graph("GET", "")
        .respond_with(answer(200, "relationships/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    graph("GET", &format!("/{RELATIONSHIP}/accessAssignments"))
        .respond_with(answer(200, "access_assignments/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let gdap = gdap(&server);
    assert_eq!(RelationshipApi::relationships(&gdap).await.unwrap().len(), 1);
    assert_eq!(gdap.assignments(&relationship()).await.unwrap().len(), 1);
}
