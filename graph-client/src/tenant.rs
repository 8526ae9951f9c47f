//! The calls of one tenant: the handlers, and the raw request beneath them.

use std::pin::Pin;
use std::{fmt, iter};

use http::Method;
use serde::de::DeserializeOwned;

use bundle_core::auth::Principal;
#[cfg(feature = "batch")]
use bundle_core::http::{Coalescer, Pipeline};
use bundle_core::http::{Pager, Request, Response, join_path};
#[cfg(feature = "directory")]
use bundle_core::ids::ObjectId;
use bundle_core::{ErrorKind, Result, Service, TenantId};

use crate::{GraphClient, Users};

/// Microsoft Graph in one tenant, as the service account or as the application. Cheap to clone.
#[derive(Clone)]
pub struct TenantGraph {
    graph: GraphClient,
    tenant: TenantId,
    principal: Principal,
    #[cfg(feature = "batch")]
    coalescer: Option<Coalescer>,
}

impl TenantGraph {
    pub(crate) fn new(graph: GraphClient, tenant: TenantId) -> Self {
        Self {
            graph,
            tenant,
            principal: Principal::Account,
            #[cfg(feature = "batch")]
            coalescer: None,
        }
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
    pub fn send(&self, request: Request) -> Pin<Box<dyn Future<Output = Result<Response>> + Send + '_>> {
        #[cfg(feature = "batch")]
        if let Some(coalescer) = &self.coalescer {
            return Box::pin(coalescer.send(request));
        }
        self.graph.pipeline().send(request)
    }

    /// Lists what a request answers, page by page.
    #[must_use]
    pub fn list<T: DeserializeOwned + Send + 'static>(&self, request: Request) -> Pager<T> {
        Pager::odata(self.graph.pipeline().clone(), request)
    }

    /// The same tenant, with single requests sent through `coalescer`.
    #[cfg(feature = "batch")]
    pub(crate) fn through(&self, coalescer: Coalescer) -> Self {
        Self { coalescer: Some(coalescer), ..self.clone() }
    }

    #[cfg(feature = "batch")]
    pub(crate) fn pipeline(&self) -> &Pipeline {
        self.graph.pipeline()
    }

    fn raw(&self, method: Method, version: &str, path: &str) -> Request {
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        self.at("graph.request", method, iter::once(version).chain(segments))
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
        self.at(operation, method, iter::once(version).chain(segments.iter().copied()))
    }

    fn at<'a>(&self, operation: &'static str, method: Method, segments: impl Iterator<Item = &'a str>) -> Request {
        let cloud = self.graph.cloud();
        let url = join_path(cloud.base(Service::Graph), segments);
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
    #[cfg(feature = "directory")]
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
