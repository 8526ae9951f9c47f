//! Microsoft Graph: roles, applications, service principals, grants, conditional access, tenants.

use std::time::Duration;

use bundle_sandbox::{Sandbox, demo, world};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::graph::{Answer, Caller};
use crate::stage::{GRAPH, Stage, customer, partner};

const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";
const CONSENT: [&str; 6] = [
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
    "Policy.Read.All",
    "Policy.ReadWrite.ConditionalAccess",
];

fn id(answer: &Answer) -> String {
    answer.body["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

fn app_role(key: &str, name: &str) -> Uuid {
    world::resource_named(key).unwrap().app_role(name).unwrap().id
}

async fn principal(caller: &Caller, app_id: &str) -> String {
    id(&caller.get(&format!("/v1.0/servicePrincipals(appId='{app_id}')?$select=id")).await)
}

#[tokio::test]
async fn applications_are_found_by_every_key_and_changed_in_whole_collections() {
    let caller = Caller::partner(0).await;
    let body = json!({
        "displayName": "Connector",
        "signInAudience": "AzureADMultipleOrgs",
        "isFallbackPublicClient": true,
        "web": {"redirectUris": ["https://app.example.com/callback"]},
        "publicClient": {"redirectUris": ["http://localhost"]},
        "servicePrincipalLockConfiguration": {"isEnabled": true, "allProperties": true},
        "requiredResourceAccess": [{"resourceAppId": GRAPH_APP, "resourceAccess": [{"id": app_role("graph", "User.Read.All"), "type": "Role"}]}],
    });
    let created = caller.post("/v1.0/applications", &body).await;
    assert_eq!(created.status, 201, "{created:?}");
    let (object, app_id) = (id(&created), created.body["appId"].as_str().unwrap().to_owned());
    assert_eq!(created.body["web"]["redirectUris"], body["web"]["redirectUris"]);
    assert_eq!(created.body["requiredResourceAccess"], body["requiredResourceAccess"]);
    for path in
        [format!("/v1.0/applications/{object}?$select=id"), format!("/v1.0/applications(appId='{app_id}')?$select=id")]
    {
        assert_eq!(id(&caller.get(&path).await), object);
    }
    let listed = caller.get(&format!("/v1.0/applications?$filter=appId eq '{app_id}'&$select=id,displayName")).await;
    assert_eq!(listed.names(), ["Connector"]);
    let change = json!({"web": {"redirectUris": ["https://other.example.com/"]}});
    assert_eq!(caller.patch(&format!("/v1.0/applications/{object}"), &change).await.status, 204);
    let shown = caller.get(&format!("/v1.0/applications/{object}?$select=web,publicClient")).await;
    assert_eq!(shown.body["web"]["redirectUris"], json!(["https://other.example.com/"]));
    assert_eq!(shown.body["publicClient"]["redirectUris"], json!(["http://localhost"]));
    assert_eq!(caller.delete(&format!("/v1.0/applications/{object}")).await.status, 204);
    assert_eq!(caller.get(&format!("/v1.0/applications(appId='{app_id}')")).await.status, 404);
}

#[tokio::test]
async fn applications_refuse_what_the_manifest_does_not_allow() {
    let caller = Caller::partner(0).await;
    for (wrong, part) in [
        (json!({"displayName": "A", "signInAudience": "Everybody"}), "signInAudience"),
        (json!({"displayName": "A", "web": {"redirectUris": ["http://app.example.com"]}}), "Redirect URIs"),
        (json!({"displayName": "A", "web": {"redirects": []}}), "Invalid property 'redirects'"),
        (
            json!({"displayName": "A", "requiredResourceAccess": [{"resourceAppId": GRAPH_APP, "resourceAccess": [{"id": GRAPH_APP, "type": "Both"}]}]}),
            "requiredResourceAccess",
        ),
        (json!({"signInAudience": "AzureADMyOrg"}), "displayName"),
        (json!({"displayName": "A", "appId": GRAPH_APP}), "read-only"),
    ] {
        let refused = caller.post("/v1.0/applications", &wrong).await;
        assert_eq!(refused.status, 400, "{wrong}");
        assert!(refused.message().contains(part), "{wrong}: {}", refused.message());
    }
}

#[tokio::test]
async fn secrets_are_shown_once_and_work_ten_seconds_later() {
    let caller = Caller::partner(0).await;
    let application = format!("/v1.0/applications(appId='{}')", caller.stage.demo("applicationId"));
    let wanted = json!({"passwordCredential": {"displayName": "rotated"}});
    let made = caller.post(&format!("{application}/addPassword"), &wanted).await;
    assert_eq!(made.status, 200, "{made:?}");
    let secret = made.body["secretText"].as_str().unwrap().to_owned();
    assert!(secret.contains(Sandbox::CANARY));
    assert!(secret.starts_with(made.body["hint"].as_str().unwrap()));
    let listed = caller.get(&format!("{application}?$select=passwordCredentials")).await;
    let credentials = listed.body["passwordCredentials"].as_array().unwrap();
    assert!(credentials.iter().all(|credential| credential["secretText"].is_null()));
    assert!(!listed.body.to_string().contains(&secret));
    let try_secret = || async {
        let form = [
            ("client_id", caller.stage.demo("applicationId")),
            ("client_secret", secret.clone()),
            ("grant_type", "client_credentials".to_owned()),
            ("scope", GRAPH.to_owned()),
        ];
        let url =
            format!("{}/{}/oauth2/v2.0/token", caller.stage.sandbox.base(bundle_sandbox::Service::Login), partner());
        caller.stage.client.post(url).form(&form).send().await.unwrap().json::<Value>().await.unwrap()
    };
    assert_eq!(try_secret().await["error_codes"], json!([7_000_215]));
    caller.stage.sandbox.clock().advance(Duration::from_secs(11));
    assert!(try_secret().await["access_token"].is_string());
    let key = json!({"keyId": made.body["keyId"]});
    assert_eq!(caller.post(&format!("{application}/removePassword"), &key).await.status, 204);
    assert_eq!(caller.post(&format!("{application}/removePassword"), &key).await.status, 400);
    let past = json!({"passwordCredential": {"endDateTime": "2020-01-01T00:00:00Z"}});
    assert_eq!(caller.post(&format!("{application}/addPassword"), &past).await.status, 400);
}

#[tokio::test]
async fn service_principals_exist_once_and_only_for_known_applications() {
    let caller = Caller::partner(0).await;
    let unknown = caller.post("/v1.0/servicePrincipals", &json!({"appId": Uuid::from_u128(9)})).await;
    assert_eq!((unknown.status, unknown.code()), (400, "NoBackingApplicationObject"));
    let twice = caller.post("/v1.0/servicePrincipals", &json!({"appId": GRAPH_APP})).await;
    assert_eq!((twice.status, twice.code()), (409, "Request_MultipleObjectsWithSameKeyValue"));
    let teams = caller.post("/v1.0/servicePrincipals", &json!({"appId": "48ac35b8-9aa8-4d74-927d-1f4a14a0b239"})).await;
    assert_eq!(teams.status, 201, "{teams:?}");
    let path = format!("/v1.0/servicePrincipals/{}", id(&teams));
    assert_eq!(caller.patch(&path, &json!({"accountEnabled": false, "tags": ["HideApp"]})).await.status, 204);
    let shown = caller.get(&path).await;
    assert_eq!((&shown.body["accountEnabled"], &shown.body["tags"]), (&json!(false), &json!(["HideApp"])));
    let graph = caller.get(&format!("/v1.0/servicePrincipals(appId='{GRAPH_APP}')")).await;
    assert!(graph.body["appRoles"].as_array().unwrap().len() > 700);
    let listed =
        caller.get("/v1.0/servicePrincipals?$select=id,displayName&$filter=displayName eq 'Microsoft Graph'").await;
    assert_eq!(listed.names(), ["Microsoft Graph"]);
    assert!(listed.body["value"][0].get("appRoles").is_none());
}

#[tokio::test]
async fn exchange_comes_only_to_tenants_that_bought_it() {
    let stage = Stage::open(3).await;
    stage.give_roles(customer(3), &["Application Administrator"]);
    stage.grant(customer(3), "graph", &["Application.ReadWrite.All"]);
    let token = stage.token(customer(3), GRAPH).await;
    let caller = Caller { stage, token };
    let exchange = world::resource_named("exchange").unwrap().app_id;
    assert_eq!(caller.post("/v1.0/servicePrincipals", &json!({"appId": exchange})).await.status, 400);
}

#[tokio::test]
async fn app_roles_are_granted_once_between_the_right_ends() {
    let caller = Caller::partner(0).await;
    let client = principal(&caller, &caller.stage.demo("applicationId")).await;
    let resource = principal(&caller, GRAPH_APP).await;
    let wanted =
        json!({"principalId": client, "resourceId": resource, "appRoleId": app_role("graph", "User.Read.All")});
    let path = format!("/v1.0/servicePrincipals/{client}/appRoleAssignments");
    let made = caller.post(&path, &wanted).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.body["resourceDisplayName"], "Microsoft Graph");
    let assigned_to = format!("/v1.0/servicePrincipals/{resource}/appRoleAssignedTo");
    assert_eq!(
        caller.post(&assigned_to, &wanted).await.message(),
        "Permission being assigned already exists on the object"
    );
    assert_eq!(
        caller.post(&format!("/v1.0/servicePrincipals/{resource}/appRoleAssignments"), &wanted).await.status,
        400
    );
    let mut unknown = wanted.clone();
    unknown["appRoleId"] = json!(Uuid::from_u128(3));
    assert_eq!(caller.post(&path, &unknown).await.message(), "Permission being assigned was not found on application");
    let listed = caller.get(&assigned_to).await;
    assert!(listed.body["value"].as_array().unwrap().iter().any(|item| item["id"] == made.body["id"]));
    assert_eq!(caller.delete(&format!("{assigned_to}/{}", id(&made))).await.status, 204);
    assert_eq!(caller.delete(&format!("{assigned_to}/{}", id(&made))).await.status, 404);
}

#[tokio::test]
async fn application_administrator_cannot_grant_app_roles_of_graph() {
    let caller = Caller::customer(&["Application Administrator"], &CONSENT).await;
    let client = principal(&caller, &caller.stage.demo("applicationId")).await;
    let (graph, exchange) =
        (principal(&caller, GRAPH_APP).await, world::resource_named("exchange").unwrap().app_id.to_string());
    let path = format!("/v1.0/servicePrincipals/{client}/appRoleAssignments");
    let of_graph = json!({"principalId": client, "resourceId": graph, "appRoleId": app_role("graph", "User.Read.All")});
    assert_eq!(caller.post(&path, &of_graph).await.status, 403);
    let exchange = principal(&caller, &exchange).await;
    let of_exchange = json!({"principalId": client, "resourceId": exchange, "appRoleId": app_role("exchange", "Exchange.ManageAsApp")});
    assert_eq!(caller.post(&path, &of_exchange).await.status, 201);
    let privileged = Caller::customer(&["Privileged Role Administrator"], &CONSENT).await;
    let client = principal(&privileged, &privileged.stage.demo("applicationId")).await;
    let graph = principal(&privileged, GRAPH_APP).await;
    let of_graph = json!({"principalId": client, "resourceId": graph, "appRoleId": app_role("graph", "User.Read.All")});
    assert_eq!(
        privileged.post(&format!("/v1.0/servicePrincipals/{client}/appRoleAssignments"), &of_graph).await.status,
        201
    );
}

#[tokio::test]
async fn grants_exist_once_per_pair_and_are_replaced_whole() {
    let caller = Caller::partner(0).await;
    let client = principal(&caller, &caller.stage.demo("applicationId")).await;
    let resource = principal(&caller, &world::resource_named("exchange").unwrap().app_id.to_string()).await;
    let wanted = json!({"clientId": client, "consentType": "AllPrincipals", "principalId": null, "resourceId": resource, "scope": "Exchange.Manage"});
    let made = caller.post("/v1.0/oauth2PermissionGrants", &wanted).await;
    assert_eq!(made.status, 201, "{made:?}");
    let twice = caller.post("/v1.0/oauth2PermissionGrants", &wanted).await;
    assert_eq!((twice.status, twice.message()), (409, "Permission entry already exists."));
    let path = format!("/v1.0/oauth2PermissionGrants/{}", id(&made));
    assert_eq!(caller.patch(&path, &json!({"scope": "Mail.Read"})).await.status, 204);
    assert_eq!(caller.get(&path).await.body["scope"], "Mail.Read");
    let fits = "x".repeat(8000);
    assert_eq!(caller.patch(&path, &json!({"scope": fits})).await.status, 204);
    let long = caller.patch(&path, &json!({"scope": format!("{fits}x")})).await;
    assert!(
        long.message().contains("'8001' is out of the valid range of '1' to '8000' for property 'DelegationScope'"),
        "{long:?}"
    );
    assert!(caller.patch(&path, &json!({"clientId": client})).await.message().contains("read-only"));
    let found = caller
        .get(&format!("/v1.0/oauth2PermissionGrants?$filter=clientId eq '{client}' and consentType eq 'AllPrincipals'"))
        .await;
    assert!(found.body["value"].as_array().unwrap().len() >= 2);
    let own = caller
        .get(&format!("/v1.0/servicePrincipals/{client}/oauth2PermissionGrants?$filter=resourceId eq '{resource}'"))
        .await;
    assert_eq!(own.body["value"].as_array().unwrap().len(), 1);
    let mut personal = wanted.clone();
    personal["consentType"] = json!("Principal");
    assert!(caller.post("/v1.0/oauth2PermissionGrants", &personal).await.message().contains("principalId"));
    assert_eq!(caller.delete(&path).await.status, 204);
    assert_eq!(caller.get(&path).await.status, 404);
}

#[tokio::test]
async fn directory_roles_are_activated_before_they_take_members() {
    let caller = Caller::partner(0).await;
    let role = world::role_named("Exchange Administrator").unwrap().template_id;
    let account = caller.stage.account();
    let member = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{account}")});
    let members = format!("/v1.0/directoryRoles(roleTemplateId='{role}')/members");
    assert_eq!(caller.post(&format!("{members}/$ref"), &member).await.status, 404);
    assert_eq!(caller.get("/v1.0/directoryRoles").await.names(), ["Global Administrator"]);
    assert_eq!(caller.post("/v1.0/directoryRoles", &json!({"roleTemplateId": role})).await.status, 201);
    assert!(
        caller
            .post("/v1.0/directoryRoles", &json!({"roleTemplateId": role}))
            .await
            .message()
            .contains("conflicting object")
    );
    assert_eq!(caller.post(&format!("{members}/$ref"), &member).await.status, 204);
    assert!(caller.post(&format!("{members}/$ref"), &member).await.message().contains("already exist"));
    assert_eq!(caller.get(&members).await.body["value"][0]["id"], account.to_string());
    assert_eq!(caller.delete(&format!("{members}/{account}/$ref")).await.status, 204);
}

#[tokio::test]
async fn role_assignments_are_unique_and_need_a_privileged_role() {
    let caller = Caller::partner(0).await;
    let role = world::role_named("Security Reader").unwrap().template_id;
    let wanted = json!({"principalId": caller.stage.account(), "roleDefinitionId": role, "directoryScopeId": "/"});
    let path = "/v1.0/roleManagement/directory/roleAssignments";
    let made = caller.post(path, &wanted).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert!(caller.post(path, &wanted).await.message().contains("conflicting object"));
    let found = caller.get(&format!("{path}?$filter=roleDefinitionId eq '{role}'&$expand=principal")).await;
    assert_eq!(found.body["value"][0]["principal"]["@odata.type"], "#microsoft.graph.user");
    assert_eq!(caller.delete(&format!("{path}/{}", id(&made))).await.status, 204);
    let definition = caller.get(&format!("/v1.0/roleManagement/directory/roleDefinitions/{role}")).await;
    assert_eq!(definition.body["displayName"], "Security Reader");
    let weak = Caller::customer(&["User Administrator"], &["RoleManagement.ReadWrite.Directory"]).await;
    assert_eq!(weak.post(path, &wanted).await.status, 403);
}

fn exclusion(tenant: &Uuid) -> Value {
    json!({"guestOrExternalUserTypes": "serviceProvider", "externalTenants": {
        "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants", "membershipKind": "enumerated", "members": [tenant]}})
}

fn new_policy() -> Value {
    json!({
        "displayName": "Block",
        "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"], "excludeUsers": ["None"]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["block"]},
    })
}

