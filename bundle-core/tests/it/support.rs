//! What the tests of several modules need.

pub(crate) mod fake;
pub(crate) mod raw;
pub(crate) mod trace;

use std::collections::HashMap;
use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use url::Url;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockBuilder, ResponseTemplate};

use bundle_core::auth::{AccessToken, Credential, Principal, SignInOptions, TokenRequest};
use bundle_core::http::{ClientOptions, Pipeline, Request, RetryPolicy, join_path};
use bundle_core::ids::AppId;
use bundle_core::testing::{FixedCredential, TestServer};
use bundle_core::{Cloud, Error, Service, TenantId};

pub(crate) const PARTNER: TenantId = TenantId::from_u128(0x11111111_1111_4111_8111_111111111111);
pub(crate) const CUSTOMER: TenantId = TenantId::from_u128(0x22222222_2222_4222_8222_222222222222);
pub(crate) const APP: AppId = AppId::from_u128(0xaaaaaaaa_aaaa_4aaa_8aaa_aaaaaaaaaaaa);
pub(crate) const SCOPE: &str = "https://graph.microsoft.com/.default";

/// A pipeline with a credential that never asks anybody.
pub(crate) fn pipeline(options: &ClientOptions) -> (Pipeline, Arc<FixedCredential>) {
    let credential = Arc::new(FixedCredential::new());
    let shared: Arc<dyn Credential> = Arc::clone(&credential) as _;
    (Pipeline::new(Some(shared), options).unwrap(), credential)
}

/// A request of Graph with the customer's token.
pub(crate) fn graph(server: &TestServer, verb: Method, name: &str) -> Request {
    graph_at(join_path(server.cloud().base(Service::Graph), &["v1.0", name]), verb)
}

pub(crate) fn graph_at(url: Url, verb: Method) -> Request {
    Request::new(Service::Graph, "graph.test", verb, url).bearer(CUSTOMER, Principal::Account, SCOPE)
}

/// Matches a request of Graph by method and the last part of its path.
pub(crate) fn graph_mock(verb: &str, name: &str) -> MockBuilder {
    Mock::given(method(verb)).and(path(format!("/graph/v1.0/{name}")))
}

/// A base URL where nobody listens, for as long as the socket is kept.
pub(crate) fn closed_address() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let base = format!("http://{}/graph", socket.local_addr().unwrap());
    (socket, base)
}

/// Options for a cloud whose Graph is at `graph`.
pub(crate) fn options_at(graph: &str) -> ClientOptions {
    let file = json!({
        "loginAuthority": "http://127.0.0.1:1", "graph": graph, "exchangeHost": "http://127.0.0.1:1",
        "partnerCenter": "http://127.0.0.1:1", "arm": "http://127.0.0.1:1",
        "office365Management": "http://127.0.0.1:1", "compliance": "http://127.0.0.1:1",
        "keyVaultUrl": "http://127.0.0.1:1/{vault}", "blobUrl": "http://127.0.0.1:1/{account}",
        "tableUrl": "http://127.0.0.1:1/{account}",
    });
    let cloud = Cloud::from_endpoint_file(&file.to_string()).unwrap();
    ClientOptions::new(cloud).retry(RetryPolicy::default().base_wait(Duration::ZERO))
}

/// The path of a tenant's token endpoint.
pub(crate) fn token_path(tenant: &TenantId) -> String {
    format!("/login/{tenant}/oauth2/v2.0/token")
}

/// Matches a token request for a tenant.
pub(crate) fn token_mock(tenant: &TenantId) -> MockBuilder {
    Mock::given(method("POST")).and(path(token_path(tenant)))
}

/// An answer of the token endpoint.
pub(crate) fn token_answer(access: &str, refresh: Option<&str>) -> ResponseTemplate {
    let mut body = json!({"token_type": "Bearer", "scope": SCOPE, "expires_in": 3599, "access_token": access});
    if let Some(refresh) = refresh {
        body["refresh_token"] = refresh.into();
    }
    ResponseTemplate::new(200).set_body_json(body)
}

