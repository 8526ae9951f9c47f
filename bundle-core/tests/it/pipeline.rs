//! What every request carries, what happens to a refused token, and what an error may show.

use std::sync::Arc;

use async_trait::async_trait;
use http::header::{ACCEPT, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde_json::json;
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;
use wiremock::matchers::{any, method};
use wiremock::{Mock, ResponseTemplate};

use bundle_core::auth::{AccessToken, Credential, Principal, TokenRequest};
use bundle_core::http::{ClientOptions, Meter, Pipeline, Request, Safety};
use bundle_core::ids::AppId;
use bundle_core::testing::{FixedCredential, TestServer};
use bundle_core::{Error, ErrorKind, Result, Service, TenantId};

use crate::support::{
    APP, CUSTOMER, SCOPE, closed_address, fixture, graph, graph_mock, header, options_at, pipeline, received, shown,
};

/// Names of headers and their values; `None` stands for an id made for the call.
type Headers = &'static [(&'static str, Option<&'static str>)];

#[tokio::test]
async fn send_identifies_the_call_to_each_service() {
    let server = TestServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(server.mock()).await;
    let (pipeline, _) = pipeline(&server.options());
    let cloud = server.cloud();
    let vault = cloud.resource_url(Service::KeyVault, "contoso-kv").unwrap();
    let expected: [(Service, Headers); 5] = [
        (Service::Graph, &[("client-request-id", None), ("return-client-request-id", Some("true"))]),
        (Service::Office365Management, &[("client-request-id", None), ("return-client-request-id", Some("true"))]),
        (Service::Exchange, &[("client-request-id", None)]),
        (
            Service::PartnerCenter,
            &[
                ("ms-contract-version", Some("v1")),
                ("ms-requestid", None),
                ("ms-correlationid", None),
                ("x-locale", Some("en-US")),
            ],
        ),
        (Service::KeyVault, &[("x-ms-client-request-id", None), ("x-ms-return-client-request-id", Some("true"))]),
    ];
    for (at, (service, headers)) in expected.into_iter().enumerate() {
        let url = if service == Service::KeyVault { vault.clone() } else { cloud.base(service).clone() };
        let request = Request::new(service, "test.get", Method::GET, url).bearer(CUSTOMER, Principal::Account, SCOPE);
        pipeline.send(request).await.unwrap();
        let arrived = &received(&server).await[at];
        for (name, value) in headers {
            match value {
                Some(value) => assert_eq!(header(arrived, name), *value, "{service} {name}"),
                None => drop(header(arrived, name).parse::<Uuid>().expect("ids of calls are GUIDs")),
            }
        }
        assert_eq!(header(arrived, "user-agent"), "tests/1.0 bundle/0.1.0");
        assert_eq!(header(arrived, "accept"), "application/json");
        let token = FixedCredential::header(&CUSTOMER, Principal::Account, SCOPE);
        assert_eq!(header(arrived, "authorization"), token);
    }
}

#[tokio::test]
async fn send_lets_the_callers_headers_win() {
    let server = TestServer::start().await;
    graph_mock("GET", "things").respond_with(ResponseTemplate::new(200)).mount(server.mock()).await;
    let (pipeline, _) = pipeline(&server.options());
    let request = graph(&server, Method::GET, "things")
        .header(ACCEPT, HeaderValue::from_static("text/plain"))
        .header(HeaderName::from_static("client-request-id"), HeaderValue::from_static("mine"));
    pipeline.send(request).await.unwrap();
    let arrived = &received(&server).await[0];
    assert_eq!((header(arrived, "accept"), header(arrived, "client-request-id")), ("text/plain", "mine"));
    assert_eq!(arrived.headers.get_all("accept").iter().count(), 1);
}

#[tokio::test]
async fn partner_center_request_id_is_kept_over_retries_and_graphs_is_not() {
    let server = TestServer::start().await;
    for answer in [ResponseTemplate::new(503).insert_header("Retry-After", "0"), ResponseTemplate::new(200)] {
        Mock::given(any()).respond_with(answer).up_to_n_times(2).mount(server.mock()).await;
    }
    let (pipeline, _) = pipeline(&server.options());
    let url = server.cloud().base(Service::PartnerCenter).clone();
    let request = Request::new(Service::PartnerCenter, "test.create", Method::POST, url);
    pipeline.send(request.clone()).await.unwrap();
    pipeline.send(request).await.unwrap();
    let ids: Vec<String> =
        received(&server).await.iter().map(|arrived| header(arrived, "ms-requestid").to_owned()).collect();
    assert_eq!(ids.len(), 4);
    assert!(ids[0] == ids[1] && ids[1] == ids[2], "one id for all attempts of a call");
    assert_ne!(ids[2], ids[3], "another call has another id");

    let server = TestServer::start().await;
    graph_mock("GET", "things").respond_with(ResponseTemplate::new(429)).up_to_n_times(1).mount(server.mock()).await;
    graph_mock("GET", "things").respond_with(ResponseTemplate::new(200)).mount(server.mock()).await;
    let (pipeline, _) = self::pipeline(&server.options());
    pipeline.send(graph(&server, Method::GET, "things")).await.unwrap();
    let arrived = received(&server).await;
    assert_ne!(header(&arrived[0], "client-request-id"), header(&arrived[1], "client-request-id"));
}

/// Hands out `token-1`, `token-2`, ... and remembers what it was asked.
#[derive(Debug, Default)]
struct Counting(Mutex<Vec<TokenRequest>>);

#[async_trait]
impl Credential for Counting {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken> {
        let mut asked = self.0.lock().await;
        asked.push(request.clone());
        Ok(AccessToken::new(format!("token-{}", asked.len()).into(), std::time::Duration::from_secs(3600)))
    }

    async fn forget(&self, _: &TenantId) {}

    fn application(&self) -> AppId {
        APP
    }
}

fn counting(options: &ClientOptions) -> (Pipeline, Arc<Counting>) {
    let credential = Arc::new(Counting::default());
    let shared: Arc<dyn Credential> = Arc::clone(&credential) as _;
    (Pipeline::new(Some(shared), options).unwrap(), credential)
}

/// Has a token at hand, and answers others as [`Counting`] does.
#[derive(Debug, Default)]
struct AtHand(Counting);

#[async_trait]
impl Credential for AtHand {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken> {
        self.0.token(request).await
    }

    fn ready(&self, tenant: &TenantId, principal: Principal, scope: &str) -> Option<AccessToken> {
        assert_eq!((*tenant, principal, scope), (CUSTOMER, Principal::Account, SCOPE));
        Some(AccessToken::new("at-hand".into(), std::time::Duration::from_secs(3600)))
    }

    async fn forget(&self, _: &TenantId) {}

    fn application(&self) -> AppId {
        APP
    }
}

#[tokio::test]
async fn token_at_hand_is_sent_and_not_the_one_that_was_refused() {
    let server = TestServer::start().await;
    for (token, status) in [("at-hand", 401), ("token-1", 200)] {
        graph_mock("GET", "things")
            .and(wiremock::matchers::header("authorization", format!("Bearer {token}")))
            .respond_with(ResponseTemplate::new(status))
            .expect(1)
            .mount(server.mock())
            .await;
    }
    let credential = Arc::new(AtHand::default());
    let pipeline = Pipeline::new(Some(Arc::clone(&credential) as _), &server.options()).unwrap();
    pipeline.send(graph(&server, Method::GET, "things")).await.unwrap();
    let asked = credential.0.0.lock().await;
    assert_eq!(asked.len(), 1, "asked for a token only after the one at hand was refused");
    assert!(asked[0].rejected.is_some());
}

#[tokio::test]
async fn refused_token_is_replaced_once_with_the_claims_asked_for() {
    let server = TestServer::start().await;
    graph_mock("POST", "things")
        .and(wiremock::matchers::header("authorization", "Bearer token-1"))
        .respond_with(fixture("graph/claims_challenge"))
        .expect(1)
        .mount(server.mock())
        .await;
    graph_mock("POST", "things")
        .and(wiremock::matchers::header("authorization", "Bearer token-2"))
        .and(wiremock::matchers::body_json(json!({"a": 1})))
        .respond_with(ResponseTemplate::new(201))
        .expect(1)
        .mount(server.mock())
        .await;
    let (pipeline, credential) = counting(&server.options());
    let request = graph(&server, Method::POST, "things").json(&json!({"a": 1})).unwrap();
    let response = pipeline.send(request).await.unwrap();
    assert_eq!((response.status(), response.attempts()), (StatusCode::CREATED, 2));

    let asked = credential.0.lock().await;
    assert!(asked[0].claims.is_none() && asked[0].rejected.is_none());
    assert_eq!(asked[1].claims.as_deref(), Some(r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#));
    let first = AccessToken::new("token-1".into(), std::time::Duration::from_secs(1));
    assert!(asked[1].rejected.as_ref().unwrap().is_same(&first));
    assert_eq!((asked[1].tenant, asked[1].principal, asked[1].scope.as_str()), (CUSTOMER, Principal::Account, SCOPE));
}

#[tokio::test]
async fn token_refused_twice_is_an_error_with_the_ids_of_both() {
    let server = TestServer::start().await;
    for id in ["answer-1", "answer-2"] {
        let refused = ResponseTemplate::new(401).insert_header("request-id", id);
        graph_mock("GET", "things").respond_with(refused).up_to_n_times(1).expect(1).mount(server.mock()).await;
    }
    // Not even a policy of one attempt keeps a stale token from being replaced.
    let options = server.options().retry(bundle_core::http::RetryPolicy::none());
    let (pipeline, credential) = counting(&options);
    let error = pipeline.send(graph(&server, Method::GET, "things")).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::ReauthenticationRequired, Some(401)));
    assert_eq!((error.attempts(), error.request_ids()), (2, ["answer-1".to_owned(), "answer-2".to_owned()].as_slice()));
    assert_eq!(credential.0.lock().await.len(), 2);
}

#[tokio::test]
async fn meter_counts_every_attempt_and_writes_apart() {
    let server = TestServer::start().await;
    graph_mock("GET", "things").respond_with(ResponseTemplate::new(429)).up_to_n_times(2).mount(server.mock()).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(server.mock()).await;
    let meter = Arc::new(Meter::default());
    let (pipeline, _) = pipeline(&server.options().observer(Arc::clone(&meter) as _));
    pipeline.send(graph(&server, Method::GET, "things")).await.unwrap();
    pipeline.send(graph(&server, Method::POST, "things").safety(Safety::Read)).await.unwrap();
    assert_eq!((meter.requests(), meter.writes()), (4, 0));
    pipeline.send(graph(&server, Method::DELETE, "things")).await.unwrap();
    pipeline.send(graph(&server, Method::POST, "things")).await.unwrap();
    let login = Request::new(Service::Login, "t", Method::POST, server.cloud().base(Service::Login).clone());
    pipeline.send(login).await.unwrap();
    assert_eq!((meter.requests(), meter.writes()), (7, 2));
}

#[tokio::test]
async fn success_over_the_cap_is_refused_and_not_repeated() {
    let server = TestServer::start().await;
    let mut options = server.options();
    options.max_body = 100;
    let (pipeline, _) = pipeline(&options);
    graph_mock("GET", "large")
        .respond_with(ResponseTemplate::new(200).set_body_bytes([b'x'; 101]))
        .mount(server.mock())
        .await;
    graph_mock("GET", "fits")
        .respond_with(ResponseTemplate::new(200).set_body_bytes([b'x'; 100]))
        .mount(server.mock())
        .await;
    let error = pipeline.send(graph(&server, Method::GET, "large")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Decode, 1, Some(200)));
    assert!(error.to_string().contains("100 bytes"), "{error}");
    assert_eq!(pipeline.send(graph(&server, Method::GET, "fits")).await.unwrap().body().len(), 100);
    // The cap of one request holds over the client's.
    let request = graph(&server, Method::GET, "large").max_body(101);
    assert_eq!(pipeline.send(request).await.unwrap().body().len(), 101);
    let request = graph(&server, Method::GET, "fits").max_body(99);
    assert_eq!(pipeline.send(request).await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn accepted_status_is_an_answer() {
    let server = TestServer::start().await;
    graph_mock("GET", "things").respond_with(ResponseTemplate::new(404)).mount(server.mock()).await;
    let (pipeline, _) = pipeline(&server.options());
    let response = pipeline.send(graph(&server, Method::GET, "things").accept(404)).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let error = pipeline.send(graph(&server, Method::GET, "things").accept(410)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn error_shows_neither_query_nor_token_nor_secret() {
    const CANARY: &str = "canary0Canary1canary2Canary3";
    let server = TestServer::start().await;
    let body = json!({"error": {
        "code": "Request_BadRequest",
        "message": format!("client_secret={CANARY} at https://contoso.example/a?sig={CANARY} with Bearer {CANARY}"),
        "innerError": {"access_token": CANARY, "password": CANARY},
    }});
    let answer = ResponseTemplate::new(400)
        .set_body_json(body)
        .insert_header("set-cookie", format!("session={CANARY}").as_str())
        .insert_header("request-id", "11111111-2222-4333-8444-555555555555");
    Mock::given(method("POST")).respond_with(answer).mount(server.mock()).await;
    let (pipeline, _) = pipeline(&server.options());
    let request = graph(&server, Method::POST, "things")
        .query("$filter", &format!("mail eq '{CANARY}'"))
        .body(format!("refresh_token={CANARY}"));
    let error = pipeline.send(request.clone()).await.unwrap_err();
    assert_clean(&error, CANARY);
    assert_eq!(error.request_id(), Some("11111111-2222-4333-8444-555555555555"));
    assert!(error.to_string().starts_with("graph.test: "), "{error}");
    assert!(error.to_string().contains("(400 Request_BadRequest) [tenant 22222222-"), "{error}");

    // No answer at all: the cause of the HTTP library names the URL unless it is told not to.
    let (_reserved, closed) = closed_address();
    let (pipeline, _) = self::pipeline(&options_at(&closed));
    let mut url = request.url().clone();
    url.set_port(closed.parse::<Url>().unwrap().port()).unwrap();
    let error = pipeline.send(request.with_url(url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert_clean(&error, CANARY);
    assert!(!format!("{pipeline:?}").contains(CANARY));
}

fn assert_clean(error: &Error, canary: &str) {
    let text = shown(error);
    let token = FixedCredential::header(&CUSTOMER, Principal::Account, SCOPE);
    for secret in [canary, "$filter", &token] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn application_name_that_is_no_header_is_refused() {
    let server = TestServer::start().await;
    let error = Pipeline::new(None, &server.options().application("a\nb")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("application"), "{error}");
    let (pipeline, _) = pipeline(&server.options().application(""));
    graph_mock("GET", "things").respond_with(ResponseTemplate::new(200)).mount(server.mock()).await;
    pipeline.send(graph(&server, Method::GET, "things")).await.unwrap();
    assert_eq!(header(&received(&server).await[0], "user-agent"), "bundle/0.1.0");
}