#[tokio::test]
async fn policy_users_are_replaced_whole_and_other_conditions_stay() {
    let caller = Caller::customer(&["Security Administrator"], &CONSENT).await;
    let path = "/v1.0/identity/conditionalAccess/policies";
    let made = caller.post(path, &new_policy()).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("{path}/{}", id(&made));
    let change = json!({"conditions": {"users": {"includeUsers": ["All"], "excludeGuestsOrExternalUsers": exclusion(&partner())}}});
    assert_eq!(caller.patch(&path, &change).await.status, 204);
    let shown = caller.get(&path).await;
    let conditions = &shown.body["conditions"];
    assert_eq!(conditions["users"]["excludeGuestsOrExternalUsers"]["externalTenants"]["members"], json!([partner()]));
    assert_eq!(conditions["users"]["excludeUsers"], json!([]));
    assert_eq!(conditions["applications"]["includeApplications"], json!(["All"]));
    assert_eq!(shown.body["grantControls"]["builtInControls"], json!(["block"]));
    assert_eq!(caller.delete(&path).await.status, 204);
    assert_eq!(caller.get(&path).await.status, 404);
}

#[tokio::test]
async fn policies_refuse_malformed_exclusions() {
    let caller = Caller::customer(&["Conditional Access Administrator"], &CONSENT).await;
    let path = "/v1.0/identity/conditionalAccess/policies";
    let mut untyped = exclusion(&partner());
    untyped["externalTenants"].as_object_mut().unwrap().remove("@odata.type");
    let mut kind = exclusion(&partner());
    kind["guestOrExternalUserTypes"] = json!("provider");
    let mut empty = exclusion(&partner());
    empty["externalTenants"]["members"] = json!([]);
    for wrong in [untyped, kind, empty, json!({"guestTypes": "serviceProvider"})] {
        let mut policy = new_policy();
        policy["conditions"]["users"]["excludeGuestsOrExternalUsers"] = wrong.clone();
        assert_eq!(caller.post(path, &policy).await.status, 400, "{wrong}");
    }
    let mut state = new_policy();
    state["state"] = json!("on");
    assert_eq!(caller.post(path, &state).await.status, 400);
}

