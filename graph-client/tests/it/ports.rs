//! The ports: partner calls go to the partner's tenant, customer calls to the customer's.

use serde_json::json;

use bundle_core::account::NewAccount;
use bundle_core::auth::Principal;
use bundle_core::conditional_access::{PolicyApi, PolicyUsers};
use bundle_core::directory::{
    GrantApi, GroupApi, NewAppRoleAssignment, NewPermissionGrant, NewRoleGroup, ScopeChange, ServicePrincipalApi,
    TenantApi,
};
use bundle_core::gdap::GroupTreeApi;
use bundle_core::ids::{AppId, PermissionGrantId, PolicyId};
use bundle_core::registration::{AccountApi, ApplicationApi, NewAppRegistration, PerUserMfaState, RoleApi, SecretApi};
use bundle_core::{ErrorKind, TenantId};
use graph_client::GraphPorts;

use crate::support::{CONTOSO, Call, EXCHANGE_ADMINISTRATOR, GRAPH_SCOPE, Setup, absent, guid, id};

/// What is read of a group.
const GROUP: &str =
    "id,displayName,description,mailEnabled,mailNickname,securityEnabled,isAssignableToRole,groupTypes,visibility";
const CUSTOMER: TenantId = TenantId::from_u128(0x9999_9999_9999_9999_9999_9999_9999_9999);
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const USER_READ_ALL: &str = "df021288-bdef-4463-88db-98f22de89214";

/// The ports of Contoso, a partner.
fn ports(setup: &Setup) -> GraphPorts {
    GraphPorts::new(setup.client.clone(), CONTOSO)
}

/// A call in the customer's tenant, as the account.
fn customer(call: Call) -> Call {
    call.tenant(CUSTOMER)
}

#[tokio::test]
async fn groups_starting_with_answers_security_groups_of_all_pages() {
    let setup = Setup::new().await;
    let filter = "startswith(displayName,'GDAP ')";
    let first = Call::get("groups").query("$filter", filter).query("$select", "id,displayName,securityEnabled");
    setup.expect(first.query("$top", "999").answers(200, "groups/port_list_page_1")).await;
    let next = Call::get("groups").query("$filter", filter).query("$top", "999").query("$skiptoken", "RFNwdAoAAQ");
    setup.expect(next.answers(200, "groups/port_list_page_2")).await;
    let groups = ports(&setup).groups_starting_with("GDAP ").await.unwrap();
    let names: Vec<&str> = groups.iter().map(|group| &*group.display_name).collect();
    assert_eq!(names, ["GDAP Exchange Administrator", "gdap user administrator"]);
}

#[tokio::test]
async fn create_group_sends_the_group_as_the_flow_made_it_with_its_member() {
    let setup = Setup::new().await;
    let member = format!("{}/graph/v1.0/directoryObjects/{}", setup.server.uri(), guid(3));
    let body = json!({
        "displayName": "GDAP Exchange Administrator", "description": "partner access",
        "mailNickname": "GDAPExchangeAdministrator", "mailEnabled": false, "securityEnabled": true,
        "isAssignableToRole": false, "members@odata.bind": [member],
    });
    setup.expect(Call::new("POST", "groups").body(body).answers(201, "groups/create_created")).await;
    let new = NewRoleGroup::new("GDAP Exchange Administrator", "partner access", false);
    assert_eq!(ports(&setup).create_group(&new, &id(3)).await.unwrap().id, id(5));
}

#[tokio::test]
async fn group_answers_its_users_and_nested_groups_and_absent_is_none() {
    let setup = Setup::new().await;
    let one = || Call::get(format!("groups/{}", guid(5))).query("$select", GROUP);
    setup.expect(one().answers(200, "groups/find_found")).await;
    setup.expect(absent(one())).await;
    let call = || {
        let members = Call::get(format!("groups/{}/members", guid(5)));
        members.query("$select", "id,displayName").query("$top", "999")
    };
    setup.expect(call().answers(200, "groups/members_page_1")).await;
    let next = Call::get(format!("groups/{}/members", guid(5))).query("$select", "id").query("$top", "999");
    setup.expect(next.query("$skiptoken", "RFNwdAoAAw").answers(200, "groups/members_page_2")).await;
    let ports = ports(&setup);
    let node = ports.group(&id(5)).await.unwrap().unwrap();
    assert_eq!(node.display_name, "GDAP Exchange Administrator");
    assert_eq!(node.users.iter().map(|user| user.id).collect::<Vec<_>>(), [id(3), id(4)]);
    assert_eq!(node.groups, [id(6)]);
    assert!(ports.group(&id(5)).await.unwrap().is_none());
}

