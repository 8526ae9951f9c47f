//! Assertions signed inside a vault.

use std::sync::Arc;
use std::time::Duration;

use azure_keyvault_client::key_vault::VaultSigner;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bundle_core::ErrorKind;
use bundle_core::auth::{AssertionRequest, AssertionSigner, ClientAssertion, ClientCertificate};
use bundle_core::ids::AppId;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;
use wiremock::ResponseTemplate;
use wiremock::matchers::body_json;

use crate::support::{World, answer, customer, json as json_answer, query, vault_call};

const VERSION_QUERY: &str = "api-version=2025-07-01";
const FIRST: &str = "0a1b2c3d4e5f40718293a4b5c6d7e8f9";
const RENEWED: &str = "1a1b2c3d4e5f40718293a4b5c6d7e8f9";
/// The SHA-256 of the DER in the fixtures, as OpenSSL computes it.
const THUMBPRINT: &str = "5dhKXT0YR_D4-actN9a4XG7Dik0HQOJqy1o7sxcaPgo";

fn signer(world: &World) -> VaultSigner {
    VaultSigner::new(world.vault(), "app".parse().unwrap())
}

async fn mount_certificate(world: &World, fixture: &str, times: u64) {
    let mock = vault_call("GET", "certificates/app", &customer()).and(query(VERSION_QUERY));
    world.mount(mock.respond_with(answer(200, fixture)).up_to_n_times(times).expect(times)).await;
}

fn signed(version: &str) -> ResponseTemplate {
    let kid = format!("https://contoso-kv.vault.azure.net/keys/app/{version}");
    json_answer(200, &json!({"kid": kid, "value": "AQID"}).to_string())
}

fn request() -> AssertionRequest {
    let endpoint = Url::parse("https://login.microsoftonline.com/x/oauth2/v2.0/token").unwrap();
    AssertionRequest::new(
        endpoint,
        AppId::from_u128(1),
        "2027-01-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap().into(),
    )
}

#[tokio::test]
async fn message_is_hashed_here_and_signed_with_the_key_of_the_certificate() {
    let world = World::with_vault().await;
    mount_certificate(&world, "certificates/get_current", 1).await;
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(b"message"));
    let sign = vault_call("POST", &format!("keys/app/{FIRST}/sign"), &customer())
        .and(query(VERSION_QUERY))
        .and(body_json(json!({"alg": "PS256", "value": digest})));
    world.mount(sign.respond_with(signed(FIRST)).expect(2)).await;
    let signer = signer(&world);
    let certificate = signer.certificate(false).await.unwrap();
    assert_eq!(certificate.thumbprint(), THUMBPRINT);
    for _ in 0..2 {
        let certificate = signer.clone().certificate(false).await.unwrap();
        assert_eq!(signer.sign(&certificate, b"message").await.unwrap(), [1, 2, 3]);
    }
}

#[tokio::test]
async fn assertion_is_signed_again_with_the_renewed_certificate_when_it_was_refused() {
    let world = World::with_vault().await;
    mount_certificate(&world, "certificates/get_current", 1).await;
    mount_certificate(&world, "certificates/get_renewed", 1).await;
    for version in [FIRST, RENEWED] {
        let sign = vault_call("POST", &format!("keys/app/{version}/sign"), &customer());
        world.mount(sign.respond_with(signed(version)).expect(1)).await;
    }
    let certificate = ClientCertificate::new(Arc::new(signer(&world)));
    let mut request = request();
    let assertion = certificate.assertion(&request).await.unwrap();
    let parts: Vec<&str> = assertion.expose_secret().split('.').collect();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    assert_eq!((&header["alg"], &header["x5t#S256"]), (&json!("PS256"), &json!(THUMBPRINT)));
    assert_eq!(parts[2], "AQID");
    request.refused = true;
    certificate.assertion(&request).await.unwrap();
}

#[tokio::test]
async fn certificate_is_read_again_after_ten_minutes() {
    let world = World::with_vault().await;
    mount_certificate(&world, "certificates/get_current", 1).await;
    mount_certificate(&world, "certificates/get_renewed", 1).await;
    let signer = signer(&world);
    let key = |version: &str| Some(format!("app/{version}"));
    assert_eq!(signer.certificate(false).await.unwrap().key().map(str::to_owned), key(FIRST));
    assert_eq!(signer.certificate(false).await.unwrap().key().map(str::to_owned), key(FIRST));
    // The clock stands still no longer than this: waiting for a server would look like idling.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(601)).await;
    tokio::time::resume();
    assert_eq!(signer.certificate(false).await.unwrap().key().map(str::to_owned), key(RENEWED));
}

#[tokio::test]
async fn throttled_signature_is_repeated_and_a_denial_is_not() {
    let world = World::with_vault().await;
    mount_certificate(&world, "certificates/get_current", 1).await;
    let sign = || vault_call("POST", &format!("keys/app/{FIRST}/sign"), &customer());
    world.mount(sign().respond_with(ResponseTemplate::new(503)).up_to_n_times(1).expect(1)).await;
    world.mount(sign().respond_with(answer(403, "secrets/error_403_rbac")).expect(1)).await;
    let signer = signer(&world);
    let certificate = signer.certificate(false).await.unwrap();
    let error = signer.sign(&certificate, b"message").await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::PermissionDenied, Some("azure.keys.sign")));
}

#[tokio::test]
async fn answer_without_certificate_or_key_is_an_error() {
    let cases = [
        (json!({"cer": "%", "kid": "https://contoso-kv.vault.azure.net/keys/app/1"}), "`cer` is no base64"),
        (json!({"cer": "AAAA", "kid": "https://contoso-kv.vault.azure.net/keys/app/1"}), "not an X.509 certificate"),
        (json!({"cer": "AAAA", "kid": "app"}), "`kid` is not the identifier of a key"),
    ];
    for (body, what) in cases {
        let world = World::with_vault().await;
        let mock = vault_call("GET", "certificates/app", &customer());
        world.mount(mock.respond_with(json_answer(200, &body.to_string()))).await;
        let error = signer(&world).certificate(false).await.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
}
