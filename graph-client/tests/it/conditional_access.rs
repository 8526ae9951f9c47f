//! Conditional Access policies.

use serde_json::{Value, json};

use bundle_core::ErrorKind;
use bundle_core::conditional_access::{PolicyState, PolicyUsers};
use bundle_core::ids::PolicyId;
use graph_client::{ConditionalAccessPolicyPatch, NewConditionalAccessPolicy};

use crate::support::{Call, Setup, absent, assert_error, denied, guid, throttled};

const PATH: &str = "identity/conditionalAccess/policies";

fn one(method: &'static str) -> Call {
    Call::new(method, format!("{PATH}/{}", guid(6)))
}

fn policy() -> PolicyId {
    PolicyId::new(guid(6))
}

fn everybody() -> PolicyUsers {
    let mut users = PolicyUsers::default();
    users.include_users = vec!["All".to_owned()];
    users
}

fn users_body(exclusion: Option<Value>) -> Value {
    let mut users = json!({
        "includeUsers": ["All"], "excludeUsers": [guid(3)], "includeGroups": [], "excludeGroups": [],
        "includeRoles": [], "excludeRoles": [],
    });
    if let Some(exclusion) = exclusion {
        users["excludeGuestsOrExternalUsers"] = exclusion;
    }
    users
}

fn create() -> Call {
    let mut users = users_body(None);
    users["excludeUsers"] = json!([]);
    Call::new("POST", PATH).body(json!({
        "displayName": "Require MFA",
        "state": "enabledForReportingButNotEnforced",
        "conditions": {
            "users": users,
            "applications": {"includeApplications": ["All"], "excludeApplications": []},
            "clientAppTypes": ["all"],
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }))
}

#[tokio::test]
async fn list_reads_whole_policies_without_query_options() {
    let setup = Setup::new().await;
    setup.expect(throttled(Call::get(PATH))).await;
    setup.expect(Call::get(PATH).answers(200, "conditional_access/list_page_1")).await;
    setup.expect(Call::get(PATH).query("$skiptoken", "abc").answers(200, "conditional_access/list_page_2")).await;
    let policies = setup.graph.conditional_access().list().collect_all().await.unwrap();
    assert_eq!(policies[0].conditions.users, everybody());
    let exclusion = policies[1].conditions.users.exclude_guests_or_external_users.as_ref().unwrap();
    assert_eq!(exclusion.guest_or_external_user_types, "b2bCollaborationGuest,serviceProvider");
    assert_eq!(exclusion.external_tenants.as_ref().unwrap().members, [guid(2)]);
    assert_eq!(policies[1].grant_controls.as_ref().unwrap().built_in_controls, ["block"]);
}

#[tokio::test]
async fn list_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(Call::get(PATH))).await;
    let error = setup.graph.conditional_access().list().collect_all().await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.conditional_access.list");
}

#[tokio::test]
async fn get_of_an_absent_policy_is_not_found() {
    let setup = Setup::new().await;
    setup.expect(absent(one("GET"))).await;
    let error = setup.graph.conditional_access().get(&policy()).await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.conditional_access.get");
}

#[tokio::test]
async fn update_users_sends_back_all_that_was_read() {
    let setup = Setup::new().await;
    setup.expect(one("GET").answers(200, "conditional_access/get_excluded")).await;
    let exclusion = json!({
        "guestOrExternalUserTypes": "b2bCollaborationGuest,serviceProvider",
        "externalTenants": {
            "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
            "membershipKind": "enumerated",
            "members": [guid(2)],
        },
    });
    let call = || one("PATCH").body(json!({"conditions": {"users": users_body(Some(exclusion.clone()))}}));
    setup.expect(call().answers(503, "errors/unavailable_503")).await;
    setup.expect(call()).await;
    let policies = setup.graph.conditional_access();
    let read = policies.get(&policy()).await.unwrap();
    policies.update_users(&policy(), &read.conditions.users).await.unwrap();
}

#[tokio::test]
async fn update_sends_changes_only() {
    let setup = Setup::new().await;
    setup.expect(one("PATCH").body(json!({"displayName": "MFA", "state": "disabled"}))).await;
    let patch = ConditionalAccessPolicyPatch::new().display_name("MFA").state(PolicyState::Disabled);
    setup.graph.conditional_access().update(&policy(), &patch).await.unwrap();
}

#[tokio::test]
async fn create_only_reports_unless_told_otherwise() {
    let setup = Setup::new().await;
    setup.expect(create().answers(201, "conditional_access/create_created")).await;
    let new = NewConditionalAccessPolicy::new("Require MFA", everybody(), "mfa");
    let created = setup.graph.conditional_access().create(&new).await.unwrap();
    assert_eq!(created.state, PolicyState::ReportOnly);
}

#[tokio::test]
async fn create_without_the_licence_is_license_missing() {
    let setup = Setup::new().await;
    setup.expect(create().answers(403, "conditional_access/create_unlicensed_403")).await;
    let new = NewConditionalAccessPolicy::new("Require MFA", everybody(), "mfa");
    let error = setup.graph.conditional_access().create(&new).await.unwrap_err();
    assert_error(&error, ErrorKind::LicenseMissing, "graph.conditional_access.create");
}

#[tokio::test]
async fn delete_deletes() {
    let setup = Setup::new().await;
    setup.expect(one("DELETE")).await;
    setup.graph.conditional_access().delete(&policy()).await.unwrap();
}
