//! What the tests share: a customer with a vault.

use std::sync::Arc;

use azure_keyvault_client::{AzureClient, KeyVaultClient, SecretName, VaultUrl};
use bundle_core::TenantId;
use bundle_core::auth::Principal;
use bundle_core::testing::{FixedCredential, TestServer};
use wiremock::matchers::{header, method, path};
use wiremock::{Match, Mock, MockBuilder, Request, ResponseTemplate};

pub(crate) const VAULT_SCOPE: &str = "https://vault.azure.net/.default";
pub(crate) const ARM_SCOPE: &str = "https://management.azure.com/.default";

/// The tenant the vault belongs to.
pub(crate) fn customer() -> TenantId {
    "22222222-2222-4222-8222-222222222222".parse().unwrap()
}

/// A tenant the vault does not belong to, at first.
pub(crate) fn other() -> TenantId {
    "33333333-3333-4333-8333-333333333333".parse().unwrap()
}

pub(crate) fn db() -> SecretName {
    "db".parse().unwrap()
}

/// A server with a credential that never asks anybody.
pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) credential: Arc<FixedCredential>,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self { server: TestServer::start().await, credential: Arc::new(FixedCredential::new()) }
    }

    /// With a vault that says it belongs to [`customer`].
    pub(crate) async fn with_vault() -> Self {
        let world = Self::start().await;
        world.mount(anonymous().respond_with(challenge(&customer()))).await;
        world
    }

    pub(crate) async fn mount(&self, mock: Mock) {
        mock.mount(self.server.mock()).await;
    }

    pub(crate) fn azure(&self) -> AzureClient {
        let credential: Arc<FixedCredential> = Arc::clone(&self.credential);
        AzureClient::with_options(credential, &self.server.options()).unwrap()
    }

    pub(crate) fn vault(&self) -> KeyVaultClient {
        self.azure().vault(&self.vault_url()).unwrap()
    }

    pub(crate) fn vault_url(&self) -> VaultUrl {
        VaultUrl::named(&self.server.cloud(), "contoso-kv").unwrap()
    }

    /// A fixture whose links lead to the vault or, below `arm`, to Resource Manager of this server.
    pub(crate) fn fixture_below(&self, name: &str, place: &str) -> String {
        fixture(name).replace("{base}", &format!("{}{place}", self.server.uri()))
    }
}

/// The whole body of an answer.
pub(crate) fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn json(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.as_bytes(), "application/json; charset=utf-8")
}

/// A fixture as an answer.
pub(crate) fn answer(status: u16, name: &str) -> ResponseTemplate {
    json(status, &fixture(name))
}

/// A 401 that names a tenant.
pub(crate) fn challenge(tenant: &TenantId) -> ResponseTemplate {
    challenge_text(&format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"https://vault.azure.net\""
    ))
}

pub(crate) fn challenge_text(header: &str) -> ResponseTemplate {
    answer(401, "secrets/error_401_missing_token").insert_header("www-authenticate", header)
}

/// The request that asks whose tokens the vault takes: no token, no body.
pub(crate) fn anonymous() -> MockBuilder {
    Mock::given(method("GET")).and(path("/vault/contoso-kv/secrets")).and(Bare)
}

/// A request to the vault with the token of a tenant.
pub(crate) fn vault_call(verb: &str, below: &str, tenant: &TenantId) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(format!("/vault/contoso-kv/{below}")))
        .and(header("authorization", FixedCredential::header(tenant, Principal::Account, VAULT_SCOPE)))
}

/// A request to Resource Manager with the token of the customer.
pub(crate) fn arm_call(below: &str) -> MockBuilder {
    Mock::given(method("GET"))
        .and(path(format!("/arm/{below}")))
        .and(header("authorization", FixedCredential::header(&customer(), Principal::Account, ARM_SCOPE)))
}

struct Bare;

impl Match for Bare {
    fn matches(&self, request: &Request) -> bool {
        request.body.is_empty()
            && ["authorization", "content-type"].iter().all(|name| !request.headers.contains_key(*name))
    }
}

/// The query is exactly this, in this order.
pub(crate) fn query(expected: &'static str) -> impl Match {
    move |request: &Request| request.url.query() == Some(expected)
}
