//! Tokens of a managed identity, from the endpoints of machines and of apps.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockBuilder, ResponseTemplate};

use bundle_core::auth::{
    Credential, ManagedIdentityBuilder, ManagedIdentityCredential, ManagedIdentityHost, PartnerCredential, Principal,
    TokenRequest, UserAssigned,
};
use bundle_core::http::ClientOptions;
use bundle_core::ids::ObjectId;
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, TenantId};

use crate::support::{
    APP, CUSTOMER, PARTNER, SCOPE, account, closed_address, form, is_token, received, shown, token_answer, token_mock,
    while_time_passes,
};

const EXCHANGE: &str = "api://AzureADTokenExchange";

fn request(tenant: TenantId) -> TokenRequest {
    TokenRequest::new(tenant, Principal::Application, SCOPE)
}

fn builder() -> ManagedIdentityBuilder {
    ManagedIdentityCredential::builder(PARTNER, APP)
}

fn at(server: &TestServer) -> Url {
    Url::parse(&format!("{}/metadata/identity/oauth2/token", server.uri())).unwrap()
}

fn on_machine(server: &TestServer) -> ManagedIdentityCredential {
    builder().host(ManagedIdentityHost::imds_at(at(server)).unwrap()).build(&server.options()).unwrap()
}

fn in_app(server: &TestServer) -> ManagedIdentityCredential {
    let host = ManagedIdentityHost::app_service(at(server), "canary-header".into()).unwrap();
    builder().host(host).build(&server.options()).unwrap()
}

/// Options for which hours of the test's clock may pass while a real answer is on its way.
fn patient(server: &TestServer) -> ClientOptions {
    let mut options = server.options();
    options.attempt_timeout = Duration::from_secs(360_000);
    options.retry.deadline = Duration::from_secs(360_000);
    options
}

fn endpoint() -> MockBuilder {
    Mock::given(method("GET")).and(path("/metadata/identity/oauth2/token"))
}

/// Numbers as text, as the metadata service writes them.
fn answer(token: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "access_token": token, "client_id": APP, "expires_in": "86399", "expires_on": "4102444800",
        "ext_expires_in": "86399", "not_before": "1800000000", "resource": "https://graph.microsoft.com",
        "token_type": "Bearer",
    }))
}

fn refusal(status: u16, description: &str) -> ResponseTemplate {
    let body = json!({"error": "invalid_request", "error_description": description});
    ResponseTemplate::new(status).set_body_json(body)
}

