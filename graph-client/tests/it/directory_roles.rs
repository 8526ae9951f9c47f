//! Activated directory roles.

use serde_json::json;

use bundle_core::ErrorKind;
use bundle_core::ids::RoleTemplateId;

use crate::support::{Call, EXCHANGE_ADMINISTRATOR, Setup, absent, assert_error, denied, guid, id, throttled};

fn role() -> RoleTemplateId {
    EXCHANGE_ADMINISTRATOR.parse().unwrap()
}

fn members(method: &'static str, tail: &str) -> Call {
    Call::new(method, format!("directoryRoles(roleTemplateId='{EXCHANGE_ADMINISTRATOR}')/members{tail}"))
}

fn activate() -> Call {
    Call::new("POST", "directoryRoles").body(json!({"roleTemplateId": EXCHANGE_ADMINISTRATOR}))
}

fn add(setup: &Setup) -> Call {
    let url = format!("{}/graph/v1.0/directoryObjects/{}", setup.server.uri(), guid(3));
    members("POST", "/$ref").body(json!({"@odata.id": url}))
}

#[tokio::test]
async fn list_reads_roles_without_a_page_size() {
    let setup = Setup::new().await;
    let call = || Call::get("directoryRoles").query("$select", "id,displayName,roleTemplateId");
    setup.expect(throttled(call())).await;
    setup.expect(call().answers(200, "directory_roles/list_two")).await;
    let roles = setup.graph.directory_roles().list().collect_all().await.unwrap();
    assert_eq!(roles[1].role_template_id, role());
}

#[tokio::test]
async fn activate_creates_the_role_and_is_repeated() {
    let setup = Setup::new().await;
    setup.expect(activate().answers(503, "errors/unavailable_503")).await;
    setup.expect(activate().answers(201, "directory_roles/activate_created")).await;
    let active = setup.graph.directory_roles().activate(&role()).await.unwrap();
    assert_eq!(active.id, id(7));
}

#[tokio::test]
async fn activate_of_an_active_role_is_a_conflict() {
    let setup = Setup::new().await;
    setup.expect(activate().answers(400, "errors/conflicting_object_400")).await;
    let error = setup.graph.directory_roles().activate(&role()).await.unwrap_err();
    assert_error(&error, ErrorKind::Conflict, "graph.directory_roles.activate");
}

#[tokio::test]
async fn activate_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(activate())).await;
    let error = setup.graph.directory_roles().activate(&role()).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.directory_roles.activate");
}

#[tokio::test]
async fn members_reads_ids_and_types() {
    let setup = Setup::new().await;
    setup.expect(members("GET", "").query("$select", "id").answers(200, "directory_roles/members_two")).await;
    let members = setup.graph.directory_roles().members(&role()).collect_all().await.unwrap();
    assert_eq!(
        members.iter().map(|member| (member.id, member.is_user())).collect::<Vec<_>>(),
        [(id(3), true), (id(8), false)]
    );
}

#[tokio::test]
async fn members_of_an_inactive_role_are_not_found() {
    let setup = Setup::new().await;
    setup.expect(absent(members("GET", "").query("$select", "id"))).await;
    let error = setup.graph.directory_roles().members(&role()).collect_all().await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.directory_roles.members.list");
}

#[tokio::test]
async fn add_member_twice_is_a_conflict() {
    let setup = Setup::new().await;
    setup.expect(add(&setup)).await;
    setup.expect(add(&setup).answers(400, "errors/reference_exists_400")).await;
    let roles = setup.graph.directory_roles();
    roles.add_member(&role(), &id(3)).await.unwrap();
    let error = roles.add_member(&role(), &id(3)).await.unwrap_err();
    assert_error(&error, ErrorKind::Conflict, "graph.directory_roles.members.add");
}

#[tokio::test]
async fn remove_member_removes_the_reference_only() {
    let setup = Setup::new().await;
    setup.expect(members("DELETE", &format!("/{}/$ref", guid(3)))).await;
    setup.graph.directory_roles().remove_member(&role(), &id(3)).await.unwrap();
}
