//! App registrations and their secrets.

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::json;

use bundle_core::ErrorKind;
use bundle_core::catalog::RequiredResourceAccess;
use bundle_core::registration::{NewAppRegistration, PublicClientApplication, WebApplication};
use graph_client::{AppRegistrationPatch, Query};

use crate::support::{Call, Setup, absent, assert_error, denied, guid, id, throttled};

const SELECT: &str = "id,appId,displayName,signInAudience,requiredResourceAccess,passwordCredentials";

fn one(method: &'static str) -> Call {
    Call::new(method, format!("applications/{}", guid(5)))
}

fn action(name: &str) -> Call {
    Call::new("POST", format!("applications/{}/{name}", guid(5)))
}

fn by_app_id() -> Call {
    Call::get(format!("applications(appId='{}')", guid(2))).query("$select", SELECT)
}

fn access() -> Vec<RequiredResourceAccess> {
    serde_json::from_value(access_body()).unwrap()
}

fn access_body() -> serde_json::Value {
    json!([{"resourceAppId": "00000003-0000-0000-c000-000000000000",
            "resourceAccess": [{"id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope"}]}])
}

fn create() -> Call {
    Call::new("POST", "applications").body(json!({
        "displayName": "Cloud Connector",
        "signInAudience": "AzureADMultipleOrgs",
        "isFallbackPublicClient": true,
        "web": {"redirectUris": ["http://localhost"]},
        "publicClient": {"redirectUris": []},
        "requiredResourceAccess": access_body(),
    }))
}

fn add_password() -> Call {
    action("addPassword")
        .body(json!({"passwordCredential": {"displayName": "rotation", "endDateTime": "2027-01-01T00:00:00Z"}}))
}

fn end() -> Timestamp {
    "2027-01-01T00:00:00.123456789Z".parse().unwrap()
}

fn remove_password() -> Call {
    action("removePassword").body(json!({"keyId": guid(7)}))
}

#[tokio::test]
async fn get_reads_permissions_and_secrets() {
    let setup = Setup::new().await;
    setup.expect(throttled(one("GET").query("$select", SELECT))).await;
    setup.expect(one("GET").query("$select", SELECT).answers(200, "applications/get_connector")).await;
    let app = setup.graph.applications().get(&id(5)).await.unwrap();
    assert_eq!(app.required_resource_access, access());
    assert_eq!(app.password_credentials[0].key_id, id(7));
    assert_eq!(app.password_credentials[0].end_date_time, Some("2027-01-01T00:00:00Z".parse().unwrap()));
}

#[tokio::test]
async fn get_of_an_absent_application_is_not_found() {
    let setup = Setup::new().await;
    setup.expect(absent(one("GET").query("$select", SELECT))).await;
    let error = setup.graph.applications().get(&id(5)).await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.applications.get");
}

#[tokio::test]
async fn find_uses_the_application_id_and_absent_is_none() {
    let setup = Setup::new().await;
    setup.expect(by_app_id().answers(200, "applications/get_connector")).await;
    setup.expect(absent(by_app_id())).await;
    let found = setup.graph.applications().find(&id(2)).await.unwrap().unwrap();
    assert_eq!(found.id, id(5));
    assert_eq!(setup.graph.applications().find(&id(2)).await.unwrap(), None);
}

#[tokio::test]
async fn list_named_answers_all_with_the_name() {
    let setup = Setup::new().await;
    let filter = "displayName eq 'Cloud Connector'";
    let call = Call::get("applications").query("$filter", filter).query("$select", SELECT).query("$top", "999");
    setup.expect(call.answers(200, "applications/list_page_1")).await;
    let next = Call::get("applications").query("$filter", filter).query("$top", "999");
    setup.expect(next.query("$skiptoken", "RFNwdAIAAQ").answers(200, "applications/list_page_2")).await;
    let apps = setup.graph.applications().list_named("Cloud Connector").collect_all().await.unwrap();
    assert_eq!(apps.iter().map(|app| app.id).collect::<Vec<_>>(), [id(5), id(6)]);
}

#[tokio::test]
async fn list_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(Call::get("applications").query("$select", SELECT).query("$top", "999"))).await;
    let error = setup.graph.applications().list(&Query::new()).collect_all().await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.applications.list");
}

