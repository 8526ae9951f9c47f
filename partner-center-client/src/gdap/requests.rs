//! Requests: what moves a relationship from one status to the next.

use bundle_core::http::Pager;
use bundle_core::ids::{Etag, RelationshipId};
use bundle_core::{Result, open_enum};
use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::client::{GdapClient, if_match, with_later_enum_members};

bundle_core::opaque_id! {
    /// A request about a relationship.
    RequestId
}

/// The requests about one relationship, reached by [`GdapClient::requests`].
#[derive(Clone, Debug)]
pub struct Requests {
    client: GdapClient,
    relationship: RelationshipId,
}

impl Requests {
    pub(super) fn new(client: GdapClient, relationship: RelationshipId) -> Self {
        Self { client, relationship }
    }

    /// Locks the relationship and so asks the customer's administrators to approve it. Its content is fixed from then on.
    ///
    /// The service answers at once; the relationship turns `approvalPending` some seconds later, so read it again before
    /// showing the approval link. Without an answer it lapses after 90 days. With an entity tag the lock holds only for the
    /// version read.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): the relationship has left status `created`,
    ///   or has not reached it.
    /// * [`ErrorKind::PreconditionFailed`](bundle_core::ErrorKind::PreconditionFailed): it has changed since, read it again.
    /// * [`ErrorKind::OutcomeUnknown`](bundle_core::ErrorKind::OutcomeUnknown): read the status before repeating.
    ///
    /// Source: "Create requests" (Microsoft Learn, Graph v1.0).
    pub async fn lock_for_approval(&self, etag: Option<&Etag>) -> Result<RelationshipRequest> {
        self.create("graph.gdap.requests.lock-for-approval", RequestAction::LockForApproval, etag).await
    }

    /// Ends an active relationship. That is final: a later one needs the customer's approval again.
    ///
    /// # Errors
    /// As [`Requests::lock_for_approval`], for status `active`.
    ///
    /// Source: "Create requests" (Microsoft Learn, Graph v1.0).
    pub async fn terminate(&self) -> Result<RelationshipRequest> {
        self.create("graph.gdap.requests.terminate", RequestAction::Terminate, None).await
    }

    /// Lists the requests made so far.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "List requests" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self) -> Pager<RelationshipRequest> {
        let request =
            self.client.start("graph.gdap.requests.list", Method::GET, &[self.relationship.as_str(), "requests"]);
        self.client.list(with_later_enum_members(request))
    }

    /// Reads one request.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such request; any other error of the pipeline.
    ///
    /// Source: "Get delegatedAdminRelationshipRequest" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self, id: &RequestId) -> Result<RelationshipRequest> {
        let segments = [self.relationship.as_str(), "requests", id.as_str()];
        let request = self.client.start("graph.gdap.requests.get", Method::GET, &segments);
        self.client.send(with_later_enum_members(request)).await?.json()
    }

    async fn create(
        &self,
        operation: &'static str,
        action: RequestAction,
        etag: Option<&Etag>,
    ) -> Result<RelationshipRequest> {
        let request = self.client.start(operation, Method::POST, &[self.relationship.as_str(), "requests"]);
        let request = match etag {
            Some(etag) => if_match(request, etag)?,
            None => request,
        };
        self.client.send(request.json(&NewRequest { action })?).await?.json()
    }
}

#[derive(Serialize)]
struct NewRequest {
    action: RequestAction,
}

open_enum! {
    /// What is asked for. The partner locks and terminates; approving and rejecting is the customer's.
    pub enum RequestAction {
        /// Approve.
        Approve = "approve",
        /// Lock for approval.
        LockForApproval = "lockForApproval",
        /// Reject.
        Reject = "reject",
        /// End.
        Terminate = "terminate",
    }
}

open_enum! {
    /// The state of a request.
    pub enum RequestStatus {
        /// Taken.
        Created = "created",
        /// Ended without effect.
        Failed = "failed",
        /// Under way.
        Pending = "pending",
        /// Carried out.
        Succeeded = "succeeded",
    }
}

/// A request about a relationship.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RelationshipRequest {
    /// The id.
    pub id: RequestId,
    /// What is asked for.
    pub action: RequestAction,
    /// The state.
    pub status: RequestStatus,
    /// When it was made.
    #[serde(default)]
    pub created_date_time: Option<Timestamp>,
    /// When it last moved on.
    #[serde(default)]
    pub last_modified_date_time: Option<Timestamp>,
}
