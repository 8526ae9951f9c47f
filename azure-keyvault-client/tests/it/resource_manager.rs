//! Subscriptions, resource groups and vaults of a tenant.

use std::sync::Arc;

use azure_keyvault_client::ResourceManagerClient;
use azure_keyvault_client::resource_manager::{Subscription, SubscriptionState};
use bundle_core::ErrorKind;
use bundle_core::auth::Principal;
use bundle_core::ids::SubscriptionId;
use bundle_core::testing::FixedCredential;
use http::Method;
use wiremock::Mock;
use wiremock::matchers::{header, method, path};

use crate::support::{ARM_SCOPE, World, answer, arm_call, customer, json, other, query};

const SUBSCRIPTION: &str = "subscriptions/44444444-4444-4444-8444-444444444444";

fn subscription() -> SubscriptionId {
    "44444444-4444-4444-8444-444444444444".parse().unwrap()
}

fn client(world: &World) -> ResourceManagerClient {
    world.azure().for_tenant(&customer())
}

#[tokio::test]
async fn subscriptions_are_listed_over_pages() {
    let world = World::start().await;
    let first = world.fixture_below("subscriptions/list_page_1", "/arm");
    let mock = arm_call("subscriptions").and(query("api-version=2022-12-01")).respond_with(json(200, &first));
    world.mount(mock.expect(1)).await;
    let mock = arm_call("subscriptions").and(query("api-version=2022-12-01&%24skiptoken=Mg"));
    world.mount(mock.respond_with(answer(200, "subscriptions/list_page_2")).expect(1)).await;
    let all = client(&world).subscriptions().list().collect_all().await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].subscription_id, subscription());
    assert_eq!(all[0].tenant_id, Some(customer()));
    assert_eq!(all[0].display_name.as_deref(), Some("Contoso Production"));
    assert_eq!(all[0].managed_by_tenants.len(), 1);
    assert!(all[0].is_usable());
    assert_eq!(all[1].state, Some(SubscriptionState::Disabled));
    assert!(!all[1].is_usable());
}

#[tokio::test]
async fn listing_does_not_follow_a_link_to_another_host() {
    let world = World::start().await;
    world
        .mount(arm_call("subscriptions").respond_with(answer(200, "subscriptions/list_next_elsewhere")).expect(1))
        .await;
    let error = client(&world).subscriptions().list().collect_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("evil.example"), "{error}");
}

#[tokio::test]
async fn subscription_is_read_or_not_found() {
    let world = World::start().await;
    let get = || arm_call(SUBSCRIPTION).and(query("api-version=2022-12-01"));
    world.mount(get().respond_with(answer(200, "subscriptions/get_found")).up_to_n_times(1).expect(1)).await;
    world.mount(get().respond_with(answer(404, "subscriptions/error_404_not_visible")).expect(1)).await;
    let subscriptions = client(&world).subscriptions();
    assert_eq!(subscriptions.get(&subscription()).await.unwrap().id, format!("/{SUBSCRIPTION}"));
    let error = subscriptions.get(&subscription()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::NotFound, Some("SubscriptionNotFound")));
    assert_eq!(error.tenant(), Some(&customer()));
}

#[tokio::test]
async fn token_of_another_tenant_is_told() {
    let world = World::start().await;
    world
        .mount(arm_call(SUBSCRIPTION).respond_with(answer(401, "subscriptions/error_401_wrong_tenant")).expect(2))
        .await;
    let error = client(&world).subscriptions().get(&subscription()).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(401), Some("InvalidAuthenticationTokenTenant")));
    assert!(world.credential.requests()[1].rejected.is_some());
}