#[tokio::test]
async fn members_answers_users_only() {
    let setup = Setup::new().await;
    let call = || Call::get(format!("groups/{}/members", guid(5))).query("$select", "id").query("$top", "999");
    setup.expect(call().answers(200, "groups/members_page_1")).await;
    setup.expect(call().query("$skiptoken", "RFNwdAoAAw").answers(200, "groups/members_page_2")).await;
    assert_eq!(ports(&setup).members(&id(5)).await.unwrap(), [id(3), id(4)]);
}

#[tokio::test]
async fn add_member_of_a_member_is_a_conflict() {
    let setup = Setup::new().await;
    let url = format!("{}/graph/v1.0/directoryObjects/{}", setup.server.uri(), guid(3));
    let call = Call::new("POST", format!("groups/{}/members/$ref", guid(5))).body(json!({"@odata.id": url}));
    setup.expect(call.answers(400, "errors/reference_exists_400")).await;
    let error = ports(&setup).add_member(&id(5), &id(3)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn tenant_reads_are_made_as_the_account_of_the_right_tenant() {
    let setup = Setup::new().await;
    let me = Call::get("me").query("$select", "id,userPrincipalName,displayName");
    setup.expect(me.answers(200, "me/get_service_account")).await;
    let organization = Call::get("organization").query("$select", "id,displayName,verifiedDomains");
    setup.expect(customer(organization).answers(200, "organization/get_contoso")).await;
    let licenses = Call::get("subscribedSkus").query("$select", "skuId,skuPartNumber,capabilityStatus,servicePlans");
    setup.expect(customer(licenses).answers(200, "licenses/list_none")).await;
    let ports = ports(&setup);
    assert_eq!(ports.me().await.unwrap().id, id(3));
    assert_eq!(ports.organization(&CUSTOMER).await.unwrap().display_name.as_deref(), Some("Contoso"));
    assert_eq!(ports.licenses(&CUSTOMER).await.unwrap(), []);
    assert_eq!(ports.token_claims(&CUSTOMER).await.unwrap(), None);
    let last = setup.credential.requests().pop().unwrap();
    assert_eq!((last.tenant, last.principal, &*last.scope), (CUSTOMER, Principal::Account, GRAPH_SCOPE));
}

#[tokio::test]
async fn service_principal_is_read_small_and_absent_is_none() {
    let setup = Setup::new().await;
    let call = |select| {
        let path = format!("servicePrincipals(appId='{GRAPH}')");
        customer(Call::get(path).query("$select", select))
    };
    let small = || call("id,appId,displayName");
    let offers = call("id,appId,displayName,appRoles,oauth2PermissionScopes");
    setup.expect(small().answers(200, "service_principals/port_find_graph")).await;
    setup.expect(offers.answers(200, "service_principals/port_find_graph")).await;
    setup.expect(absent(small())).await;
    let ports = ports(&setup);
    let application = GRAPH.parse().unwrap();
    let principal = ports.service_principal(&CUSTOMER, &application).await.unwrap().unwrap();
    assert_eq!(principal.app_id, application);
    let resource = ports.resource(&CUSTOMER, &application).await.unwrap().unwrap();
    assert_eq!(resource.app_roles[0].id, USER_READ_ALL.parse().unwrap());
    assert_eq!(ports.service_principal(&CUSTOMER, &application).await.unwrap(), None);
}

#[tokio::test]
async fn service_principals_come_in_one_batch_in_the_order_asked_for() {
    let setup = Setup::new().await;
    let url = |app: &str| format!("/servicePrincipals(appId='{app}')?$select=id,appId,displayName");
    let sent = |first: &str| {
        let requests = json!([
            {"id": "1", "method": "GET", "url": url(first)}, {"id": "2", "method": "GET", "url": url(GRAPH)},
        ]);
        customer(Call::new("POST", "$batch").body(json!({"requests": requests})))
    };
    let (absent, denied): (AppId, AppId) = (id(5), id(6));
    setup.expect(sent(&guid(5)).answers(200, "batch/service_principals_200")).await;
    setup.expect(sent(&guid(6)).answers(200, "batch/service_principals_denied_200")).await;
    let (ports, graph) = (ports(&setup), GRAPH.parse().unwrap());
    let found = ports.service_principals(&CUSTOMER, &[absent, graph]).await.unwrap();
    assert_eq!(found[0], None);
    assert_eq!(found[1].as_ref().unwrap().app_id, graph);
    let error = ports.service_principals(&CUSTOMER, &[denied, graph]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn create_service_principal_names_the_application() {
    let setup = Setup::new().await;
    let call = customer(Call::new("POST", "servicePrincipals").body(json!({"appId": guid(2)})));
    setup.expect(call.answers(201, "service_principals/create_created")).await;
    let principal = ports(&setup).create_service_principal(&CUSTOMER, &id(2)).await.unwrap();
    assert_eq!(principal.app_id, id(2));
}

#[tokio::test]
async fn grants_answers_both_kinds_without_default_access() {
    let setup = Setup::new().await;
    let path = format!("servicePrincipals/{}/appRoleAssignments", guid(8));
    let first = Call::get(&path).query("$select", "id,appRoleId,resourceId").query("$top", "999");
    setup.expect(customer(first).answers(200, "app_role_assignments/list_page_1")).await;
    let next = Call::get(&path).query("$top", "999").query("$skiptoken", "RFNwdAIAAQ");
    setup.expect(customer(next).answers(200, "app_role_assignments/list_page_2")).await;
    let delegated = Call::get(format!("servicePrincipals/{}/oauth2PermissionGrants", guid(8)))
        .query("$select", "id,consentType,resourceId,scope")
        .query("$top", "999");
    setup.expect(customer(delegated).answers(200, "permission_grants/of_client")).await;
    let grants = ports(&setup).grants(&CUSTOMER, &id(8)).await.unwrap();
    let [role] = &grants.app_roles[..] else { panic!("default access is left out: {grants:?}") };
    assert_eq!((role.resource_id, role.app_role_id), (id(6), USER_READ_ALL.parse().unwrap()));
    assert_eq!(grants.permission_grants.len(), 2);
}

#[tokio::test]
async fn assign_app_role_of_a_role_that_is_granted_is_a_conflict() {
    let setup = Setup::new().await;
    let body = json!({"principalId": guid(8), "resourceId": guid(6), "appRoleId": USER_READ_ALL});
    let call =
        || customer(Call::new("POST", format!("servicePrincipals/{}/appRoleAssignments", guid(8))).body(body.clone()));
    setup.expect(call().answers(201, "app_role_assignments/grant_created")).await;
    setup.expect(call().answers(400, "app_role_assignments/grant_exists_400")).await;
    let new = NewAppRoleAssignment::new(id(8), id(6), USER_READ_ALL.parse().unwrap());
    let ports = ports(&setup);
    ports.assign_app_role(&CUSTOMER, &new).await.unwrap();
    let error = ports.assign_app_role(&CUSTOMER, &new).await.unwrap_err();
    assert_eq!((error.kind(), error.tenant()), (ErrorKind::Conflict, Some(&CUSTOMER)));
}

#[tokio::test]
async fn assign_app_roles_goes_in_a_batch_and_answers_each() {
    let setup = Setup::new().await;
    let other = "7ab1d382-f21e-4acd-a863-ba3e13f7da61";
    let item = |number: &str, role: &str| {
        json!({"id": number, "method": "POST", "url": format!("/servicePrincipals/{}/appRoleAssignments", guid(8)),
               "headers": {"content-type": "application/json"},
               "body": {"principalId": guid(8), "resourceId": guid(6), "appRoleId": role}})
    };
    let batch = Call::new("POST", "$batch").body(json!({"requests": [item("1", USER_READ_ALL), item("2", other)]}));
    setup.expect(customer(batch).answers(200, "batch/grants_200")).await;
    let new = [USER_READ_ALL, other].map(|role| NewAppRoleAssignment::new(id(8), id(6), role.parse().unwrap()));
    let outcomes = ports(&setup).assign_app_roles(&CUSTOMER, &new).await.unwrap();
    assert!(outcomes[0].is_ok());
    let error = outcomes[1].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.tenant()), (ErrorKind::Conflict, Some(&CUSTOMER)));
    assert_eq!(error.operation(), Some("graph.app_role_assignments.grant"));
}

#[tokio::test]
async fn grant_scope_creates_or_replaces() {
    let setup = Setup::new().await;
    let body = json!({
        "clientId": guid(8), "consentType": "AllPrincipals", "resourceId": guid(6), "scope": "User.Read",
    });
    let create = Call::new("POST", "oauth2PermissionGrants").body(body);
    setup.expect(customer(create).answers(201, "permission_grants/create_created")).await;
    setup.expect(customer(Call::new("PATCH", "oauth2PermissionGrants/iIiI-a").body(json!({"scope": "a b"})))).await;
    let ports = ports(&setup);
    let create = ScopeChange::Create(NewPermissionGrant::new(id(8), id(6), "User.Read"));
    ports.grant_scope(&CUSTOMER, &create).await.unwrap();
    let replace = ScopeChange::Replace { grant: PermissionGrantId::new("iIiI-a"), scope: "a b".to_owned() };
    ports.grant_scope(&CUSTOMER, &replace).await.unwrap();
}

#[tokio::test]
async fn policies_are_read_and_changed_as_the_principal_named() {
    let setup = Setup::new().await;
    let path = "identity/conditionalAccess/policies";
    setup.expect(customer(Call::get(path)).by_application().answers(200, "conditional_access/list_page_2")).await;
    let users = json!({
        "includeUsers": [], "excludeUsers": [], "includeGroups": [], "excludeGroups": [], "includeRoles": [],
        "excludeRoles": [],
    });
    let change = Call::new("PATCH", format!("{path}/{}", guid(6))).body(json!({"conditions": {"users": users}}));
    setup.expect(customer(change)).await;
    let ports = ports(&setup);
    let policies = ports.policies(&CUSTOMER, Principal::Application).await.unwrap();
    assert_eq!(policies[0].id, PolicyId::new(guid(6)));
    ports.replace_users(&CUSTOMER, Principal::Account, &policies[0].id, &PolicyUsers::default()).await.unwrap();
}

#[tokio::test]
async fn applications_are_those_of_the_partner() {
    let setup = Setup::new().await;
    let select = "id,appId,displayName,signInAudience,requiredResourceAccess,passwordCredentials";
    let find = Call::get(format!("applications(appId='{}')", guid(2))).query("$select", select);
    setup.expect(absent(find)).await;
    let named = Call::get("applications").query("$filter", "displayName eq 'O''Neil'").query("$select", select);
    setup.expect(named.query("$top", "999").answers(200, "applications/list_page_2")).await;
    let create = Call::new("POST", "applications").body(json!({
        "displayName": "Cloud Connector", "signInAudience": "AzureADMultipleOrgs", "isFallbackPublicClient": true,
        "web": {"redirectUris": ["http://localhost"]}, "publicClient": {"redirectUris": []},
        "requiredResourceAccess": [],
    }));
    setup.expect(create.answers(201, "applications/create_created")).await;
    let replace = Call::new("PATCH", format!("applications/{}", guid(5)));
    setup.expect(replace.body(json!({"requiredResourceAccess": []}))).await;
    let ports = ports(&setup);
    assert_eq!(ports.find_application(&id(2)).await.unwrap(), None);
    assert_eq!(ports.applications_named("O'Neil").await.unwrap().len(), 1);
    let new = NewAppRegistration::new("Cloud Connector", Vec::new());
    let created = ports.create_application(&new).await.unwrap();
    ports.replace_required_access(&created.id, &[]).await.unwrap();
}

#[tokio::test]
async fn secrets_are_added_and_removed() {
    let setup = Setup::new().await;
    let add = Call::new("POST", format!("applications/{}/addPassword", guid(5)))
        .body(json!({"passwordCredential": {"displayName": "rotation", "endDateTime": "2027-01-01T00:00:00Z"}}));
    setup.expect(add.answers(200, "applications/add_password_added")).await;
    let remove = Call::new("POST", format!("applications/{}/removePassword", guid(5)));
    setup.expect(remove.body(json!({"keyId": guid(7)}))).await;
    let ports = ports(&setup);
    let end = "2027-01-01T00:00:00Z".parse().unwrap();
    let added = ports.add_secret(&id(5), "rotation", end).await.unwrap();
    ports.remove_secret(&id(5), &added.key_id).await.unwrap();
}

#[tokio::test]
async fn accounts_are_found_created_and_protected() {
    let setup = Setup::new().await;
    let select = "id,userPrincipalName,displayName";
    setup.expect(absent(Call::get("users/integration@contoso.com").query("$select", select))).await;
    let create = Call::new("POST", "users").body(json!({
        "accountEnabled": true, "displayName": "Integration Service Account", "mailNickname": "integration",
        "userPrincipalName": "integration@contoso.com",
        "passwordProfile": {"forceChangePasswordNextSignIn": false, "password": "Correct-horse-7"},
    }));
    setup.expect(create.answers(201, "users/create_created")).await;
    let requirements = |method| Call::new(method, format!("users/{}/authentication/requirements", guid(3)));
    setup.expect(requirements("GET").answers(200, "authentication/requirements_disabled")).await;
    setup.expect(requirements("PATCH").body(json!({"perUserMfaState": "enforced"}))).await;
    let ports = ports(&setup);
    assert_eq!(ports.find_account("integration@contoso.com").await.unwrap(), None);
    let new = NewAccount::new("integration@contoso.com", "Integration Service Account", "Correct-horse-7".into());
    let account = ports.create_account(&new).await.unwrap();
    assert_eq!(ports.mfa_state(&account.id).await.unwrap(), PerUserMfaState::Disabled);
    ports.enforce_mfa(&account.id).await.unwrap();
}

#[tokio::test]
async fn roles_answers_those_of_the_user_for_the_whole_tenant() {
    let setup = Setup::new().await;
    let call = Call::get("roleManagement/directory/roleAssignments")
        .query("$filter", &format!("principalId eq '{}'", guid(3)))
        .query("$select", "id,principalId,roleDefinitionId,directoryScopeId")
        .query("$top", "999");
    setup.expect(call.answers(200, "role_assignments/list_of_principal")).await;
    assert_eq!(ports(&setup).roles(&id(3)).await.unwrap(), [EXCHANGE_ADMINISTRATOR.parse().unwrap()]);
}

#[tokio::test]
async fn assign_role_of_a_role_the_user_has_is_a_conflict() {
    let setup = Setup::new().await;
    let call = || {
        Call::new("POST", "roleManagement/directory/roleAssignments").body(json!({
            "@odata.type": "#microsoft.graph.unifiedRoleAssignment", "principalId": guid(3),
            "roleDefinitionId": EXCHANGE_ADMINISTRATOR, "directoryScopeId": "/",
        }))
    };
    setup.expect(call().answers(201, "role_assignments/create_created")).await;
    setup.expect(call().answers(400, "errors/conflicting_object_400")).await;
    let ports = ports(&setup);
    let role = EXCHANGE_ADMINISTRATOR.parse().unwrap();
    ports.assign_role(&id(3), &role).await.unwrap();
    let error = ports.assign_role(&id(3), &role).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}
