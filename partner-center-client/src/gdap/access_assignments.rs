//! Access assignments: which group of the partner holds which roles of a relationship.

use bundle_core::Result;
use bundle_core::gdap::{AccessAssignment, AccessDetails, NewAccessAssignment};
use bundle_core::http::{Pager, Request, Safety};
use bundle_core::ids::{AccessAssignmentId, Etag, RelationshipId, RoleTemplateId};
use http::Method;
use serde::Serialize;

use super::Change;
use super::client::{GdapClient, if_match};

/// The access assignments of one relationship, reached by [`GdapClient::access_assignments`].
#[derive(Clone, Debug)]
pub struct AccessAssignments {
    client: GdapClient,
    relationship: RelationshipId,
}

impl AccessAssignments {
    pub(super) fn new(client: GdapClient, relationship: RelationshipId) -> Self {
        Self { client, relationship }
    }

    /// Lists the assignments; deleted ones stay listed with their status.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "List accessAssignments" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self) -> Pager<AccessAssignment> {
        self.client.list(self.request("graph.gdap.access-assignments.list", Method::GET, None))
    }

    /// Reads one assignment.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such assignment; any other error of the pipeline.
    ///
    /// Source: "Get delegatedAdminAccessAssignment" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self, id: &AccessAssignmentId) -> Result<AccessAssignment> {
        let request = self.request("graph.gdap.access-assignments.get", Method::GET, Some(id));
        self.client.send(request).await?.json()
    }

    /// Gives a role to a group. The assignment is `pending` for seconds to minutes before it is `active`.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): the group has a live assignment in the relationship.
    /// * [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): the relationship is not active, does not
    ///   hold the role, or there is no such group.
    /// * [`ErrorKind::OutcomeUnknown`](bundle_core::ErrorKind::OutcomeUnknown): list before repeating.
    ///
    /// Source: "Create accessAssignments" (Microsoft Learn, Graph v1.0).
    pub async fn create(&self, new: &NewAccessAssignment) -> Result<AccessAssignment> {
        let request = self.request("graph.gdap.access-assignments.create", Method::POST, None);
        self.client.send(request.json(new)?).await?.json()
    }

    /// Replaces the roles of an assignment that is still the version `etag` names.
    ///
    /// A change is answered with [`Change::Accepted`]; roles that are as they were with [`Change::Done`].
    ///
    /// # Errors
    /// [`ErrorKind::PreconditionFailed`](bundle_core::ErrorKind::PreconditionFailed): it has changed since, read it again;
    /// [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): the relationship does not hold a role.
    ///
    /// Source: "Update delegatedAdminAccessAssignment" (Microsoft Learn, Graph v1.0).
    pub async fn update(
        &self,
        id: &AccessAssignmentId,
        etag: &Etag,
        roles: &[RoleTemplateId],
    ) -> Result<Change<AccessAssignment>> {
        let patch = Patch { access_details: AccessDetails::new(roles.iter().copied()) };
        let request = self.request("graph.gdap.access-assignments.update", Method::PATCH, Some(id));
        let request = if_match(request, etag)?.json(&patch)?.safety(Safety::Idempotent);
        Change::read(&self.client.send(request).await?)
    }

    /// Takes the roles away from the group again; the assignment stays listed as `deleting`, then `deleted`.
    ///
    /// # Errors
    /// [`ErrorKind::PreconditionFailed`](bundle_core::ErrorKind::PreconditionFailed): it has changed since, read it again;
    /// any other error of the pipeline.
    ///
    /// Source: "Delete delegatedAdminAccessAssignment" (Microsoft Learn, Graph v1.0).
    pub async fn delete(&self, id: &AccessAssignmentId, etag: &Etag) -> Result<()> {
        let request = self.request("graph.gdap.access-assignments.delete", Method::DELETE, Some(id));
        self.client.send(if_match(request, etag)?).await.map(drop)
    }

    fn request(&self, operation: &'static str, method: Method, id: Option<&AccessAssignmentId>) -> Request {
        let mut segments = vec![self.relationship.as_str(), "accessAssignments"];
        segments.extend(id.map(AccessAssignmentId::as_str));
        self.client.start(operation, method, &segments)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Patch {
    access_details: AccessDetails,
}
