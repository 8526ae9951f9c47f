//! The client of Exchange Online.

use std::sync::Arc;

use bundle_core::auth::{Credential, Principal};
use bundle_core::http::{ClientOptions, Pager, Pipeline, Request, Response, join_path};
use bundle_core::{Cloud, Result, Service, TenantId};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};
use serde::de::DeserializeOwned;

use crate::anchor;
use crate::cmdlet::Cmdlet;
use crate::output::{self, CmdletItem, CmdletOutput};

/// Exchange Online of many tenants. Cheap to clone; [`ExchangeClient::for_tenant`] leads to the cmdlets.
#[derive(Clone, Debug)]
pub struct ExchangeClient {
    pipeline: Pipeline,
    principal: Principal,
}

impl ExchangeClient {
    /// Builds a client for the public cloud that acts as the service account.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): TLS cannot be set up.
    pub fn new(credential: Arc<dyn Credential>) -> Result<Self> {
        Self::with_options(credential, &ClientOptions::default())
    }

    /// Builds a client with a cloud, retries and timeouts of the caller's choice.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the application name cannot stand in a header, or TLS
    /// cannot be set up.
    pub fn with_options(credential: Arc<dyn Credential>, options: &ClientOptions) -> Result<Self> {
        Ok(Self::with_pipeline(Pipeline::new(Some(credential), options)?))
    }

    /// Uses a pipeline other clients use too, with its limits and connections.
    #[must_use]
    pub fn with_pipeline(pipeline: Pipeline) -> Self {
        Self { pipeline, principal: Principal::Account }
    }

    /// The same client acting as the application itself. Cmdlets for Microsoft 365 groups (`New-UnifiedGroup` …) refuse
    /// that.
    #[must_use]
    pub fn as_application(&self) -> Self {
        Self { principal: Principal::Application, ..self.clone() }
    }

    /// The same client acting as the service account.
    #[must_use]
    pub fn as_account(&self) -> Self {
        Self { principal: Principal::Account, ..self.clone() }
    }

    /// The cloud the requests go to.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        self.pipeline.cloud()
    }

    /// Exchange Online of one tenant.
    #[must_use]
    pub fn for_tenant(&self, tenant: &TenantId) -> ExchangeTenant {
        ExchangeTenant { client: self.clone(), tenant: *tenant }
    }
}

/// Exchange Online of one tenant: any cmdlet the caller's roles allow. Cheap to clone.
///
/// # Permissions
/// `Exchange.Manage` as the account, `Exchange.ManageAsApp` as the application; beside it the role Exchange
/// Administrator, for a partner's account through GDAP.
#[derive(Clone, Debug)]
pub struct ExchangeTenant {
    client: ExchangeClient,
    tenant: TenantId,
}

