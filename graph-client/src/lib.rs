#![doc = include_str!("../README.md")]

mod app_role_assignments;
mod applications;
mod authentication;
mod batch;
mod client;
mod conditional_access;
mod directory_objects;
mod directory_roles;
mod group_members;
mod groups;
mod ids;
mod licenses;
mod me;
mod organization;
mod permission_grants;
mod ports;
mod probe;
mod query;
mod role_assignments;
mod service_principals;
mod tenant;
mod users;

pub use app_role_assignments::{AppRoleAssignments, AssignedAppRole};
pub use applications::{AppRegistrationPatch, Applications};
pub use authentication::Authentication;
pub use client::GraphClient;
pub use conditional_access::{
    ConditionalAccess, ConditionalAccessPolicyPatch, NewConditionalAccessPolicy, NewGrantControls, NewPolicyConditions,
    PolicyApplications,
};
pub use directory_objects::DirectoryObject;
pub use directory_roles::{DirectoryRole, DirectoryRoles};
pub use group_members::GroupMembers;
pub use groups::{Group, GroupPatch, Groups, NewGroup};
pub use ids::{AppRoleAssignmentId, RoleAssignmentId};
pub use licenses::Licenses;
pub use me::Me;
pub use organization::OrganizationRecord;
pub use permission_grants::{ListedPermissionGrant, PermissionGrants};
pub use ports::GraphPorts;
pub use probe::GraphProbe;
pub use query::Query;
pub use role_assignments::{NewRoleAssignment, RoleAssignment, RoleAssignments};
pub use service_principals::{ServicePrincipal, ServicePrincipalPatch, ServicePrincipals};
pub use tenant::TenantGraph;
pub use users::{User, UserPatch, Users};
