//! Tests: Key Vault, Resource Manager and Office 365 Management.

use std::time::Duration;

use bundle_sandbox::Service;
use bundle_sandbox::world::{Secret, VaultSecret, VaultSecretVersion};
use reqwest::{Method, Response};
use serde_json::{Map, Value, json};

use crate::stage::{ARM, GRAPH, Stage, VAULT, customer, header, json, partner};

const MANAGEMENT: &str = "https://manage.office.com/.default";
const KEY_VAULT: &str = "azure-key-vault";
const RESOURCE_MANAGER: &str = "azure-service-management";

/// Opens a stage in which the service account may use the first customer's Azure, and returns a token for it.
async fn open(resource: &str, scope: &str) -> (Stage, String) {
    let stage = Stage::open(1).await;
    stage.give_roles(customer(1), &["User Administrator"]);
    stage.grant(customer(1), resource, &["user_impersonation"]);
    let token = stage.token(customer(1), scope).await;
    (stage, token)
}

async fn vault(stage: &Stage, token: &str, method: Method, path: &str, body: Value) -> Response {
    let joint = if path.contains('?') { '&' } else { '?' };
    let path = format!("/contoso-vault/{path}{joint}api-version=2025-07-01");
    let request = stage.call(Service::KeyVault, method, &path, token);
    let request = if body.is_null() { request } else { request.json(&body) };
    request.send().await.unwrap()
}

async fn read(stage: &Stage, token: &str, path: &str) -> (u16, Value) {
    let answer = vault(stage, token, Method::GET, path, Value::Null).await;
    (answer.status().as_u16(), json(answer).await)
}

async fn arm(stage: &Stage, token: &str, method: Method, path: &str, body: Value) -> (u16, Value) {
    let joint = if path.contains('?') { '&' } else { '?' };
    let path = format!("{path}{joint}api-version=2024-11-01");
    let request = stage.call(Service::ResourceManager, method, &path, token);
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), json(answer).await)
}

