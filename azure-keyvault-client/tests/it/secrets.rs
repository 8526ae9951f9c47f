//! Secrets of a vault.

use azure_keyvault_client::key_vault::{RecoveryLevel, SecretPatch, SetProgress};
use azure_keyvault_client::{NewSecret, SecretVersion};
use bundle_core::{ErrorKind, Result};
use http::Method;
use secrecy::ExposeSecret;
use serde_json::json;
use wiremock::Mock;
use wiremock::ResponseTemplate;
use wiremock::matchers::body_json;

use crate::support::{World, answer, customer, db, json as json_answer, query, vault_call};

const VERSION_QUERY: &str = "api-version=2025-07-01";
const LIST_QUERY: &str = "api-version=2025-07-01&maxresults=25";

fn version() -> SecretVersion {
    "0a1b2c3d4e5f40718293a4b5c6d7e8f9".parse().unwrap()
}

/// One call, answered by one fixture.
async fn mount(world: &World, verb: &str, below: &str, status: u16, fixture: &str) {
    let mock = vault_call(verb, below, &customer()).and(query(VERSION_QUERY)).respond_with(answer(status, fixture));
    world.mount(mock.expect(1)).await;
}

#[tokio::test]
async fn get_reads_value_times_and_tags() {
    let world = World::with_vault().await;
    mount(&world, "GET", "secrets/db", 200, "secrets/get_current").await;
    let secret = world.vault().secrets().get(&db()).await.unwrap();
    assert_eq!(secret.value.expose_secret(), "s3cret");
    let properties = &secret.properties;
    assert_eq!(properties.id.name(), db());
    assert_eq!(properties.id.version().unwrap().as_str(), "4387e9f3d6e14c459867679a90fd0f79");
    assert_eq!(properties.content_type.as_deref(), Some("text/plain"));
    assert_eq!(properties.tags["owner"], "contoso");
    assert!(!properties.managed);
    let attributes = &properties.attributes;
    assert_eq!(attributes.enabled, Some(true));
    assert_eq!(attributes.not_before, Some("2026-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(attributes.expires, Some("2027-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(attributes.updated, Some("2026-01-01T00:00:01Z".parse().unwrap()));
    assert_eq!(attributes.recovery_level, Some(RecoveryLevel::RecoverablePurgeable));
    assert!(attributes.recovery_level.as_ref().unwrap().allows_purge());
    assert_eq!(attributes.recoverable_days, Some(90));
    assert!(!format!("{secret:?}").contains("s3cret"));
}

#[tokio::test]
async fn get_version_reads_that_version() {
    let world = World::with_vault().await;
    let below = "secrets/db/0a1b2c3d4e5f40718293a4b5c6d7e8f9";
    mount(&world, "GET", below, 200, "secrets/get_version").await;
    let secret = world.vault().secrets().get_version(&db(), &version()).await.unwrap();
    assert_eq!(secret.value.expose_secret(), "0ld-s3cret");
    assert_eq!(secret.properties.id.version(), Some(version()));
}

#[tokio::test]
async fn absent_secret_is_an_error_for_get_and_none_for_find() {
    let world = World::with_vault().await;
    for below in ["secrets/db", "deletedsecrets/db"] {
        let mock = vault_call("GET", below, &customer()).respond_with(answer(404, "secrets/error_404_secret"));
        world.mount(mock.expect(2)).await;
    }
    let secrets = world.vault().secrets();
    let error = secrets.get(&db()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::NotFound, Some(404)));
    assert_eq!(error.operation(), Some("azure.secrets.get"));
    assert_eq!(error.tenant(), Some(&customer()));
    assert!(secrets.find(&db()).await.unwrap().is_none());
    assert_eq!(secrets.get_deleted(&db()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(secrets.find_deleted(&db()).await.unwrap().is_none());
}

#[tokio::test]
async fn find_reads_what_is_there_and_keeps_other_errors() {
    let world = World::with_vault().await;
    let found = vault_call("GET", "secrets/db", &customer()).respond_with(answer(200, "secrets/get_current"));
    world.mount(found.up_to_n_times(1).expect(1)).await;
    let denied = vault_call("GET", "secrets/db", &customer()).respond_with(answer(403, "secrets/error_403_rbac"));
    world.mount(denied.expect(1)).await;
    let secrets = world.vault().secrets();
    assert!(secrets.find(&db()).await.unwrap().is_some());
    let error = secrets.find(&db()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::PermissionDenied, Some(403)));
    assert_eq!(error.code(), Some("ForbiddenByRbac"));
}

#[tokio::test]
async fn throttled_call_is_repeated() {
    let world = World::with_vault().await;
    let busy = answer(429, "secrets/error_429_throttled").insert_header("retry-after", "0");
    let mock = vault_call("GET", "secrets/db", &customer()).respond_with(busy).up_to_n_times(2);
    world.mount(mock.expect(2)).await;
    mount(&world, "GET", "secrets/db", 200, "secrets/get_current").await;
    world.vault().secrets().get(&db()).await.unwrap();
}

#[tokio::test]
async fn set_sends_the_whole_secret() {
    let world = World::with_vault().await;
    let mock = vault_call("PUT", "secrets/db", &customer())
        .and(query(VERSION_QUERY))
        .and(body_json(json!({
            "value": "s3cret", "contentType": "text/plain",
            "attributes": {"enabled": true, "nbf": 1_767_225_600, "exp": 1_798_761_600},
            "tags": {"a": "b"}
        })))
        .respond_with(answer(200, "secrets/set_stored"));
    world.mount(mock.expect(1)).await;
    let secret = NewSecret::new("s3cret")
        .content_type("text/plain")
        .enabled(true)
        .not_before("2026-01-01T00:00:00Z".parse().unwrap())
        .expires("2027-01-01T00:00:00Z".parse().unwrap())
        .tag("a", "b");
    let stored = world.vault().secrets().set(&db(), &secret).await.unwrap();
    assert_eq!(stored.value.expose_secret(), "s3cret");
}

#[tokio::test]
async fn set_over_a_deleted_secret_is_a_conflict() {
    let world = World::with_vault().await;
    mount(&world, "PUT", "secrets/db", 409, "secrets/error_409_deleted").await;
    let error = world.vault().secrets().set(&db(), &NewSecret::new("s3cret")).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Conflict, Some(409)));
    assert_eq!(error.code(), Some("ObjectIsDeletedButRecoverable"));
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[tokio::test]
async fn set_recovering_goes_on_where_it_stopped() {
    let world = World::with_vault().await;
    let put = |status, fixture: &str| {
        let mock = vault_call("PUT", "secrets/db", &customer()).and(body_json(json!({"value": "s3cret"})));
        mock.respond_with(answer(status, fixture)).up_to_n_times(1).expect(1)
    };
    world.mount(put(409, "secrets/error_409_being_deleted")).await;
    world.mount(put(409, "secrets/error_409_deleted")).await;
    world.mount(put(409, "secrets/error_409_being_recovered")).await;
    world.mount(put(200, "secrets/set_stored")).await;
    mount(&world, "POST", "deletedsecrets/db/recover", 200, "secrets/recover_recovered").await;
    let secrets = world.vault().secrets();
    let mut waits = Vec::new();
    let stored = loop {
        match secrets.set_recovering(&db(), &NewSecret::new("s3cret")).await.unwrap() {
            SetProgress::Done(secret) => break secret,
            SetProgress::Waiting { reason, check_after } => {
                assert!(!check_after.is_zero());
                waits.push(reason);
            }
            _ => unreachable!("there are two answers"),
        }
    };
    assert_eq!(stored.properties.id.name(), db());
    assert_eq!(
        waits,
        [
            "the secret is still being deleted",
            "the deleted secret is being recovered",
            "the deleted secret is being recovered"
        ]
    );
}

#[tokio::test]
async fn set_recovering_waits_when_somebody_else_recovers() {
    for (status, fixture) in [(404, "secrets/error_404_secret"), (409, "secrets/error_409_being_recovered")] {
        let world = World::with_vault().await;
        mount(&world, "PUT", "secrets/db", 409, "secrets/error_409_deleted").await;
        mount(&world, "POST", "deletedsecrets/db/recover", status, fixture).await;
        let progress = world.vault().secrets().set_recovering(&db(), &NewSecret::new("s3cret")).await.unwrap();
        assert!(matches!(progress, SetProgress::Waiting { .. }), "{progress:?}");
    }
}

#[tokio::test]
async fn set_recovering_returns_what_it_cannot_mend() {
    let world = World::with_vault().await;
    let denied = vault_call("PUT", "secrets/db", &customer()).respond_with(answer(403, "secrets/error_403_rbac"));
    world.mount(denied.up_to_n_times(1).expect(1)).await;
    mount(&world, "PUT", "secrets/db", 409, "secrets/error_409_deleted").await;
    mount(&world, "POST", "deletedsecrets/db/recover", 403, "secrets/error_403_rbac").await;
    let secrets = world.vault().secrets();
    for operation in ["azure.secrets.set", "azure.secrets.recover"] {
        let error = secrets.set_recovering(&db(), &NewSecret::new("s3cret")).await.unwrap_err();
        assert_eq!((error.status(), error.operation()), (Some(403), Some(operation)));
    }
}

#[tokio::test]
async fn update_sends_only_what_changes() {
    let world = World::with_vault().await;
    let mock = vault_call("PATCH", "secrets/db/0a1b2c3d4e5f40718293a4b5c6d7e8f9", &customer())
        .and(query(VERSION_QUERY))
        .and(body_json(json!({"attributes": {"enabled": false}})))
        .respond_with(answer(200, "secrets/update_disabled"));
    world.mount(mock.expect(1)).await;
    let patch = SecretPatch::new().enabled(false);
    let changed = world.vault().secrets().update(&db(), &version(), &patch).await.unwrap();
    assert_eq!(changed.attributes.enabled, Some(false));
}

#[tokio::test]
async fn list_follows_links_over_an_empty_page_until_absent() {
    let world = World::with_vault().await;
    let pages = [
        (LIST_QUERY, world.fixture_below("secrets/list_page_1", "/vault/contoso-kv")),
        (
            "api-version=2025-07-01&maxresults=25&$skiptoken=eyJOZXh0",
            world.fixture_below("secrets/list_page_2_empty", ""),
        ),
        ("api-version=2025-07-01&maxresults=25&$skiptoken=eyJMYXN0", world.fixture_below("secrets/list_page_3", "")),
    ];
    for (expected, body) in pages {
        let mock = vault_call("GET", "secrets", &customer()).and(query(expected)).respond_with(json_answer(200, &body));
        world.mount(mock.expect(1)).await;
    }
    let all = world.vault().secrets().list().await.unwrap().collect_all().await.unwrap();
    let names: Vec<_> = all.iter().map(|one| (one.id.name().to_string(), one.managed)).collect();
    assert_eq!(
        names,
        [("api-key", false), ("web-cert", true), ("db", false)].map(|(name, managed)| (name.to_owned(), managed))
    );
    assert!(all.iter().all(|one| one.id.version().is_none()));
}

#[tokio::test]
async fn list_does_not_follow_a_link_to_another_host() {
    let world = World::with_vault().await;
    let mock = vault_call("GET", "secrets", &customer()).and(query(LIST_QUERY));
    world.mount(mock.respond_with(answer(200, "secrets/list_next_elsewhere")).expect(1)).await;
    let error = world.vault().secrets().list().await.unwrap().collect_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("evil.example"), "{error}");
}

