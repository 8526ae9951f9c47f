//! Groups and their members.

use serde_json::{Value, json};

use bundle_core::ErrorKind;
use bundle_core::http::odata_literal;
use graph_client::{GroupPatch, NewGroup, Query};

use crate::support::{Call, Setup, absent, assert_error, denied, guid, id, throttled};

const SELECT: &str =
    "id,displayName,description,mailEnabled,mailNickname,securityEnabled,isAssignableToRole,groupTypes,visibility";

fn one(method: &'static str) -> Call {
    Call::new(method, format!("groups/{}", guid(5)))
}

fn new_group() -> NewGroup {
    NewGroup::security("GDAP Exchange Administrator", "GDAP-Exchange-Administrator")
        .description("role assignment for partner access")
        .assignable_to_role()
}

fn create() -> Call {
    Call::new("POST", "groups").body(json!({
        "displayName": "GDAP Exchange Administrator",
        "description": "role assignment for partner access",
        "mailNickname": "GDAP-Exchange-Administrator",
        "mailEnabled": false,
        "securityEnabled": true,
        "groupTypes": [],
        "isAssignableToRole": true,
        "visibility": "Private",
    }))
}

/// The reference of a `$ref` body, to the server's own root.
fn reference(setup: &Setup, digit: u8) -> Value {
    json!({"@odata.id": format!("{}/graph/v1.0/directoryObjects/{}", setup.server.uri(), guid(digit))})
}

fn add(setup: &Setup) -> Call {
    Call::new("POST", format!("groups/{}/members/$ref", guid(5))).body(reference(setup, 3))
}

fn remove() -> Call {
    Call::new("DELETE", format!("groups/{}/members/{}/$ref", guid(5), guid(3)))
}

#[tokio::test]
async fn list_quotes_the_name_and_follows_the_link() {
    let setup = Setup::new().await;
    let filter = "startswith(displayName,'GDAP ')";
    let call = || Call::get("groups").query("$filter", filter).query("$select", SELECT).query("$top", "999");
    setup.expect(throttled(call())).await;
    setup.expect(call().answers(200, "groups/list_page_1")).await;
    let next = Call::get("groups").query("$filter", filter).query("$top", "999").query("$skiptoken", "RFNwdAoAAQ");
    setup.expect(next.answers(200, "groups/list_page_2")).await;
    let query = Query::new().filter(format!("startswith(displayName,{})", odata_literal("GDAP ")));
    let groups = setup.graph.groups().list(&query).collect_all().await.unwrap();
    assert_eq!(groups.iter().map(|group| group.id).collect::<Vec<_>>(), [id(5), id(6)]);
    assert_eq!(groups[0].is_assignable_to_role, None);
    assert_eq!(groups[0].group_types.as_deref(), Some(&[][..]));
}

#[tokio::test]
async fn list_with_a_search_asks_the_index() {
    let setup = Setup::new().await;
    let call = Call::get("groups")
        .query("$search", "\"displayName:O'Neil & Söhne\"")
        .query("$select", "id,displayName")
        .query("$top", "10")
        .query("$count", "true");
    setup.expect(call.eventual().answers(200, "groups/list_page_2")).await;
    let query = Query::new().search("\"displayName:O'Neil & Söhne\"").select(["displayName"]).top(10);
    assert_eq!(setup.graph.groups().list(&query).collect_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn find_reads_a_group_and_absent_is_none() {
    let setup = Setup::new().await;
    let call = || one("GET").query("$select", SELECT);
    setup.expect(call().answers(200, "groups/find_found")).await;
    setup.expect(absent(call())).await;
    let group = setup.graph.groups().find(&id(5)).await.unwrap().unwrap();
    assert_eq!(group.security_enabled, Some(true));
    assert_eq!(setup.graph.groups().find(&id(5)).await.unwrap(), None);
}

#[tokio::test]
async fn create_repeats_after_throttling_and_keeps_what_the_model_lacks() {
    let setup = Setup::new().await;
    setup.expect(throttled(create())).await;
    setup.expect(create().answers(201, "groups/create_created")).await;
    let group = setup.graph.groups().create(&new_group()).await.unwrap();
    assert_eq!(group.is_assignable_to_role, Some(true));
    assert_eq!(group.extra["securityIdentifier"], "S-1-12-1-5-5-5-5");
}

#[tokio::test]
async fn create_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(create())).await;
    let error = setup.graph.groups().create(&new_group()).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.groups.create");
}

