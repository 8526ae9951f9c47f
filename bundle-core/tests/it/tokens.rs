//! The partner's credential against a token endpoint.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{join_all, try_join_all};
use wiremock::matchers::body_string_contains;
use wiremock::{Mock, ResponseTemplate};

use bundle_core::auth::{Credential, MemoryTokenStore, PartnerCredential, Principal, TokenRequest, TokenStore};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, TenantId};

use crate::support::{
    APP, CUSTOMER, PARTNER, SCOPE, account, form, header, is_token, login_fixture, received, shown, token_answer,
    token_mock, token_path,
};

const SECRET: &str = "top+secret & more=%/é";

/// A confidential client with the refresh token `refresh-0`.
async fn signed_in(server: &TestServer) -> PartnerCredential {
    let builder = PartnerCredential::builder(PARTNER, APP).client_secret(SECRET.into());
    let credential = builder.build(&server.options()).unwrap();
    credential.keep_refresh_token(&"refresh-0".into()).await.unwrap();
    credential
}

fn application(tenant: TenantId) -> TokenRequest {
    TokenRequest::new(tenant, Principal::Application, SCOPE)
}

#[tokio::test]
async fn account_token_is_redeemed_at_the_tenants_authority() {
    let server = TestServer::start().await;
    token_mock(&CUSTOMER).respond_with(token_answer("access", None)).expect(1).mount(server.mock()).await;
    let credential = signed_in(&server).await;
    assert!(is_token(&credential.token(&account(CUSTOMER)).await.unwrap(), "access"));

    let arrived = &received(&server).await[0];
    assert_eq!(header(arrived, "content-type"), "application/x-www-form-urlencoded");
    assert_eq!(header(arrived, "authorization"), "", "the secret travels in the form");
    assert!(!arrived.url.as_str().contains('?'));
    let form = form(arrived);
    for (name, value) in [
        ("grant_type", "refresh_token"),
        ("client_id", &APP.to_string()),
        ("client_secret", SECRET),
        ("refresh_token", "refresh-0"),
        ("scope", &format!("{SCOPE} offline_access")),
    ] {
        assert_eq!(form[name], value, "{name}");
    }
    assert_eq!(form["claims"], r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#);
    let body = String::from_utf8(arrived.body.clone()).unwrap();
    assert!(body.contains("client_secret=top%2Bsecret+%26+more%3D%25%2F%C3%A9"), "{body}");
}

#[tokio::test]
async fn application_token_is_issued_for_the_secret_alone() {
    let server = TestServer::start().await;
    token_mock(&CUSTOMER).respond_with(token_answer("app", Some("ignored"))).expect(1).mount(server.mock()).await;
    let credential = signed_in(&server).await;
    assert!(is_token(&credential.token(&application(CUSTOMER)).await.unwrap(), "app"));
    let form = form(&received(&server).await[0]);
    assert_eq!((form["grant_type"].as_str(), form["scope"].as_str()), ("client_credentials", SCOPE));
    assert!(!form.contains_key("refresh_token"));
    // Account and application never share a token.
    token_mock(&CUSTOMER).respond_with(token_answer("account", None)).with_priority(1).mount(server.mock()).await;
    assert!(is_token(&credential.token(&account(CUSTOMER)).await.unwrap(), "account"));
}

#[tokio::test]
async fn hundred_callers_of_five_tenants_make_five_requests() {
    let server = TestServer::start().await;
    let tenants: Vec<TenantId> = (1..=5).map(TenantId::from_u128).collect();
    for tenant in &tenants {
        token_mock(tenant).respond_with(token_answer(&tenant.to_string(), None)).expect(1).mount(server.mock()).await;
    }
    let credential = signed_in(&server).await;
    let callers = (0..100).map(|caller| {
        let (credential, tenant) = (credential.clone(), tenants[caller % 5]);
        tokio::spawn(async move { (tenant, credential.token(&account(tenant)).await.unwrap()) })
    });
    for (tenant, token) in try_join_all(callers).await.unwrap() {
        assert!(is_token(&token, &tenant.to_string()));
    }
}

#[tokio::test]
async fn thousand_first_callers_make_one_request() {
    let server = TestServer::start().await;
    token_mock(&CUSTOMER).respond_with(token_answer("access", None)).expect(1).mount(server.mock()).await;
    let credential = signed_in(&server).await;
    let callers = (0..1000).map(|_| {
        let credential = credential.clone();
        tokio::spawn(async move { credential.token(&account(CUSTOMER)).await.unwrap() })
    });
    for token in try_join_all(callers).await.unwrap() {
        assert!(is_token(&token, "access"));
    }
}

#[tokio::test]
async fn slow_tenant_does_not_delay_a_fast_one() {
    let server = TestServer::start().await;
    let (slow, fast) = (TenantId::from_u128(1), TenantId::from_u128(2));
    let answer = token_answer("slow", None).set_delay(Duration::from_secs(3600));
    token_mock(&slow).respond_with(answer).mount(server.mock()).await;
    token_mock(&fast).respond_with(token_answer("fast", None)).mount(server.mock()).await;
    let credential = signed_in(&server).await;
    let request = account(slow);
    let mut waiting = Box::pin(join_all((0..20).map(|_| credential.token(&request))));
    assert!(waiting.as_mut().now_or_never().is_none());
    tokio::select! {
        _ = &mut waiting => panic!("the slow tenant has not answered"),
        token = async { credential.token(&account(fast)).await } => assert!(is_token(&token.unwrap(), "fast")),
    }
}

#[tokio::test]
async fn refusal_is_final_and_told_to_everyone_who_waited() {
    let server = TestServer::start().await;
    token_mock(&CUSTOMER).respond_with(login_fixture("grant_revoked_50173")).expect(1).mount(server.mock()).await;
    let credential = signed_in(&server).await;
    let request = account(CUSTOMER);
    for outcome in join_all((0..50).map(|_| credential.token(&request))).await {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::ReauthenticationRequired, Some("AADSTS50173")));
        assert_eq!((error.attempts(), error.tenant()), (1, Some(&CUSTOMER)));
        assert_eq!(error.diagnosis().unwrap().issue, "grant-revoked");
        assert_eq!(error.operation(), Some("login.refresh_token"));
        assert!(error.request_id().is_some());
    }
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    for (name, kind) in [
        ("wrong_secret_7000215", ErrorKind::InvalidClient),
        ("consent_missing_65001", ErrorKind::ConsentRequired),
        ("mfa_required_50076", ErrorKind::MfaRequired),
        ("conditional_access_53003", ErrorKind::ConditionalAccess),
    ] {
        let server = TestServer::start().await;
        token_mock(&CUSTOMER).respond_with(login_fixture(name)).expect(1).mount(server.mock()).await;
        let error = signed_in(&server).await.token(&account(CUSTOMER)).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{name}");
    }
}