fn query(request: &wiremock::Request) -> Vec<(String, String)> {
    request.url.query_pairs().into_owned().collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn machine_is_asked_once_for_all_callers() {
    let server = TestServer::start().await;
    endpoint().and(header("metadata", "true")).respond_with(answer("token")).expect(1).mount(server.mock()).await;
    let credential = on_machine(&server);
    let ask = request(PARTNER);
    for token in join_all((0..10).map(|_| credential.token(&ask))).await {
        assert!(is_token(&token.unwrap(), "token"));
    }
    let arrived = received(&server).await;
    let expected = pairs(&[("api-version", "2018-02-01"), ("resource", "https://graph.microsoft.com")]);
    assert_eq!(query(&arrived[0]), expected);
    assert!(!arrived[0].headers.contains_key("authorization"));
    assert_eq!(credential.application(), APP);

    credential.forget(&CUSTOMER).await;
    credential.token(&ask).await.unwrap();
    assert_eq!(received(&server).await.len(), 1, "another tenant was forgotten");
}

#[tokio::test]
async fn forgotten_token_is_asked_for_anew() {
    let server = TestServer::start().await;
    endpoint().respond_with(answer("token")).expect(2).mount(server.mock()).await;
    let credential = on_machine(&server);
    credential.token(&request(PARTNER)).await.unwrap();
    credential.forget(&PARTNER).await;
    credential.token(&request(PARTNER)).await.unwrap();
}

#[tokio::test]
async fn app_is_asked_with_its_header_and_told_which_token_was_refused() {
    let server = TestServer::start().await;
    // SHA-256 of "first", as OpenSSL computes it.
    let hash = "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e";
    endpoint()
        .and(query_param("token_sha256_to_refresh", hash))
        .respond_with(answer("second"))
        .expect(1)
        .mount(server.mock())
        .await;
    endpoint()
        .and(header("x-identity-header", "canary-header"))
        .respond_with(answer("first"))
        .expect(1)
        .mount(server.mock())
        .await;
    let credential = in_app(&server);
    let mut ask = request(PARTNER);
    let first = credential.token(&ask).await.unwrap();
    ask.rejected = Some(first);
    assert!(is_token(&credential.token(&ask).await.unwrap(), "second"));
    let arrived = received(&server).await;
    let expected = [("api-version", "2019-08-01"), ("resource", "https://graph.microsoft.com"), ("xms_cc", "cp1")];
    assert_eq!(query(&arrived[0]), pairs(&expected));
    assert!(!arrived[0].headers.contains_key("metadata"));
    assert!(!format!("{credential:?}").contains("canary"), "{credential:?}");
}

#[tokio::test]
async fn user_assigned_identity_is_named_as_each_host_wants() {
    let object: ObjectId = "33333333-3333-4333-8333-333333333333".parse().unwrap();
    let resource = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/a b";
    let names = [
        (UserAssigned::ClientId(APP), "client_id", "client_id", APP.to_string()),
        (UserAssigned::ObjectId(object), "object_id", "object_id", object.to_string()),
        (UserAssigned::ResourceId(resource.to_owned()), "msi_res_id", "mi_res_id", resource.to_owned()),
    ];
    for (identity, on_machine, in_app, value) in names {
        let server = TestServer::start().await;
        endpoint().respond_with(answer("token")).mount(server.mock()).await;
        let machine = ManagedIdentityHost::imds_at(at(&server)).unwrap();
        let app = ManagedIdentityHost::app_service(at(&server), "h".into()).unwrap();
        for (host, name) in [(machine, on_machine), (app, in_app)] {
            let credential = builder().user_assigned(identity.clone()).host(host).build(&server.options()).unwrap();
            credential.token(&request(PARTNER)).await.unwrap();
            let arrived = received(&server).await;
            let sent = query(arrived.last().unwrap());
            assert!(sent.contains(&(name.to_owned(), value.clone())), "{name}: {sent:?}");
        }
    }
}

#[tokio::test]
async fn what_it_cannot_do_is_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    let credential = on_machine(&server);
    let single = TokenRequest::new(PARTNER, Principal::Application, "https://graph.microsoft.com/User.Read");
    let bare = TokenRequest::new(PARTNER, Principal::Application, "/.default");
    for (ask, what) in [
        (request(CUSTOMER), "in its own tenant"),
        (account(PARTNER), "no account to act as"),
        (single, "does not end in /.default"),
        (bare, "does not end in /.default"),
    ] {
        let error = credential.token(&ask).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some("managed_identity.token")));
        assert!(error.to_string().contains(what), "{error}");
    }
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn missing_identity_is_named() {
    let server = TestServer::start().await;
    endpoint().respond_with(refusal(400, "Identity not found")).expect(2).mount(server.mock()).await;
    let error = on_machine(&server).token(&request(PARTNER)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Config, 1, Some(400)));
    assert!(error.to_string().contains("no system-assigned identity is turned on"), "{error}");
    let host = ManagedIdentityHost::imds_at(at(&server)).unwrap();
    let chosen = builder().user_assigned(UserAssigned::ClientId(APP)).host(host).build(&server.options()).unwrap();
    let error = chosen.token(&request(PARTNER)).await.unwrap_err();
    assert!(error.to_string().contains(&format!("client id {APP} is not assigned here")), "{error}");
}

#[tokio::test]
async fn other_refusal_is_returned_at_once() {
    let server = TestServer::start().await;
    endpoint().respond_with(refusal(400, "AADSTS500011: no such resource.")).expect(1).mount(server.mock()).await;
    let error = on_machine(&server).token(&request(PARTNER)).await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(400), Some("AADSTS500011")));
}

