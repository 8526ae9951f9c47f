//! Granular delegated admin privileges: relationships with customers, and who of the partner holds which role in them.
//!
//! A relationship names the roles a customer lets the partner have; an access assignment gives one of them to a security
//! group of the partner. Both are data of the partner's tenant, served by Graph.

mod api;
mod assign;
mod assignment;
pub mod compliance;
mod facts;
mod group_tree;
mod invite;
mod plan;
mod relationship;
mod renewal;
mod role;
mod role_groups;
mod template;

pub use api::{AssignmentApi, AssignmentUpkeep, RelationshipApi, RelationshipUpkeep};
pub use assign::{AssignOutcome, AssignReport, AssignState, AssignStep, Assigning, RoleGroupMap, plan_assignments};
pub use assignment::{
    AccessAssignment, AccessAssignmentStatus, AccessContainer, AccessContainerType, NewAccessAssignment,
};
pub use facts::{FactPorts, GdapFacts};
pub use group_tree::{GroupNode, GroupTree, GroupTreeApi, GroupUser, read_groups, ways_to_people};
pub use invite::{
    Invitation, InvitationStep, InviteReport, InviteSettings, InviteState, Inviting, next_invitation_step,
};
pub use plan::{RelationshipStep, Usable, next_step, relationship_name, unassigned};
pub(crate) use plan::{is_invitation, is_unsettled};
pub use relationship::{
    AccessDetails, CustomerParticipant, NewRelationship, Relationship, RelationshipStatus, UnifiedRole,
};
pub use renewal::{Renewal, RenewalAction, RenewalSettings, plan_renewals};
pub use role::{DirectoryRole, GDAP_ROLES, GdapEvidence, GdapRole, parse_roles, role_name};
pub(crate) use role_groups::is_role_group_name;
pub use role_groups::{
    GroupNameForm, GroupNaming, RoleGroupPorts, RoleGroupReport, RoleGroupStep, RoleGroups, role_group_step,
};
pub use template::RoleTemplate;
