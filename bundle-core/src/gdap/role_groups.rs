//! The security groups of the partner that hold the roles: one for each role, found again however they are named.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{GroupTreeApi, RoleGroupMap, role_name};
use crate::directory::{GroupApi, NewRoleGroup, RoleGroup, TenantApi};
use crate::error::{Error, Result};
use crate::ids::{GroupId, RoleTemplateId};
use crate::onboarding::Finding;
use crate::setup::{ADMIN_AGENTS, GROUP_DESCRIPTION, RESERVED_GROUPS, create_role_group, done};

/// How role groups are named: a prefix, and how the role follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupNaming {
    /// The prefix.
    pub prefix: String,
    /// How the role follows.
    pub form: GroupNameForm,
}

/// How the role follows the prefix in a group's name. Groups are found in every form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupNameForm {
    /// `GDAP-Exchange Administrator`.
    #[default]
    Hyphen,
    /// `GDAP - Exchange Administrator`.
    SpacedHyphen,
    /// `GDAP Exchange Administrator`.
    Space,
}

impl GroupNameForm {
    const ALL: [Self; 3] = [Self::Hyphen, Self::SpacedHyphen, Self::Space];

    fn name(self, prefix: &str, role: &str) -> String {
        match self {
            Self::Hyphen => format!("{prefix}-{role}"),
            Self::SpacedHyphen => format!("{prefix} - {role}"),
            Self::Space => format!("{prefix} {role}"),
        }
    }
}

impl GroupNaming {
    /// This prefix, a hyphen, the role.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): empty, over 100 characters, or the name of a group of Partner
    /// Center's own.
    pub fn try_new(prefix: &str, form: GroupNameForm) -> Result<Self> {
        let prefix = prefix.trim();
        if prefix.is_empty() || prefix.chars().count() > 100 {
            return Err(Error::config(format!("group prefix: {prefix:?} does not have 1 to 100 characters")));
        }
        if is_reserved(prefix) {
            return Err(Error::config(format!("group prefix: {prefix:?} is a group of Partner Center's own")));
        }
        Ok(Self { prefix: prefix.to_owned(), form })
    }

    /// The name of the group of a role.
    #[must_use]
    pub fn name(&self, role: &RoleTemplateId) -> String {
        self.form.name(&self.prefix, &word(role))
    }

    /// The group of a role among these: in the form of this naming, or else in any other.
    fn find<'a>(&self, role: &RoleTemplateId, groups: &'a [RoleGroup]) -> Option<&'a RoleGroup> {
        let forms = std::iter::once(self.form).chain(GroupNameForm::ALL);
        forms.into_iter().find_map(|form| {
            let name = form.name(&self.prefix, &word(role));
            groups.iter().find(|group| group.display_name.eq_ignore_ascii_case(&name))
        })
    }
}

/// What to do about the group of one role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoleGroupStep {
    /// The mapped group is there.
    Keep(GroupId),
    /// No group was mapped, and one of the expected name is there.
    Reuse(RoleGroup),
    /// The mapped group is gone, and one of the expected name is there.
    Repoint {
        /// The group that is gone.
        from: GroupId,
        /// The one to use.
        to: RoleGroup,
    },
    /// None is there.
    Create(String),
}

/// Decides about the group of one role, from the group it is mapped to (and whether that is there) and the groups whose
/// names begin with the prefix. The id wins over the name: a group that was renamed stays the group.
#[must_use]
pub fn role_group_step(
    role: &RoleTemplateId,
    naming: &GroupNaming,
    mapped: Option<(GroupId, bool)>,
    named: &[RoleGroup],
) -> RoleGroupStep {
    if let Some((group, true)) = mapped {
        return RoleGroupStep::Keep(group);
    }
    match (naming.find(role, named), mapped) {
        (Some(found), Some((from, _))) => RoleGroupStep::Repoint { from, to: found.clone() },
        (Some(found), None) => RoleGroupStep::Reuse(found.clone()),
        (None, _) => RoleGroupStep::Create(naming.name(role)),
    }
}

/// What role groups are reached through.
#[derive(Clone, Debug)]
pub struct RoleGroupPorts {
    /// Who is signed in.
    pub tenants: Arc<dyn TenantApi>,
    /// Groups, to find by name and to create.
    pub groups: Arc<dyn GroupApi>,
    /// Groups, to find by id.
    pub tree: Arc<dyn GroupTreeApi>,
}

/// Finds or makes the groups of roles. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RoleGroups {
    ports: RoleGroupPorts,
    naming: GroupNaming,
    assignable: bool,
    dry_run: bool,
}

/// The groups of the roles, and what was missing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RoleGroupReport {
    /// The group of each role; a dry run has none for those it would create. Store it: the id survives a new name.
    pub groups: RoleGroupMap,
    /// The writes that were made, or that a dry run would make, and groups that were found anew.
    pub steps: Vec<String>,
    /// What a person has to look at.
    pub findings: Vec<Finding>,
}

impl RoleGroups {
    /// Role groups through these ports, so named. Directory roles cannot be assigned to new ones.
    #[must_use]
    pub fn new(ports: RoleGroupPorts, naming: GroupNaming) -> Self {
        Self { ports, naming, assignable: false, dry_run: false }
    }

    /// Sets whether directory roles can be assigned to new groups. Needs Entra ID P1 and cannot be changed later.
    #[must_use]
    pub fn assignable(mut self, assignable: bool) -> Self {
        self.assignable = assignable;
        self
    }

