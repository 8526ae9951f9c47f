//! Access assignments: which group of the partner holds which roles of a relationship.

use bundle_core::gdap::{AccessAssignment, AccessAssignmentStatus, AccessDetails, NewAccessAssignment};
use bundle_core::http::{Pager, Request, Safety};
use bundle_core::ids::{AccessAssignmentId, Etag, RelationshipId, RoleTemplateId};
use bundle_core::{ErrorKind, Result};
use http::Method;
use serde::Serialize;

use super::Change;
use super::client::{GdapClient, if_match};
use super::current::{on_current, version};

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
        self.client.list(self.list_request())
    }

    pub(super) fn list_request(&self) -> Request {
        self.request("graph.gdap.access-assignments.list", Method::GET, None)
    }

    /// Reads one assignment.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: no such assignment; any other error of the pipeline.
    ///
    /// Source: "Get delegatedAdminAccessAssignment" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self, id: &AccessAssignmentId) -> Result<AccessAssignment> {
        let request = self.request("graph.gdap.access-assignments.get", Method::GET, Some(id));
        self.client.send(request).await?.json()
    }

    /// Gives a role to a group. The assignment is `pending` for seconds to minutes before it is `active`.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`]: the group has a live assignment in the relationship.
    /// * [`ErrorKind::InvalidRequest`]: the relationship is not active, does not
    ///   hold the role, or there is no such group.
    /// * [`ErrorKind::OutcomeUnknown`]: list before repeating.
    /// * [`ErrorKind::Config`]: see [`NewAccessAssignment::check`]; nothing was sent.
    ///
    /// Source: "Create accessAssignments" (Microsoft Learn, Graph v1.0).
    pub async fn create(&self, new: &NewAccessAssignment) -> Result<AccessAssignment> {
        new.check()?;
        let request = self.request("graph.gdap.access-assignments.create", Method::POST, None);
        self.client.send(request.json(new)?).await?.json()
    }

    /// Gives a role to a group, and takes it as done when the group has it already: also when an earlier call, or somebody
    /// else, has given it. An answer that got lost is looked for in the same way.
    ///
    /// # Errors
    /// As [`AccessAssignments::create`]; [`ErrorKind::Conflict`] only when the group
    /// holds another role here, or is just losing this one.
    pub async fn ensure(&self, new: &NewAccessAssignment) -> Result<AccessAssignment> {
        let error = match self.create(new).await {
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::OutcomeUnknown) => error,
            outcome => return outcome,
        };
        let group = new.access_container.access_container_id;
        let mut all = self.list();
        while let Some(assignment) = all.try_next().await? {
            let same = assignment.group() == group && new.access_details.roles().eq(assignment.roles());
            if same && assignment.is_live() {
                return Ok(assignment);
            }
        }
        Err(error)
    }

    /// Replaces the role of an assignment that is still the version `etag` names. One group holds one role: several on
    /// one group stay pending or fail at random.
    ///
    /// A change is answered with [`Change::Accepted`]; a role that is as it was with [`Change::Done`].
    ///
    /// # Errors
    /// [`ErrorKind::PreconditionFailed`]: it has changed since, read it again;
    /// [`ErrorKind::InvalidRequest`]: the relationship does not hold a role.
    ///
    /// Source: "Update delegatedAdminAccessAssignment" (Microsoft Learn, Graph v1.0).
    pub async fn update(
        &self,
        id: &AccessAssignmentId,
        etag: &Etag,
        role: &RoleTemplateId,
    ) -> Result<Change<AccessAssignment>> {
        let patch = Patch { access_details: AccessDetails::new([*role]) };
        patch.access_details.check()?;
        let request = self.request("graph.gdap.access-assignments.update", Method::PATCH, Some(id));
        let request = if_match(request, etag)?.json(&patch)?.safety(Safety::Idempotent);
        Change::read(&self.client.send(request).await?)
    }

    /// Replaces the role of an assignment as it is now: reads it first, and once more when somebody else has changed it
    /// in between.
    ///
    /// # Errors
    /// As [`AccessAssignments::get`] and [`AccessAssignments::update`].
    pub async fn replace_role(
        &self,
        id: &AccessAssignmentId,
        role: &RoleTemplateId,
    ) -> Result<Change<AccessAssignment>> {
        let read = || self.get(id);
        on_current(read, |assignment: AccessAssignment| async move {
            self.update(id, version(assignment.etag.as_ref())?, role).await
        })
        .await
    }

    /// Takes the roles away from the group again; the assignment stays listed as `deleting`, then `deleted`.
    ///
    /// # Errors
    /// [`ErrorKind::PreconditionFailed`]: it has changed since, read it again;
    /// any other error of the pipeline.
    ///
    /// Source: "Delete delegatedAdminAccessAssignment" (Microsoft Learn, Graph v1.0).
    pub async fn delete(&self, id: &AccessAssignmentId, etag: &Etag) -> Result<()> {
        let request = self.request("graph.gdap.access-assignments.delete", Method::DELETE, Some(id));
        self.client.send(if_match(request, etag)?).await.map(drop)
    }

    /// Takes the roles away from the group, whatever version the assignment has now. One that is not there any more, or is
    /// just ending, is fine.
    ///
    /// # Errors
    /// As [`AccessAssignments::delete`]; `PreconditionFailed` only when it changes again and again.
    pub async fn remove(&self, id: &AccessAssignmentId) -> Result<()> {
        let read = || self.get(id);
        let removed = on_current(read, |assignment: AccessAssignment| async move {
            if matches!(assignment.status, AccessAssignmentStatus::Deleting | AccessAssignmentStatus::Deleted) {
                return Ok(());
            }
            self.delete(id, version(assignment.etag.as_ref())?).await
        });
        match removed.await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
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
