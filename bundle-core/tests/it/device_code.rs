//! Signing the service account in by device code, with a clock of the test's own.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::time::Instant;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use bundle_core::auth::{
    CancelSignIn, DeviceCodeEvent, DeviceCodePrompt, DeviceCodeSignIn, PartnerCredential, SignIn, SignInOptions,
    sign_in_with_device_code,
};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, Result};

use crate::support::{
    APP, PARTNER, Traced, access_token, form, login_fixture, received, shown, sign_in_options, token_answer,
    token_mock, while_time_passes,
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
async fn device_code_numbers_may_be_texts_and_what_is_none_counts_as_absent() {
    for (edit, expires_in, least) in [
        (json!({"interval": "7", "expires_in": "36000"}), 36_000, 7),
        (json!({"interval": "soon", "expires_in": "36000"}), 36_000, 5),
        (json!({"interval": -1, "expires_in": null}), 900, 5),
        (json!({"interval": 2.5, "expires_in": {}}), 900, 2),
        (json!({"interval": 1, "expires_in": "1e300"}), 900, 1),
    ] {
        let server = TestServer::start().await;
        device_code_answer(&server, edit).await;
        let mut answer = json!({"access_token": "a", "refresh_token": "r", "expires_in": "3599"});
        answer["ext_expires_in"] = "3599".into();
        let answer = ResponseTemplate::new(200).set_body_json(answer);
        token_mock(&PARTNER).respond_with(answer).expect(1).mount(server.mock()).await;
        let (sign_in, prompt, took) = by_device_code(&sign_in_options(&server)).await;
        sign_in.unwrap();
        assert_eq!(prompt.unwrap().expires_in, Duration::from_secs(expires_in));
        assert!(took >= Duration::from_secs(least), "{took:?}");
    }
}

fn said(error: &str, number: u32) -> ResponseTemplate {
    ResponseTemplate::new(if error == "invalid_client" { 401 } else { 400 }).set_body_json(json!({
        "error": error, "error_description": format!("AADSTS{number}: because."), "error_codes": [number],
        "correlation_id": "cccccccc-cccc-4ccc-8ccc-cccccccccccc",
    }))
}

#[tokio::test(start_paused = true)]
async fn device_code_ends_when_the_person_or_a_policy_says_no() {
    use ErrorKind::{ConditionalAccess, ConsentRequired, InvalidClient, InvalidRequest, ReauthenticationRequired};

    for (answer, kind, word) in [
        (refusal("authorization_declined"), ReauthenticationRequired, "declined"),
        (refusal("access_denied"), ReauthenticationRequired, "declined"),
        (refusal("expired_token"), ReauthenticationRequired, "expired"),
        (refusal("code_expired"), ReauthenticationRequired, "expired"),
        (login_fixture("device_code_expired"), ReauthenticationRequired, "expired"),
        (login_fixture("conditional_access_53003"), ConditionalAccess, "Conditional Access"),
        (login_fixture("secret_missing_7000218"), InvalidClient, "client_secret"),
        (said("authorization_declined", 70018), ReauthenticationRequired, "declined"),
        (said("authorization_declined", 90120), ReauthenticationRequired, "declined"),
        (said("bad_verification_code", 70018), InvalidRequest, "because"),
        (said("invalid_request", 90120), InvalidRequest, "because"),
        (said("expired_token", 70020), ReauthenticationRequired, "expired"),
        (said("invalid_grant", 70019), ReauthenticationRequired, "expired"),
        (said("access_denied", 53003), ConditionalAccess, "because"),
        (said("access_denied", 65004), ConsentRequired, "because"),
        (said("invalid_grant", 530_036), ConditionalAccess, "because"),
        (said("interaction_required", 50199), ReauthenticationRequired, "because"),
        (said("invalid_grant", 999_999), ReauthenticationRequired, "because"),
        (said("interaction_required", 999_999), ReauthenticationRequired, "because"),
        (said("invalid_client", 7_000_218), InvalidClient, "because"),
        (said("invalid_client", 999_999), InvalidClient, "because"),
        (said("unauthorized_client", 999_999), InvalidClient, "because"),
        (said("invented", 999_999), InvalidRequest, "because"),
        (ResponseTemplate::new(400).set_body_string("<html>"), InvalidRequest, "web page"),
        (ResponseTemplate::new(200).set_body_string("{}"), ErrorKind::Decode, "access_token"),
    ] {
        let server = TestServer::start().await;
        device_code_answer(&server, json!({"interval": 1})).await;
        token_mock(&PARTNER).respond_with(answer).expect(1).mount(server.mock()).await;
        let error = by_device_code(&sign_in_options(&server)).await.0.unwrap_err();
        assert_eq!((error.kind(), error.tenant()), (kind, Some(&PARTNER)), "{error}");
        assert_eq!(error.operation(), Some("login.device_code.poll"));
        assert!(error.to_string().contains(word), "{error}");
        assert!(error.status().is_some(), "{error}");
        assert!(!shown(&error).contains(DEVICE_CODE));
    }
}

#[tokio::test(start_paused = true)]
async fn device_code_refusal_keeps_what_the_authority_said() {
    let server = TestServer::start().await;
    device_code_answer(&server, json!({})).await;
    token_mock(&PARTNER).respond_with(said("authorization_declined", 70018)).mount(server.mock()).await;
    let error = by_device_code(&sign_in_options(&server)).await.0.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(400), Some("authorization_declined")));
    assert_eq!(error.request_id(), Some("cccccccc-cccc-4ccc-8ccc-cccccccccccc"));
    assert!(shown(&error).contains("because"), "{error:?}");
}

