//! The calls of one tenant: the handlers, and the raw request beneath them.

use std::fmt;

use http::Method;
use serde::de::DeserializeOwned;

use bundle_core::auth::Principal;
use bundle_core::http::{Coalescer, Pager, Pipeline, Request, Response, join_path};
use bundle_core::ids::ObjectId;
use bundle_core::{ErrorKind, Result, Service, TenantId};

use crate::{
    Applications, Authentication, ConditionalAccess, DirectoryRoles, GraphClient, Groups, Licenses, Me,
    OrganizationRecord, PermissionGrants, RoleAssignments, ServicePrincipals, Users,
};

/// Microsoft Graph in one tenant, as the service account or as the application. Cheap to clone.
#[derive(Clone)]
pub struct TenantGraph {
    graph: GraphClient,
    tenant: TenantId,
    principal: Principal,
    coalescer: Option<Coalescer>,
}

impl TenantGraph {
    pub(crate) fn new(graph: GraphClient, tenant: TenantId) -> Self {
        Self { graph, tenant, principal: Principal::Account, coalescer: None }
    }

    /// The same tenant, as the service account (delegated).
    #[must_use]
    pub fn as_account(&self) -> Self {
        self.acting_as(Principal::Account)
    }

    /// The same tenant, as the application itself (app-only).
    #[must_use]
    pub fn as_application(&self) -> Self {
        self.acting_as(Principal::Application)
    }

    /// The same tenant, as `principal`.
    #[must_use]
    pub fn acting_as(&self, principal: Principal) -> Self {
        Self { principal, ..self.clone() }
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// App registrations.
    #[must_use]
    pub fn applications(&self) -> Applications {
        Applications::new(self.clone())
    }

    /// How users authenticate.
    #[must_use]
    pub fn authentication(&self) -> Authentication {
        Authentication::new(self.clone())
    }

    /// Conditional Access policies.
    #[must_use]
    pub fn conditional_access(&self) -> ConditionalAccess {
        ConditionalAccess::new(self.clone())
    }

    /// Activated directory roles and their members.
    #[must_use]
    pub fn directory_roles(&self) -> DirectoryRoles {
        DirectoryRoles::new(self.clone())
    }

    /// Groups and their members.
    #[must_use]
    pub fn groups(&self) -> Groups {
        Groups::new(self.clone())
    }

    /// Licences the tenant has.
    #[must_use]
    pub fn licenses(&self) -> Licenses {
        Licenses::new(self.clone())
    }

    /// The signed-in user.
    #[must_use]
    pub fn me(&self) -> Me {
        Me::new(self.clone())
    }

    /// The tenant's own record.
    #[must_use]
    pub fn organization(&self) -> OrganizationRecord {
        OrganizationRecord::new(self.clone())
    }

    /// Delegated permission grants of all applications.
    #[must_use]
    pub fn permission_grants(&self) -> PermissionGrants {
        PermissionGrants::new(self.clone())
    }

    /// Assignments of directory roles.
    #[must_use]
    pub fn role_assignments(&self) -> RoleAssignments {
        RoleAssignments::new(self.clone())
    }

    /// Service principals (enterprise applications) and what they are granted.
    #[must_use]
    pub fn service_principals(&self) -> ServicePrincipals {
        ServicePrincipals::new(self.clone())
    }

    /// Users.
    #[must_use]
    pub fn users(&self) -> Users {
        Users::new(self.clone())
    }

    /// Starts a request to v1.0 that has no handler here, for example `("/users/{id}/manager")`.
    ///
    /// Segments of `path` are percent-encoded; query options are added with [`Request::query`], a body with
    /// [`Request::json`].
    pub fn request(&self, method: Method, path: &str) -> Request {
        self.raw(method, V1, path)
    }

    /// Starts a request to beta. What beta answers may change at any time.
    pub fn request_beta(&self, method: Method, path: &str) -> Request {
        self.raw(method, BETA, path)
    }

    /// Sends a request and returns the answer.
    ///
    /// # Errors
    /// Any [`ErrorKind`], see [`Pipeline::send`](bundle_core::http::Pipeline::send).
    pub async fn send(&self, request: Request) -> Result<Response> {
        match &self.coalescer {
            // Boxed, so that the futures of those who do not gather stay small.
            Some(coalescer) => Box::pin(coalescer.send(request)).await,
            None => self.graph.pipeline().send(request).await,
        }
    }

    /// Lists what a request answers, page by page.
    #[must_use]
    pub fn list<T: DeserializeOwned + Send + 'static>(&self, request: Request) -> Pager<T> {
        Pager::odata(self.graph.pipeline().clone(), request)
    }

    /// The same tenant, with single requests sent through `coalescer`.
    pub(crate) fn through(&self, coalescer: Coalescer) -> Self {
        Self { coalescer: Some(coalescer), ..self.clone() }
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        self.graph.pipeline()
    }

    fn raw(&self, method: Method, version: &str, path: &str) -> Request {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        self.versioned("graph.request", method, version, &segments)
    }

    /// Starts a request to v1.0.
    pub(crate) fn call(&self, operation: &'static str, method: Method, segments: &[&str]) -> Request {
        self.versioned(operation, method, V1, segments)
    }

    /// Starts a request to a version.
    pub(crate) fn versioned(
        &self,
        operation: &'static str,
        method: Method,
        version: &str,
        segments: &[&str],
    ) -> Request {
        let cloud = self.graph.cloud();
        let url = join_path(cloud.base(Service::Graph), &[&[version], segments].concat());
        let scope = cloud.default_scope(Service::Graph);
        Request::new(Service::Graph, operation, method, url).bearer(self.tenant, self.principal, scope)
    }

    /// Sends a request and reads the answer.
    pub(crate) async fn fetch<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        self.send(request).await?.json()
    }

    /// Sends a request for one object; an absent one is `None`.
    pub(crate) async fn find<T: DeserializeOwned>(&self, request: Request) -> Result<Option<T>> {
        match self.send(request).await {
            Ok(response) => response.json().map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a request that answers nothing of interest.
    pub(crate) async fn carry_out(&self, request: Request) -> Result<()> {
        self.send(request).await.map(drop)
    }

    /// Sends a deletion. "Not found" on a repeat means that an attempt whose answer was lost has done it.
    pub(crate) async fn remove(&self, request: Request) -> Result<()> {
        match self.carry_out(request).await {
            Err(error) if error.kind() == ErrorKind::NotFound && error.attempts() > 1 => Ok(()),
            other => other,
        }
    }

    /// The address of a directory object, as bodies refer to it.
    pub(crate) fn object_url(&self, id: &ObjectId) -> String {
        let base = self.graph.cloud().base(Service::Graph);
        join_path(base, &[V1, "directoryObjects", &id.to_string()]).into()
    }
}

impl fmt::Debug for TenantGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantGraph")
            .field("cloud", self.graph.cloud())
            .field("tenant", &self.tenant)
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}

pub(crate) const V1: &str = "v1.0";
pub(crate) const BETA: &str = "beta";
