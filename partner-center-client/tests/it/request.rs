use bundle_core::auth::Principal;
use bundle_core::testing::{FixedCredential, TestServer};
use http::Method;
use serde_json::json;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, ResponseTemplate};

use crate::support::{PARTNER_CENTER_SCOPE, client, customer, partner};

#[tokio::test]
async fn request_reaches_any_resource_as_the_application() {
    let server = TestServer::start().await;
    Mock::given(method("GET"))
        .and(path(format!("/partner-center/v1/customers/{}/subscriptions", customer())))
        .and(query_param("order_id", "1 2"))
        .and(header("authorization", FixedCredential::header(&partner(), Principal::Application, PARTNER_CENTER_SCOPE)))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"totalCount": 0, "items": []})))
        .expect(1)
        .mount(server.mock())
        .await;
    let client = client(&server).as_application();
    let request = client
        .request(Method::GET, &format!("/v1/customers/{}/subscriptions?order_id=1%202", customer()))
        .about(customer());
    assert_eq!(request.tenant(), Some(&customer()));
    assert_eq!(client.send(request).await.unwrap().status(), 200);
}
