//! Delegated permission grants.

use serde_json::json;

use bundle_core::ErrorKind;
use bundle_core::directory::NewPermissionGrant;
use bundle_core::ids::PermissionGrantId;
use graph_client::Query;

use crate::support::{Call, Setup, absent, assert_error, denied, guid, id, throttled};

const PATH: &str = "oauth2PermissionGrants";

fn new() -> NewPermissionGrant {
    NewPermissionGrant::new(id(8), id(6), "User.Read")
}

fn create() -> Call {
    Call::new("POST", PATH).body(json!({
        "clientId": guid(8), "consentType": "AllPrincipals", "resourceId": guid(6), "scope": "User.Read",
    }))
}

fn update() -> Call {
    Call::new("PATCH", format!("{PATH}/iIiI-a")).body(json!({"scope": "User.Read Group.Read.All"}))
}

#[tokio::test]
async fn list_tells_clients_and_users_apart() {
    let setup = Setup::new().await;
    let select = "id,clientId,consentType,principalId,resourceId,scope";
    let call = || Call::get(PATH).query("$select", select).query("$top", "999");
    setup.expect(throttled(call())).await;
    setup.expect(call().answers(200, "permission_grants/list_page_1")).await;
    let next = Call::get(PATH).query("$top", "999").query("$skiptoken", "RFNwdAIAAQ");
    setup.expect(next.answers(200, "permission_grants/list_page_2")).await;
    let grants = setup.graph.permission_grants().list(&Query::new()).collect_all().await.unwrap();
    assert_eq!(grants.iter().map(|item| item.principal_id).collect::<Vec<_>>(), [None, Some(id(3))]);
    assert_eq!(grants[1].client_id, id(8));
    assert_eq!(grants[1].grant.scope.as_deref(), Some("Mail.Read"));
}

#[tokio::test]
async fn create_is_repeated_when_the_outcome_is_unknown() {
    let setup = Setup::new().await;
    setup.expect(create().answers(500, "errors/server_error_500")).await;
    setup.expect(create().answers(201, "permission_grants/create_created")).await;
    let grant = setup.graph.permission_grants().create(&new()).await.unwrap();
    assert_eq!(grant.id, PermissionGrantId::new("iIiI-a"));
}

#[tokio::test]
async fn create_of_one_that_exists_is_a_conflict() {
    let setup = Setup::new().await;
    setup.expect(create().answers(409, "permission_grants/create_exists_409")).await;
    let error = setup.graph.permission_grants().create(&new()).await.unwrap_err();
    assert_error(&error, ErrorKind::Conflict, "graph.permission_grants.create");
}

#[tokio::test]
async fn create_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(create())).await;
    let error = setup.graph.permission_grants().create(&new()).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.permission_grants.create");
}

#[tokio::test]
async fn update_scope_sends_the_scope_only_and_is_repeated() {
    let setup = Setup::new().await;
    setup.expect(update().answers(503, "errors/unavailable_503")).await;
    setup.expect(update()).await;
    let id = PermissionGrantId::new("iIiI-a");
    setup.graph.permission_grants().update_scope(&id, "User.Read Group.Read.All").await.unwrap();
}

#[tokio::test]
async fn delete_of_an_absent_grant_is_not_found() {
    let setup = Setup::new().await;
    let call = || Call::new("DELETE", format!("{PATH}/iIiI-a"));
    setup.expect(call()).await;
    setup.expect(absent(call())).await;
    let grants = setup.graph.permission_grants();
    let id = PermissionGrantId::new("iIiI-a");
    grants.delete(&id).await.unwrap();
    let error = grants.delete(&id).await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.permission_grants.delete");
}