#[tokio::test]
async fn busy_endpoint_is_asked_again() {
    for busy in [
        ResponseTemplate::new(429).insert_header("Retry-After", "0"),
        ResponseTemplate::new(503).set_body_raw("<html><h1>Service Unavailable</h1></html>", "text/html"),
        login_fixture("server_error_without_number"),
    ] {
        let server = TestServer::start().await;
        token_mock(&CUSTOMER).respond_with(busy).up_to_n_times(2).mount(server.mock()).await;
        token_mock(&CUSTOMER).respond_with(token_answer("access", None)).expect(1).mount(server.mock()).await;
        let credential = signed_in(&server).await;
        assert!(is_token(&credential.token(&account(CUSTOMER)).await.unwrap(), "access"));
        assert_eq!(received(&server).await.len(), 3);
    }
    let server = TestServer::start().await;
    let page = ResponseTemplate::new(503).set_body_raw("<html><h1>Service Unavailable</h1></html>", "text/html");
    token_mock(&CUSTOMER).respond_with(page).expect(5).mount(server.mock()).await;
    let error = signed_in(&server).await.token(&account(CUSTOMER)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unavailable, 5));
}

#[tokio::test]
async fn rejected_token_and_claims_bring_a_new_one() {
    let server = TestServer::start().await;
    for access in ["first", "second", "third"] {
        let answer = token_answer(access, None);
        token_mock(&CUSTOMER).respond_with(answer).up_to_n_times(1).expect(1).mount(server.mock()).await;
    }
    let credential = signed_in(&server).await;
    let first = credential.token(&account(CUSTOMER)).await.unwrap();
    assert!(credential.token(&account(CUSTOMER)).await.unwrap().is_same(&first));

    let mut again = account(CUSTOMER);
    again.rejected = Some(first.clone());
    let second = credential.token(&again).await.unwrap();
    assert!(is_token(&second, "second"));
    // The same refusal, reported late by another caller, is answered with what replaced the token.
    assert!(credential.token(&again).await.unwrap().is_same(&second));

    again.rejected = Some(second);
    again.claims = Some(r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#.to_owned());
    let third = credential.token(&again).await.unwrap();
    assert!(is_token(&third, "third"));
    // From now on everybody gets the token the service asked for.
    assert!(credential.token(&account(CUSTOMER)).await.unwrap().is_same(&third));
}

#[tokio::test]
async fn forget_drops_the_tokens_of_one_tenant() {
    let server = TestServer::start().await;
    token_mock(&CUSTOMER).respond_with(token_answer("customer", None)).expect(2).mount(server.mock()).await;
    token_mock(&PARTNER).respond_with(token_answer("partner", None)).expect(1).mount(server.mock()).await;
    let credential = signed_in(&server).await;
    for _ in 0..2 {
        credential.token(&account(CUSTOMER)).await.unwrap();
        credential.token(&account(PARTNER)).await.unwrap();
        credential.forget(&CUSTOMER).await;
    }
}

#[tokio::test]
async fn new_sign_in_drops_the_accounts_tokens_only() {
    let server = TestServer::start().await;
    let accounts = token_mock(&CUSTOMER).and(body_string_contains("grant_type=refresh_token"));
    accounts.respond_with(token_answer("account", None)).expect(2).mount(server.mock()).await;
    let applications = token_mock(&CUSTOMER).and(body_string_contains("grant_type=client_credentials"));
    applications.respond_with(token_answer("application", None)).expect(1).mount(server.mock()).await;
    let credential = signed_in(&server).await;
    for next in ["refresh-1", "refresh-2"] {
        credential.token(&account(CUSTOMER)).await.unwrap();
        credential.token(&application(CUSTOMER)).await.unwrap();
        credential.keep_refresh_token(&next.into()).await.unwrap();
    }
    let sent: Vec<_> =
        received(&server).await.iter().filter_map(|arrived| form(arrived).remove("refresh_token")).collect();
    assert_eq!(sent, ["refresh-0", "refresh-1"]);
}

#[tokio::test]
async fn what_is_missing_is_said_without_asking_anybody() {
    let server = TestServer::start().await;
    let public = PartnerCredential::builder(PARTNER, APP).build(&server.options()).unwrap();
    assert!(!public.has_refresh_token().await.unwrap());
    let error = public.token(&account(CUSTOMER)).await.unwrap_err();
    assert_eq!((error.kind(), error.tenant()), (ErrorKind::ReauthenticationRequired, Some(&CUSTOMER)));
    assert!(error.diagnosis().is_some());
    let error = public.token(&application(CUSTOMER)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    for empty in ["", "  \n"] {
        let builder = PartnerCredential::builder(PARTNER, APP).client_secret(empty.into());
        assert_eq!(builder.build(&server.options()).unwrap_err().kind(), ErrorKind::Config);
    }
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn public_client_sends_no_secret() {
    let server = TestServer::start().await;
    token_mock(&CUSTOMER).respond_with(token_answer("access", None)).expect(1).mount(server.mock()).await;
    let public = PartnerCredential::builder(PARTNER, APP).build(&server.options()).unwrap();
    public.keep_refresh_token(&"refresh-0".into()).await.unwrap();
    public.token(&account(CUSTOMER)).await.unwrap();
    let form = form(&received(&server).await[0]);
    assert_eq!(form["client_id"], APP.to_string());
    assert!(!form.contains_key("client_secret"));
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    const CANARY: &str = "canary0Canary1";
    let server = TestServer::start().await;
    let store: Arc<dyn TokenStore> = Arc::new(MemoryTokenStore::new());
    let builder = PartnerCredential::builder(PARTNER, APP).client_secret(CANARY.into()).store(Arc::clone(&store));
    let mut texts = vec![format!("{builder:?}")];
    let credential = builder.build(&server.options()).unwrap();
    credential.keep_refresh_token(&CANARY.into()).await.unwrap();

    token_mock(&PARTNER).respond_with(token_answer(CANARY, None)).mount(server.mock()).await;
    let token = credential.token(&account(PARTNER)).await.unwrap();
    let mut request = account(CUSTOMER);
    request.rejected = Some(token.clone());
    texts.extend([format!("{credential:?} {store:?} {token:?} {request:?}")]);

    let echo = format!("client_secret={CANARY}&refresh_token={CANARY} is wrong");
    let answers = [
        // Answers that cannot be read as tokens still hold one.
        ResponseTemplate::new(200).set_body_string(format!(r#"{{"access_token":"{CANARY}","expires_in":"#)),
        ResponseTemplate::new(200).set_body_json(serde_json::json!({"access_token": CANARY, "token_type": 1})),
        ResponseTemplate::new(200).set_body_string(format!("<html>{CANARY}</html>")),
        // A token that cannot stand in a header.
        token_answer(&format!("{CANARY}\n"), None),
        ResponseTemplate::new(400).set_body_json(serde_json::json!({
            "error": "invalid_request", "error_description": echo, "access_token": CANARY
        })),
        ResponseTemplate::new(502).set_body_string(echo.clone()),
    ];
    for answer in answers {
        server.mock().reset().await;
        Mock::given(wiremock::matchers::path(token_path(&CUSTOMER))).respond_with(answer).mount(server.mock()).await;
        let shared: Arc<dyn Credential> = Arc::new(credential.clone());
        let pipeline = bundle_core::http::Pipeline::new(Some(shared), &server.options()).unwrap();
        let error = pipeline.send(crate::support::graph(&server, http::Method::GET, "things")).await.unwrap_err();
        texts.push(shown(&error));
        credential.forget(&CUSTOMER).await;
    }
    for text in texts {
        assert!(!text.contains("anary"), "{text}");
    }
}

#[tokio::test]
async fn claims_of_a_refusal_are_kept_for_the_next_sign_in() {
    let server = TestServer::start().await;
    let claims = r#"{"access_token":{"capolids":{"essential":true,"values":["a"]}}}"#;
    let body = serde_json::json!({"error": "interaction_required", "claims": claims,
        "error_description": "AADSTS50076: Due to a configuration change you must use multi-factor authentication."});
    token_mock(&CUSTOMER).respond_with(ResponseTemplate::new(400).set_body_json(body)).mount(server.mock()).await;
    let error = signed_in(&server).await.token(&account(CUSTOMER)).await.unwrap_err();
    assert_eq!((error.kind(), error.claims()), (ErrorKind::MfaRequired, Some(claims)));
}