fn inner_code(body: &Value) -> &str {
    body["error"]["innererror"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn challenge_names_tenant_and_resource() {
    let (stage, token) = open(KEY_VAULT, VAULT).await;
    let url = format!("{}/contoso-vault/secrets?api-version=7.6", stage.sandbox.base(Service::KeyVault));
    let answer = stage.client.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(
        header(&answer, "www-authenticate"),
        format!(
            "Bearer authorization=\"https://login.microsoftonline.com/{}\", resource=\"https://vault.azure.net\"",
            customer(1)
        )
    );
    assert!(json(answer).await["error"]["message"].as_str().unwrap().starts_with("AKV10000"));
    stage.grant(customer(1), "graph", &["User.Read.All"]);
    let graph = stage.token(customer(1), GRAPH).await;
    let wrong = stage.client.get(&url).bearer_auth(graph).send().await.unwrap();
    assert!(header(&wrong, "www-authenticate").contains("vault.azure.net"));
    assert!(json(wrong).await["error"]["message"].as_str().unwrap().starts_with("AKV10022"));
    // A vault of another tenant: the token is good, its issuer is not.
    stage.sandbox.world().vaults.get_mut("contoso-vault").unwrap().tenant = partner();
    let foreign = stage.client.get(&url).bearer_auth(token).send().await.unwrap();
    assert!(json(foreign).await["error"]["message"].as_str().unwrap().starts_with("AKV10032"));
}

#[tokio::test]
async fn secret_is_set_read_updated_and_versioned() {
    let (stage, token) = open(KEY_VAULT, VAULT).await;
    let set = |value: &str| json!({"value": value, "contentType": "text/plain", "tags": {"a": "b"}, "attributes": {"exp": 1_900_000_000}});
    let first = json(vault(&stage, &token, Method::PUT, "secrets/db", set("one")).await).await;
    let second = json(vault(&stage, &token, Method::PUT, "secrets/DB", set("two")).await).await;
    assert_ne!(first["id"], second["id"]);
    let (_, current) = read(&stage, &token, "secrets/db").await;
    assert_eq!(current["value"], "two");
    assert_eq!(current["attributes"]["exp"], 1_900_000_000);
    assert_eq!(current["attributes"]["recoveryLevel"], "Recoverable+Purgeable");
    // Ids stand under the address the vault was reached at, so they lead back to it.
    let id = first["id"].as_str().unwrap();
    let old = stage.client.get(format!("{id}?api-version=7.6")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(json(old).await["value"], "one");
    let (_, versions) = read(&stage, &token, "secrets/db/versions").await;
    assert_eq!(versions["value"].as_array().unwrap().len(), 2);
    assert!(versions["value"][0].get("value").is_none());

    let disable = json!({"attributes": {"enabled": false}, "tags": {}});
    let updated = json(vault(&stage, &token, Method::PATCH, "secrets/db/", disable).await).await;
    assert_eq!((&updated["attributes"]["enabled"], &updated["tags"]), (&json!(false), &json!({})));
    let (status, refused) = read(&stage, &token, "secrets/db").await;
    assert_eq!((status, inner_code(&refused)), (403, "SecretDisabled"));
    let (status, missing) = read(&stage, &token, "secrets/nothing").await;
    assert_eq!((status, &missing["error"]["code"]), (404, &json!("SecretNotFound")));
}

#[tokio::test]
async fn wrong_secrets_and_versions_are_refused() {
    let (stage, token) = open(KEY_VAULT, VAULT).await;
    let large = "x".repeat(25_601);
    for (path, body) in [
        ("secrets/under_score", json!({"value": "v"})),
        ("secrets/none", json!({"tags": {}})),
        ("secrets/large", json!({"value": large})),
    ] {
        let answer = vault(&stage, &token, Method::PUT, path, body).await;
        assert_eq!(answer.status(), 400, "{path}");
        assert_eq!(json(answer).await["error"]["code"], "BadParameter", "{path}");
    }
    for query in ["", "?api-version=1.0", "?api-version=7.6&maxresults=26"] {
        let path = format!("/contoso-vault/secrets{query}");
        let answer = stage.call(Service::KeyVault, Method::GET, &path, &token).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{query}");
    }
    let unknown = stage
        .call(Service::KeyVault, Method::GET, "/no-such-vault/secrets?api-version=7.6", &token)
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn vault_without_a_name_is_the_one_of_the_token() {
    let stage = Stage::open(2).await;
    let token = stage.app_token(customer(2), VAULT).await;
    let path = "/secrets/backup-password?api-version=7.6";
    let answer = stage.call(Service::KeyVault, Method::GET, path, &token).send().await.unwrap();
    let secret = json(answer).await;
    assert!(secret["value"].as_str().unwrap().contains("fabrikam"));
    // Ids then have no vault in the path, which is the form Microsoft's own clients take apart.
    let own = format!("{}/secrets/", stage.sandbox.base(Service::KeyVault));
    assert!(secret["id"].as_str().unwrap().starts_with(&own));
    let named = stage
        .client
        .get(format!("{}{path}", stage.sandbox.base(Service::KeyVault)))
        .header("Host", "contoso-vault.vault.azure.net")
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(named.status(), 401);
}

#[tokio::test]
async fn secrets_are_listed_in_pages_of_twenty_five() {
    let (stage, token) = open(KEY_VAULT, VAULT).await;
    add_secrets(&stage, 58);
    let mut url = format!("{}/contoso-vault/secrets?api-version=2025-07-01", stage.sandbox.base(Service::KeyVault));
    let mut sizes = Vec::new();
    loop {
        let page = json(stage.client.get(&url).bearer_auth(&token).send().await.unwrap()).await;
        sizes.push(page["value"].as_array().unwrap().len());
        assert!(page["value"][0].get("value").is_none());
        match page["nextLink"].as_str() {
            Some(next) => url = next.to_owned(),
            None => break,
        }
    }
    // The demonstration's own two secrets come on top.
    assert_eq!(sizes, [25, 25, 10]);
}

fn add_secrets(stage: &Stage, count: usize) {
    let mut world = stage.sandbox.world();
    let now = world.now();
    for number in 0..count {
        let version = VaultSecretVersion {
            version: world.ids.next_text(),
            value: Secret::new("value"),
            content_type: None,
            tags: std::collections::BTreeMap::new(),
            enabled: true,
            not_before: None,
            expires: None,
            created_at: now,
            updated_at: now,
        };
        let secret = VaultSecret { versions: vec![version], ..VaultSecret::default() };
        let vault = world.vaults.get_mut("contoso-vault").unwrap();
        vault.secrets.insert(format!("secret-{number:03}"), secret);
    }
}

#[tokio::test]
async fn deletion_can_be_undone_and_made_final() {
    let (stage, token) = open(KEY_VAULT, VAULT).await;
    let put = || vault(&stage, &token, Method::PUT, "secrets/db", json!({"value": "v"}));
    let post = |path: &'static str| vault(&stage, &token, Method::POST, path, Value::Null);
    let delete = |path: &'static str| vault(&stage, &token, Method::DELETE, path, Value::Null);
    put().await;
    let deleted = json(delete("secrets/db").await).await;
    assert!(deleted["scheduledPurgeDate"].as_i64() > deleted["deletedDate"].as_i64());
    assert!(deleted["recoveryId"].as_str().unwrap().ends_with("/contoso-vault/deletedsecrets/db"));
    assert_eq!(read(&stage, &token, "deletedsecrets/db").await.0, 404);
    assert_eq!(inner_code(&json(put().await).await), "ObjectIsBeingDeleted");
    stage.sandbox.clock().advance(Duration::from_secs(5));
    assert_eq!(read(&stage, &token, "deletedsecrets/db").await.0, 200);
    let conflict = put().await;
    assert_eq!(conflict.status(), 409);
    assert_eq!(inner_code(&json(conflict).await), "ObjectIsDeletedButRecoverable");
    let (_, bin) = read(&stage, &token, "deletedsecrets").await;
    assert_eq!(bin["value"].as_array().unwrap().len(), 1);

    assert_eq!(post("deletedsecrets/db/recover").await.status(), 200);
    assert_eq!(read(&stage, &token, "secrets/db").await.0, 404);
    assert_eq!(inner_code(&json(put().await).await), "ObjectIsBeingRecovered");
    stage.sandbox.clock().advance(Duration::from_secs(5));
    assert_eq!(read(&stage, &token, "secrets/db").await.1["value"], "v");

    delete("secrets/db").await;
    stage.sandbox.clock().advance(Duration::from_secs(5));
    let protect = |on: bool| {
        let mut world = stage.sandbox.world();
        let extra: &mut Map<String, Value> = &mut world.vaults.get_mut("contoso-vault").unwrap().extra;
        extra.insert("enablePurgeProtection".to_owned(), json!(on));
    };
    protect(true);
    let refused = delete("deletedsecrets/db").await;
    assert_eq!(refused.status(), 403);
    assert_eq!(inner_code(&json(refused).await), "ForbiddenByPolicy");
    protect(false);
    assert_eq!(delete("deletedsecrets/db").await.status(), 204);
    assert_eq!(delete("deletedsecrets/db").await.status(), 404);
    assert_eq!(put().await.status(), 200);
    assert_eq!(read(&stage, &token, "secrets/db/versions").await.1["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn vault_is_for_admin_agents_and_throttles() {
    let (stage, token) = open(KEY_VAULT, VAULT).await;
    stage.set_agent(stage.account(), false);
    let (status, denied) = read(&stage, &token, "secrets/backup-password").await;
    assert_eq!((status, inner_code(&denied)), (403, "ForbiddenByRbac"));
    stage.set_agent(stage.account(), true);
    stage.sandbox.faults().throttle(Service::KeyVault, 1, "");
    let (status, throttled) = read(&stage, &token, "secrets/backup-password").await;
    assert_eq!((status, &throttled["error"]["code"]), (429, &json!("Throttled")));
    let (status, secret) = read(&stage, &token, "secrets/backup-password").await;
    assert_eq!(status, 200);
    assert!(secret["value"].as_str().unwrap().contains(bundle_sandbox::Sandbox::CANARY));
    // An application of the tenant may read too.
    let application = stage.app_token(customer(1), VAULT).await;
    assert_eq!(read(&stage, &application, "secrets/backup-password").await.0, 200);
}

#[tokio::test]
async fn subscriptions_groups_and_vaults_are_found() {
    let (stage, token) = open(RESOURCE_MANAGER, ARM).await;
    let (status, list) = arm(&stage, &token, Method::GET, "/subscriptions", Value::Null).await;
    assert_eq!(status, 200);
    let subscription = list["value"][0]["id"].as_str().unwrap();
    assert_eq!(list["value"][0]["tenantId"], customer(1).to_string());
    assert_eq!(list["value"].as_array().unwrap().len(), 1);
    for group in ["rg-a", "rg-b"] {
        let path = format!("{subscription}/resourcegroups/{group}");
        let (status, _) = arm(&stage, &token, Method::PUT, &path, json!({"location": "West Europe"})).await;
        assert_eq!(status, 201);
    }
    let mut path = format!("{subscription}/resourceGroups?$top=2");
    let mut names = Vec::new();
    loop {
        let (_, page) = arm(&stage, &token, Method::GET, &path, Value::Null).await;
        for group in page["value"].as_array().unwrap() {
            names.push(group["name"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["nextLink"].as_str() else {
            break;
        };
        path = next.strip_prefix(stage.sandbox.base(Service::ResourceManager)).unwrap().to_owned();
    }
    assert_eq!(names, ["rg-a", "rg-b", "rg-main"]);
    let vaults = format!("{subscription}/providers/Microsoft.KeyVault/vaults");
    let (_, found) = arm(&stage, &token, Method::GET, &vaults, Value::Null).await;
    assert_eq!(found["value"][0]["name"], "contoso-vault");
    let id = found["value"][0]["id"].as_str().unwrap().to_uppercase().replace("SUBSCRIPTIONS", "subscriptions");
    let (status, same) = arm(&stage, &token, Method::GET, &id, Value::Null).await;
    assert_eq!((status, &same), (200, &found["value"][0]));
    let resources = format!("{subscription}/resources?$filter=resourceType%20eq%20'Microsoft.KeyVault/vaults'");
    let (_, resources) = arm(&stage, &token, Method::GET, &resources, Value::Null).await;
    assert_eq!(resources["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn vault_is_created_and_serves_secrets() {
    let (stage, token) = open(RESOURCE_MANAGER, ARM).await;
    stage.grant(customer(1), KEY_VAULT, &["user_impersonation"]);
    let (_, list) = arm(&stage, &token, Method::GET, "/subscriptions", Value::Null).await;
    let subscription = list["value"][0]["id"].as_str().unwrap();
    let path = |name: &str| format!("{subscription}/resourceGroups/rg-main/providers/Microsoft.KeyVault/vaults/{name}");
    let body = json!({"location": "westeurope", "properties": {
        "tenantId": customer(1), "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": true,
    }});
    let mut open = body.clone();
    open["properties"]["enablePurgeProtection"] = json!(false);
    let mut policies = body.clone();
    policies["properties"]["enableRbacAuthorization"] = json!(false);
    for (case, name, body) in
        [("name", "1a", &body), ("protection", "new-vault", &open), ("policies", "new-vault", &policies)]
    {
        assert_eq!(arm(&stage, &token, Method::PUT, &path(name), body.clone()).await.0, 400, "{case}");
    }
    let (status, created) = arm(&stage, &token, Method::PUT, &path("new-vault"), body.clone()).await;
    assert_eq!((status, &created["properties"]["provisioningState"]), (200, &json!("RegisteringDns")));
    stage.sandbox.clock().advance(Duration::from_secs(10));
    let (_, ready) = arm(&stage, &token, Method::GET, &path("new-vault"), Value::Null).await;
    assert_eq!(ready["properties"]["provisioningState"], "Succeeded");
    let check = format!("{subscription}/providers/Microsoft.KeyVault/checkNameAvailability");
    let (_, taken) =
        arm(&stage, &token, Method::POST, &check, json!({"name": "New-Vault", "type": "Microsoft.KeyVault/vaults"}))
            .await;
    assert_eq!(taken["reason"], "AlreadyExists");
    let token = stage.token(customer(1), VAULT).await;
    let answer = stage
        .call(Service::KeyVault, Method::PUT, "/new-vault/secrets/s?api-version=7.6", &token)
        .json(&json!({"value": "v"}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn resource_manager_refuses_by_code() {
    let (stage, token) = open(RESOURCE_MANAGER, ARM).await;
    let (_, list) = arm(&stage, &token, Method::GET, "/subscriptions", Value::Null).await;
    let subscription = list["value"][0]["id"].as_str().unwrap().to_owned();
    let answer = stage
        .call(Service::ResourceManager, Method::GET, "/subscriptions", &token)
        .header("x-ms-client-request-id", "mine")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(header(&answer, "x-ms-client-request-id"), "mine");
    assert!(!header(&answer, "x-ms-correlation-request-id").is_empty());
    assert_eq!(json(answer).await["error"]["code"], "MissingApiVersionParameter");
    for (path, status, code) in [
        ("/subscriptions/7a1c2f60-3b0d-4b7e-9f51-0d2c1e5a9b00".to_owned(), 404, "SubscriptionNotFound"),
        ("/subscriptions/x".to_owned(), 400, "InvalidSubscriptionId"),
        (format!("{subscription}/resourceGroups/none"), 404, "ResourceGroupNotFound"),
        (
            format!("{subscription}/resourceGroups/rg-main/providers/Microsoft.KeyVault/vaults/none"),
            404,
            "ResourceNotFound",
        ),
        (format!("{subscription}/providers/Microsoft.Nothing/things"), 404, "InvalidResourceType"),
    ] {
        let (found, body) = arm(&stage, &token, Method::GET, &path, Value::Null).await;
        assert_eq!((found, &body["error"]["code"]), (status, &json!(code)), "{path}");
    }
    stage.sandbox.faults().throttle(Service::ResourceManager, 1, "2");
    let (status, _) = arm(&stage, &token, Method::GET, &subscription, Value::Null).await;
    assert_eq!(status, 429);
    stage.set_agent(stage.account(), false);
    let (status, body) = arm(&stage, &token, Method::GET, &subscription, Value::Null).await;
    assert_eq!((status, &body["error"]["code"]), (403, &json!("AuthorizationFailed")));
    // Without a role the list is empty rather than refused.
    let (_, none) = arm(&stage, &token, Method::GET, "/subscriptions", Value::Null).await;
    assert_eq!(none["value"], json!([]));
}

#[tokio::test]
async fn token_of_another_tenant_learns_the_right_one() {
    let stage = Stage::open(2).await;
    stage.give_roles(customer(1), &["User Administrator"]);
    stage.grant(customer(1), RESOURCE_MANAGER, &["user_impersonation"]);
    let token = stage.token(customer(1), ARM).await;
    let other = {
        let world = stage.sandbox.world();
        *world.tenant(&customer(2)).unwrap().subscriptions.keys().next().unwrap()
    };
    let path = format!("/subscriptions/{other}?api-version=2022-12-01");
    let answer = stage.call(Service::ResourceManager, Method::GET, &path, &token).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(header(&answer, "www-authenticate").contains(&customer(2).to_string()));
    assert_eq!(json(answer).await["error"]["code"], "InvalidAuthenticationTokenTenant");
}

#[tokio::test]
async fn activity_feed_starts_lists_and_stops() {
    let stage = Stage::open(1).await;
    stage.grant_as_app(customer(1), "office365-management", "ActivityFeed.Read", None);
    let token = stage.app_token(customer(1), MANAGEMENT).await;
    let call = |method, action: &str| {
        let path = format!("/api/v1.0/{}/activity/feed/subscriptions/{action}", customer(1));
        stage.call(Service::Office365Management, method, &path, &token).send()
    };
    assert_eq!(json(call(Method::GET, "list").await.unwrap()).await, json!([]));
    let start = "start?contentType=Audit.General";
    assert_eq!(call(Method::POST, start).await.unwrap().status(), 200);
    let again = call(Method::POST, start).await.unwrap();
    assert_eq!(json(again).await["error"]["code"], "AF20024");
    let list = json(call(Method::GET, "list").await.unwrap()).await;
    assert_eq!(list[0]["contentType"], "Audit.General");
    let stop = "stop?contentType=Audit.General";
    assert_eq!(call(Method::POST, stop).await.unwrap().status(), 204);
    let unknown = call(Method::POST, "start?contentType=Nothing").await.unwrap();
    assert_eq!(json(unknown).await["error"]["code"], "AF20020");
    stage.sandbox.faults().throttle(Service::Office365Management, 1, "1");
    assert_eq!(call(Method::GET, "list").await.unwrap().status(), 429);
}
