//! Per-user multifactor authentication.

use serde_json::json;

use bundle_core::ErrorKind;
use bundle_core::registration::PerUserMfaState;

use crate::support::{Call, Setup, absent, assert_error, denied, guid, id, throttled};

fn requirements(method: &'static str) -> Call {
    Call::new(method, format!("users/{}/authentication/requirements", guid(3)))
}

fn enforce() -> Call {
    requirements("PATCH").body(json!({"perUserMfaState": "enforced"}))
}

#[tokio::test]
async fn mfa_state_reads_v1() {
    let setup = Setup::new().await;
    setup.expect(throttled(requirements("GET"))).await;
    setup.expect(requirements("GET").answers(200, "authentication/requirements_disabled")).await;
    let state = setup.graph.authentication().mfa_state(&id(3)).await.unwrap();
    assert_eq!(state, PerUserMfaState::Disabled);
}

#[tokio::test]
async fn mfa_state_falls_back_to_beta_where_v1_does_not_know_the_path() {
    let setup = Setup::new().await;
    setup.expect(requirements("GET").answers(400, "errors/unknown_segment_400")).await;
    setup.expect(requirements("GET").beta().answers(200, "authentication/requirements_enforced")).await;
    let state = setup.graph.authentication().mfa_state(&id(3)).await.unwrap();
    assert_eq!(state, PerUserMfaState::Enforced);
}

#[tokio::test]
async fn mfa_state_of_an_absent_user_is_not_found() {
    let setup = Setup::new().await;
    setup.expect(absent(requirements("GET"))).await;
    setup.expect(absent(requirements("GET").beta())).await;
    let error = setup.graph.authentication().mfa_state(&id(3)).await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.users.mfa.get");
}

#[tokio::test]
async fn set_mfa_state_patches_v1_and_repeats() {
    let setup = Setup::new().await;
    setup.expect(enforce().answers(503, "errors/unavailable_503")).await;
    setup.expect(enforce()).await;
    setup.graph.authentication().set_mfa_state(&id(3), PerUserMfaState::Enforced).await.unwrap();
}

#[tokio::test]
async fn set_mfa_state_falls_back_to_beta() {
    let setup = Setup::new().await;
    setup.expect(enforce().answers(400, "errors/unknown_segment_400")).await;
    setup.expect(enforce().beta()).await;
    setup.graph.authentication().set_mfa_state(&id(3), PerUserMfaState::Enforced).await.unwrap();
}

#[tokio::test]
async fn set_mfa_state_denied_stays_on_v1() {
    let setup = Setup::new().await;
    setup.expect(denied(enforce())).await;
    let error = setup.graph.authentication().set_mfa_state(&id(3), PerUserMfaState::Enforced).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.users.mfa.update");
}
