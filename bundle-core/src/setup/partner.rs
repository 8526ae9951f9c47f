//! Looking at the partner's tenant, and doing what is missing there.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::done;
use super::plan::{ADMIN_AGENTS, SetupSettings, SetupSnapshot, SetupStep, plan};
use crate::auth::Credential;
use crate::catalog::{RequiredResourceAccess, Selection};
use crate::consent::{self, GrantPlan, WantedGrants};
use crate::directory::{Account, GrantApi, GroupApi, NewRoleGroup, RoleGroup, ServicePrincipalApi, TenantApi};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{GroupId, RoleTemplateId, UserId};
use crate::onboarding::Finding;
use crate::registration::ApplicationApi;

/// Everything a set-up reaches out through, in the partner's own tenant.
#[derive(Clone, Debug)]
pub struct SetupPorts {
    /// Who is signed in.
    pub tenants: Arc<dyn TenantApi>,
    /// Groups.
    pub groups: Arc<dyn GroupApi>,
    /// App registrations.
    pub applications: Arc<dyn ApplicationApi>,
    /// Service principals.
    pub principals: Arc<dyn ServicePrincipalApi>,
    /// What is granted.
    pub grants: Arc<dyn GrantApi>,
    /// To drop tokens when consent or roles have changed.
    pub credential: Arc<dyn Credential>,
}

/// The set-up of a partner's tenant.
#[derive(Clone, Debug)]
pub struct PartnerSetup {
    ports: SetupPorts,
    settings: SetupSettings,
    wanted: WantedGrants,
    access: Vec<RequiredResourceAccess>,
}

/// What a set-up found and did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SetupReport {
    /// The service account.
    pub account: Account,
    /// The partner's name.
    pub partner_name: Option<String>,
    /// The steps that were missing, in order.
    pub steps: Vec<String>,
    /// Whether the account had to be put into `AdminAgents`; before that it can read no customers.
    pub joins_admin_agents: bool,
    /// The group of each role; empty for those a dry run would create.
    pub groups: BTreeMap<RoleTemplateId, GroupId>,
    /// Permissions the resources do not offer (any more); they were left out everywhere.
    pub not_offered: Vec<String>,
    /// What customers' tenants should grant: the selection without what is not offered.
    pub customer_grants: WantedGrants,
    /// What a person has to look at.
    pub findings: Vec<Finding>,
}

impl PartnerSetup {
    /// A set-up for a selection of permissions.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the settings cannot work, see [`SetupSettings::check`], or the selection is longer than
    /// a grant or a manifest can hold.
    pub fn new(ports: SetupPorts, settings: SetupSettings, selection: &Selection) -> Result<Self> {
        settings.check()?;
        let partner = selection.for_partner();
        let wanted = WantedGrants::of(&partner)?;
        let access = partner.required_resource_access()?;
        Ok(Self { ports, settings, wanted, access })
    }

    /// Looks, plans and, unless `dry_run`, does what is missing.
    ///
    /// # Errors
    /// Any error of the ports. Run again, it goes on where it stopped.
    pub async fn run(&self, selection: &Selection, dry_run: bool) -> Result<SetupReport> {
        let mut wanted = self.wanted.clone();
        let mut customer_grants = WantedGrants::of(&selection.for_customer())?;
        let not_offered = self.drop_retired(&mut wanted, &mut customer_grants).await?;
        let snapshot = self.look(&wanted).await?;
        let steps = plan(&self.settings, &wanted, &self.access, &snapshot)?;
        let mut groups: BTreeMap<RoleTemplateId, GroupId> = snapshot
            .groups
            .iter()
            .filter_map(|(role, group)| group.as_ref().map(|(group, _)| (*role, group.id)))
            .collect();
        let mut findings = Self::findings(&snapshot);
        if !dry_run {
            self.apply(&snapshot, &steps, &mut groups, &mut findings).await?;
        }
        Ok(SetupReport {
            account: snapshot.account,
            partner_name: snapshot.organization.display_name,
            joins_admin_agents: steps.iter().any(|step| matches!(step, SetupStep::JoinAdminAgents(_))),
            steps: steps.iter().map(ToString::to_string).collect(),
            groups,
            not_offered,
            customer_grants,
            findings,
        })
    }

