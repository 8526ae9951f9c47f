//! How the GDAP flow reaches out.

use async_trait::async_trait;

use super::{AccessAssignment, NewAccessAssignment, NewRelationship, Relationship};
use crate::error::Result;
use crate::ids::{AccessAssignmentId, RelationshipId, RoleTemplateId};

/// Relationships of the partner, reached in the partner's own tenant.
///
/// # Behavior
/// * [`RelationshipApi::relationships`] answers every relationship in every state, all pages.
/// * [`RelationshipApi::create_relationship`] answers `Conflict` or `InvalidRequest` when the name is taken.
/// * [`RelationshipApi::lock_for_approval`] on a relationship that is locked already is no error of the transport; the
///   service's refusal is passed on and the caller reads the state again.
#[async_trait]
pub trait RelationshipApi: std::fmt::Debug + Send + Sync {
    /// Lists all relationships.
    async fn relationships(&self) -> Result<Vec<Relationship>>;

    /// Reads one relationship.
    async fn relationship(&self, id: &RelationshipId) -> Result<Relationship>;

    /// Creates a relationship in state `created`.
    async fn create_relationship(&self, new: &NewRelationship) -> Result<Relationship>;

    /// Locks a relationship and so asks the customer's administrators to approve it.
    async fn lock_for_approval(&self, relationship: &Relationship) -> Result<()>;
}

/// Access assignments of one relationship, reached in the partner's own tenant.
///
/// # Behavior
/// * [`AssignmentApi::assignments`] answers past assignments too, with their states.
/// * [`AssignmentApi::assign`] answers `Conflict` when the group has a live assignment in the relationship.
#[async_trait]
pub trait AssignmentApi: std::fmt::Debug + Send + Sync {
    /// Lists the assignments of a relationship.
    async fn assignments(&self, relationship: &RelationshipId) -> Result<Vec<AccessAssignment>>;

    /// Lists the assignments of several relationships; the outcomes come in the order asked for, and an error stands for
    /// all of them. One after the other unless the implementer knows better.
    async fn assignments_of(&self, relationships: &[RelationshipId]) -> Result<Vec<Result<Vec<AccessAssignment>>>> {
        let mut outcomes = Vec::with_capacity(relationships.len());
        for relationship in relationships {
            outcomes.push(self.assignments(relationship).await);
        }
        Ok(outcomes)
    }

    /// Gives a role to a group; it takes effect some time later.
    async fn assign(&self, relationship: &RelationshipId, new: &NewAccessAssignment) -> Result<AccessAssignment>;
}

/// Later changes of relationships, reached in the partner's own tenant.
///
/// # Behavior
/// * Each reads the relationship first and changes that version; after a stale one it tries once more.
/// * What is as it should be already is done: nothing is sent.
#[async_trait]
pub trait RelationshipUpkeep: std::fmt::Debug + Send + Sync {
    /// Switches auto-extension on or off. On is `Config` while Global Administrator is among the roles.
    async fn switch_auto_extend(&self, id: &RelationshipId, on: bool) -> Result<()>;

    /// Takes Global Administrator out of the roles of an active relationship; carried out some time later.
    async fn remove_global_administrator(&self, id: &RelationshipId) -> Result<()>;

    /// Ends an active relationship, for good. One that is ending or has ended is done.
    async fn terminate(&self, id: &RelationshipId) -> Result<()>;

    /// Deletes a relationship nobody was asked to approve yet.
    async fn delete(&self, id: &RelationshipId) -> Result<()>;
}

/// Later changes of access assignments, reached in the partner's own tenant.
///
/// # Behavior
/// As [`RelationshipUpkeep`].
#[async_trait]
pub trait AssignmentUpkeep: std::fmt::Debug + Send + Sync {
    /// Gives the group of an assignment another role instead; carried out some time later.
    async fn replace_role(
        &self,
        relationship: &RelationshipId,
        assignment: &AccessAssignmentId,
        role: &RoleTemplateId,
    ) -> Result<()>;

    /// Takes the roles away from a group.
    async fn unassign(&self, relationship: &RelationshipId, assignment: &AccessAssignmentId) -> Result<()>;
}
