//! The client itself: raw requests, tokens, what it shows.

use http::Method;
use serde_json::{Value, json};

use bundle_core::auth::Principal;
use bundle_core::{ErrorKind, TenantId};
use graph_client::DirectoryObject;

use crate::support::{Call, GRAPH_SCOPE, Setup, denied, guid, id, throttled};

#[tokio::test]
async fn request_reaches_what_has_no_handler() {
    let setup = Setup::new().await;
    let path = format!("users/{}/manager", guid(3));
    setup.expect(throttled(Call::get(&path).query("$select", "id,displayName"))).await;
    setup.expect(Call::get(&path).query("$select", "id,displayName").answers(200, "raw/manager")).await;
    let request = setup.graph.request(Method::GET, &format!("/{path}")).query("$select", "id,displayName");
    let response = setup.graph.send(request).await.unwrap();
    assert_eq!(response.attempts(), 2);
    let manager: DirectoryObject = response.json().unwrap();
    assert!(manager.is_user());
    assert_eq!(manager.display_name.as_deref(), Some("Grace"));
}

#[tokio::test]
async fn request_to_beta_carries_the_body_and_the_application() {
    let setup = Setup::new().await;
    let body = json!({"isEnabled": true});
    let call = Call::new("PATCH", "policies/x").beta().body(body.clone()).by_application();
    setup.expect(denied(call)).await;
    let graph = setup.graph.as_application();
    let request = graph.request_beta(Method::PATCH, "policies/x").json(&body).unwrap();
    let error = graph.send(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.operation(), Some("graph.request"));
}

#[tokio::test]
async fn list_pages_a_raw_request() {
    let setup = Setup::new().await;
    setup.expect(Call::get("groups").query("$top", "5").answers(200, "groups/list_page_2")).await;
    let request = setup.graph.request(Method::GET, "groups").query("$top", "5");
    let groups: Vec<Value> = setup.graph.list(request).collect_all().await.unwrap();
    assert_eq!(groups[0]["displayName"], "GDAP User Administrator");
}

#[tokio::test]
async fn list_refuses_a_link_to_another_host() {
    let setup = Setup::new().await;
    wiremock::Mock::given(wiremock::matchers::path("/graph/v1.0/groups"))
        .respond_with(wiremock::ResponseTemplate::new(200).set_body_json(json!({
            "@odata.nextLink": "https://graph.microsoft.com.evil.example/v1.0/groups?$skiptoken=a",
            "value": [],
        })))
        .expect(1)
        .mount(setup.server.mock())
        .await;
    let error = setup.graph.groups().list(&Default::default()).collect_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn forget_tokens_reaches_the_credential() {
    let setup = Setup::new().await;
    let tenant: TenantId = id(2);
    setup.client.forget_tokens(&tenant).await;
    assert_eq!(setup.credential.forgotten(), [tenant]);
}

#[tokio::test]
async fn token_claims_ask_for_the_graph_token_of_the_tenant() {
    let setup = Setup::new().await;
    let tenant: TenantId = id(2);
    let claims = setup.client.token_claims(&tenant, Principal::Application).await.unwrap();
    assert_eq!(claims, None);
    let [request] = &setup.credential.requests()[..] else { panic!("one request was made") };
    assert_eq!((request.tenant, request.principal, &*request.scope), (tenant, Principal::Application, GRAPH_SCOPE));
}

#[tokio::test]
async fn debug_shows_where_and_as_whom_and_no_token() {
    let setup = Setup::new().await;
    let text = format!("{:?} {:?}", setup.graph.as_application().users(), setup.client);
    assert!(text.contains(&guid(1)) && text.contains("Application"), "{text}");
    assert!(!text.contains("FixedCredential") && !text.contains("Bearer"), "{text}");
}
