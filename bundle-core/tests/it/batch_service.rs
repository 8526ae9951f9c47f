//! A service behind the transport port that takes batches and single requests, in virtual time.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use bundle_core::Service;
use bundle_core::auth::{Credential, Principal};
use bundle_core::http::{
    Batch, BatchRules, Body, ClientOptions, OutgoingRequest, Pipeline, Request, RetryPolicy, SendFailure, Transport,
    join_path,
};
use bundle_core::testing::FixedCredential;
use bundle_core::{Cloud, Error, ErrorKind};

use crate::support::{CUSTOMER, SCOPE, fake, graph_at};

/// What is answered to one request: status, headers, body. `None` leaves it out of a batch.
pub(crate) type Given = Option<(u16, Value, Value)>;

type Respond = Box<dyn Fn(usize, &Value) -> Given + Send + Sync>;
type Whole = Box<dyn Fn(usize) -> Option<Result<(u16, Value), ()>> + Send + Sync>;

/// What arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) at: Instant,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) body: Value,
}

impl Arrived {
    /// The URLs in a batch; that of a single request with `alone` before it.
    pub(crate) fn urls(&self) -> Vec<String> {
        match self.body["requests"].as_array() {
            Some(items) => items.iter().map(|item| item["url"].as_str().unwrap().to_owned()).collect(),
            None => vec![format!("alone {}", self.path)],
        }
    }
}

/// Answers requests by a function of how often their URL came before and of the request as a batch would write it.
pub(crate) struct BatchService {
    respond: Respond,
    whole: Whole,
    latency: Duration,
    arrived: Mutex<Vec<Arrived>>,
    times: Mutex<std::collections::HashMap<String, usize>>,
}

impl BatchService {
    pub(crate) fn new(respond: impl Fn(usize, &Value) -> Given + Send + Sync + 'static) -> Self {
        Self {
            respond: Box::new(respond),
            whole: Box::new(|_| None),
            latency: Duration::from_millis(20),
            arrived: Mutex::default(),
            times: Mutex::default(),
        }
    }

    /// Answers every request with what it asked for.
    pub(crate) fn echo() -> Self {
        Self::new(|_, item| ok(item))
    }

    /// Answers whole batches, by how many came before; `Err` breaks the connection.
    pub(crate) fn whole(
        mut self,
        of: impl Fn(usize) -> Option<Result<(u16, Value), ()>> + Send + Sync + 'static,
    ) -> Self {
        self.whole = Box::new(of);
        self
    }

    pub(crate) fn start(self) -> Setup {
        self.start_with(|options| options)
    }

    pub(crate) fn start_with(self, change: impl FnOnce(ClientOptions) -> ClientOptions) -> Setup {
        let service = Arc::new(self);
        let options = ClientOptions::new(Cloud::public())
            .retry(RetryPolicy::default().base_wait(Duration::ZERO))
            .transport(Arc::clone(&service) as _);
        Setup::new(service, &change(options))
    }

    fn answer(&self, item: &Value) -> Given {
        let url = item["url"].as_str().unwrap().to_owned();
        let mut times = self.times.lock().unwrap();
        let times = times.entry(url).or_default();
        *times += 1;
        (self.respond)(*times - 1, item)
    }

    fn batch(&self, body: &Value, number: usize) -> Result<(u16, Value, Value), SendFailure> {
        match (self.whole)(number) {
            Some(Ok((status, body))) => return Ok((status, json!({"content-type": "application/json"}), body)),
            Some(Err(())) => return Err(SendFailure::lost(Error::new(ErrorKind::Connection, "gone"))),
            None => {}
        }
        let items = body["requests"].as_array().unwrap();
        assert!((1..=20).contains(&items.len()), "{body}");
        let mut responses: Vec<Value> = Vec::new();
        for item in items {
            let failed = item["dependsOn"][0].as_str().is_some_and(|parent| {
                responses.iter().any(|answer| answer["id"] == parent && answer["status"].as_u64().unwrap() >= 400)
            });
            let given = if failed { Some((424, json!({}), refusal("FailedDependency"))) } else { self.answer(item) };
            if let Some((status, headers, body)) = given {
                responses.push(json!({"id": item["id"], "status": status, "headers": headers, "body": body}));
            }
        }
        responses.reverse();
        Ok((200, json!({"content-type": "application/json"}), json!({"responses": responses})))
    }
}

