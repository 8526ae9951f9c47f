//! Service principals.

use serde_json::json;

use bundle_core::ErrorKind;
use bundle_core::ids::AppId;
use graph_client::{Query, ServicePrincipalPatch};

use crate::support::{Call, Setup, absent, assert_error, denied, guid, id, throttled};

const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const LISTED: &str = "id,appId,displayName,accountEnabled,servicePrincipalType,tags";

fn select() -> String {
    format!("{LISTED},appRoles,oauth2PermissionScopes")
}

fn graph_app() -> AppId {
    GRAPH.parse().unwrap()
}

fn by_app_id() -> Call {
    Call::get(format!("servicePrincipals(appId='{GRAPH}')")).query("$select", &select())
}

fn one(method: &'static str, digit: u8) -> Call {
    Call::new(method, format!("servicePrincipals/{}", guid(digit)))
}

fn create() -> Call {
    Call::new("POST", "servicePrincipals").body(json!({"appId": guid(2)}))
}

#[tokio::test]
async fn find_reads_the_permissions_offered() {
    let setup = Setup::new().await;
    setup.expect(throttled(by_app_id())).await;
    setup.expect(by_app_id().answers(200, "service_principals/get_graph")).await;
    let principal = setup.graph.service_principals().find(&graph_app()).await.unwrap().unwrap();
    assert_eq!(principal.app_id, Some(graph_app()));
    assert_eq!(principal.app_roles.unwrap()[0].value.as_deref(), Some("User.Read.All"));
    assert_eq!(principal.oauth2_permission_scopes.unwrap()[0].value.as_deref(), Some("User.Read"));
}

#[tokio::test]
async fn find_of_an_absent_service_principal_is_none() {
    let setup = Setup::new().await;
    setup.expect(absent(by_app_id())).await;
    assert_eq!(setup.graph.service_principals().find(&graph_app()).await.unwrap(), None);
}

#[tokio::test]
async fn get_of_an_absent_service_principal_is_not_found() {
    let setup = Setup::new().await;
    setup.expect(one("GET", 6).query("$select", &select()).answers(200, "service_principals/get_graph")).await;
    setup.expect(absent(one("GET", 6).query("$select", &select()))).await;
    let principals = setup.graph.service_principals();
    assert_eq!(principals.get(&id(6)).await.unwrap().display_name.as_deref(), Some("Microsoft Graph"));
    let error = principals.get(&id(6)).await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.service_principals.get");
}

#[tokio::test]
async fn list_leaves_the_permissions_out_and_follows_the_link() {
    let setup = Setup::new().await;
    let call = Call::get("servicePrincipals").query("$select", LISTED).query("$top", "999");
    setup.expect(call.answers(200, "service_principals/list_page_1")).await;
    let next = Call::get("servicePrincipals").query("$top", "999").query("$skiptoken", "RFNwdAIAAQ");
    setup.expect(next.answers(200, "service_principals/list_page_2")).await;
    let principals = setup.graph.service_principals().list(&Query::new()).collect_all().await.unwrap();
    assert_eq!(principals.iter().map(|principal| principal.id).collect::<Vec<_>>(), [id(6), id(8)]);
    assert_eq!(principals[0].app_roles, None);
}

#[tokio::test]
async fn list_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(Call::get("servicePrincipals").query("$select", LISTED).query("$top", "999"))).await;
    let error = setup.graph.service_principals().list(&Query::new()).collect_all().await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.service_principals.list");
}

#[tokio::test]
async fn create_is_repeated_when_the_outcome_is_unknown() {
    let setup = Setup::new().await;
    setup.expect(create().answers(500, "errors/server_error_500")).await;
    setup.expect(create().answers(201, "service_principals/create_created")).await;
    let principal = setup.graph.service_principals().create(&id(2)).await.unwrap();
    assert_eq!(principal.id, id(8));
    assert_eq!(principal.extra["signInAudience"], "AzureADMultipleOrgs");
}

#[tokio::test]
async fn create_of_one_that_exists_is_a_conflict() {
    let setup = Setup::new().await;
    setup.expect(create().answers(409, "service_principals/create_in_use_409")).await;
    let error = setup.graph.service_principals().create(&id(2)).await.unwrap_err();
    assert_error(&error, ErrorKind::Conflict, "graph.service_principals.create");
}

#[tokio::test]
async fn create_for_an_application_created_a_moment_ago_is_not_propagated() {
    let setup = Setup::new().await;
    setup.expect(create().answers(400, "service_principals/create_no_backing_400")).await;
    let error = setup.graph.service_principals().create(&id(2)).await.unwrap_err();
    assert_error(&error, ErrorKind::NotPropagated, "graph.service_principals.create");
}

#[tokio::test]
async fn update_and_delete_name_the_object() {
    let setup = Setup::new().await;
    let body = json!({
        "accountEnabled": true, "appRoleAssignmentRequired": false,
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
    });
    setup.expect(one("PATCH", 8).body(body)).await;
    setup.expect(one("DELETE", 8)).await;
    let patch = ServicePrincipalPatch::new()
        .account_enabled(true)
        .app_role_assignment_required(false)
        .tags(["WindowsAzureActiveDirectoryIntegratedApp"]);
    let principals = setup.graph.service_principals();
    principals.update(&id(8), &patch).await.unwrap();
    principals.delete(&id(8)).await.unwrap();
}

#[tokio::test]
async fn permission_grants_are_those_of_the_client() {
    let setup = Setup::new().await;
    let call = Call::get(format!("servicePrincipals/{}/oauth2PermissionGrants", guid(8)))
        .query("$select", "id,consentType,resourceId,scope")
        .query("$top", "999");
    setup.expect(call.answers(200, "permission_grants/of_client")).await;
    let grants = setup.graph.service_principals().permission_grants(&id(8)).collect_all().await.unwrap();
    assert_eq!(grants[0].scope.as_deref(), Some(" User.Read Group.Read.All"));
    assert_eq!(grants[1].consent_type, bundle_core::directory::ConsentType::Principal);
}