/// The events of a sign-in, in words, with the times between them left to virtual time.
async fn events(options: &SignInOptions) -> Vec<String> {
    let mut sign_in = DeviceCodeSignIn::new(options).unwrap();
    let mut seen = Vec::new();
    loop {
        let event = while_time_passes(sign_in.try_next()).await;
        seen.push(match event {
            Ok(None) => return seen,
            Ok(Some(DeviceCodeEvent::Prompt(prompt))) => format!("prompt {}", prompt.user_code),
            Ok(Some(DeviceCodeEvent::Waiting { next_poll_in })) => format!("waiting {}", next_poll_in.as_secs()),
            Ok(Some(DeviceCodeEvent::SlowedDown { interval })) => format!("slowed down {}", interval.as_secs()),
            Ok(Some(DeviceCodeEvent::Unanswered(error))) => {
                assert_eq!((error.operation(), error.tenant()), (Some("login.device_code.poll"), Some(&PARTNER)));
                format!("unanswered {:?}", error.kind())
            }
            Ok(Some(DeviceCodeEvent::Done(_))) => "done".to_owned(),
            Ok(Some(other)) => panic!("{other:?}"),
            Err(error) => format!("error {:?}", error.kind()),
        });
    }
}

#[tokio::test(start_paused = true)]
async fn device_code_tells_what_happens() {
    let server = TestServer::start().await;
    device_code_answer(&server, json!({})).await;
    let pending = || refusal("authorization_pending");
    for answer in [
        pending(),
        pending().insert_header("Retry-After", "8"),
        refusal("slow_down"),
        refusal("slow_down").insert_header("Retry-After", "40"),
        pending(),
        token_answer("a", Some("r")),
    ] {
        token_mock(&PARTNER).respond_with(answer).up_to_n_times(1).expect(1).mount(server.mock()).await;
    }
    let start = Instant::now();
    assert_eq!(
        events(&sign_in_options(&server)).await,
        [
            "prompt ABCD1234",
            "waiting 5",
            "waiting 5",
            "waiting 8",
            "slowed down 10",
            "waiting 10",
            "slowed down 15",
            "waiting 40",
            "waiting 15",
            "done"
        ]
    );
    assert!(start.elapsed() >= Duration::from_secs(5 + 5 + 8 + 10 + 40 + 15), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn device_code_polling_survives_an_authority_that_does_not_answer() {
    let server = TestServer::start().await;
    device_code_answer(&server, json!({"interval": 1})).await;
    for answer in [
        ResponseTemplate::new(429).insert_header("Retry-After", "12"),
        ResponseTemplate::new(503).set_body_string("<html>busy</html>"),
        ResponseTemplate::new(400).set_body_json(json!({"error": "temporarily_unavailable"})),
        ResponseTemplate::new(504),
        refusal("authorization_pending"),
        ResponseTemplate::new(500).set_body_json(json!({"error": "server_error"})),
        token_answer("a", Some("r")),
    ] {
        token_mock(&PARTNER).respond_with(answer).up_to_n_times(1).expect(1).mount(server.mock()).await;
    }
    let start = Instant::now();
    assert_eq!(
        events(&sign_in_options(&server)).await,
        [
            "prompt ABCD1234",
            "waiting 1",
            "unanswered Throttled",
            "waiting 12",
            "unanswered Unavailable",
            "waiting 4",
            "unanswered Unavailable",
            "waiting 8",
            "unanswered Unavailable",
            "waiting 16",
            "waiting 1",
            "unanswered Unavailable",
            "waiting 2",
            "done"
        ]
    );
    assert!(start.elapsed() >= Duration::from_secs(1 + 12 + 4 + 8 + 16 + 1 + 2), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn device_code_ends_with_the_code_when_the_authority_never_answers() {
    let server = TestServer::start().await;
    device_code_answer(&server, json!({"expires_in": 60})).await;
    token_mock(&PARTNER).respond_with(ResponseTemplate::new(503)).expect(1..=3).mount(server.mock()).await;
    let seen = events(&sign_in_options(&server)).await;
    assert_eq!(seen[seen.len() - 2..], ["unanswered Unavailable", "error ReauthenticationRequired"]);
}

#[tokio::test(start_paused = true)]
async fn device_code_ends_with_the_code_while_an_answer_is_awaited() {
    let server = TestServer::start().await;
    device_code_answer(&server, json!({"expires_in": 60})).await;
    let never = refusal("authorization_pending").set_delay(Duration::from_secs(3600));
    token_mock(&PARTNER).respond_with(never).mount(server.mock()).await;
    let (outcome, _, took) = by_device_code(&sign_in_options(&server)).await;
    assert!(outcome.unwrap_err().to_string().contains("expired"));
    assert!(took < Duration::from_secs(600), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn device_code_that_expired_while_nobody_asked_is_not_polled() {
    let server = TestServer::start().await;
    device_code_answer(&server, json!({"expires_in": 20})).await;
    token_mock(&PARTNER).respond_with(token_answer("a", Some("r"))).expect(0).mount(server.mock()).await;
    let mut sign_in = DeviceCodeSignIn::new(&sign_in_options(&server)).unwrap();
    for _ in 0..2 {
        while_time_passes(sign_in.try_next()).await.unwrap().unwrap();
    }
    tokio::time::advance(Duration::from_secs(21)).await;
    let error = sign_in.try_next().await.unwrap_err();
    assert!(error.to_string().contains("expired"), "{error}");
    assert!(sign_in.try_next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn device_code_sign_in_is_cancelled_from_elsewhere_at_any_time() {
    // Before it begins, while it waits for the next poll, while a poll is under way.
    for (events, delay) in [(0, 0), (2, 0), (2, 3600)] {
        let server = TestServer::start().await;
        let pending = refusal("authorization_pending").set_delay(Duration::from_secs(delay));
        token_mock(&PARTNER).respond_with(pending).mount(server.mock()).await;
        let cancel = CancelSignIn::new();
        let mut sign_in = DeviceCodeSignIn::new(&sign_in_options(&server).cancel(&cancel)).unwrap();
        if events > 0 {
            device_code_answer(&server, json!({})).await;
        }
        for _ in 0..events {
            while_time_passes(sign_in.try_next()).await.unwrap().unwrap();
        }
        if delay > 0 {
            let waiting = tokio::time::timeout(Duration::from_secs(9), sign_in.try_next());
            assert!(while_time_passes(waiting).await.is_err());
        }
        let button = cancel.clone();
        button.cancel();
        let error = sign_in.try_next().await.unwrap_err();
        assert_eq!((error.kind(), error.tenant()), (ErrorKind::ReauthenticationRequired, Some(&PARTNER)));
        assert!(error.to_string().contains("cancelled") && cancel.is_cancelled(), "{error}");
        assert!(sign_in.try_next().await.unwrap().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn device_code_sign_in_ends_with_the_patience_of_its_caller() {
    let server = TestServer::start().await;
    device_code_answer(&server, json!({})).await;
    token_mock(&PARTNER).respond_with(refusal("authorization_pending")).expect(1..=2).mount(server.mock()).await;
    let options = sign_in_options(&server).patience(Duration::from_secs(13));
    let (outcome, _, took) = by_device_code(&options).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("login.device_code.poll")));
    assert!((13..14).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn device_code_sign_in_that_is_dropped_asks_nothing_more() {
    let server = TestServer::start().await;
    device_code_answer(&server, json!({})).await;
    token_mock(&PARTNER).respond_with(refusal("authorization_pending")).expect(1).mount(server.mock()).await;
    let mut sign_in = DeviceCodeSignIn::new(&sign_in_options(&server)).unwrap();
    for _ in 0..3 {
        while_time_passes(sign_in.try_next()).await.unwrap().unwrap();
    }
    drop(sign_in);
    tokio::time::advance(Duration::from_secs(600)).await;
    assert_eq!(received(&server).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn device_code_carries_the_claims_of_an_earlier_refusal() {
    let claims = r#"{"access_token":{"capolids":{"essential":true,"values":["x"]}}}"#;
    let server = TestServer::start().await;
    device_code_answer(&server, json!({})).await;
    token_mock(&PARTNER).respond_with(token_answer("a", Some("r"))).mount(server.mock()).await;
    by_device_code(&sign_in_options(&server).claims(claims)).await.0.unwrap();
    for request in received(&server).await {
        assert_eq!(form(&request)["claims"], claims);
    }
    for bad in ["", "x", "[]", "\"{}\""] {
        let error = DeviceCodeSignIn::new(&sign_in_options(&server).claims(bad)).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Config, "claims: not a JSON object"));
    }
}

#[tokio::test(start_paused = true)]
async fn device_code_sign_in_shows_no_secret_anywhere() {
    let traced = Traced::start();
    let server = TestServer::start().await;
    device_code_answer(&server, json!({"user_code": "canary-user", "message": "canary-user"})).await;
    for answer in [
        refusal("authorization_pending"),
        ResponseTemplate::new(503).set_body_json(json!({"error": "server_error", "device_code": DEVICE_CODE})),
        token_answer("canary-access", Some("canary-refresh")),
    ] {
        token_mock(&PARTNER).respond_with(answer).up_to_n_times(1).expect(1).mount(server.mock()).await;
    }
    let options = sign_in_options(&server).client_secret("canary-secret".into());
    let mut sign_in = DeviceCodeSignIn::new(&options).unwrap();
    let mut text = format!("{options:?}");
    while let Some(event) = while_time_passes(sign_in.try_next()).await.unwrap() {
        text += &format!("{event:?} {sign_in:?}");
    }
    text += &traced.text();
    assert!(text.contains("Done(") && text.contains("login.device_code.start"), "{text}");
    assert!(!text.contains("canary"), "{text}");
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
