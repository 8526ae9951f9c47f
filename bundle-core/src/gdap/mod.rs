//! Granular delegated admin privileges: relationships with customers, and who of the partner holds which role in them.
//!
//! A relationship names the roles a customer lets the partner have; an access assignment gives one of them to a security
//! group of the partner. Both are data of the partner's tenant, served by Graph.

mod api;
mod assignment;
mod plan;
mod relationship;
mod role;

pub use api::{AssignmentApi, RelationshipApi};
pub use assignment::{
    AccessAssignment, AccessAssignmentStatus, AccessContainer, AccessContainerType, NewAccessAssignment,
};
pub(crate) use plan::is_unsettled;
pub use plan::{RelationshipStep, Usable, next_step, relationship_name, unassigned};
pub use relationship::{
    AccessDetails, CustomerParticipant, NewRelationship, Relationship, RelationshipStatus, UnifiedRole,
};
pub use role::{DirectoryRole, GDAP_ROLES, GdapEvidence, GdapRole, parse_roles, role_name};
