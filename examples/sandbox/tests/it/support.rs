//! What the tests share: a running demonstration and its token requests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bundle_sandbox::{Sandbox, Service};
use serde_json::Value;

pub(crate) const GRAPH: &str = "https://graph.microsoft.com/.default";

/// The demonstration world with an HTTP client that follows no redirects.
pub(crate) struct Demo {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: reqwest::Client,
    pub(crate) endpoints: Value,
}

impl Demo {
    pub(crate) async fn start(customers: usize) -> Self {
        let sandbox = Sandbox::demo(customers).await.unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let endpoints = sandbox.endpoints();
        Self { sandbox, http, endpoints }
    }

    /// Returns a text of the `demo` part of the endpoint set.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.endpoints["demo"][name].as_str().unwrap()
    }

    pub(crate) fn partner(&self) -> String {
        self.text("partnerTenantId").to_owned()
    }

    pub(crate) fn refresh_token(&self) -> &str {
        self.text("refreshToken")
    }

    /// Posts a token request and returns status and body.
    pub(crate) async fn token(&self, tenant: &str, form: &[(String, String)]) -> (u16, Value) {
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.sandbox.base(Service::Login));
        let response = self.http.post(url).form(form).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Opens an address with a query, as a browser would.
    pub(crate) async fn open(&self, address: &str, query: &[(&str, &str)]) -> reqwest::Response {
        let url = url::Url::parse_with_params(address, query).unwrap();
        self.http.get(url).send().await.unwrap()
    }

    pub(crate) fn refresh_form(&self, refresh_token: &str, scope: &str) -> Vec<(String, String)> {
        [
            ("client_id", self.text("applicationId")),
            ("client_secret", self.text("clientSecret")),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("scope", scope),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    pub(crate) fn app_only_form(&self, scope: &str) -> Vec<(String, String)> {
        [
            ("client_id", self.text("applicationId")),
            ("client_secret", self.text("clientSecret")),
            ("grant_type", "client_credentials"),
            ("scope", scope),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// Redeems the service account's refresh token at a tenant.
    pub(crate) async fn refresh(&self, tenant: &str, scope: &str) -> (u16, Value) {
        self.token(tenant, &self.refresh_form(self.refresh_token(), scope)).await
    }

    /// Asks for an app-only token at a tenant.
    pub(crate) async fn app_only(&self, tenant: &str, scope: &str) -> (u16, Value) {
        self.token(tenant, &self.app_only_form(scope)).await
    }
}

/// Reads the payload of a token.
pub(crate) fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
