//! Requests to what has no method.

use bundle_core::testing::TestServer;
use http::Method;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, ResponseTemplate};

use crate::support::{client, customer, gdap, partner_center};

#[tokio::test]
async fn request_about_a_customer_names_it_in_path_and_error() {
    let server = TestServer::start().await;
    let path = format!("customers/{}/subscriptions", customer());
    partner_center("GET", &path)
        .and(query_param("order_id", "a b"))
        .respond_with(ResponseTemplate::new(404))
        .expect(1)
        .mount(server.mock())
        .await;
    let tenant = client(&server).for_tenant(&customer());
    let error = tenant.send(tenant.request(Method::GET, "/subscriptions?order_id=a%20b")).await.unwrap_err();
    assert_eq!(error.tenant(), Some(&customer()));
}

#[tokio::test]
async fn gdap_request_stays_below_tenant_relationships() {
    let server = TestServer::start().await;
    Mock::given(method("GET"))
        .and(path("/graph/v1.0/tenantRelationships/delegatedAdminCustomers"))
        .and(query_param("$top", "5"))
        .respond_with(ResponseTemplate::new(200).set_body_string("{\"value\":[]}"))
        .expect(1)
        .mount(server.mock())
        .await;
    let gdap = gdap(&server);
    let answer = gdap.send(gdap.request(Method::GET, "delegatedAdminCustomers?$top=5")).await.unwrap();
    assert_eq!(answer.status(), 200);
}
