//! The client of the GDAP resources.

use bundle_core::auth::Principal;
use bundle_core::gdap::Relationship;
use bundle_core::http::{Batch, BatchRules, Pager, Pipeline, Request, Response, join_path};
use bundle_core::ids::{Etag, RelationshipId};
use bundle_core::{Cloud, Error, Result, Service, TenantId};
use http::{HeaderName, HeaderValue, Method, header};
use serde::de::DeserializeOwned;

use super::{AccessAssignments, DelegatedAdminCustomers, Operations, Relationships, Requests};

/// GDAP of one partner, reached by [`PartnerCenterClient::gdap`](crate::PartnerCenterClient::gdap). Cheap to clone.
///
/// # Permissions
/// Reading needs `DelegatedAdminRelationship.Read.All`, everything else `DelegatedAdminRelationship.ReadWrite.All`. The
/// account is in `AdminAgents` and signed in with multifactor authentication. The application alone is accepted where the
/// partner's tenant has the service principal "Partner Customer Delegated Administration".
#[derive(Clone, Debug)]
pub struct GdapClient {
    pipeline: Pipeline,
    partner: TenantId,
    principal: Principal,
}

impl GdapClient {
    pub(crate) fn new(pipeline: Pipeline, partner: TenantId, principal: Principal) -> Self {
        Self { pipeline, partner, principal }
    }

    /// The relationships of the partner.
    #[must_use]
    pub fn relationships(&self) -> Relationships {
        Relationships::new(self.clone())
    }

    /// The requests made about a relationship: lock for approval, terminate.
    #[must_use]
    pub fn requests(&self, relationship: &RelationshipId) -> Requests {
        Requests::new(self.clone(), relationship.clone())
    }

    /// The operations that carry out slow changes of a relationship.
    #[must_use]
    pub fn operations(&self, relationship: &RelationshipId) -> Operations {
        Operations::new(self.clone(), relationship.clone())
    }

    /// The access assignments of a relationship.
    #[must_use]
    pub fn access_assignments(&self, relationship: &RelationshipId) -> AccessAssignments {
        AccessAssignments::new(self.clone(), relationship.clone())
    }

    /// The customers with a relationship in force.
    #[must_use]
    pub fn customers(&self) -> DelegatedAdminCustomers {
        DelegatedAdminCustomers::new(self.clone())
    }

    /// The page where an administrator of the customer approves the relationship. Nobody can approve it through an API.
    #[must_use]
    pub fn approval_link(&self, relationship: &Relationship) -> String {
        relationship.approval_link(self.cloud())
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

    /// Starts a request to any resource below `tenantRelationships`, for what has no method here. `path` is relative to
    /// it, for example `delegatedAdminCustomers`, and may carry a query.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let root = join_path(self.cloud().base(Service::Graph), &["v1.0", "tenantRelationships"]);
        let mut url = join_path(&root, &segments);
        url.set_query(query);
        self.bearer(Request::new(Service::Graph, "graph.gdap.request", method, url))
    }

    /// Sends a request.
    ///
    /// # Errors
    /// Any kind, see [`Pipeline::send`].
    pub async fn send(&self, request: Request) -> Result<Response> {
        self.pipeline.send(request).await
    }

    /// A request of a named operation below the partner's relationships.
    pub(super) fn start(&self, operation: &'static str, method: Method, segments: &[&str]) -> Request {
        self.start_in("delegatedAdminRelationships", operation, method, segments)
    }

    /// A request of a named operation below one of the collections.
    pub(super) fn start_in(
        &self,
        collection: &str,
        operation: &'static str,
        method: Method,
        segments: &[&str],
    ) -> Request {
        let root = join_path(self.cloud().base(Service::Graph), &["v1.0", "tenantRelationships", collection]);
        self.bearer(Request::new(Service::Graph, operation, method, join_path(&root, segments)))
    }

    /// Requests sent 20 at a time.
    pub(super) fn batch(&self) -> Batch {
        let root = join_path(self.cloud().base(Service::Graph), &["v1.0"]);
        Batch::new(self.pipeline.clone(), BatchRules::new("graph.batch", [root], REQUESTS_OF_A_BATCH))
    }

    fn bearer(&self, request: Request) -> Request {
        request.bearer(self.partner, self.principal, self.cloud().default_scope(Service::Graph))
    }

    pub(super) fn list<T: DeserializeOwned + Send + 'static>(&self, request: Request) -> Pager<T> {
        Pager::odata(self.pipeline.clone(), request)
    }
}

/// Makes a change hold only for the version the caller has read.
pub(super) fn if_match(request: Request, etag: &Etag) -> Result<Request> {
    let value = HeaderValue::from_str(etag.as_str())
        .map_err(|_| Error::config(format!("etag: {:?} cannot stand in a header", etag.as_str())))?;
    Ok(request.header(header::IF_MATCH, value))
}

/// Asks for enum members that were added later by their names; without it they all come as `unknownFutureValue`.
pub(super) fn with_later_enum_members(request: Request) -> Request {
    request.header(HeaderName::from_static("prefer"), HeaderValue::from_static("include-unknown-enum-members"))
}

/// Requests Graph takes in one batch.
///
/// Source: "Combine multiple HTTP requests using JSON batching" (Microsoft Learn).
const REQUESTS_OF_A_BATCH: usize = 20;