#[tokio::test]
async fn create_that_may_have_happened_is_not_repeated() {
    let setup = Setup::new().await;
    setup.expect(create().answers(500, "errors/server_error_500")).await;
    let error = setup.graph.groups().create(&new_group()).await.unwrap_err();
    assert_error(&error, ErrorKind::OutcomeUnknown, "graph.groups.create");
}

#[tokio::test]
async fn create_of_a_microsoft_365_group_is_mail_enabled() {
    let setup = Setup::new().await;
    let body = json!({
        "displayName": "Sales", "mailNickname": "sales", "mailEnabled": true, "securityEnabled": false,
        "groupTypes": ["Unified"], "visibility": "Public",
    });
    setup.expect(Call::new("POST", "groups").body(body).answers(201, "groups/create_created")).await;
    let new = NewGroup::microsoft_365("Sales", "sales").visibility("Public");
    setup.graph.groups().create(&new).await.unwrap();
}

#[tokio::test]
async fn update_sends_changes_only() {
    let setup = Setup::new().await;
    setup.expect(one("PATCH").body(json!({"description": "first line"}))).await;
    setup.graph.groups().update(&id(5), &GroupPatch::new().description("first line")).await.unwrap();
}

#[tokio::test]
async fn delete_deletes() {
    let setup = Setup::new().await;
    setup.expect(throttled(one("DELETE"))).await;
    setup.expect(one("DELETE")).await;
    setup.graph.groups().delete(&id(5)).await.unwrap();
}

#[tokio::test]
async fn members_list_follows_links_and_names_types() {
    let setup = Setup::new().await;
    let call = || Call::get(format!("groups/{}/members", guid(5))).query("$select", "id").query("$top", "999");
    setup.expect(throttled(call())).await;
    setup.expect(call().answers(200, "groups/members_page_1")).await;
    setup.expect(call().query("$skiptoken", "RFNwdAoAAw").answers(200, "groups/members_page_2")).await;
    let members = setup.graph.groups().members(&id(5)).list(&Query::new()).collect_all().await.unwrap();
    assert_eq!(members.iter().map(|member| member.is_user()).collect::<Vec<_>>(), [true, false, false, true]);
}

#[tokio::test]
async fn member_add_refers_to_the_object_and_is_repeated() {
    let setup = Setup::new().await;
    setup.expect(add(&setup).answers(500, "errors/server_error_500")).await;
    setup.expect(add(&setup)).await;
    setup.graph.groups().members(&id(5)).add(&id(3)).await.unwrap();
}

#[tokio::test]
async fn member_add_of_a_member_is_a_conflict() {
    let setup = Setup::new().await;
    setup.expect(add(&setup).answers(400, "errors/reference_exists_400")).await;
    let error = setup.graph.groups().members(&id(5)).add(&id(3)).await.unwrap_err();
    assert_error(&error, ErrorKind::Conflict, "graph.groups.members.add");
}

#[tokio::test]
async fn member_add_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(add(&setup))).await;
    let error = setup.graph.groups().members(&id(5)).add(&id(3)).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.groups.members.add");
}

#[tokio::test]
async fn member_remove_removes_the_reference_only() {
    let setup = Setup::new().await;
    setup.expect(remove()).await;
    setup.expect(absent(remove())).await;
    let members = setup.graph.groups().members(&id(5));
    members.remove(&id(3)).await.unwrap();
    let error = members.remove(&id(3)).await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.groups.members.remove");
}
