use bundle_core::auth::Principal;
use bundle_core::testing::{FixedCredential, TestServer};
use http::Method;
use serde_json::json;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, ResponseTemplate};

use crate::support::{SCOPE, client, tenant};

#[tokio::test]
async fn request_reaches_any_resource_as_the_application() {
    let server = TestServer::start().await;
    Mock::given(method("GET"))
        .and(path("/exchange/adminapi/v1.0/22222222-2222-4222-8222-222222222222/EXOModuleFile"))
        .and(query_param("Version", "3.9.2"))
        .and(header("authorization", FixedCredential::header(&tenant(), Principal::Application, SCOPE)))
        .and(header(
            "x-anchormailbox",
            "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@22222222-2222-4222-8222-222222222222",
        ))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": [{"exportedCmdlets": "Get-Mailbox"}]})))
        .expect(1)
        .mount(server.mock())
        .await;
    let exchange = client(&server).as_application().for_tenant(&tenant());
    let url = format!("/adminapi/v1.0/{}/EXOModuleFile?Version=3.9.2", tenant());
    let response = exchange.send(exchange.request(Method::GET, &url)).await.unwrap();
    assert_eq!(response.json::<serde_json::Value>().unwrap()["value"][0]["exportedCmdlets"], "Get-Mailbox");
}
