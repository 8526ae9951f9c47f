//! Tokens renewed ahead of their end, over the wire and in virtual time.

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::advance;
use wiremock::ResponseTemplate;

use bundle_core::auth::{AccessToken, Credential, PartnerCredential};
use bundle_core::testing::TestServer;

use crate::support::{
    APP, CUSTOMER, PARTNER, account, is_token, login_fixture, received, token_mock, while_time_passes,
};

const HOUR: Duration = Duration::from_secs(3600);

async fn signed_in(server: &TestServer) -> PartnerCredential {
    // Hours of the test's clock pass while a real answer is on its way.
    let mut options = server.options().attempt_timeout(HOUR * 1000);
    options.connect_timeout = HOUR * 1000;
    options.retry = options.retry.deadline(HOUR * 1000);
    let credential = PartnerCredential::builder(PARTNER, APP).build(&options).unwrap();
    credential.keep_refresh_token(&"refresh-0".into()).await.unwrap();
    credential
}

/// A day, to be renewed half-way; numbers as text.
fn long_lived(access: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(serde_json::json!({"token_type": "Bearer", "access_token": access,
        "expires_in": "86400", "refresh_in": "43200"}))
}

async fn token(credential: &PartnerCredential) -> AccessToken {
    while_time_passes(credential.token(&account(CUSTOMER))).await.unwrap()
}

/// Waits until the endpoint was asked so often and the answer is noted.
async fn until(server: &TestServer, credential: &PartnerCredential, asked: usize, access: &str) {
    while_time_passes(async {
        while received(server).await.len() < asked {
            tokio::task::yield_now().await;
        }
        while !is_token(&credential.token(&account(CUSTOMER)).await.unwrap(), access) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn token_is_renewed_when_the_authority_says_and_nobody_waits() {
    let server = TestServer::start().await;
    token_mock(&CUSTOMER).respond_with(long_lived("first")).up_to_n_times(1).mount(server.mock()).await;
    token_mock(&CUSTOMER).respond_with(long_lived("second")).expect(1).mount(server.mock()).await;
    let credential = signed_in(&server).await;
    assert!(is_token(&token(&credential).await, "first"));
    advance(HOUR * 12).await;
    for _ in 0..10 {
        let now = credential.token(&account(CUSTOMER)).now_or_never().expect("the current token is at hand");
        assert!(is_token(&now.unwrap(), "first"));
    }
    until(&server, &credential, 2, "second").await;
}

#[tokio::test(start_paused = true)]
async fn token_is_served_until_its_end_while_the_authority_refuses() {
    let server = TestServer::start().await;
    token_mock(&CUSTOMER).respond_with(long_lived("first")).up_to_n_times(1).mount(server.mock()).await;
    let refused = login_fixture("grant_revoked_50173");
    token_mock(&CUSTOMER).respond_with(refused).mount(server.mock()).await;
    let credential = signed_in(&server).await;
    token(&credential).await;
    advance(HOUR * 12).await;
    token(&credential).await;
    until(&server, &credential, 2, "first").await;
    advance(HOUR * 11).await;
    assert!(is_token(&token(&credential).await, "first"));
    advance(HOUR).await;
    let ended = while_time_passes(credential.token(&account(CUSTOMER))).await;
    assert_eq!(ended.unwrap_err().code(), Some("AADSTS50173"));
}
