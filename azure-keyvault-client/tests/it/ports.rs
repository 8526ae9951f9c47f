//! A vault keeps what a set-up makes.

use bundle_core::ErrorKind;
use bundle_core::setup::SecretKeeper;
use secrecy::ExposeSecret as _;
use serde_json::json;
use wiremock::matchers::body_json;

use crate::support::{World, answer, customer, vault_call};

#[tokio::test]
async fn keeper_stores_and_reads_a_secret() {
    let world = World::with_vault().await;
    let put = vault_call("PUT", "secrets/db", &customer()).and(body_json(json!({"value": "s3cret"})));
    world.mount(put.respond_with(answer(200, "secrets/set_stored")).expect(1)).await;
    let get = vault_call("GET", "secrets/db", &customer()).respond_with(answer(200, "secrets/get_current"));
    world.mount(get.expect(1)).await;
    let keeper: &dyn SecretKeeper = &world.vault();
    keeper.keep("db", &"s3cret".into()).await.unwrap();
    assert_eq!(keeper.load("db").await.unwrap().unwrap().expose_secret(), "s3cret");
}

#[tokio::test]
async fn keeper_answers_none_for_what_was_never_kept_and_refuses_other_names() {
    let world = World::with_vault().await;
    let get = vault_call("GET", "secrets/db", &customer()).respond_with(answer(404, "secrets/error_404_secret"));
    world.mount(get.expect(1)).await;
    let keeper: &dyn SecretKeeper = &world.vault();
    assert!(keeper.load("db").await.unwrap().is_none());
    let error = keeper.keep("no/such name", &"s3cret".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!error.to_string().contains("s3cret"));
}
