//! Whose token a vault gets.

use std::sync::Arc;

use azure_keyvault_client::{KeyVaultClient, NewSecret, VaultUrl};
use bundle_core::auth::Principal;
use bundle_core::http::ClientOptions;
use bundle_core::testing::FixedCredential;
use bundle_core::{Cloud, ErrorKind};
use wiremock::Mock;
use wiremock::matchers::{body_json, header, method, path};

use crate::support::{
    VAULT_SCOPE, World, anonymous, answer, challenge, challenge_text, customer, db, other, query, vault_call,
};

#[tokio::test]
async fn first_call_asks_the_vault_without_token_and_body() {
    let world = World::start().await;
    world.mount(anonymous().and(query("api-version=2025-07-01")).respond_with(challenge(&customer())).expect(1)).await;
    let stored = vault_call("PUT", "secrets/db", &customer())
        .and(query("api-version=2025-07-01"))
        .and(header("content-type", "application/json"))
        .and(body_json(serde_json::json!({"value": "s3cret"})))
        .respond_with(answer(200, "secrets/set_stored"))
        .expect(2);
    world.mount(stored).await;
    let vault = world.vault();
    vault.secrets().set(&db(), &NewSecret::new("s3cret")).await.unwrap();
    vault.clone().secrets().set(&db(), &NewSecret::new("s3cret")).await.unwrap();
    let asked = world.credential.requests();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|one| one.tenant == customer() && one.scope == VAULT_SCOPE));
    assert_eq!(vault.tenant().await.unwrap(), customer());
}

#[tokio::test]
async fn concurrent_first_calls_ask_once() {
    let world = World::start().await;
    let delay = std::time::Duration::from_millis(50);
    world.mount(anonymous().respond_with(challenge(&customer()).set_delay(delay)).expect(1)).await;
    let get = vault_call("GET", "secrets/db", &customer()).respond_with(answer(200, "secrets/get_current"));
    world.mount(get.expect(20)).await;
    let azure = world.azure();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let vault = azure.vault(&world.vault_url()).unwrap();
            tokio::spawn(async move { vault.secrets().get(&db()).await.map(drop) })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn foreign_resource_is_refused_and_never_remembered() {
    let tenant = customer();
    for foreign in [
        format!(
            "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"https://evil.example\""
        ),
        format!(
            "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", \
             scope=\"https://graph.microsoft.com/.default\""
        ),
        format!("Bearer authorization=\"https://login.evil.example/{tenant}\", resource=\"https://vault.azure.net\""),
        "Bearer authorization=\"https://login.microsoftonline.com/common\", resource=\"https://vault.azure.net\""
            .to_owned(),
        "Negotiate".to_owned(),
    ] {
        let world = World::start().await;
        world.mount(anonymous().respond_with(challenge_text(&foreign)).expect(2)).await;
        let vault = world.vault();
        for _ in 0..2 {
            let error = vault.secrets().get(&db()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{foreign}");
            assert_eq!(error.operation(), Some("azure.key_vault.discover"));
            assert!(error.to_string().contains("no token was requested"), "{error}");
        }
        assert!(world.credential.requests().is_empty(), "{foreign}");
    }
}

#[tokio::test]
async fn answer_without_challenge_is_refused() {
    let world = World::start().await;
    world.mount(anonymous().respond_with(answer(200, "secrets/list_none")).expect(1)).await;
    let error = world.vault().secrets().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(world.credential.requests().is_empty());
}

#[tokio::test]
async fn vault_that_moved_to_another_tenant_is_asked_again_once() {
    let world = World::start().await;
    world.mount(anonymous().respond_with(challenge(&customer())).up_to_n_times(1).expect(1)).await;
    world.mount(anonymous().respond_with(challenge(&other())).expect(1)).await;
    let refused =
        vault_call("GET", "secrets/db", &customer())
            .respond_with(answer(401, "secrets/error_401_wrong_issuer").insert_header(
            "www-authenticate",
            format!(
                "Bearer authorization=\"https://login.microsoftonline.com/{}\", resource=\"https://vault.azure.net\"",
                other()
            ),
        ));
    world.mount(refused.expect(1)).await;
    let taken = vault_call("GET", "secrets/db", &other()).respond_with(answer(200, "secrets/get_current"));
    world.mount(taken.expect(2)).await;
    let vault = world.vault();
    vault.secrets().get(&db()).await.unwrap();
    vault.secrets().get(&db()).await.unwrap();
    assert_eq!(vault.tenant().await.unwrap(), other());
    let tenants: Vec<_> = world.credential.requests().iter().map(|one| one.tenant).collect();
    assert_eq!(tenants, [customer(), other(), other()]);
}

#[tokio::test]
async fn listing_of_a_vault_that_moved_goes_on() {
    let world = World::start().await;
    world.mount(anonymous().respond_with(challenge(&customer())).up_to_n_times(1).expect(1)).await;
    world.mount(anonymous().respond_with(challenge(&other())).expect(1)).await;
    let refused = vault_call("GET", "secrets", &customer()).respond_with(answer(401, "secrets/error_401_wrong_issuer"));
    world.mount(refused.expect(1)).await;
    let taken = vault_call("GET", "secrets", &other()).respond_with(answer(200, "secrets/list_two"));
    world.mount(taken.expect(1)).await;
    let listed = world.vault().secrets().list().await.unwrap().collect_all().await.unwrap();
    assert_eq!(listed.len(), 2);
}

#[tokio::test]
async fn later_foreign_challenge_is_refused_and_the_known_one_stays() {
    let world = World::start().await;
    world.mount(anonymous().respond_with(challenge(&customer())).up_to_n_times(1).expect(1)).await;
    let foreign = format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{}\", resource=\"https://graph.microsoft.com\"",
        customer()
    );
    world.mount(anonymous().respond_with(challenge_text(&foreign)).expect(1)).await;
    let refused = vault_call("GET", "secrets/db", &customer()).respond_with(challenge_text(&foreign));
    world.mount(refused.expect(1)).await;
    let vault = world.vault();
    let error = vault.secrets().get(&db()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(world.credential.requests().len(), 1, "only the token of the first challenge");
    assert_eq!(vault.tenant().await.unwrap(), customer());
}

#[tokio::test]
async fn token_that_is_refused_is_replaced_once() {
    let world = World::start().await;
    world.mount(anonymous().respond_with(challenge(&customer())).expect(2)).await;
    let refused = vault_call("GET", "secrets/db", &customer()).respond_with(challenge(&customer()));
    world.mount(refused.expect(2)).await;
    let error = world.vault().secrets().get(&db()).await.unwrap_err();
    assert_eq!(error.status(), Some(401));
    assert_eq!(error.kind(), ErrorKind::ReauthenticationRequired);
    assert_eq!(error.tenant(), Some(&customer()));
    let asked = world.credential.requests();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].rejected.is_none() && asked[1].rejected.is_some());
}

