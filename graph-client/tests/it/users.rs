//! Users.

use serde_json::json;

use bundle_core::ErrorKind;
use bundle_core::account::{NewAccount, PasswordProfile};
use graph_client::{Query, UserPatch};

use crate::support::{Call, Setup, absent, assert_error, denied, guid, id, throttled};

const SELECT: &str = "id,userPrincipalName,displayName,mail,accountEnabled,userType,usageLocation";

fn one(method: &'static str) -> Call {
    Call::new(method, format!("users/{}", guid(3)))
}

fn new_account() -> NewAccount {
    NewAccount::new("integration@contoso.com", "Integration Service Account", "Correct-horse-7".into())
}

fn create() -> Call {
    Call::new("POST", "users").body(json!({
        "accountEnabled": true,
        "displayName": "Integration Service Account",
        "mailNickname": "integration",
        "userPrincipalName": "integration@contoso.com",
        "passwordProfile": {"forceChangePasswordNextSignIn": false, "password": "Correct-horse-7"},
    }))
}

#[tokio::test]
async fn get_reads_a_user() {
    let setup = Setup::new().await;
    setup.expect(one("GET").query("$select", SELECT).answers(200, "users/get_ada")).await;
    let user = setup.graph.users().get(&id(3)).await.unwrap();
    assert_eq!(user.user_principal_name.as_deref(), Some("ada@contoso.com"));
    assert_eq!(user.account_enabled, Some(true));
}

#[tokio::test]
async fn get_of_an_absent_user_is_not_found() {
    let setup = Setup::new().await;
    setup.expect(absent(one("GET").query("$select", SELECT))).await;
    let error = setup.graph.users().get(&id(3)).await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.users.get");
    assert_eq!(error.code(), Some("Request_ResourceNotFound"));
}

#[tokio::test]
async fn find_encodes_the_name_of_a_guest() {
    let setup = Setup::new().await;
    let call = Call::get("users/grace_fabrikam.com%23EXT%23@contoso.onmicrosoft.com");
    setup.expect(call.query("$select", SELECT).answers(200, "users/find_guest")).await;
    let user = setup.graph.users().find("grace_fabrikam.com#EXT#@contoso.onmicrosoft.com").await.unwrap().unwrap();
    assert_eq!(user.user_type.as_deref(), Some("Guest"));
    assert_eq!(user.usage_location, None);
}

#[tokio::test]
async fn find_of_a_name_with_a_dollar_sign_uses_the_key_form() {
    let setup = Setup::new().await;
    setup.expect(absent(Call::get("users('$ada@contoso.com')").query("$select", SELECT))).await;
    assert_eq!(setup.graph.users().find("$ada@contoso.com").await.unwrap(), None);
}

#[tokio::test]
async fn find_of_an_absent_user_is_none() {
    let setup = Setup::new().await;
    setup.expect(absent(Call::get("users/nobody@contoso.com").query("$select", SELECT))).await;
    assert_eq!(setup.graph.users().find("nobody@contoso.com").await.unwrap(), None);
}

#[tokio::test]
async fn find_denied_is_an_error_and_not_none() {
    let setup = Setup::new().await;
    setup.expect(denied(Call::get("users/ada@contoso.com").query("$select", SELECT))).await;
    let error = setup.graph.users().find("ada@contoso.com").await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.users.find");
}

#[tokio::test]
async fn list_follows_links_over_an_empty_page() {
    let setup = Setup::new().await;
    let first = Call::get("users").query("$select", SELECT).query("$top", "999");
    let next = |token: &str| {
        Call::get("users").query("$select", "id,userPrincipalName").query("$top", "999").query("$skiptoken", token)
    };
    setup.expect(throttled(Call::get("users").query("$select", SELECT).query("$top", "999"))).await;
    setup.expect(first.answers(200, "users/list_page_1")).await;
    setup.expect(next("RFNwdAIAAQ").answers(200, "users/list_page_2")).await;
    setup.expect(next("RFNwdAIAAg").answers(200, "users/list_page_3")).await;
    let users = setup.graph.users().list(&Query::new()).collect_all().await.unwrap();
    assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [id(3), id(4)]);
}

