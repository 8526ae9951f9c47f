//! Role assignments.

use serde_json::json;

use bundle_core::ErrorKind;
use graph_client::{NewRoleAssignment, Query};

use crate::support::{Call, EXCHANGE_ADMINISTRATOR, Setup, assert_error, denied, guid, id, throttled};

const PATH: &str = "roleManagement/directory/roleAssignments";

fn new() -> NewRoleAssignment {
    NewRoleAssignment::new(id(3), EXCHANGE_ADMINISTRATOR.parse().unwrap())
}

fn create() -> Call {
    Call::new("POST", PATH).body(json!({
        "@odata.type": "#microsoft.graph.unifiedRoleAssignment",
        "principalId": guid(3),
        "roleDefinitionId": EXCHANGE_ADMINISTRATOR,
        "directoryScopeId": "/",
    }))
}

#[tokio::test]
async fn list_filters_and_follows_the_link() {
    let setup = Setup::new().await;
    let filter = format!("roleDefinitionId eq '{EXCHANGE_ADMINISTRATOR}'");
    let call = || {
        let select = "id,principalId,roleDefinitionId,directoryScopeId";
        Call::get(PATH).query("$filter", &filter).query("$select", select).query("$top", "999")
    };
    setup.expect(throttled(call())).await;
    setup.expect(call().answers(200, "role_assignments/list_page_1")).await;
    let next = Call::get(PATH).query("$filter", &filter).query("$top", "999").query("$skiptoken", "cA");
    setup.expect(next.answers(200, "role_assignments/list_page_2")).await;
    let assignments =
        setup.graph.role_assignments().list(&Query::new().filter(filter.as_str())).collect_all().await.unwrap();
    assert_eq!(assignments.iter().map(|item| item.principal_id).collect::<Vec<_>>(), [id(3), id(4)]);
    assert_eq!(assignments[0].directory_scope_id.as_deref(), Some("/"));
}

#[tokio::test]
async fn create_is_repeated_when_the_outcome_is_unknown() {
    let setup = Setup::new().await;
    setup.expect(create().answers(500, "errors/server_error_500")).await;
    setup.expect(create().answers(201, "role_assignments/create_created")).await;
    let assignment = setup.graph.role_assignments().create(&new()).await.unwrap();
    assert_eq!(assignment.id.as_str(), "3ywjKSOT_UKt4h0JevPk3jMzMzM-1");
}

#[tokio::test]
async fn create_of_a_role_the_principal_has_is_a_conflict() {
    let setup = Setup::new().await;
    setup.expect(create().answers(400, "errors/conflicting_object_400")).await;
    let error = setup.graph.role_assignments().create(&new()).await.unwrap_err();
    assert_error(&error, ErrorKind::Conflict, "graph.role_assignments.create");
}

#[tokio::test]
async fn create_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(create())).await;
    let error = setup.graph.role_assignments().create(&new()).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.role_assignments.create");
}

#[tokio::test]
async fn delete_deletes_by_id() {
    let setup = Setup::new().await;
    setup.expect(Call::new("DELETE", format!("{PATH}/3ywjKSOT_UKt4h0JevPk3jMzMzM-1"))).await;
    let id = graph_client::RoleAssignmentId::new("3ywjKSOT_UKt4h0JevPk3jMzMzM-1");
    setup.graph.role_assignments().delete(&id).await.unwrap();
}
