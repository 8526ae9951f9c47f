//! A server with a client, and calls described as a whole: what is expected and what is answered.

use std::sync::Arc;

use serde_json::Value;
use wiremock::{Mock, Request, ResponseTemplate};

use bundle_core::TenantId;
use bundle_core::auth::Principal;
use bundle_core::error::{Error, ErrorKind};
use bundle_core::testing::{FixedCredential, TestServer};
use graph_client::{GraphClient, TenantGraph};

pub(crate) const CONTOSO: TenantId = TenantId::from_u128(0x1111_1111_1111_1111_1111_1111_1111_1111);
pub(crate) const EXCHANGE_ADMINISTRATOR: &str = "29232cdf-9323-42fd-ade2-1d097af3e4de";
pub(crate) const GRAPH_SCOPE: &str = "https://graph.microsoft.com/.default";

/// An id of one digit.
pub(crate) fn id<T: std::str::FromStr<Err = Error>>(digit: u8) -> T {
    guid(digit).parse().unwrap()
}

pub(crate) fn guid(digit: u8) -> String {
    [8, 4, 4, 4, 12].map(|length| digit.to_string().repeat(length)).join("-")
}

pub(crate) struct Setup {
    pub(crate) server: TestServer,
    pub(crate) credential: Arc<FixedCredential>,
    pub(crate) client: GraphClient,
    /// Contoso, as the account.
    pub(crate) graph: TenantGraph,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        let server = TestServer::start().await;
        let credential = Arc::new(FixedCredential::new());
        let client = GraphClient::with_options(Arc::clone(&credential) as _, &server.options()).unwrap();
        let graph = client.for_tenant(&CONTOSO);
        Self { server, credential, client, graph }
    }

    /// A fixture, with its links leading to the server.
    pub(crate) fn fixture(&self, name: &str) -> String {
        let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{path}: {cause}"));
        text.replace("https://graph.microsoft.com/", &format!("{}/graph/", self.server.uri()))
    }

    pub(crate) async fn expect(&self, call: Call) {
        let body = call.fixture.map_or_else(String::new, |name| self.fixture(name));
        let mut answer = ResponseTemplate::new(call.status);
        if !body.is_empty() {
            answer = answer.set_body_raw(body, "application/json");
        }
        if call.status == 429 {
            answer = answer.insert_header("Retry-After", "0");
        }
        let times = call.times;
        Mock::given(move |request: &Request| call.matches(request))
            .respond_with(answer)
            .up_to_n_times(times)
            .expect(times)
            .mount(self.server.mock())
            .await;
    }
}

/// One expected call and its answer. Calls that look the same are answered in the order they were described.
pub(crate) struct Call {
    method: &'static str,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
    tenant: TenantId,
    principal: Principal,
    eventual: bool,
    status: u16,
    fixture: Option<&'static str>,
    times: u64,
}

impl Call {
    pub(crate) fn new(method: &'static str, path: impl AsRef<str>) -> Self {
        Self {
            method,
            path: format!("/graph/v1.0/{}", path.as_ref()),
            query: Vec::new(),
            body: None,
            tenant: CONTOSO,
            principal: Principal::Account,
            eventual: false,
            status: 204,
            fixture: None,
            times: 1,
        }
    }

    pub(crate) fn get(path: impl AsRef<str>) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn beta(mut self) -> Self {
        self.path = self.path.replace("/v1.0/", "/beta/");
        self
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = tenant;
        self
    }

    pub(crate) fn by_application(mut self) -> Self {
        self.principal = Principal::Application;
        self
    }

    pub(crate) fn eventual(mut self) -> Self {
        self.eventual = true;
        self
    }

    pub(crate) fn answers(mut self, status: u16, fixture: &'static str) -> Self {
        self.status = status;
        self.fixture = Some(fixture);
        self
    }

    /// Every query option, every member of the body, the token: all of it, and nothing more.
    fn matches(&self, request: &Request) -> bool {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        let query: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let body = match &self.body {
            None => request.body.is_empty(),
            Some(body) => {
                header("content-type") == Some("application/json")
                    && serde_json::from_slice::<Value>(&request.body).is_ok_and(|sent| sent == *body)
            }
        };
        request.method.as_str() == self.method
            && request.url.path() == self.path
            && query == self.query
            && body
            && header("authorization") == Some(&FixedCredential::header(&self.tenant, self.principal, GRAPH_SCOPE))
            && header("consistencylevel") == self.eventual.then_some("eventual")
    }
}

pub(crate) fn denied(call: Call) -> Call {
    call.answers(403, "errors/denied_403")
}

pub(crate) fn throttled(call: Call) -> Call {
    call.answers(429, "errors/throttled_429")
}

pub(crate) fn absent(call: Call) -> Call {
    call.answers(404, "errors/not_found_404")
}

/// The error is of this kind, names the operation and the tenant, and kept the request id.
pub(crate) fn assert_error(error: &Error, kind: ErrorKind, operation: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.operation(), Some(operation));
    assert_eq!(error.tenant(), Some(&CONTOSO));
    assert!(error.request_ids().contains(&guid(8)), "{error:?}");
}