    /// Sets whether nothing is written.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Finds the group of each role by the id it is mapped to, else by name, else creates it; puts the service account
    /// into each, and says when the account is not in `AdminAgents`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): one group is mapped to two roles, or a group of Partner Center's
    /// own is mapped. Any error of the ports; run again, it goes on where it stopped.
    pub async fn ensure(
        &self,
        roles: &[RoleTemplateId],
        mapped: &BTreeMap<RoleTemplateId, GroupId>,
    ) -> Result<RoleGroupReport> {
        RoleGroupMap::try_new(mapped.iter().map(|(role, group)| (*role, *group)))?;
        let account = self.ports.tenants.me().await?;
        let named = self.ports.groups.groups_starting_with(&self.naming.prefix).await?;
        let mut pairs = Vec::new();
        let mut steps = Vec::new();
        let mut findings = self.admin_agents(&account.id, &account.user_principal_name).await?;
        for role in roles {
            let mapped = match mapped.get(role) {
                Some(group) => Some((*group, self.is_there(group).await?)),
                None => None,
            };
            let step = role_group_step(role, &self.naming, mapped, &named);
            let group = match &step {
                RoleGroupStep::Keep(group) => *group,
                RoleGroupStep::Reuse(group) => group.id,
                RoleGroupStep::Repoint { from, to } => {
                    steps.push(format!("use {:?} for {}: group {from} is gone", to.display_name, word(role)));
                    to.id
                }
                RoleGroupStep::Create(name) => {
                    steps.push(format!("create security group {name:?} with the service account in it"));
                    if !self.dry_run {
                        let new = NewRoleGroup::new(name, GROUP_DESCRIPTION, self.assignable);
                        let group = create_role_group(&*self.ports.groups, &new, &account.id, &mut findings).await?;
                        pairs.push((*role, group.id));
                    }
                    continue;
                }
            };
            if !self.ports.groups.members(&group).await?.contains(&account.id) {
                steps.push(format!("put {} into the group of {}", account.user_principal_name, word(role)));
                if !self.dry_run {
                    done(self.ports.groups.add_member(&group, &account.id).await)?;
                }
            }
            pairs.push((*role, group));
        }
        Ok(RoleGroupReport { groups: RoleGroupMap::try_new(pairs)?, steps, findings })
    }

    async fn is_there(&self, group: &GroupId) -> Result<bool> {
        let Some(node) = self.ports.tree.group(group).await? else { return Ok(false) };
        if is_reserved(&node.display_name) {
            let name = node.display_name;
            return Err(Error::config(format!("role groups: {name:?} ({group}) is a group of Partner Center's own")));
        }
        Ok(true)
    }

    async fn admin_agents(&self, account: &crate::ids::UserId, name: &str) -> Result<Vec<Finding>> {
        let groups = self.ports.groups.groups_starting_with(ADMIN_AGENTS).await?;
        let Some(group) = groups.iter().find(|group| group.display_name == ADMIN_AGENTS) else {
            return Ok(vec![Finding::known("admin-agents-missing", format!("the tenant has no group {ADMIN_AGENTS}"))]);
        };
        if self.ports.groups.members(&group.id).await?.contains(account) {
            return Ok(Vec::new());
        }
        Ok(vec![Finding::known("admin-agents-missing", format!("{name} is not in {ADMIN_AGENTS}"))])
    }
}

/// Whether a group has the name of a role's group, in any form.
pub(crate) fn is_role_group_name(prefix: &str, role: &RoleTemplateId, name: &str) -> bool {
    GroupNameForm::ALL.iter().any(|form| form.name(prefix, &word(role)).eq_ignore_ascii_case(name))
}

fn is_reserved(name: &str) -> bool {
    RESERVED_GROUPS.iter().any(|reserved| reserved.eq_ignore_ascii_case(name))
}

fn word(role: &RoleTemplateId) -> String {
    role_name(role).map_or_else(|| role.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ROLE: RoleTemplateId = RoleTemplateId::EXCHANGE_ADMINISTRATOR;

    fn group(n: u128, name: &str) -> RoleGroup {
        serde_json::from_value(json!({"id": GroupId::from_u128(n), "displayName": name})).unwrap()
    }

    #[test]
    fn id_wins_over_name_and_a_group_that_is_gone_is_replaced() {
        let naming = GroupNaming::try_new("GDAP", GroupNameForm::Hyphen).unwrap();
        let named = [group(1, "gdap exchange administrator"), group(2, "GDAP - Exchange Administrator")];
        let id = GroupId::from_u128;
        assert_eq!(role_group_step(&ROLE, &naming, Some((id(9), true)), &named), RoleGroupStep::Keep(id(9)));
        let to = named[1].clone();
        assert_eq!(
            role_group_step(&ROLE, &naming, Some((id(9), false)), &named),
            RoleGroupStep::Repoint { from: id(9), to }
        );
        assert_eq!(role_group_step(&ROLE, &naming, None, &named[..1]), RoleGroupStep::Reuse(named[0].clone()));
        let name = "GDAP-Exchange Administrator".to_owned();
        assert_eq!(role_group_step(&ROLE, &naming, None, &[]), RoleGroupStep::Create(name));
    }

    #[test]
    fn names_have_the_form_asked_for_and_reserved_ones_are_refused() {
        let name = |form| GroupNaming::try_new(" M365 GDAP ", form).unwrap().name(&ROLE);
        assert_eq!(name(GroupNameForm::Space), "M365 GDAP Exchange Administrator");
        assert_eq!(name(GroupNameForm::SpacedHyphen), "M365 GDAP - Exchange Administrator");
        assert!(is_role_group_name("M365 GDAP", &ROLE, "m365 gdap exchange administrator"));
        assert!(!is_role_group_name("M365 GDAP", &ROLE, "M365 GDAP User Administrator"));
        for bad in ["", "adminagents", &"x".repeat(101)] {
            assert!(GroupNaming::try_new(bad, GroupNameForm::Hyphen).is_err(), "{bad:?}");
        }
    }
}