#[async_trait]
impl Transport for BatchService {
    async fn send(&self, request: OutgoingRequest) -> Result<http::Response<Body>, SendFailure> {
        let url = request.url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        let body = serde_json::from_slice(&request.body).unwrap_or_default();
        let number = {
            let mut arrived = self.arrived.lock().unwrap();
            arrived.push(Arrived {
                at: Instant::now(),
                method: request.method.clone(),
                path: url.clone(),
                token: request.headers["authorization"].to_str().unwrap().to_owned(),
                body: Value::clone(&body),
            });
            arrived.iter().filter(|one| one.path.ends_with("/$batch")).count()
        };
        fake::passes(self.latency).await;
        let (status, headers, body) = if url.ends_with("/$batch") {
            self.batch(&body, number - 1)?
        } else {
            let item = json!({"method": request.method.as_str(), "url": url.strip_prefix("/v1.0").unwrap_or(&url)});
            self.answer(&item).unwrap()
        };
        let mut response = http::Response::builder().status(status).header("request-id", format!("of-call-{number}"));
        for (name, value) in headers.as_object().unwrap() {
            response = response.header(name, value.as_str().unwrap());
        }
        let body = match body {
            Value::String(text) => text,
            body => body.to_string(),
        };
        Ok(response.body(Body::from(Bytes::from(body))).unwrap())
    }
}

impl fmt::Debug for BatchService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchService").finish_non_exhaustive()
    }
}

pub(crate) struct Setup {
    service: Arc<BatchService>,
    pub(crate) pipeline: Pipeline,
    pub(crate) credential: Arc<FixedCredential>,
}

impl Setup {
    pub(crate) fn new(service: Arc<BatchService>, options: &ClientOptions) -> Self {
        let credential = Arc::new(FixedCredential::new());
        let shared: Arc<dyn Credential> = Arc::clone(&credential) as _;
        Self { service, pipeline: Pipeline::new(Some(shared), options).unwrap(), credential }
    }

    pub(crate) fn batch(&self) -> Batch {
        Batch::new(self.pipeline.clone(), rules())
    }

    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.service.arrived.lock().unwrap().clone()
    }

    /// The URLs of each call that arrived.
    pub(crate) fn urls(&self) -> Vec<Vec<String>> {
        self.arrived().iter().map(Arrived::urls).collect()
    }
}

pub(crate) fn rules() -> BatchRules {
    let root = |version| join_path(Cloud::public().base(Service::Graph), &[version]);
    BatchRules::new("graph.batch", [root("v1.0"), root("beta")], 20)
}

/// A request of Graph v1.0 with the customer's token.
pub(crate) fn call(method: Method, name: &str) -> Request {
    graph_at(join_path(Cloud::public().base(Service::Graph), &["v1.0", name]), method)
}

pub(crate) fn get(name: &str) -> Request {
    call(Method::GET, name)
}

pub(crate) fn post(name: &str) -> Request {
    call(Method::POST, name)
}

pub(crate) fn ok(item: &Value) -> Given {
    Some((200, json!({"content-type": "application/json"}), json!({"asked": item["url"]})))
}

pub(crate) fn refused(status: u16, code: &str) -> Given {
    Some((status, json!({"content-type": "application/json"}), refusal(code)))
}

pub(crate) fn throttled(wait: &str) -> Given {
    Some((429, json!({"RETRY-AFTER": wait}), refusal("TooManyRequests")))
}

fn refusal(code: &str) -> Value {
    let ids = json!({"request-id": "99999999-9999-4999-8999-999999999999"});
    json!({"error": {"code": code, "message": format!("it says {code}"), "innerError": ids}})
}

/// The token of the customer.
pub(crate) fn token() -> String {
    FixedCredential::header(&CUSTOMER, Principal::Account, SCOPE)
}