    /// Reads everything [`plan`] needs.
    async fn look(&self, wanted: &WantedGrants) -> Result<SetupSnapshot> {
        let SetupPorts { tenants, groups, applications, principals, grants, .. } = &self.ports;
        let SetupSettings { partner, application, .. } = &self.settings;
        let organization = tenants.organization(partner).await?;
        if organization.id != *partner {
            let found = organization.id;
            return Err(Error::config(format!("partner tenant: {partner} was given, but the sign-in is of {found}")));
        }
        let account = tenants.me().await?;
        let claims = tenants.token_claims(partner).await?;
        let admin_agents = groups.groups_starting_with(ADMIN_AGENTS).await?;
        let admin_agents = match admin_agents.into_iter().find(|group| group.display_name == ADMIN_AGENTS) {
            Some(group) => Some(self.membership(group, &account).await?),
            None => None,
        };
        let existing = groups.groups_starting_with(&format!("{}-", self.settings.group_prefix)).await?;
        // Collected first: a future that holds a lazy iterator cannot be spawned (rust-lang/rust#110338).
        let reads: Vec<_> = self
            .settings
            .roles
            .iter()
            .map(|role| {
                let name = self.settings.group_name(role);
                let found = existing.iter().find(|group| group.display_name.eq_ignore_ascii_case(&name)).cloned();
                let account = &account;
                async move {
                    let group = match found {
                        Some(group) => Some(self.membership(group, account).await?),
                        None => None,
                    };
                    Ok::<_, Error>((*role, group))
                }
            })
            .collect();
        let groups = stream::iter(reads).buffered(PARALLEL_READS).try_collect().await?;
        let registration = applications.find_application(application).await?;
        let grants = consent::look(&**principals, &**grants, partner, application, wanted).await?;
        Ok(SetupSnapshot { account, claims, organization, admin_agents, groups, registration, grants })
    }

    async fn membership(&self, group: RoleGroup, account: &Account) -> Result<(RoleGroup, bool)> {
        let members = self.ports.groups.members(&group.id).await?;
        let is_member = members.contains(&account.id);
        Ok((group, is_member))
    }

    /// Asks every resource what it offers, once, in the partner's tenant: it is the same everywhere.
    async fn drop_retired(&self, partner: &mut WantedGrants, customer: &mut WantedGrants) -> Result<Vec<String>> {
        let mut not_offered = Vec::new();
        for wanted in self.wanted.resources() {
            let resource = wanted.resource;
            if let Some(offered) = self.ports.principals.resource(&self.settings.partner, &resource.app_id).await? {
                not_offered.extend(partner.retain_offered(resource, &offered));
                customer.retain_offered(resource, &offered);
            }
        }
        Ok(not_offered)
    }

    async fn apply(
        &self,
        snapshot: &SetupSnapshot,
        steps: &[SetupStep],
        groups: &mut BTreeMap<RoleTemplateId, GroupId>,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        let account = snapshot.account.id;
        let join = |group: GroupId| async move { done(self.ports.groups.add_member(&group, &account).await) };
        let mut grant_steps = Vec::new();
        for step in steps {
            match step {
                SetupStep::JoinAdminAgents(group) | SetupStep::JoinGroup(group) => join(group.id).await?,
                SetupStep::CreateGroup { role, new } => {
                    let group = create_role_group(&*self.ports.groups, new, &account, findings).await?;
                    groups.insert(*role, group.id);
                }
                SetupStep::RequestPermissions { access, .. } => {
                    if let Some(registration) = &snapshot.registration {
                        self.ports.applications.replace_required_access(&registration.id, access).await?;
                    }
                }
                SetupStep::Grant(step) => grant_steps.push(step.clone()),
            }
        }
        if !grant_steps.is_empty() {
            let SetupPorts { principals, grants, .. } = &self.ports;
            let plan = GrantPlan { steps: grant_steps };
            let SetupSettings { partner, application, .. } = &self.settings;
            let outcome =
                consent::apply(&**principals, &**grants, partner, application, &snapshot.grants, &plan).await?;
            findings
                .extend(outcome.failed.into_iter().map(|(step, error)| Finding::of_step(&step.to_string(), &error)));
        }
        if !steps.is_empty() {
            // Tokens issued before do not know the new groups and permissions.
            self.ports.credential.forget(&self.settings.partner).await;
        }
        Ok(())
    }

    fn findings(snapshot: &SetupSnapshot) -> Vec<Finding> {
        let mut findings = Vec::new();
        let name = &snapshot.account.user_principal_name;
        if snapshot.admin_agents.is_none() {
            findings.push(Finding::known(
                "admin-agents-missing",
                format!("{name}: the tenant has no group {ADMIN_AGENTS}"),
            ));
        }
        if snapshot.claims.as_ref().is_some_and(|claims| !claims.has_mfa()) {
            findings.push(Finding::known("mfa-required", format!("the token of {name} has no mfa in amr")));
        }
        findings
    }
}

/// Creates a role group; a tenant without Entra ID P1 gets one that directory roles cannot be assigned to, which
/// GDAP does not need.
pub(crate) async fn create_role_group(
    groups: &dyn GroupApi,
    new: &NewRoleGroup,
    account: &UserId,
    findings: &mut Vec<Finding>,
) -> Result<RoleGroup> {
    match groups.create_group(new, account).await {
        Err(error)
            if new.is_assignable_to_role
                && matches!(
                    error.kind(),
                    ErrorKind::InvalidRequest | ErrorKind::LicenseMissing | ErrorKind::PermissionDenied
                ) =>
        {
            let plain = NewRoleGroup::new(&new.display_name, &new.description, false);
            let group = groups.create_group(&plain, account).await?;
            let what = format!("{:?} was created as a plain group instead of a role-assignable one", new.display_name);
            findings.push(Finding::of_step(&what, &error));
            Ok(group)
        }
        result => result,
    }
}

/// How many groups are read at a time.
const PARALLEL_READS: usize = 4;
