//! What the partner's tenant is missing: facts in, steps out.

use crate::auth::TokenClaims;
use crate::catalog::RequiredResourceAccess;
use crate::consent::{self, GrantSnapshot, GrantStep, WantedGrants};
use crate::directory::{Account, NewRoleGroup, Organization, RoleGroup};
use crate::error::{Error, Result};
use crate::gdap::{GDAP_ROLES, role_name};
use crate::ids::{AppId, RoleTemplateId, TenantId};
use crate::registration::AppRegistration;

/// What a partner decides about its set-up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SetupSettings {
    /// The partner's tenant.
    pub partner: TenantId,
    /// The application.
    pub application: AppId,
    /// The roles to have in customers' tenants. The 12 of the bundle by default.
    pub roles: Vec<RoleTemplateId>,
    /// What the role groups are called: prefix, hyphen, role.
    pub group_prefix: String,
    /// Whether directory roles can be assigned to the role groups. Needs Entra ID P1; cannot be changed later.
    pub assignable_groups: bool,
}

impl SetupSettings {
    /// The stock settings: the 12 roles, groups `GDAP-<role>` that directory roles can be assigned to.
    #[must_use]
    pub fn new(partner: TenantId, application: AppId) -> Self {
        Self {
            partner,
            application,
            roles: GDAP_ROLES.iter().map(|role| role.template_id).collect(),
            group_prefix: "GDAP".to_owned(),
            assignable_groups: true,
        }
    }

    /// Sets what the names of the role groups begin with.
    #[must_use]
    pub fn group_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.group_prefix = prefix.into();
        self
    }

    /// Sets whether directory roles can be assigned to the role groups.
    #[must_use]
    pub fn assignable_groups(mut self, assignable: bool) -> Self {
        self.assignable_groups = assignable;
        self
    }

    /// The name of the group that holds a role.
    #[must_use]
    pub fn group_name(&self, role: &RoleTemplateId) -> String {
        let id = role.to_string();
        format!("{}-{}", self.group_prefix, role_name(role).unwrap_or(&id))
    }

    /// Checks what the service would refuse.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the value: no roles, a prefix that is empty, too long
    /// for a group's name or one Microsoft's own groups have.
    pub fn check(&self) -> Result<()> {
        if self.roles.is_empty() {
            return Err(Error::config("roles: none selected"));
        }
        let prefix = self.group_prefix.trim();
        if prefix.is_empty() || prefix.chars().count() > 100 {
            return Err(Error::config(format!(
                "group prefix: {:?} does not have 1 to 100 characters",
                self.group_prefix
            )));
        }
        if RESERVED_GROUPS.iter().any(|reserved| prefix.eq_ignore_ascii_case(reserved)) {
            return Err(Error::config(format!("group prefix: {prefix:?} is a group of Partner Center's own")));
        }
        Ok(())
    }
}

/// What is there in the partner's tenant.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SetupSnapshot {
    /// The service account.
    pub account: Account,
    /// What its token says.
    pub claims: Option<TokenClaims>,
    /// The tenant's own record.
    pub organization: Organization,
    /// The group whose members may use Partner Center, and whether the account is in it.
    pub admin_agents: Option<(RoleGroup, bool)>,
    /// The group of each role, where it exists, and whether the account is in it.
    pub groups: Vec<(RoleTemplateId, Option<(RoleGroup, bool)>)>,
    /// The app registration, where it is in this tenant.
    pub registration: Option<AppRegistration>,
    /// What the application is granted here.
    pub grants: GrantSnapshot,
}

/// One write that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetupStep {
    /// Put the account into `AdminAgents`.
    JoinAdminAgents(RoleGroup),
    /// Create the group of a role and put the account into it.
    CreateGroup {
        /// The role.
        role: RoleTemplateId,
        /// The group.
        new: NewRoleGroup,
    },
    /// Put the account into the group of a role.
    JoinGroup(RoleGroup),
    /// Let the app registration ask for more permissions.
    RequestPermissions {
        /// How many are new.
        added: usize,
        /// The whole list afterwards.
        access: Vec<RequiredResourceAccess>,
    },
    /// Grant the application something.
    Grant(GrantStep),
}

impl std::fmt::Display for SetupStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::JoinAdminAgents(group) => write!(f, "put the service account into {}", group.display_name),
            Self::CreateGroup { new, .. } => {
                write!(f, "create security group {:?} and put the service account into it", new.display_name)
            }
            Self::JoinGroup(group) => write!(f, "put the service account into {:?}", group.display_name),
            Self::RequestPermissions { added, .. } => {
                write!(f, "let the app registration ask for {added} more permission(s)")
            }
            Self::Grant(step) => step.fmt(f),
        }
    }
}

/// Compares what is there with what is wanted.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config): the permissions exceed what a grant or a manifest can hold.
pub fn plan(
    settings: &SetupSettings,
    wanted: &WantedGrants,
    access: &[RequiredResourceAccess],
    snapshot: &SetupSnapshot,
) -> Result<Vec<SetupStep>> {
    let mut steps = Vec::new();
    if let Some((group, false)) = &snapshot.admin_agents {
        steps.push(SetupStep::JoinAdminAgents(group.clone()));
    }
    for (role, group) in &snapshot.groups {
        match group {
            None => {
                let new = NewRoleGroup::new(&settings.group_name(role), GROUP_DESCRIPTION, settings.assignable_groups);
                steps.push(SetupStep::CreateGroup { role: *role, new });
            }
            Some((group, false)) => steps.push(SetupStep::JoinGroup(group.clone())),
            Some((_, true)) => {}
        }
    }
    if let Some(registration) = &snapshot.registration {
        let present =
            |all: &[RequiredResourceAccess]| -> usize { all.iter().map(|one| one.resource_access.len()).sum() };
        let union = RequiredResourceAccess::union(&registration.required_resource_access, access)?;
        let added = present(&union) - present(&registration.required_resource_access).min(present(&union));
        if added > 0 {
            steps.push(SetupStep::RequestPermissions { added, access: union });
        }
    }
    steps.extend(consent::plan(wanted, &snapshot.grants)?.steps.into_iter().map(SetupStep::Grant));
    Ok(steps)
}

/// What the role groups say about themselves.
pub(crate) const GROUP_DESCRIPTION: &str = "for GDAP role assignment";

/// Groups that exist in every partner tenant and must never hold a mapping.
pub(crate) const RESERVED_GROUPS: [&str; 4] = [ADMIN_AGENTS, "HelpdeskAgents", "SalesAgents", "All Users"];

/// The group whose members may use Partner Center.
pub(crate) const ADMIN_AGENTS: &str = "AdminAgents";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let settings = SetupSettings::new(TenantId::from_u128(1), AppId::from_u128(2));
        settings.check().unwrap();
        assert_eq!(settings.roles.len(), 12);
        for prefix in ["", "  ", "AdminAgents", &"x".repeat(101)] {
            let settings = SetupSettings { group_prefix: prefix.to_owned(), ..settings.clone() };
            assert!(settings.check().unwrap_err().to_string().contains("group prefix"), "{prefix}");
        }
        assert!(SetupSettings { roles: Vec::new(), ..settings }.check().is_err());
    }
}
