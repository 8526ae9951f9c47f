//! How the GDAP flow reaches out.

use async_trait::async_trait;

use super::{AccessAssignment, NewAccessAssignment, NewRelationship, Relationship};
use crate::error::Result;
use crate::ids::RelationshipId;

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
