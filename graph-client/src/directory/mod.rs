//! The rest of the directory: groups, applications, grants, roles, policies, licences, and the ports of the flows.

mod app_role_assignments;
mod applications;
mod authentication;
mod conditional_access;
mod contracts;
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
mod role_assignments;
mod service_principals;

pub use app_role_assignments::{AppRoleAssignments, AssignedAppRole};
pub use applications::{AppRegistrationPatch, Applications};
pub use authentication::Authentication;
pub use conditional_access::{
    ConditionalAccess, ConditionalAccessPolicyPatch, NewConditionalAccessPolicy, NewGrantControls, NewPolicyConditions,
    PolicyApplications,
};
pub use contracts::Contracts;
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
pub use role_assignments::{NewRoleAssignment, RoleAssignment, RoleAssignments};
pub use service_principals::{ServicePrincipal, ServicePrincipalPatch, ServicePrincipals};

use crate::TenantGraph;

impl TenantGraph {
    /// App registrations.
    #[must_use]
    pub fn applications(&self) -> Applications {
        Applications::new(self.clone())
    }

    /// How users authenticate.
    #[must_use]
    pub fn authentication(&self) -> Authentication {
        Authentication::new(self.clone())
    }

    /// Conditional Access policies.
    #[must_use]
    pub fn conditional_access(&self) -> ConditionalAccess {
        ConditionalAccess::new(self.clone())
    }

    /// The partner's contracts with its customers.
    #[must_use]
    pub fn contracts(&self) -> Contracts {
        Contracts::new(self.clone())
    }

    /// Activated directory roles and their members.
    #[must_use]
    pub fn directory_roles(&self) -> DirectoryRoles {
        DirectoryRoles::new(self.clone())
    }

    /// Groups and their members.
    #[must_use]
    pub fn groups(&self) -> Groups {
        Groups::new(self.clone())
    }

    /// Licences the tenant has.
    #[must_use]
    pub fn licenses(&self) -> Licenses {
        Licenses::new(self.clone())
    }

    /// The signed-in user.
    #[must_use]
    pub fn me(&self) -> Me {
        Me::new(self.clone())
    }

    /// The tenant's own record.
    #[must_use]
    pub fn organization(&self) -> OrganizationRecord {
        OrganizationRecord::new(self.clone())
    }

    /// Delegated permission grants of all applications.
    #[must_use]
    pub fn permission_grants(&self) -> PermissionGrants {
        PermissionGrants::new(self.clone())
    }

    /// Assignments of directory roles.
    #[must_use]
    pub fn role_assignments(&self) -> RoleAssignments {
        RoleAssignments::new(self.clone())
    }

    /// Service principals (enterprise applications) and what they are granted.
    #[must_use]
    pub fn service_principals(&self) -> ServicePrincipals {
        ServicePrincipals::new(self.clone())
    }
}
