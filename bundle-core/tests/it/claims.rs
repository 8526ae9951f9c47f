//! Claims challenges from the service to the token endpoint and back, and refused tokens without one.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;
use wiremock::matchers::{body_string_contains, header as with_header};

use bundle_core::auth::{Credential, PartnerCredential, Principal};
use bundle_core::http::Pipeline;
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, Result};

use crate::support::{
    APP, CUSTOMER, PARTNER, SCOPE, account, fixture, form, graph, graph_mock, is_token, login_fixture, received,
    token_answer, token_mock,
};

/// What the service of the fixture asks for.
const CHALLENGE: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;

async fn client(server: &TestServer) -> (Pipeline, PartnerCredential) {
    let builder = PartnerCredential::builder(PARTNER, APP).client_secret("secret".into());
    let credential = builder.build(&server.options()).unwrap();
    credential.keep_refresh_token(&"refresh-0".into()).await.unwrap();
    let shared: Arc<dyn Credential> = Arc::new(credential.clone());
    (Pipeline::new(Some(shared), &server.options()).unwrap(), credential)
}

async fn get(pipeline: &Pipeline, server: &TestServer) -> Result<u16> {
    Ok(pipeline.send(graph(server, Method::GET, "things")).await?.status().as_u16())
}

/// Hands out a token once.
async fn issue(server: &TestServer, access: &str) {
    token_mock(&CUSTOMER)
        .respond_with(token_answer(access, None))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
}

/// What Graph answers to a token, so many times.
async fn graph_answers(server: &TestServer, access: &str, answer: ResponseTemplate, times: u64) {
    let matched = graph_mock("GET", "things").and(with_header("authorization", format!("Bearer {access}")));
    matched.respond_with(answer).expect(times).mount(server.mock()).await;
}

/// The forms the token endpoint got.
async fn grants(server: &TestServer) -> Vec<std::collections::HashMap<String, String>> {
    let all = received(server).await;
    all.iter().filter(|arrived| arrived.url.path().ends_with("/token")).map(form).collect()
}

#[tokio::test]
async fn challenge_brings_a_token_with_the_claims_for_everybody() {
    let server = TestServer::start().await;
    issue(&server, "first").await;
    issue(&server, "second").await;
    graph_answers(&server, "first", fixture("graph/claims_challenge"), 1).await;
    graph_answers(&server, "second", ResponseTemplate::new(200), 2).await;
    let (pipeline, credential) = client(&server).await;
    assert_eq!(get(&pipeline, &server).await.unwrap(), 200);
    assert_eq!(get(&pipeline, &server).await.unwrap(), 200);
    assert!(is_token(&credential.token(&account(CUSTOMER)).await.unwrap(), "second"));

    let grants = grants(&server).await;
    let claims: Vec<Value> = grants.iter().map(|form| serde_json::from_str(&form["claims"]).unwrap()).collect();
    let xms_cc = json!({"values": ["cp1"]});
    let nbf = json!({"essential": true, "value": "1604106651"});
    assert_eq!(claims[0], json!({"access_token": {"xms_cc": xms_cc}}));
    assert_eq!(claims[1], json!({"access_token": {"xms_cc": xms_cc, "nbf": nbf}}));
    assert_eq!(grants[1]["refresh_token"], "refresh-0", "the sign-in itself still stands");
}

#[tokio::test]
async fn challenge_is_found_among_several_headers() {
    let server = TestServer::start().await;
    issue(&server, "first").await;
    token_mock(&CUSTOMER)
        .and(body_string_contains("nbf"))
        .respond_with(token_answer("second", None))
        .expect(1)
        .mount(server.mock())
        .await;
    let several = fixture("graph/claims_challenge")
        .insert_header("www-authenticate", "Negotiate")
        .append_header("www-authenticate", r#"Bearer error="invalid_token", PoP realm="x""#)
        .append_header(
            "www-authenticate",
            r#"Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7fX19""#,
        );
    graph_answers(&server, "first", several, 1).await;
    graph_answers(&server, "second", ResponseTemplate::new(200), 1).await;
    assert_eq!(get(&client(&server).await.0, &server).await.unwrap(), 200);
}

#[tokio::test]
async fn service_that_challenges_every_token_is_asked_twice() {
    let server = TestServer::start().await;
    issue(&server, "first").await;
    issue(&server, "second").await;
    for token in ["first", "second"] {
        graph_answers(&server, token, fixture("graph/claims_challenge"), 1).await;
    }
    let error = get(&client(&server).await.0, &server).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::ReauthenticationRequired, Some(401)));
    assert_eq!((error.diagnosis().unwrap().issue, error.attempts()), ("claims-challenge", 2));
}