/// A refusal of the token endpoint, from the fixtures.
pub(crate) fn login_fixture(name: &str) -> ResponseTemplate {
    fixture(&format!("login/{name}"))
}

/// A whole answer of a service, from the fixtures of errors.
pub(crate) fn fixture(name: &str) -> ResponseTemplate {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/errors/{name}.json"));
    let fixture: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let status = u16::try_from(fixture["status"].as_u64().unwrap()).unwrap();
    let mut answer = ResponseTemplate::new(status);
    for (name, value) in fixture["headers"].as_object().unwrap() {
        answer = answer.insert_header(name.as_str(), value.as_str().unwrap());
    }
    match &fixture["body"] {
        Value::String(text) => answer.set_body_string(text.as_str()),
        body => answer.set_body_json(body),
    }
}

/// A request for the account's token of a tenant.
pub(crate) fn account(tenant: TenantId) -> TokenRequest {
    TokenRequest::new(tenant, Principal::Account, SCOPE)
}

/// Whether a token is the one with this text.
pub(crate) fn is_token(token: &AccessToken, text: &str) -> bool {
    token.is_same(&AccessToken::new(text.into(), Duration::from_secs(1)))
}

/// An access token whose claims say who signed in, and how.
pub(crate) fn access_token() -> String {
    let claims = json!({"tid": PARTNER, "upn": "service@contoso.com", "amr": ["pwd", "mfa"]});
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// A sign-in to the partner's tenant that does not mind how long an answer takes.
pub(crate) fn sign_in_options(server: &TestServer) -> SignInOptions {
    let mut client = server.options();
    // Hours of the test's clock pass while a real answer is on its way.
    client.attempt_timeout = Duration::from_secs(360_000);
    client.connect_timeout = Duration::from_secs(360_000);
    client.retry = client.retry.deadline(Duration::from_secs(360_000));
    SignInOptions::new(client, PARTNER, APP)
}

/// The fields of a form, decoded.
pub(crate) fn form(request: &wiremock::Request) -> HashMap<String, String> {
    form_of(&request.body)
}

/// The fields of the body of a form, decoded.
pub(crate) fn form_of(body: &[u8]) -> HashMap<String, String> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

/// A header of a request as it arrived, empty when it is absent.
pub(crate) fn header<'a>(request: &'a wiremock::Request, name: &str) -> &'a str {
    request.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// What arrived at the server.
pub(crate) async fn received(server: &TestServer) -> Vec<wiremock::Request> {
    server.mock().received_requests().await.unwrap()
}

/// Everything an error shows: itself and its whole chain of causes, in both forms.
pub(crate) fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {:?}", error.body());
    let mut cause = error.source();
    while let Some(next) = cause {
        write!(text, " {next} {next:?}").unwrap();
        cause = next.source();
    }
    text
}

/// Everything the program traces on this thread, at every level, while it is kept.
pub(crate) struct Traced {
    text: Arc<Mutex<String>>,
    _guard: tracing::subscriber::DefaultGuard,
}

impl Traced {
    pub(crate) fn start() -> Self {
        let text = Arc::default();
        let guard = tracing::subscriber::set_default(Tracer(Arc::clone(&text)));
        Self { text, _guard: guard }
    }

    pub(crate) fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

struct Tracer(Arc<Mutex<String>>);

impl tracing::Subscriber for Tracer {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut Fields(&mut self.0.lock().unwrap()));
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

struct Fields<'a>(&'a mut String);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0, "{field}={value:?}").unwrap();
    }
}

/// Lets virtual time pass in small steps while real answers arrive. The clock has to be paused.
pub(crate) async fn while_time_passes<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            // The server has a thread of its own, which needs its turn too.
            () = tokio::time::advance(Duration::from_millis(1)) => std::thread::yield_now(),
        }
    }
}

/// Lets time pass. The clock stands still for no longer than that: while it does, waiting for a server looks like
/// idling, and the clock would run ahead.
pub(crate) async fn later(by: Duration) {
    tokio::time::pause();
    tokio::time::advance(by).await;
    tokio::time::resume();
}