#[tokio::test]
async fn list_keeps_the_consistency_level_on_every_page() {
    let setup = Setup::new().await;
    let first = Call::get("users")
        .query("$filter", "endswith(mail,'@contoso.com')")
        .query("$orderby", "displayName")
        .query("$select", "id,mail")
        .query("$top", "5")
        .query("$count", "true");
    setup.expect(first.eventual().answers(200, "users/list_page_2")).await;
    let next = Call::get("users").query("$select", "id,userPrincipalName").query("$top", "999");
    setup.expect(next.query("$skiptoken", "RFNwdAIAAg").eventual().answers(200, "users/list_page_3")).await;
    let query = Query::new().filter("endswith(mail,'@contoso.com')").order_by("displayName").select(["mail"]).top(5);
    assert_eq!(setup.graph.users().list(&query).collect_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn create_sends_the_password_and_reads_the_user() {
    let setup = Setup::new().await;
    setup.expect(throttled(create())).await;
    setup.expect(create().answers(201, "users/create_created")).await;
    let user = setup.graph.users().create(&new_account()).await.unwrap();
    assert_eq!(user.id, id(3));
    assert!(!format!("{:?}", new_account()).contains("Correct-horse-7"));
}

#[tokio::test]
async fn create_of_a_taken_name_is_a_conflict() {
    let setup = Setup::new().await;
    setup.expect(create().answers(400, "users/create_taken_400")).await;
    let error = setup.graph.users().create(&new_account()).await.unwrap_err();
    assert_error(&error, ErrorKind::Conflict, "graph.users.create");
}

#[tokio::test]
async fn create_that_may_have_happened_is_not_repeated() {
    let setup = Setup::new().await;
    setup.expect(create().answers(500, "errors/server_error_500")).await;
    let error = setup.graph.users().create(&new_account()).await.unwrap_err();
    assert_error(&error, ErrorKind::OutcomeUnknown, "graph.users.create");
}

#[tokio::test]
async fn update_sends_changes_only_and_is_repeated() {
    let setup = Setup::new().await;
    let call = || one("PATCH").body(json!({"accountEnabled": false, "usageLocation": "DE"}));
    setup.expect(call().answers(503, "errors/unavailable_503")).await;
    setup.expect(call()).await;
    let patch = UserPatch::new().account_enabled(false).usage_location("DE");
    setup.graph.users().update(&id(3), &patch).await.unwrap();
}

#[tokio::test]
async fn update_of_the_password_of_an_administrator_is_denied() {
    let setup = Setup::new().await;
    let profile = json!({"passwordProfile": {"forceChangePasswordNextSignIn": true, "password": "Correct-horse-8"}});
    setup.expect(denied(one("PATCH").body(profile))).await;
    let profile = PasswordProfile { force_change_password_next_sign_in: true, password: "Correct-horse-8".into() };
    let patch = UserPatch::new().password_profile(profile);
    assert!(!format!("{patch:?}").contains("Correct-horse-8"));
    let error = setup.graph.users().update(&id(3), &patch).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.users.update");
}

#[tokio::test]
async fn delete_of_an_absent_user_is_not_found() {
    let setup = Setup::new().await;
    setup.expect(absent(one("DELETE"))).await;
    let error = setup.graph.users().delete(&id(3)).await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.users.delete");
}

#[tokio::test]
async fn delete_whose_answer_was_lost_is_done_when_the_user_is_gone() {
    let setup = Setup::new().await;
    setup.expect(one("DELETE").answers(500, "errors/server_error_500")).await;
    setup.expect(absent(one("DELETE"))).await;
    setup.graph.users().delete(&id(3)).await.unwrap();
}

#[tokio::test]
async fn member_of_lists_mixed_types_without_a_selection() {
    let setup = Setup::new().await;
    let call = Call::get(format!("users/{}/memberOf", guid(3))).query("$top", "999");
    setup.expect(call.answers(200, "users/member_of_mixed")).await;
    let objects = setup.graph.users().member_of(&id(3), &Query::new()).collect_all().await.unwrap();
    assert_eq!(objects[0].odata_type.as_deref(), Some("#microsoft.graph.group"));
    assert!(!objects[0].is_user());
    assert_eq!(objects[1].extra["roleTemplateId"], "88d8e3e3-8f55-4a1e-953a-9b9898b8876b");
}
