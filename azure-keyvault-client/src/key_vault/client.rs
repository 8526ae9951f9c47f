//! The client of one vault.

use std::sync::Arc;

use bundle_core::auth::{Credential, Principal};
use bundle_core::http::{ClientOptions, Pipeline, Request, Response, Safety, join_path};
use bundle_core::{Error, Result, Service, TenantId};
use http::Method;

use super::discovery::{Vault, foreign_tenant};
use super::{API_VERSION, Challenges, SecretsHandler, VaultUrl};
use crate::azure::Azure;

/// The data plane of one vault. Cheap to clone; clones share connections, limits and what the vault said about its
/// tenant.
///
/// Which tenant's tokens a vault takes is asked from the vault itself: the first request goes without token and body,
/// its refusal names the tenant and the resource. Both are verified before anything is kept or requested: the vault
/// must lie below the resource, the authority must be the cloud's own. A vault that later refuses a token is asked
/// again, once per request.
#[derive(Clone)]
pub struct KeyVaultClient {
    pipeline: Pipeline,
    vault: Arc<Vault>,
    principal: Principal,
    tenant: Option<TenantId>,
    api_version: Arc<str>,
}

impl KeyVaultClient {
    /// A client of one vault in the public cloud, acting as the service account.
    ///
    /// # Errors
    /// As [`KeyVaultClient::with_options`].
    pub fn new(credential: Arc<dyn Credential>, vault: &VaultUrl) -> Result<Self> {
        Self::with_options(credential, vault, &ClientOptions::default())
    }

    /// A client of one vault, acting as the service account.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the vault is not in the cloud of the options, or the
    /// options cannot be used.
    pub fn with_options(credential: Arc<dyn Credential>, vault: &VaultUrl, options: &ClientOptions) -> Result<Self> {
        Azure::new(credential, options)?.vault(vault, Principal::Account, None)
    }

    pub(crate) fn from_parts(
        pipeline: Pipeline,
        challenges: &Challenges,
        vault: &VaultUrl,
        principal: Principal,
        tenant: Option<TenantId>,
    ) -> Result<Self> {
        if !pipeline.cloud().allows(Service::KeyVault, vault.as_url()) {
            let cloud = pipeline.cloud().name();
            return Err(Error::config(format!("vault: {:?} is no vault of the {cloud} cloud", vault.to_string())));
        }
        let vault = challenges.vault(vault);
        Ok(Self { pipeline, vault, principal, tenant, api_version: API_VERSION.into() })
    }

    /// Takes the vault only when it belongs to `tenant`: a program that works for many customers never reads one
    /// customer's vault in the name of another, whatever address was configured.
    #[must_use]
    pub fn for_tenant(&self, tenant: &TenantId) -> Self {
        Self { tenant: Some(*tenant), ..self.clone() }
    }

    /// Acts as the application itself.
    #[must_use]
    pub fn as_application(&self) -> Self {
        Self { principal: Principal::Application, ..self.clone() }
    }

    /// Acts as the service account, which is the default.
    #[must_use]
    pub fn as_account(&self) -> Self {
        Self { principal: Principal::Account, ..self.clone() }
    }

    /// Asks for another version of the data plane than [`API_VERSION`], for example `7.6`.
    #[must_use]
    pub fn with_api_version(&self, version: &str) -> Self {
        Self { api_version: version.into(), ..self.clone() }
    }

    /// The vault.
    #[must_use]
    pub fn vault(&self) -> &VaultUrl {
        self.vault.url()
    }

    /// The secrets of the vault.
    #[must_use]
    pub fn secrets(&self) -> SecretsHandler {
        SecretsHandler::new(self.clone())
    }

    /// The tenant whose tokens the vault takes; asks the vault when nobody has yet.
    ///
    /// # Errors
    /// * [`ErrorKind::Decode`](bundle_core::ErrorKind::Decode): the vault names a foreign resource or authority.
    /// * [`ErrorKind::Config`](bundle_core::ErrorKind::Config): it belongs to another tenant than the one the client
    ///   is for.
    /// * any transport error, see [`Error`].
    ///
    /// Source: "Authentication, requests and responses" of Azure Key Vault (Microsoft Learn).
    pub async fn tenant(&self) -> Result<TenantId> {
        let challenge = self.vault.challenge(&self.pipeline, &self.api_version).await?;
        match self.tenant {
            Some(tenant) if tenant != challenge.tenant => {
                Err(foreign_tenant(self.vault(), challenge.tenant).with_tenant(tenant))
            }
            _ => Ok(challenge.tenant),
        }
    }

    /// Starts a request to a path below the vault, for operations without a method of their own, for example
    /// `keys/app/rotate`. Send it with [`KeyVaultClient::send`].
    ///
    /// # Errors
    /// As [`KeyVaultClient::tenant`].
    pub async fn request(&self, method: Method, path: &str) -> Result<Request> {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        self.start("azure.key_vault.request", method, &segments).await
    }

    /// Sends a request of [`KeyVaultClient::request`].
    ///
    /// # Errors
    /// Any error of the pipeline.
    pub async fn send(&self, request: Request) -> Result<Response> {
        self.pipeline.send(request).await
    }

    /// Starts a request with token and version.
    pub(super) async fn start(&self, operation: &'static str, method: Method, segments: &[&str]) -> Result<Request> {
        let tenant = self.tenant().await.map_err(|error| error.with_operation(operation))?;
        let is_patch = method == Method::PATCH;
        let request = Request::new(Service::KeyVault, operation, method, join_path(self.vault().as_url(), segments))
            .query("api-version", &self.api_version)
            .bearer(tenant, self.principal, self.vault.scope(self.tenant.is_some()));
        // Key Vault patches name the wanted values, so a second time changes nothing more.
        Ok(if is_patch { request.safety(Safety::Idempotent) } else { request })
    }

    pub(super) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }
}

impl std::fmt::Debug for KeyVaultClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyVaultClient")
            .field("vault", &self.vault().to_string())
            .field("principal", &self.principal)
            .field("tenant", &self.tenant)
            .field("api_version", &self.api_version)
            .finish_non_exhaustive()
    }
}