#[tokio::test]
async fn policies_need_both_permissions_and_a_security_role() {
    let no_role = Caller::customer(&["User Administrator"], &CONSENT).await;
    let path = "/v1.0/identity/conditionalAccess/policies";
    assert_eq!(no_role.post(path, &new_policy()).await.status, 403);
    let no_read = Caller::customer(&["Security Administrator"], &["Policy.ReadWrite.ConditionalAccess"]).await;
    let refused = no_read.post(path, &new_policy()).await;
    assert_eq!((refused.status, refused.code()), (403, "AccessDenied"));
    assert!(refused.message().contains("required scopes are missing"));
}

#[tokio::test]
async fn contracts_domains_and_other_tenants_are_told_to_the_partner() {
    let caller = Caller::partner(3).await;
    let contracts = caller.get("/v1.0/contracts?$top=2").await;
    assert_eq!(contracts.names(), ["Contoso", "Fabrikam"]);
    assert!(contracts.body["@odata.nextLink"].is_string());
    let found = caller
        .get(&format!("/v1.0/tenantRelationships/findTenantInformationByTenantId(tenantId='{}')", customer(1)))
        .await;
    assert_eq!(
        (&found.body["displayName"], &found.body["defaultDomainName"]),
        (&json!("Contoso"), &json!("contoso.onmicrosoft.com"))
    );
    let by_name = caller
        .get("/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='contoso.onmicrosoft.com')")
        .await;
    assert_eq!(by_name.body["tenantId"], demo::customer_tenant(1).to_string());
    let nobody =
        caller.get("/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='nobody.example')").await;
    assert_eq!(nobody.status, 404);
    assert_eq!(caller.get("/v1.0/domains").await.body["value"][0]["isVerified"], true);
}