#[tokio::test]
async fn throttled_listing_is_repeated() {
    let world = World::start().await;
    let busy = answer(429, "subscriptions/error_429_throttled").insert_header("retry-after", "0");
    world.mount(arm_call("subscriptions").respond_with(busy).up_to_n_times(1).expect(1)).await;
    world.mount(arm_call("subscriptions").respond_with(answer(200, "subscriptions/list_one")).expect(1)).await;
    assert_eq!(client(&world).subscriptions().list().collect_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn resource_groups_are_listed() {
    let world = World::start().await;
    let mock = arm_call(&format!("{SUBSCRIPTION}/resourcegroups")).and(query("api-version=2024-03-01"));
    world.mount(mock.respond_with(answer(200, "resource_groups/list")).expect(1)).await;
    let groups = client(&world).resource_groups(&subscription()).list().collect_all().await.unwrap();
    assert_eq!((groups[0].name.as_str(), groups[0].location.as_str()), ("contoso-rg", "westeurope"));
    assert_eq!(groups[0].tags["env"], "prod");
    assert_eq!(groups[1].properties.provisioning_state.as_deref(), Some("Deleting"));
    assert!(groups[1].tags.is_empty() && groups[1].managed_by.is_some());
}

#[tokio::test]
async fn vaults_are_listed_and_read() {
    let world = World::start().await;
    let in_group = format!("{SUBSCRIPTION}/resourceGroups/contoso-rg/providers/Microsoft.KeyVault/vaults");
    for (below, fixture) in [
        (format!("{SUBSCRIPTION}/providers/Microsoft.KeyVault/vaults"), "vaults/list"),
        (in_group.clone(), "vaults/list_none"),
        (format!("{in_group}/contoso-kv"), "vaults/get_found"),
    ] {
        let mock = arm_call(&below).and(query("api-version=2026-02-01")).respond_with(answer(200, fixture));
        world.mount(mock.expect(1)).await;
    }
    let vaults = client(&world).vaults(&subscription());
    let all = vaults.list().collect_all().await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!((all[0].name.as_str(), all[0].resource_group()), ("contoso-kv", Some("contoso-rg")));
    let properties = &all[0].properties;
    assert_eq!(properties.tenant_id, Some(customer()));
    assert_eq!(properties.vault_uri.as_deref(), Some("https://contoso-kv.vault.azure.net/"));
    assert_eq!(properties.sku.as_ref().unwrap().name, "standard");
    assert_eq!(properties.enable_purge_protection, Some(true));
    assert!(properties.enable_rbac_authorization);
    assert!(!all[1].properties.enable_rbac_authorization, "null means access policies");
    assert!(vaults.list_in("contoso-rg").unwrap().collect_all().await.unwrap().is_empty());
    assert_eq!(vaults.get("contoso-rg", "contoso-kv").await.unwrap().name, "contoso-kv");
}

#[tokio::test]
async fn vault_errors_say_why() {
    let world = World::start().await;
    let below = format!("{SUBSCRIPTION}/resourceGroups/contoso-rg/providers/Microsoft.KeyVault/vaults/contoso-kv");
    world.mount(arm_call(&below).respond_with(answer(403, "vaults/error_403_denied")).up_to_n_times(1).expect(1)).await;
    world.mount(arm_call(&below).respond_with(answer(404, "vaults/error_404_not_found")).expect(1)).await;
    let vaults = client(&world).vaults(&subscription());
    let error = vaults.get("contoso-rg", "contoso-kv").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("AuthorizationFailed")));
    let error = vaults.get("contoso-rg", "contoso-kv").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::NotFound, Some("ResourceNotFound")));
}

#[tokio::test]
async fn names_that_would_change_the_path_are_refused() {
    let world = World::start().await;
    let vaults = client(&world).vaults(&subscription());
    for group in ["", "..", "a/b", "ends.", "a b", &"a".repeat(91)] {
        assert_eq!(vaults.get(group, "contoso-kv").await.unwrap_err().kind(), ErrorKind::Config, "{group}");
        assert_eq!(vaults.list_in(group).unwrap_err().kind(), ErrorKind::Config, "{group}");
    }
    for vault in ["", "..", "a/b"] {
        assert_eq!(vaults.get("contoso-rg", vault).await.unwrap_err().kind(), ErrorKind::Config, "{vault}");
    }
    assert!(world.credential.requests().is_empty());
}

#[tokio::test]
async fn any_resource_can_be_asked_for() {
    let world = World::start().await;
    let token = FixedCredential::header(&other(), Principal::Application, ARM_SCOPE);
    let mock = Mock::given(method("GET"))
        .and(path("/arm/subscriptions"))
        .and(query("api-version=2021-01-01"))
        .and(header("authorization", token))
        .respond_with(answer(200, "subscriptions/list_one"));
    world.mount(mock.expect(2)).await;
    let credential: Arc<FixedCredential> = Arc::clone(&world.credential);
    let arm = ResourceManagerClient::with_options(credential, &customer(), &world.server.options()).unwrap();
    let arm = arm.for_tenant(&other()).as_application();
    let request = arm.request(Method::GET, "/subscriptions", "2021-01-01");
    assert_eq!(arm.send(request.clone()).await.unwrap().status(), 200);
    let listed = arm.pages::<Subscription>(request).collect_all().await.unwrap();
    assert_eq!(listed[0].subscription_id, subscription());
}