#[tokio::test]
async fn create_sends_the_whole_registration() {
    let setup = Setup::new().await;
    setup.expect(throttled(create())).await;
    setup.expect(create().answers(201, "applications/create_created")).await;
    let app = setup.graph.applications().create(&NewAppRegistration::new("Cloud Connector", access())).await.unwrap();
    assert_eq!(app.app_id, id(2));
    assert!(app.password_credentials.is_empty());
}

#[tokio::test]
async fn create_that_may_have_happened_is_not_repeated() {
    let setup = Setup::new().await;
    setup.expect(create().answers(500, "errors/server_error_500")).await;
    let new = NewAppRegistration::new("Cloud Connector", access());
    let error = setup.graph.applications().create(&new).await.unwrap_err();
    assert_error(&error, ErrorKind::OutcomeUnknown, "graph.applications.create");
}

#[tokio::test]
async fn update_sends_changes_only_and_is_repeated() {
    let setup = Setup::new().await;
    let body = json!({
        "displayName": "Connector", "isFallbackPublicClient": false,
        "web": {"redirectUris": ["https://contoso.example/callback"]}, "publicClient": {"redirectUris": []},
        "signInAudience": "AzureADMyOrg", "requiredResourceAccess": access_body(),
    });
    setup.expect(one("PATCH").body(body.clone()).answers(503, "errors/unavailable_503")).await;
    setup.expect(one("PATCH").body(body)).await;
    let patch = AppRegistrationPatch::new()
        .display_name("Connector")
        .is_fallback_public_client(false)
        .sign_in_audience("AzureADMyOrg")
        .web(WebApplication { redirect_uris: vec!["https://contoso.example/callback".to_owned()] })
        .public_client(PublicClientApplication::default())
        .required_resource_access(access());
    setup.graph.applications().update(&id(5), &patch).await.unwrap();
}

#[tokio::test]
async fn delete_deletes_by_object_id() {
    let setup = Setup::new().await;
    setup.expect(one("DELETE")).await;
    setup.graph.applications().delete(&id(5)).await.unwrap();
}

#[tokio::test]
async fn add_password_sends_whole_seconds_and_hides_the_secret() {
    let setup = Setup::new().await;
    setup.expect(throttled(add_password())).await;
    setup.expect(add_password().answers(200, "applications/add_password_added")).await;
    let added = setup.graph.applications().add_password(&id(5), "rotation", end()).await.unwrap();
    assert_eq!(added.key_id, id(7));
    assert_eq!(added.secret_text.expose_secret(), "hunter2~not-a-real-secret");
    assert!(!format!("{added:?}").contains("hunter2"));
}

#[tokio::test]
async fn add_password_against_the_policy_is_denied() {
    let setup = Setup::new().await;
    setup.expect(add_password().answers(403, "applications/add_password_policy_403")).await;
    let error = setup.graph.applications().add_password(&id(5), "rotation", end()).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.applications.add_password");
    assert_eq!(error.code(), Some("CredentialTypeNotAllowedAsPerAppPolicy"));
}

#[tokio::test]
async fn add_password_that_may_have_happened_is_not_repeated() {
    let setup = Setup::new().await;
    setup.expect(add_password().answers(500, "errors/server_error_500")).await;
    let error = setup.graph.applications().add_password(&id(5), "rotation", end()).await.unwrap_err();
    assert_error(&error, ErrorKind::OutcomeUnknown, "graph.applications.add_password");
}

#[tokio::test]
async fn remove_password_names_the_key_and_is_repeated() {
    let setup = Setup::new().await;
    setup.expect(remove_password().answers(503, "errors/unavailable_503")).await;
    setup.expect(remove_password()).await;
    setup.graph.applications().remove_password(&id(5), &id(7)).await.unwrap();
}

#[tokio::test]
async fn remove_password_of_an_absent_secret_is_an_invalid_request() {
    let setup = Setup::new().await;
    setup.expect(remove_password().answers(400, "applications/remove_password_absent_400")).await;
    let error = setup.graph.applications().remove_password(&id(5), &id(7)).await.unwrap_err();
    assert_error(&error, ErrorKind::InvalidRequest, "graph.applications.remove_password");
}