#[tokio::test]
async fn notification_mails_are_changed_by_whoever_may_and_nothing_else_of_the_record_is() {
    let scopes = ["Organization.ReadWrite.All"];
    let caller = Caller::customer(&["Billing Administrator"], &scopes).await;
    let path = format!("/v1.0/organization/{}", customer(1));
    let lists = json!({"technicalNotificationMails": ["it@contoso.com"], "marketingNotificationEmails": []});
    assert_eq!(caller.patch(&path, &lists).await.status, 204);
    let select = "$select=technicalNotificationMails,marketingNotificationEmails";
    let shown = caller.get(&format!("{path}?{select}")).await;
    assert_eq!(shown.body["technicalNotificationMails"], lists["technicalNotificationMails"]);
    assert_eq!(shown.body["marketingNotificationEmails"], json!([]));
    for wrong in [json!({"displayName": "Mine"}), json!({"technicalNotificationMails": "it@contoso.com"})] {
        assert_eq!(caller.patch(&path, &wrong).await.status, 400, "{wrong}");
    }
    let other = format!("/v1.0/organization/{}", partner());
    assert_eq!(caller.patch(&other, &lists).await.status, 404);
    for (role, scope) in [("User Administrator", scopes[0]), ("Billing Administrator", "Organization.Read.All")] {
        let refused = Caller::customer(&[role], &[scope]).await;
        assert_eq!(refused.patch(&path, &lists).await.status, 403, "{role} {scope}");
    }
}