#[tokio::test]
async fn refused_claims_of_the_account_are_kept_for_the_next_sign_in() {
    let silent = json!({"error": "interaction_required", "error_description": "AADSTS50076: Use a second factor."});
    for (refused, asked) in [
        (ResponseTemplate::new(400).set_body_json(silent), "nbf"),
        // The authority says itself what the next sign-in has to satisfy.
        (login_fixture("mfa_required_50076"), "capolids"),
    ] {
        let server = TestServer::start().await;
        issue(&server, "first").await;
        token_mock(&CUSTOMER).respond_with(refused).expect(1).mount(server.mock()).await;
        graph_answers(&server, "first", fixture("graph/claims_challenge"), 2).await;
        let (pipeline, _) = client(&server).await;
        for _ in 0..2 {
            // The second time nobody is asked: the authority has just said no to these claims.
            let error = get(&pipeline, &server).await.unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::MfaRequired, Some("login.refresh_token")));
            assert!(error.claims().unwrap().contains(asked), "{:?}", error.claims());
            let challenged = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa".to_owned();
            assert!(error.request_ids().contains(&challenged), "the ids of the service are kept: {error:?}");
        }
    }
}

#[tokio::test]
async fn refused_claims_of_the_application_are_final() {
    let server = TestServer::start().await;
    issue(&server, "first").await;
    let refused = json!({"error": "interaction_required", "error_description": "Interaction is required."});
    let refused = ResponseTemplate::new(400).set_body_json(refused);
    token_mock(&CUSTOMER).respond_with(refused).expect(1).mount(server.mock()).await;
    graph_answers(&server, "first", fixture("graph/claims_challenge"), 2).await;
    let (pipeline, _) = client(&server).await;
    for _ in 0..2 {
        let request = graph(&server, Method::GET, "things").bearer(CUSTOMER, Principal::Application, SCOPE);
        let error = pipeline.send(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConditionalAccess, "there is nobody to sign in");
    }
}

#[tokio::test]
async fn token_refused_without_a_reason_is_replaced_once_in_a_while() {
    let server = TestServer::start().await;
    issue(&server, "first").await;
    issue(&server, "second").await;
    let refused = ResponseTemplate::new(401).insert_header("www-authenticate", r#"Bearer error="invalid_token""#);
    graph_answers(&server, "first", refused.clone(), 1).await;
    graph_answers(&server, "second", refused, 3).await;
    let (pipeline, _) = client(&server).await;
    for attempts in [2, 1, 1] {
        let error = get(&pipeline, &server).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::ReauthenticationRequired, attempts));
    }
}

#[tokio::test]
async fn capability_can_be_left_out() {
    let server = TestServer::start().await;
    token_mock(&CUSTOMER).respond_with(token_answer("access", None)).expect(2).mount(server.mock()).await;
    let builder = PartnerCredential::builder(PARTNER, APP).client_secret("secret".into()).claims_challenges(false);
    let credential = builder.build(&server.options()).unwrap();
    credential.keep_refresh_token(&"refresh-0".into()).await.unwrap();
    let mut request = account(CUSTOMER);
    credential.token(&request).await.unwrap();
    request.claims = Some(CHALLENGE.to_owned());
    credential.token(&request).await.unwrap();
    let grants = grants(&server).await;
    assert!(!grants[0].contains_key("claims"));
    assert_eq!(grants[1]["claims"], CHALLENGE);
}

#[tokio::test]
async fn claims_that_are_none_are_refused_before_anybody_is_asked() {
    let server = TestServer::start().await;
    let (_, credential) = client(&server).await;
    for principal in [Principal::Account, Principal::Application] {
        let mut request = account(CUSTOMER);
        request.principal = principal;
        request.claims = Some("[]".to_owned());
        let error = credential.token(&request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("claims"), "{error}");
    }
    assert!(received(&server).await.is_empty());
}
