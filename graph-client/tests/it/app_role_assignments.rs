//! Application permissions of a service principal.

use serde_json::json;

use bundle_core::ErrorKind;
use bundle_core::ids::PermissionId;
use graph_client::{AppRoleAssignmentId, AppRoleAssignments};

use crate::support::{Call, Setup, assert_error, denied, guid, id, throttled};

const USER_READ_ALL: &str = "df021288-bdef-4463-88db-98f22de89214";

fn path(tail: &str) -> String {
    format!("servicePrincipals/{}/appRoleAssignments{tail}", guid(8))
}

fn assignments(setup: &Setup) -> AppRoleAssignments {
    setup.graph.service_principals().app_role_assignments(&id(8))
}

fn grant() -> Call {
    Call::new("POST", path("")).body(json!({
        "principalId": guid(8), "resourceId": guid(6), "appRoleId": USER_READ_ALL,
    }))
}

fn role() -> PermissionId {
    USER_READ_ALL.parse().unwrap()
}

#[tokio::test]
async fn list_follows_the_link_and_reads_default_access() {
    let setup = Setup::new().await;
    let select = "id,appRoleId,principalId,resourceId,resourceDisplayName";
    let call = || Call::get(path("")).query("$select", select).query("$top", "999");
    setup.expect(throttled(call())).await;
    setup.expect(call().answers(200, "app_role_assignments/list_page_1")).await;
    let next = Call::get(path("")).query("$top", "999").query("$skiptoken", "RFNwdAIAAQ");
    setup.expect(next.answers(200, "app_role_assignments/list_page_2")).await;
    let roles = assignments(&setup).list().collect_all().await.unwrap();
    assert_eq!(roles.iter().map(|item| item.app_role_id).collect::<Vec<_>>(), [Some(role()), None]);
    assert_eq!(roles[0].resource_display_name.as_deref(), Some("Microsoft Graph"));
}

#[tokio::test]
async fn grant_is_repeated_when_the_outcome_is_unknown() {
    let setup = Setup::new().await;
    setup.expect(grant().answers(500, "errors/server_error_500")).await;
    setup.expect(grant().answers(201, "app_role_assignments/grant_created")).await;
    let granted = assignments(&setup).grant(&id(6), &role()).await.unwrap();
    assert_eq!(granted.id, AppRoleAssignmentId::new("iIiIiA-1"));
}

#[tokio::test]
async fn grant_of_what_is_granted_is_a_conflict() {
    let setup = Setup::new().await;
    setup.expect(grant().answers(400, "app_role_assignments/grant_exists_400")).await;
    let error = assignments(&setup).grant(&id(6), &role()).await.unwrap_err();
    assert_error(&error, ErrorKind::Conflict, "graph.app_role_assignments.grant");
}

#[tokio::test]
async fn grant_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(grant())).await;
    let error = assignments(&setup).grant(&id(6), &role()).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.app_role_assignments.grant");
}

#[tokio::test]
async fn revoke_names_the_assignment() {
    let setup = Setup::new().await;
    setup.expect(Call::new("DELETE", path("/iIiIiA-1"))).await;
    assignments(&setup).revoke(&AppRoleAssignmentId::new("iIiIiA-1")).await.unwrap();
}
