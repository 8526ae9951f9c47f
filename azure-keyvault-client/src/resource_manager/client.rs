//! The client of one tenant's Resource Manager.

use std::sync::Arc;

use bundle_core::auth::{Credential, Principal};
use bundle_core::http::{ClientOptions, Pager, Request, Response, join_path};
use bundle_core::ids::SubscriptionId;
use bundle_core::{Result, Service, TenantId};
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::operation::{Answer, Step};
use super::{Operation, OperationProgress, ResourceGroupsHandler, SubscriptionsHandler, VaultsHandler};
use crate::azure::Azure;
use crate::key_vault::{KeyVaultClient, VaultUrl};

/// Resource Manager of one tenant. Cheap to clone.
///
/// It sees what the account (or application) has an Azure role on; roles of Microsoft Entra and GDAP relationships
/// alone show nothing. What is not visible is left out of listings, not refused.
#[derive(Clone)]
pub struct ResourceManagerClient {
    azure: Azure,
    tenant: TenantId,
    principal: Principal,
}

impl ResourceManagerClient {
    /// A client of one tenant in the public cloud, acting as the service account.
    ///
    /// # Errors
    /// As [`ResourceManagerClient::with_options`].
    pub fn new(credential: Arc<dyn Credential>, tenant: &TenantId) -> Result<Self> {
        Self::with_options(credential, tenant, &ClientOptions::default())
    }

    /// A client of one tenant, acting as the service account.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the options cannot be used.
    pub fn with_options(credential: Arc<dyn Credential>, tenant: &TenantId, options: &ClientOptions) -> Result<Self> {
        Ok(Self::from_parts(Azure::new(credential, options)?, *tenant, Principal::Account))
    }

    pub(crate) fn from_parts(azure: Azure, tenant: TenantId, principal: Principal) -> Self {
        Self { azure, tenant, principal }
    }

    /// The same for another tenant.
    #[must_use]
    pub fn for_tenant(&self, tenant: &TenantId) -> Self {
        Self { tenant: *tenant, ..self.clone() }
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

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The subscriptions of the tenant.
    #[must_use]
    pub fn subscriptions(&self) -> SubscriptionsHandler {
        SubscriptionsHandler::new(self.clone())
    }

    /// The resource groups of a subscription.
    #[must_use]
    pub fn resource_groups(&self, subscription: &SubscriptionId) -> ResourceGroupsHandler {
        ResourceGroupsHandler::new(self.clone(), *subscription)
    }

    /// The key vaults of a subscription.
    #[must_use]
    pub fn vaults(&self, subscription: &SubscriptionId) -> VaultsHandler {
        VaultsHandler::new(self.clone(), *subscription)
    }

    /// The data plane of a vault of this tenant. A vault that turns out to belong to another tenant is refused before
    /// a token is requested.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the vault is not in this cloud.
    pub fn vault(&self, vault: &VaultUrl) -> Result<KeyVaultClient> {
        self.azure.vault(vault, self.principal, Some(self.tenant))
    }

    /// The data plane of the vault of a name, see [`ResourceManagerClient::vault`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): not the name of a vault.
    pub fn vault_named(&self, name: &str) -> Result<KeyVaultClient> {
        self.vault(&VaultUrl::named(self.azure.pipeline.cloud(), name)?)
    }

    /// Starts a request to any resource, for operations without a method of their own. `path` is a resource id or a
    /// path below one, without a query; every resource provider has its own versions. Send it with
    /// [`ResourceManagerClient::send`], or list with [`ResourceManagerClient::pages`].
    pub fn request(&self, method: Method, path: &str, api_version: &str) -> Request {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        self.start("azure.resource_manager.request", method, &segments, api_version)
    }

    /// Sends a request of [`ResourceManagerClient::request`].
    ///
    /// # Errors
    /// Any error of the pipeline.
    pub async fn send(&self, request: Request) -> Result<Response> {
        self.azure.pipeline.send(request).await
    }

    /// Lists what a request of [`ResourceManagerClient::request`] answers as `{"value": […], "nextLink": …}`.
    #[must_use]
    pub fn pages<T: DeserializeOwned + Send + 'static>(&self, request: Request) -> Pager<T> {
        Pager::odata(self.azure.pipeline.clone(), request)
    }

    /// Sends a request that may go on after its answer: PUT, PATCH, POST or DELETE of any resource. Look again with
    /// [`ResourceManagerClient::check_operation`] until it is done; nothing here sleeps.
    ///
    /// # Errors
    /// Any error of the pipeline; [`ErrorKind::Decode`](bundle_core::ErrorKind::Decode) when the answer does not say
    /// where the operation can be seen.
    ///
    /// Source: "Track asynchronous Azure operations" (Microsoft Learn).
    pub async fn start_operation<B>(
        &self,
        method: Method,
        path: &str,
        api_version: &str,
        body: Option<&B>,
    ) -> Result<OperationProgress>
    where
        B: Serialize + Sync + ?Sized,
    {
        let request = self.request(method.clone(), path, api_version);
        let request = match body {
            Some(body) => request.json(body)?,
            None => request,
        };
        let url = request.url().clone();
        let response = self.send(request).await?;
        let body = json_or_null(&response)?;
        self.go_on(Operation::begin(&method, &url, answer(&response, &body))).await
    }

    /// Looks how far an operation has come.
    ///
    /// # Errors
    /// The error the operation has ended with, classified like any other; any error of the pipeline.
    pub async fn check_operation(&self, operation: &Operation) -> Result<OperationProgress> {
        let response = self.look(operation.look_at().clone()).await?;
        let body = json_or_null(&response)?;
        self.go_on(operation.advance(answer(&response, &body))).await
    }

    async fn go_on(&self, step: Result<Step>) -> Result<OperationProgress> {
        match step.map_err(|error| error.with_operation(OPERATION).with_tenant(self.tenant))? {
            Step::Running(operation) => Ok(OperationProgress::Running(operation)),
            Step::Done(result) => Ok(OperationProgress::Done(result)),
            Step::Fetch(url) => Ok(OperationProgress::Done(json_or_null(&self.look(url).await?)?)),
        }
    }

    /// Reads an address the service named; the pipeline sends the token to the service's own host only.
    async fn look(&self, url: Url) -> Result<Response> {
        let scope = self.azure.pipeline.cloud().default_scope(Service::ResourceManager);
        let request = Request::new(Service::ResourceManager, OPERATION, Method::GET, url);
        self.send(request.bearer(self.tenant, self.principal, scope)).await
    }

    pub(super) fn start(
        &self,
        operation: &'static str,
        method: Method,
        segments: &[&str],
        api_version: &str,
    ) -> Request {
        let cloud = self.azure.pipeline.cloud();
        let service = Service::ResourceManager;
        Request::new(service, operation, method, join_path(cloud.base(service), segments))
            .query("api-version", api_version)
            .bearer(self.tenant, self.principal, cloud.default_scope(service))
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        self.send(request).await?.json()
    }
}

impl std::fmt::Debug for ResourceManagerClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResourceManagerClient")
            .field("tenant", &self.tenant)
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}

fn answer<'a>(response: &'a Response, body: &'a Value) -> Answer<'a> {
    Answer { status: response.status().as_u16(), headers: response.headers(), body }
}

fn json_or_null(response: &Response) -> Result<Value> {
    if response.body().is_empty() { Ok(Value::Null) } else { response.json() }
}

const OPERATION: &str = "azure.resource_manager.operation";
