//! Asking before sending: what is refused never leaves, what is not known does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::json;
use tokio::sync::Mutex;
use wiremock::ResponseTemplate;

use bundle_core::auth::{AccessToken, Credential, TokenRequest};
use bundle_core::http::{Batch, BatchRules, ClientOptions, Pipeline, join_path};
use bundle_core::ids::{AppId, RelationshipId, RoleTemplateId};
use bundle_core::preflight::{CatalogGuard, CustomerAccess};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, Result, Service, TenantId};

use crate::support::trace::Trace;
use crate::support::{APP, CUSTOMER, graph, graph_at, graph_mock, pipeline, received};

/// Answers account tokens with the scopes of the moment, in the lifetime of one token: a new one only for a refused one.
#[derive(Debug)]
struct Scopes {
    current: Mutex<Option<AccessToken>>,
    scopes: Mutex<Vec<&'static str>>,
    issued: AtomicUsize,
}

impl Scopes {
    fn new(scopes: &[&'static str]) -> Arc<Self> {
        Arc::new(Self { current: Mutex::default(), scopes: Mutex::new(scopes.to_vec()), issued: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Credential for Scopes {
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken> {
        let mut current = self.current.lock().await;
        let rejected = |token: &AccessToken| request.rejected.as_ref().is_some_and(|rejected| rejected.is_same(token));
        if let Some(token) = current.as_ref().filter(|token| !rejected(token)) {
            return Ok(token.clone());
        }
        let number = self.issued.fetch_add(1, Ordering::Relaxed);
        let claims = json!({"scp": self.scopes.lock().await.join(" "), "idtyp": "user", "uti": number.to_string()});
        let text = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let token = AccessToken::new(text.into(), Duration::from_secs(3600));
        *current = Some(token.clone());
        Ok(token)
    }

    async fn forget(&self, _: &TenantId) {
        *self.current.lock().await = None;
    }

    fn application(&self) -> AppId {
        APP
    }
}

fn refusing(credential: &Arc<Scopes>, options: ClientOptions) -> (Pipeline, Arc<CatalogGuard>) {
    let guard = Arc::new(CatalogGuard::new());
    let options = options.refuse_before_sending(Arc::clone(&guard) as _);
    (Pipeline::new(Some(Arc::clone(credential) as _), &options).unwrap(), guard)
}

fn access(roles: &[RoleTemplateId]) -> CustomerAccess {
    CustomerAccess::with_roles(RelationshipId::new("r"), roles.iter().copied())
}

#[tokio::test]
async fn refuse_sends_nothing_that_cannot_work() {
    let server = TestServer::start().await;
    let (pipeline, guard) = refusing(&Scopes::new(&["User.Read.All"]), server.options());

    let error = pipeline.send(graph(&server, Method::POST, "users")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConsentRequired);
    assert!(error.message().contains("User.ReadWrite.All"), "{error}");
    assert_eq!((error.attempts(), error.tenant(), error.operation()), (0, Some(&CUSTOMER), Some("graph.test")));

    guard.tell_access(CUSTOMER, CustomerAccess::default());
    let error = pipeline.send(graph(&server, Method::GET, "users")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RelationshipInactive);

    guard.tell_access(CUSTOMER, access(&[RoleTemplateId::GLOBAL_READER]));
    guard.tell_service_plans(CUSTOMER, ["EXCHANGE_S_STANDARD"]);
    let error = pipeline.send(graph(&server, Method::GET, "deviceManagement")).await.unwrap_err();
    // The scope is the first obstacle, the licence comes with it.
    assert_eq!(error.kind(), ErrorKind::ConsentRequired);
    assert!(error.message().contains("Microsoft Intune"), "{error}");
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn refuse_takes_requests_out_of_a_batch() {
    let server = TestServer::start().await;
    let answer = json!({"responses": [{"id": "1", "status": 200, "body": {"value": []}}]});
    graph_mock("POST", "$batch")
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .expect(1)
        .mount(server.mock())
        .await;
    let (pipeline, _) = refusing(&Scopes::new(&["User.Read.All"]), server.options());
    let root = join_path(server.cloud().base(Service::Graph), &["v1.0"]);
    let rules = || BatchRules::new("graph.batch", [root.clone()], 20);
    let requests = [graph(&server, Method::POST, "users"), graph(&server, Method::GET, "users")];
    let outcome = Batch::new(pipeline.clone(), rules()).requests(requests).send().await.unwrap();
    let kinds: Vec<_> = outcome.failed().map(|(at, error)| (at, error.kind())).collect();
    assert_eq!(kinds, [(0, ErrorKind::ConsentRequired)]);
    let sent: serde_json::Value = serde_json::from_slice(&received(&server).await[0].body).unwrap();
    assert_eq!((sent["requests"].as_array().unwrap().len(), &sent["requests"][0]["method"]), (1, &json!("GET")));
    // Nothing is left to send of this one.
    let outcome = Batch::new(pipeline, rules()).request(graph(&server, Method::POST, "users")).send().await.unwrap();
    assert_eq!((outcome.failed().count(), received(&server).await.len()), (1, 1));
}

#[tokio::test]
async fn refuse_lets_through_what_may_work() {
    let server = TestServer::start().await;
    graph_mock("GET", "users").respond_with(ResponseTemplate::new(200)).expect(3).mount(server.mock()).await;
    graph_mock("GET", "something/new").respond_with(ResponseTemplate::new(200)).expect(1).mount(server.mock()).await;
    let (guarded, guard) = refusing(&Scopes::new(&["User.Read.All"]), server.options());
    guarded.send(graph(&server, Method::GET, "users")).await.unwrap();
    guard.tell_access(CUSTOMER, access(&[RoleTemplateId::GLOBAL_READER]));
    guarded.send(graph(&server, Method::GET, "users")).await.unwrap();
    // Neither the tables nor the token have to know everything.
    let url = join_path(server.cloud().base(Service::Graph), &["v1.0", "something", "new"]);
    guarded.send(graph_at(url, Method::GET)).await.unwrap();
    let (opaque, _) = pipeline(&server.options().refuse_before_sending(guard));
    opaque.send(graph(&server, Method::GET, "users")).await.unwrap();
}

#[tokio::test]
async fn token_older_than_the_grant_is_replaced_before_anything_is_refused() {
    let server = TestServer::start().await;
    graph_mock("POST", "users").respond_with(ResponseTemplate::new(201)).expect(1).mount(server.mock()).await;
    let credential = Scopes::new(&["User.Read.All"]);
    let (pipeline, _) = refusing(&credential, server.options());
    pipeline.send(graph(&server, Method::POST, "users")).await.unwrap_err();
    assert_eq!(credential.issued.load(Ordering::Relaxed), 1);

    *credential.scopes.lock().await = vec!["User.ReadWrite.All"];
    // Young tokens are not blamed.
    pipeline.send(graph(&server, Method::POST, "users")).await.unwrap_err();
    assert_eq!(credential.issued.load(Ordering::Relaxed), 1);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(301)).await;
    tokio::time::resume();
    pipeline.send(graph(&server, Method::POST, "users")).await.unwrap();
    assert_eq!(credential.issued.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn warn_tells_and_sends() {
    let server = TestServer::start().await;
    graph_mock("POST", "users").respond_with(ResponseTemplate::new(201)).expect(1).mount(server.mock()).await;
    let (trace, _guard) = Trace::start();
    let options = server.options().warn_before_sending(Arc::new(CatalogGuard::new()));
    let pipeline = Pipeline::new(Some(Scopes::new(&["User.Read.All"]) as _), &options).unwrap();
    pipeline.send(graph(&server, Method::POST, "users")).await.unwrap();
    let text = trace.text();
    assert!(text.contains("ConsentRequired") && text.contains("User.ReadWrite.All"), "{text}");
}
