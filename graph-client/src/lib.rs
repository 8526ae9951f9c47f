#![doc = include_str!("../README.md")]

#[cfg(feature = "batch")]
mod batch;
mod client;
#[cfg(feature = "directory")]
mod directory;
mod directory_objects;
mod query;
mod tenant;
mod users;

pub use client::GraphClient;
#[cfg(feature = "directory")]
pub use directory::{
    AppRegistrationPatch, AppRoleAssignmentId, AppRoleAssignments, Applications, AssignedAppRole, Authentication,
    ConditionalAccess, ConditionalAccessPolicyPatch, Contracts, DirectoryRole, DirectoryRoles, GraphPorts, GraphProbe,
    Group, GroupMembers, GroupPatch, Groups, Licenses, ListedPermissionGrant, Me, NewConditionalAccessPolicy,
    NewGrantControls, NewGroup, NewPolicyConditions, NewRoleAssignment, OrganizationRecord, PermissionGrants,
    PolicyApplications, RoleAssignment, RoleAssignmentId, RoleAssignments, ServicePrincipal, ServicePrincipalPatch,
    ServicePrincipals,
};
pub use directory_objects::DirectoryObject;
pub use query::Query;
pub use tenant::TenantGraph;
pub use users::{User, UserPatch, Users};