#[tokio::test]
async fn versions_and_deleted_secrets_are_listed() {
    let world = World::with_vault().await;
    for (below, fixture) in
        [("secrets/db/versions", "secrets/list_versions"), ("deletedsecrets", "secrets/list_deleted")]
    {
        let mock = vault_call("GET", below, &customer()).and(query(LIST_QUERY)).respond_with(answer(200, fixture));
        world.mount(mock.expect(1)).await;
    }
    let secrets = world.vault().secrets();
    let versions = secrets.list_versions(&db()).await.unwrap().collect_all().await.unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[1].id.version(), Some(version()));
    let deleted = secrets.list_deleted().await.unwrap().collect_all().await.unwrap();
    assert_eq!(deleted[0].properties.id.name(), db());
}

#[tokio::test]
async fn deleted_secret_is_read_recovered_and_purged() {
    let world = World::with_vault().await;
    mount(&world, "DELETE", "secrets/db", 200, "secrets/delete_deleted").await;
    mount(&world, "GET", "deletedsecrets/db", 200, "secrets/delete_deleted").await;
    mount(&world, "POST", "deletedsecrets/db/recover", 200, "secrets/recover_recovered").await;
    let purge = vault_call("DELETE", "deletedsecrets/db", &customer()).and(query(VERSION_QUERY));
    world.mount(purge.respond_with(ResponseTemplate::new(204)).expect(1)).await;
    let secrets = world.vault().secrets();
    let deleted = secrets.delete(&db()).await.unwrap();
    assert_eq!(deleted.deleted_date, Some("2026-01-02T00:00:00Z".parse().unwrap()));
    assert_eq!(deleted.scheduled_purge_date, Some("2026-04-02T00:00:00Z".parse().unwrap()));
    assert_eq!(deleted.recovery_id.as_deref(), Some("https://contoso-kv.vault.azure.net/deletedsecrets/db"));
    assert_eq!(secrets.get_deleted(&db()).await.unwrap(), deleted);
    assert_eq!(secrets.recover(&db()).await.unwrap().id.name(), db());
    secrets.purge(&db()).await.unwrap();
}

#[tokio::test]
async fn other_versions_and_other_paths_can_be_asked_for() -> Result<()> {
    let world = World::with_vault().await;
    let keys: Mock = vault_call("GET", "keys", &customer())
        .and(query("api-version=7.6&maxresults=1"))
        .respond_with(answer(200, "secrets/list_none"))
        .expect(1);
    world.mount(keys).await;
    let vault = world.vault().with_api_version("7.6");
    let request = vault.request(Method::GET, "/keys/").await?.query("maxresults", "1");
    assert_eq!(vault.send(request).await?.json::<serde_json::Value>()?["value"], json!([]));
    Ok(())
}

#[tokio::test]
async fn unreadable_secret_is_not_shown() {
    let world = World::with_vault().await;
    let body = r#"{"value":"hunter2","id":"hunter2"}"#;
    let mock = vault_call("GET", "secrets/db", &customer()).respond_with(json_answer(200, body));
    world.mount(mock.expect(1)).await;
    let error = world.vault().secrets().get(&db()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}
