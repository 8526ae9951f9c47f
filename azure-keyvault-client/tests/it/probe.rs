//! The shield of the Azure integration.

use azure_keyvault_client::AzureProbe;
use bundle_core::shield::{Probe, ProbeOutcome};
use bundle_core::{ErrorKind, Integration, Result};

use crate::support::{World, anonymous, answer, arm_call, challenge, customer, json, other, query, vault_call};

const VAULTS: &str = "subscriptions/44444444-4444-4444-8444-444444444444/providers/Microsoft.KeyVault/vaults";
const MORE_VAULTS: &str = "subscriptions/66666666-6666-4666-8666-666666666666/providers/Microsoft.KeyVault/vaults";

async fn probe(world: &World) -> Result<ProbeOutcome> {
    let probe = AzureProbe::new(&world.azure().as_application());
    assert_eq!(probe.integration(), Integration::Azure);
    probe.probe(&customer()).await
}

/// Mounts the subscriptions and the vaults of the usable ones.
async fn mount(world: &World, subscriptions: &str, vaults: &[(&str, &str)]) {
    world.mount(arm_call("subscriptions").respond_with(answer(200, subscriptions)).expect(1)).await;
    for (below, fixture) in vaults {
        world.mount(arm_call(below).respond_with(answer(200, fixture)).expect(1)).await;
    }
}

async fn mount_secrets(world: &World, body: &str) {
    let mock = vault_call("GET", "secrets", &customer()).and(query("api-version=2025-07-01&maxresults=25"));
    world.mount(mock.respond_with(json(200, body)).expect(1)).await;
}

#[tokio::test]
async fn vault_with_secrets_works() {
    for (secrets, seen) in [
        ("secrets/list_two", "1 subscription, vault contoso-kv, 2 secrets"),
        ("secrets/list_none", "1 subscription, vault contoso-kv, 0 secrets"),
        ("secrets/list_full_page", "1 subscription, vault contoso-kv, 25 or more secrets"),
    ] {
        let world = World::with_vault().await;
        mount(&world, "subscriptions/list_one", &[(VAULTS, "vaults/list")]).await;
        mount_secrets(&world, &world.fixture_below(secrets, "/vault/contoso-kv")).await;
        assert_eq!(probe(&world).await.unwrap(), ProbeOutcome::Works(seen.to_owned()));
    }
}

#[tokio::test]
async fn first_vault_of_the_usable_subscriptions_is_taken() {
    let world = World::with_vault().await;
    let vaults = [(VAULTS, "vaults/list_none"), (MORE_VAULTS, "vaults/list")];
    mount(&world, "subscriptions/list_mixed", &vaults).await;
    mount_secrets(&world, &world.fixture_below("secrets/list_two", "")).await;
    let seen = "2 subscriptions, vault contoso-kv, 2 secrets";
    assert_eq!(probe(&world).await.unwrap(), ProbeOutcome::Works(seen.to_owned()));
}

#[tokio::test]
async fn tenant_without_usable_subscription_is_not_licensed() {
    for (subscriptions, seen) in [
        ("subscriptions/list_none", "no Azure subscription is visible"),
        ("subscriptions/list_disabled", "1 Azure subscription visible, none enabled"),
    ] {
        let world = World::start().await;
        mount(&world, subscriptions, &[]).await;
        assert_eq!(probe(&world).await.unwrap(), ProbeOutcome::NotLicensed(seen.to_owned()));
    }
}

#[tokio::test]
async fn subscription_without_vault_is_an_error() {
    let world = World::start().await;
    mount(&world, "subscriptions/list_one", &[(VAULTS, "vaults/list_none")]).await;
    let error = probe(&world).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!((error.tenant(), error.operation()), (Some(&customer()), Some("azure.probe")));
    assert!(error.to_string().contains("no key vault in 1 Azure subscription"), "{error}");
}

#[tokio::test]
async fn refusals_come_as_they_are() {
    let world = World::with_vault().await;
    world.mount(arm_call("subscriptions").respond_with(answer(200, "subscriptions/list_one")).expect(2)).await;
    let denied = arm_call(VAULTS).respond_with(answer(403, "vaults/error_403_denied"));
    world.mount(denied.up_to_n_times(1).expect(1)).await;
    world.mount(arm_call(VAULTS).respond_with(answer(200, "vaults/list")).expect(1)).await;
    let denied = vault_call("GET", "secrets", &customer()).respond_with(answer(403, "secrets/error_403_rbac"));
    world.mount(denied.expect(1)).await;
    let error = probe(&world).await.unwrap_err();
    assert_eq!((error.status(), error.operation()), (Some(403), Some("azure.vaults.list")));
    let error = probe(&world).await.unwrap_err();
    assert_eq!((error.status(), error.operation()), (Some(403), Some("azure.secrets.list")));
}

#[tokio::test]
async fn vault_of_another_tenant_is_not_opened() {
    let world = World::start().await;
    world.mount(anonymous().respond_with(challenge(&other())).expect(1)).await;
    mount(&world, "subscriptions/list_one", &[(VAULTS, "vaults/list")]).await;
    assert_eq!(probe(&world).await.unwrap_err().kind(), ErrorKind::Config);
    assert!(world.credential.requests().iter().all(|one| one.tenant == customer() && one.scope.contains("management")));
}
