//! A loopback server that stands for every service of a cloud.

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::cloud::Cloud;
use crate::http::{ClientOptions, RetryPolicy};

/// A wiremock server with a cloud that points every service at it: `/login`, `/graph`, `/partner-center`, `/exchange`,
/// `/compliance`, `/arm`, `/management`, `/vault/{vault}`, `/blob/{account}`, `/table/{account}`.
///
/// What no mock of the test matches is answered 501 with a body that says what arrived.
#[derive(Debug)]
pub struct TestServer {
    server: MockServer,
}

impl TestServer {
    /// Starts a server.
    pub async fn start() -> Self {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(|request: &Request| {
                let body = String::from_utf8_lossy(&request.body);
                let text = format!("unexpected {} {}\n{:?}\n{body}", request.method, request.url, request.headers);
                ResponseTemplate::new(501).set_body_string(text)
            })
            .with_priority(u8::MAX)
            .mount(&server)
            .await;
        Self { server }
    }

    /// The wiremock server, to mount mocks on.
    #[must_use]
    pub fn mock(&self) -> &MockServer {
        &self.server
    }

    /// The base URL of the server.
    #[must_use]
    pub fn uri(&self) -> String {
        self.server.uri()
    }

    /// A cloud with every service on this server and the public audiences.
    ///
    /// # Panics
    /// Never: the address of a started server is a valid base URL.
    #[must_use]
    pub fn cloud(&self) -> Cloud {
        let base = self.server.uri();
        let file = serde_json::json!({
            "loginAuthority": format!("{base}/login"),
            "graph": format!("{base}/graph"),
            "exchangeHost": format!("{base}/exchange"),
            "partnerCenter": format!("{base}/partner-center"),
            "arm": format!("{base}/arm"),
            "office365Management": format!("{base}/management"),
            "compliance": format!("{base}/compliance"),
            "keyVaultUrl": format!("{base}/vault/{{vault}}"),
            "blobUrl": format!("{base}/blob/{{account}}"),
            "tableUrl": format!("{base}/table/{{account}}"),
        });
        Cloud::from_endpoint_file(&file.to_string()).expect("the address of a started server is a valid base URL")
    }

    /// Options for this cloud, with retries that do not wait.
    #[must_use]
    pub fn options(&self) -> ClientOptions {
        let retry = RetryPolicy::default().base_wait(std::time::Duration::ZERO);
        ClientOptions::new(self.cloud()).retry(retry).application("tests/1.0")
    }
}