#[tokio::test]
async fn claims_are_passed_on_without_asking_the_vault_again() {
    let world = World::start().await;
    world.mount(anonymous().respond_with(challenge(&customer())).expect(1)).await;
    let wanted = challenge_text(
        "Bearer authorization=\"https://login.microsoftonline.com/22222222-2222-4222-8222-222222222222\", \
         resource=\"https://vault.azure.net\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\"",
    );
    let get = || vault_call("GET", "secrets/db", &customer());
    world.mount(get().respond_with(wanted).up_to_n_times(1).expect(1)).await;
    world.mount(get().respond_with(answer(200, "secrets/get_current")).expect(1)).await;
    world.vault().secrets().get(&db()).await.unwrap();
    let asked = world.credential.requests();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].claims.as_deref(), Some(r#"{"access_token":{}}"#));
    assert_eq!((asked[1].tenant, asked[1].scope.as_str()), (customer(), VAULT_SCOPE));
}

#[tokio::test]
async fn client_of_a_tenant_refuses_the_vault_of_another() {
    let world = World::with_vault().await;
    let vault = world.azure().for_tenant(&other()).vault(&world.vault_url()).unwrap();
    let error = vault.secrets().get(&db()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains(&customer().to_string()), "{error}");
    let error = world.vault().for_tenant(&other()).secrets().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(world.credential.requests().is_empty());
}

#[tokio::test]
async fn client_of_a_tenant_does_not_follow_a_vault_to_another() {
    let world = World::start().await;
    world.mount(anonymous().respond_with(challenge(&customer())).up_to_n_times(1).expect(1)).await;
    world.mount(anonymous().respond_with(challenge(&other())).expect(1)).await;
    let refused = vault_call("GET", "secrets/db", &customer()).respond_with(challenge(&other()));
    world.mount(refused.expect(1)).await;
    let vault = world.azure().for_tenant(&customer()).vault_named("contoso-kv").unwrap();
    let error = vault.secrets().get(&db()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(world.credential.requests().len(), 1);
}

#[tokio::test]
async fn application_acts_as_itself() {
    let world = World::with_vault().await;
    let token = FixedCredential::header(&customer(), Principal::Application, VAULT_SCOPE);
    let get = Mock::given(method("GET")).and(path("/vault/contoso-kv/secrets/db")).and(header("authorization", token));
    world.mount(get.respond_with(answer(200, "secrets/get_current")).expect(2)).await;
    world.vault().as_application().secrets().get(&db()).await.unwrap();
    let azure = world.azure().as_application();
    azure.for_tenant(&customer()).vault_named("Contoso-KV").unwrap().secrets().get(&db()).await.unwrap();
}

#[tokio::test]
async fn vault_outside_the_cloud_is_refused_at_once() {
    let credential = Arc::new(FixedCredential::new());
    let options = ClientOptions::new(Cloud::us_government());
    for (url, good) in [
        ("https://contoso-kv.vault.usgovcloudapi.net", true),
        ("https://contoso-kv.vault.azure.net", false),
        ("https://vault.usgovcloudapi.net", false),
        ("https://contoso-kv.vault.usgovcloudapi.net.evil.example", false),
    ] {
        let vault: VaultUrl = url.parse().unwrap();
        let credential: Arc<FixedCredential> = Arc::clone(&credential);
        match KeyVaultClient::with_options(credential, &vault, &options) {
            Ok(client) => assert!(good, "{client:?}"),
            Err(error) => {
                assert!(!good, "{error}");
                assert_eq!(error.kind(), ErrorKind::Config);
            }
        }
    }
}