impl ExchangeTenant {
    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Carries out a cmdlet and collects all pages of its answer.
    ///
    /// List cmdlets stop at 1 000 rows, with a warning, unless they get the parameter `ResultSize` = `Unlimited`.
    ///
    /// # Errors
    /// * [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the cmdlet's name or anchor cannot be sent.
    /// * [`ErrorKind::PermissionDenied`](bundle_core::ErrorKind::PermissionDenied): the role is missing, or does not allow
    ///   the cmdlet or a parameter.
    /// * [`ErrorKind::LicenseMissing`](bundle_core::ErrorKind::LicenseMissing): the tenant has no Exchange Online.
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such object.
    /// * [`ErrorKind::OutcomeUnknown`](bundle_core::ErrorKind::OutcomeUnknown): the answer to a cmdlet that must not be
    ///   repeated was lost.
    /// * [`ErrorKind::Decode`](bundle_core::ErrorKind::Decode): a row is no `T`, or the answer names a next page elsewhere.
    pub async fn invoke<T>(&self, cmdlet: &Cmdlet) -> Result<CmdletOutput<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let mut pager = self.stream(cmdlet)?;
        let mut all = CmdletOutput::default();
        while let Some(item) = pager.try_next().await? {
            all.push(item);
        }
        Ok(all)
    }

    /// Carries out a cmdlet and streams its rows and warnings; the next page is fetched when it is needed.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the cmdlet's name or anchor cannot be sent. The pager answers
    /// what [`ExchangeTenant::invoke`] does.
    pub fn stream<T>(&self, cmdlet: &Cmdlet) -> Result<Pager<CmdletItem<T>>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let request = self.cmdlet("exchange.invoke", cmdlet)?;
        Ok(Pager::new(self.client.pipeline.clone(), request, output::items))
    }

    /// As [`ExchangeTenant::stream`], rows alone: warnings are left out.
    ///
    /// # Errors
    /// As [`ExchangeTenant::stream`].
    pub fn rows<T>(&self, cmdlet: &Cmdlet) -> Result<Pager<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.named_rows("exchange.invoke", cmdlet)
    }

    /// Starts a request to any resource of the admin API, for what is no cmdlet. `path` begins with `/adminapi` and may
    /// carry a query. The request is routed to the tenant's system mailbox unless it gets another `X-AnchorMailbox`.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let mut url = join_path(self.client.cloud().base(Service::Exchange), &segments);
        url.set_query(query);
        self.bearer(Request::new(Service::Exchange, "exchange.request", method, url))
            .header(ANCHOR, anchor::organization(&self.tenant))
    }

    /// Sends a request.
    ///
    /// # Errors
    /// Any kind, see [`Pipeline::send`].
    pub async fn send(&self, request: Request) -> Result<Response> {
        self.client.pipeline.send(request).await
    }

    pub(crate) fn cloud(&self) -> &Cloud {
        self.client.cloud()
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.client.pipeline
    }

    pub(crate) fn named_rows<T>(&self, operation: &'static str, cmdlet: &Cmdlet) -> Result<Pager<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let request = self.cmdlet(operation, cmdlet)?;
        Ok(Pager::new(self.client.pipeline.clone(), request, output::rows))
    }

    /// The request that carries out a cmdlet. The whole wire format is here: Microsoft does not document it.
    pub(crate) fn cmdlet(&self, operation: &'static str, cmdlet: &Cmdlet) -> Result<Request> {
        cmdlet.check()?;
        let base = self.client.cloud().base(Service::Exchange);
        let url = join_path(base, &["adminapi", VERSION, &self.tenant.to_string(), "InvokeCommand"]);
        let fixed = HeaderValue::from_static;
        let name = HeaderValue::from_str(cmdlet.name()).expect("a checked cmdlet name is a valid header value");
        let mut request = self
            .bearer(Request::new(Service::Exchange, operation, Method::POST, url))
            .safety(cmdlet.repeatable())
            .json(&cmdlet.body())?
            .header(CONTENT_TYPE, fixed("application/json; charset=utf-8"))
            .header(HeaderName::from_static("prefer"), fixed("odata.maxpagesize=1000"))
            .header(ANCHOR, cmdlet.anchored().header(&self.tenant, cmdlet.name())?)
            .header(HeaderName::from_static("x-cmdletname"), name)
            .header(HeaderName::from_static("x-responseformat"), fixed("json"))
            .header(HeaderName::from_static("x-clientapplication"), fixed("ExoManagementModule"))
            .header(HeaderName::from_static("x-serializationlevel"), fixed("Partial"));
        if let Some(properties) = cmdlet.selected() {
            request = request.query("$select", &properties);
        }
        Ok(request)
    }

    fn bearer(&self, request: Request) -> Request {
        let scope = self.client.cloud().default_scope(Service::Exchange);
        request.bearer(self.tenant, self.client.principal, scope)
    }
}

/// The version of the admin API that takes any cmdlet. `v1.0` takes the same requests; `v2.0` is another API.
pub(crate) const VERSION: &str = "beta";
pub(crate) const ANCHOR: HeaderName = HeaderName::from_static("x-anchormailbox");
