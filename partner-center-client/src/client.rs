//! The client of one partner.

use std::sync::Arc;

use bundle_core::auth::{Credential, Principal};
use bundle_core::http::{ClientOptions, Pager, Pipeline, Request, Response, Safety, join_path};
use bundle_core::{Cloud, Result, Service, TenantId};
use http::Method;
use serde::de::DeserializeOwned;

use crate::agreements::Agreements;
use crate::application_consents::ApplicationConsents;
use crate::audit_records::AuditRecords;
use crate::customers::Customers;
use crate::gdap::GdapClient;
use crate::invoices::Invoices;
use crate::page;
use crate::partner_relationships::PartnerRelationships;
use crate::partner_security::PartnerSecurity;
use crate::products::Products;
use crate::profiles::Profiles;
use crate::service_requests::ServiceRequests;
use crate::tenant::PartnerCenterTenant;
use crate::usage::Usage;
use crate::webhooks::Webhooks;

/// Partner Center and GDAP, as one partner sees them. Cheap to clone.
///
/// Tokens are always those of the partner's tenant, also in calls about a customer. Calls about a customer are throttled
/// per customer, as the service does it.
#[derive(Clone, Debug)]
pub struct PartnerCenterClient {
    pipeline: Pipeline,
    partner: TenantId,
    principal: Principal,
}

impl PartnerCenterClient {
    /// Builds a client for the public cloud that acts as the service account.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): TLS cannot be set up.
    pub fn new(credential: Arc<dyn Credential>, partner: TenantId) -> Result<Self> {
        Self::with_options(credential, partner, &ClientOptions::default())
    }

    /// Builds a client with a cloud, retries and timeouts of the caller's choice.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the application name cannot stand in a header, or TLS
    /// cannot be set up.
    pub fn with_options(credential: Arc<dyn Credential>, partner: TenantId, options: &ClientOptions) -> Result<Self> {
        Ok(Self::with_pipeline(Pipeline::new(Some(credential), options)?, partner))
    }

    /// Uses a pipeline other clients use too, with its limits and connections.
    #[must_use]
    pub fn with_pipeline(pipeline: Pipeline, partner: TenantId) -> Self {
        Self { pipeline, partner, principal: Principal::Account }
    }

    /// The same client acting as the application itself. Some calls refuse that; consent is always given as the account.
    #[must_use]
    pub fn as_application(&self) -> Self {
        Self { principal: Principal::Application, ..self.clone() }
    }

    /// The same client acting as the service account.
    #[must_use]
    pub fn as_account(&self) -> Self {
        Self { principal: Principal::Account, ..self.clone() }
    }

    /// The partner's tenant.
    #[must_use]
    pub fn partner(&self) -> &TenantId {
        &self.partner
    }

    /// The cloud the requests go to.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        self.pipeline.cloud()
    }

    /// The customers of the partner.
    #[must_use]
    pub fn customers(&self) -> Customers {
        Customers::new(self.clone())
    }

    /// The relationships with other partners: indirect resellers and providers.
    #[must_use]
    pub fn partner_relationships(&self) -> PartnerRelationships {
        PartnerRelationships::new(self.clone())
    }

    /// What is sold in a country.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): `country` is not two letters.
    pub fn products(&self, country: &str) -> Result<Products> {
        Products::of_country(self.clone(), country)
    }

    /// Who did what in Partner Center.
    #[must_use]
    pub fn audit_records(&self) -> AuditRecords {
        AuditRecords::new(self.clone())
    }

    /// What Microsoft charges the partner.
    #[must_use]
    pub fn invoices(&self) -> Invoices {
        Invoices::new(self.clone())
    }

    /// What all customers used of Azure, always as the service account.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage::new(self.as_account())
    }

    /// Support tickets with Microsoft, always as the service account.
    #[must_use]
    pub fn service_requests(&self) -> ServiceRequests {
        ServiceRequests::new(self.as_account(), None)
    }

    /// The agreements there are.
    #[must_use]
    pub fn agreements(&self) -> Agreements {
        Agreements::new(self.clone())
    }

    /// The partner's own profiles, always as the service account.
    #[must_use]
    pub fn profiles(&self) -> Profiles {
        Profiles::new(self.as_account())
    }

    /// Whether the partner signs in as Partner Center asks for, always as the service account.
    #[must_use]
    pub fn partner_security(&self) -> PartnerSecurity {
        PartnerSecurity::new(self.as_account())
    }

    /// The registration for events.
    #[must_use]
    pub fn webhooks(&self) -> Webhooks {
        Webhooks::new(self.clone())
    }

    /// Partner Center about one customer.
    #[must_use]
    pub fn for_tenant(&self, customer: &TenantId) -> PartnerCenterTenant {
        PartnerCenterTenant::new(self.clone(), *customer)
    }

    /// The consent applications have in the tenant of a customer.
    #[must_use]
    pub fn application_consents(&self, customer: &TenantId) -> ApplicationConsents {
        ApplicationConsents::new(self.as_account(), *customer)
    }

    /// GDAP relationships and access assignments; they are data of the partner's tenant, served by Graph.
    #[must_use]
    pub fn gdap(&self) -> GdapClient {
        GdapClient::new(self.pipeline.clone(), self.partner, self.principal)
    }

    /// Starts a request to any Partner Center resource, for what has no method here. `path` begins with the version,
    /// for example `/v1/customers/{tenant}/subscriptions`, and may carry a query.
    ///
    /// Requests about a customer name it with [`Request::about`].
    pub fn request(&self, method: Method, path: &str) -> Request {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let mut url = join_path(self.cloud().base(Service::PartnerCenter), &segments);
        url.set_query(query);
        self.bearer(Request::new(Service::PartnerCenter, "partner-center.request", method, url))
    }

    /// Sends a request.
    ///
    /// # Errors
    /// Any kind, see [`Pipeline::send`].
    pub async fn send(&self, request: Request) -> Result<Response> {
        self.pipeline.send(request).await
    }

    /// A request of a named operation below `/v1`.
    pub(crate) fn operation(&self, operation: &'static str, method: Method, segments: &[&str]) -> Request {
        self.below(&[VERSION], operation, method, segments)
    }

    /// A request of a named operation below another root of the service.
    pub(crate) fn below(&self, root: &[&str], operation: &'static str, method: Method, segments: &[&str]) -> Request {
        let changes = matches!(method, Method::POST | Method::PATCH);
        let root = join_path(self.cloud().base(Service::PartnerCenter), root);
        let request = Request::new(Service::PartnerCenter, operation, method, join_path(&root, segments));
        // All attempts carry one `MS-RequestId`, and the service answers a repeated one as the first time.
        // Source: "Partner Center REST headers" (Microsoft Learn).
        self.bearer(if changes { request.safety(Safety::Idempotent) } else { request })
    }

    /// A listing of the service's own kind of pages.
    pub(crate) fn pages<T: DeserializeOwned + Send + 'static>(&self, request: Request) -> Pager<T> {
        Pager::new(self.pipeline.clone(), request, page::collection)
    }

    /// Sends a request and reads the answer.
    pub(crate) async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        self.send(request).await?.json()
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    fn bearer(&self, request: Request) -> Request {
        request.bearer(self.partner, self.principal, self.cloud().default_scope(Service::PartnerCenter))
    }
}

/// The version root of the service; links of its answers are relative to it.
pub(crate) const VERSION: &str = "v1";
