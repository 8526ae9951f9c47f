//! Signing the service account in by device code, with a clock of the test's own.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::time::Instant;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use bundle_core::auth::{DeviceCodePrompt, PartnerCredential, SignIn, SignInOptions, sign_in_with_device_code};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, Result};

use crate::support::{
    APP, PARTNER, access_token, form, login_fixture, received, shown, sign_in_options, token_answer, token_mock,
    while_time_passes,
};

const DEVICE_CODE: &str = "canary-device-code";

async fn device_code_answer(server: &TestServer, edit: Value) {
    let mut body = json!({
        "device_code": DEVICE_CODE, "user_code": "ABCD1234", "interval": 5, "expires_in": 36_000,
        "verification_uri": "https://microsoft.com/devicelogin", "message": "Open the page and type the code.",
    });
    for (name, value) in edit.as_object().unwrap() {
        body[name] = value.clone();
    }
    Mock::given(method("POST"))
        .and(path(format!("/login/{PARTNER}/oauth2/v2.0/devicecode")))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .expect(1)
        .mount(server.mock())
        .await;
}

fn refusal(error: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({"error": error, "error_description": "AADSTS70016: not yet"}))
}

/// Signs in by device code and says how long it took by the test's clock.
async fn by_device_code(options: &SignInOptions) -> (Result<SignIn>, Option<DeviceCodePrompt>, Duration) {
    let (mut prompt, start) = (None, Instant::now());
    let outcome = while_time_passes(sign_in_with_device_code(options, |shown| prompt = Some(shown.clone()))).await;
    (outcome, prompt, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn device_code_is_polled_in_the_interval_until_the_person_is_done() {
    let server = TestServer::start().await;
    device_code_answer(&server, json!({})).await;
    for answer in
        [refusal("authorization_pending"), refusal("slow_down"), token_answer(&access_token(), Some("refresh"))]
    {
        token_mock(&PARTNER).respond_with(answer).up_to_n_times(1).expect(1).mount(server.mock()).await;
    }
    let (sign_in, prompt, took) = by_device_code(&sign_in_options(&server).client_secret("secret".into())).await;
    let sign_in = sign_in.unwrap();
    assert_eq!(sign_in.refresh_token().expose_secret(), "refresh");
    assert!(sign_in.claims().has_mfa());
    assert_eq!(sign_in.claims().tenant, Some(PARTNER));
    assert!(took >= Duration::from_secs(5 + 5 + 10), "{took:?}");
    let prompt = prompt.unwrap();
    assert_eq!((prompt.user_code.as_str(), prompt.expires_in), ("ABCD1234", Duration::from_secs(36_000)));

    let arrived = received(&server).await;
    let started = form(&arrived[0]);
    assert_eq!(started["client_id"], APP.to_string());
    assert_eq!(started["scope"], "https://graph.microsoft.com/.default openid profile offline_access");
    let polled = form(&arrived[1]);
    assert_eq!(polled["grant_type"], "urn:ietf:params:oauth:grant-type:device_code");
    assert_eq!((polled["device_code"].as_str(), polled["client_secret"].as_str()), (DEVICE_CODE, "secret"));

    // What the sign-in brought is what the credential redeems.
    let credential = PartnerCredential::builder(PARTNER, APP).build(&server.options()).unwrap();
    credential.keep(&sign_in).await.unwrap();
    assert!(credential.has_refresh_token().await.unwrap());
    assert!(!format!("{sign_in:?}").contains("refresh\""));
}

#[tokio::test(start_paused = true)]
async fn device_code_interval_is_never_zero_and_five_seconds_when_absent() {
    for (interval, least) in [(json!(0), 1), (Value::Null, 5)] {
        let server = TestServer::start().await;
        let mut body =
            json!({"device_code": DEVICE_CODE, "user_code": "A", "verification_url": "x", "expires_in": 36_000});
        if !interval.is_null() {
            body["interval"] = interval;
        }
        Mock::given(path(format!("/login/{PARTNER}/oauth2/v2.0/devicecode")))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(server.mock())
            .await;
        token_mock(&PARTNER).respond_with(token_answer("a", Some("r"))).expect(1).mount(server.mock()).await;
        let (sign_in, _, took) = by_device_code(&sign_in_options(&server)).await;
        sign_in.unwrap();
        assert!(took >= Duration::from_secs(least), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn device_code_ends_when_the_person_or_a_policy_says_no() {
    for (answer, kind, word) in [
        (refusal("authorization_declined"), ErrorKind::ReauthenticationRequired, "declined"),
        (refusal("access_denied"), ErrorKind::ReauthenticationRequired, "declined"),
        (refusal("expired_token"), ErrorKind::ReauthenticationRequired, "expired"),
        (login_fixture("device_code_expired"), ErrorKind::ReauthenticationRequired, "expired"),
        (login_fixture("conditional_access_53003"), ErrorKind::ConditionalAccess, "Conditional Access"),
        (login_fixture("secret_missing_7000218"), ErrorKind::InvalidClient, "client_secret"),
    ] {
        let server = TestServer::start().await;
        device_code_answer(&server, json!({})).await;
        token_mock(&PARTNER).respond_with(answer).expect(1).mount(server.mock()).await;
        let error = by_device_code(&sign_in_options(&server)).await.0.unwrap_err();
        assert_eq!((error.kind(), error.tenant()), (kind, Some(&PARTNER)), "{error}");
        assert_eq!(error.operation(), Some("login.device_code.poll"));
        assert!(error.to_string().contains(word), "{error}");
        assert!(!shown(&error).contains(DEVICE_CODE));
    }
}

#[tokio::test(start_paused = true)]
async fn device_code_is_not_polled_after_its_end() {
    for (edit, polls) in [(json!({"expires_in": 0}), 0), (json!({"expires_in": 4}), 0), (json!({"expires_in": 14}), 2)]
    {
        let server = TestServer::start().await;
        device_code_answer(&server, edit).await;
        let pending = token_mock(&PARTNER).respond_with(refusal("authorization_pending"));
        pending.expect(0..=polls).mount(server.mock()).await;
        let error = by_device_code(&sign_in_options(&server)).await.0.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReauthenticationRequired);
        assert!(error.to_string().contains("expired"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn device_code_that_cannot_be_started_shows_nothing() {
    let server = TestServer::start().await;
    Mock::given(path(format!("/login/{PARTNER}/oauth2/v2.0/devicecode")))
        .respond_with(login_fixture("application_unknown_700016"))
        .expect(1)
        .mount(server.mock())
        .await;
    let (outcome, prompt, _) = by_device_code(&sign_in_options(&server)).await;
    assert_eq!(outcome.unwrap_err().code(), Some("AADSTS700016"));
    assert!(prompt.is_none());
}