#[tokio::test]
async fn endpoint_that_is_starting_or_busy_is_asked_again() {
    let server = TestServer::start().await;
    for status in [404, 429, 500, 503] {
        endpoint().respond_with(ResponseTemplate::new(status)).up_to_n_times(1).expect(1).mount(server.mock()).await;
    }
    endpoint().respond_with(answer("token")).expect(1).mount(server.mock()).await;
    assert!(is_token(&on_machine(&server).token(&request(PARTNER)).await.unwrap(), "token"));
}

#[tokio::test(start_paused = true)]
async fn endpoint_that_is_updated_is_waited_for_seventy_seconds() {
    let server = TestServer::start().await;
    endpoint().respond_with(ResponseTemplate::new(410)).expect(8).mount(server.mock()).await;
    let host = ManagedIdentityHost::imds_at(at(&server)).unwrap();
    let mut options = patient(&server);
    options.retry.max_attempts = 1;
    let credential = builder().host(host).build(&options).unwrap();
    let start = Instant::now();
    let ask = request(PARTNER);
    let error = while_time_passes(credential.token(&ask)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unavailable, 8));
    assert!(start.elapsed() >= Duration::from_secs(70), "{:?}", start.elapsed());
}

#[tokio::test]
async fn machine_without_an_endpoint_is_a_connection_error() {
    let server = TestServer::start().await;
    let (_socket, base) = closed_address();
    let host = ManagedIdentityHost::imds_at(Url::parse(&base).unwrap()).unwrap();
    let error = builder().host(host).build(&server.options()).unwrap().token(&request(PARTNER)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 5));
    assert_eq!(error.tenant(), Some(&PARTNER));
}

#[tokio::test]
async fn answer_that_cannot_be_meant_is_refused() {
    let claims = |tenant: TenantId| {
        let claims: Value = json!({"tid": tenant, "idtyp": "app"});
        format!("e30.{}.canary", URL_SAFE_NO_PAD.encode(claims.to_string()))
    };
    let server = TestServer::start().await;
    endpoint().respond_with(answer(&claims(CUSTOMER))).up_to_n_times(1).expect(1).mount(server.mock()).await;
    let credential = on_machine(&server);
    let error = credential.token(&request(PARTNER)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains(&format!("belongs to tenant {CUSTOMER}")), "{error}");
    assert!(!shown(&error).contains("canary"), "{}", shown(&error));

    // The metadata service keeps tokens of its own; the refused one must not come back as a new one.
    endpoint().respond_with(answer(&claims(PARTNER))).expect(2).mount(server.mock()).await;
    let mut ask = request(PARTNER);
    ask.rejected = Some(credential.token(&ask).await.unwrap());
    let error = credential.token(&ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("still answers the token that was refused"), "{error}");
}

#[tokio::test]
async fn identity_is_the_assertion_of_the_partners_application() {
    let server = TestServer::start().await;
    let exchange = || endpoint().and(query_param("resource", EXCHANGE));
    exchange().respond_with(answer("assertion-1")).up_to_n_times(1).expect(1).mount(server.mock()).await;
    exchange().respond_with(answer("assertion-2")).expect(1).mount(server.mock()).await;
    let expired = json!({"error": "invalid_client", "error_description": "AADSTS700024: x", "error_codes": [700_024]});
    let expired = ResponseTemplate::new(401).set_body_json(expired);
    for tenant in [PARTNER, CUSTOMER] {
        token_mock(&tenant).respond_with(token_answer("access", None)).up_to_n_times(1).mount(server.mock()).await;
    }
    token_mock(&CUSTOMER).respond_with(expired).up_to_n_times(1).expect(1).with_priority(1).mount(server.mock()).await;
    let application = PartnerCredential::builder(PARTNER, "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb".parse().unwrap())
        .client_assertion(Arc::new(on_machine(&server)))
        .build(&server.options())
        .unwrap();
    application.token(&request(PARTNER)).await.unwrap();
    application.token(&request(CUSTOMER)).await.unwrap();
    let assertions: Vec<_> = received(&server)
        .await
        .iter()
        .filter(|request| request.method.as_str() == "POST")
        .map(|request| form(request)["client_assertion"].clone())
        .collect();
    assert_eq!(assertions, ["assertion-1", "assertion-1", "assertion-2"], "cached, and fetched anew when refused");
}
