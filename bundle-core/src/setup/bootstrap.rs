//! From nothing: the service account, the application and its secret.
//!
//! Run as an administrator of the partner's tenant, through an application that is there already (Microsoft Graph
//! Command Line Tools, for one). Afterwards the service account signs in once to the new application, and everything
//! else runs as it.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use uuid::Uuid;

use super::done;
use super::plan::ADMIN_AGENTS;
use crate::account::NewAccount;
use crate::catalog::Selection;
use crate::consent::{self, WantedGrants};
use crate::directory::{Account, GrantApi, GroupApi, ServicePrincipalApi, TenantApi};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{AppId, KeyId, RoleTemplateId, TenantId};
use crate::registration::{
    AccountApi, AppRegistration, ApplicationApi, NewAppRegistration, PerUserMfaState, RoleApi, SecretApi,
};

/// Where secrets that are shown once are kept.
///
/// # Behavior
/// * When [`SecretKeeper::keep`] answers, the secret survives the program.
/// * [`SecretKeeper::load`] of a name never kept is `None`.
/// * Names have 1 to 127 letters, digits and hyphens.
#[async_trait]
pub trait SecretKeeper: std::fmt::Debug + Send + Sync {
    /// Reads a secret.
    async fn load(&self, name: &str) -> Result<Option<SecretString>>;

    /// Keeps a secret, in place of one of the same name.
    async fn keep(&self, name: &str, secret: &SecretString) -> Result<()>;
}

/// Everything a set-up from nothing reaches out through.
#[derive(Clone, Debug)]
pub struct BootstrapPorts {
    /// The tenant's own record.
    pub tenants: Arc<dyn TenantApi>,
    /// Users.
    pub accounts: Arc<dyn AccountApi>,
    /// Their directory roles.
    pub roles: Arc<dyn RoleApi>,
    /// Groups.
    pub groups: Arc<dyn GroupApi>,
    /// App registrations.
    pub applications: Arc<dyn ApplicationApi>,
    /// Their secrets.
    pub secrets: Arc<dyn SecretApi>,
    /// Service principals.
    pub principals: Arc<dyn ServicePrincipalApi>,
    /// What is granted.
    pub grants: Arc<dyn GrantApi>,
    /// Where new secrets are kept.
    pub keeper: Arc<dyn SecretKeeper>,
}

/// What a set-up from nothing is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BootstrapSettings {
    /// The partner's tenant.
    pub partner: TenantId,
    /// The part of the service account's name before the `@`; the domain is the tenant's initial one.
    pub account: String,
    /// The application's name. An app registration with this name is used again.
    pub application: String,
}

impl BootstrapSettings {
    /// The stock names.
    #[must_use]
    pub fn new(partner: TenantId) -> Self {
        Self { partner, account: "bundle-service".to_owned(), application: "Cloud Bundle Connector".to_owned() }
    }

    /// Sets the service account's name before the `@`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: not 1 to 64 letters, digits, dots, hyphens and underscores.
    pub fn account(mut self, name: &str) -> Result<Self> {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        if !plain || !(1..=64).contains(&name.len()) {
            return Err(Error::config(format!("account: {name:?} is not 1 to 64 letters, digits, dots and hyphens")));
        }
        name.clone_into(&mut self.account);
        Ok(self)
    }

    /// Sets the application's name.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: not 1 to 120 characters.
    pub fn application(mut self, name: &str) -> Result<Self> {
        if name.trim().is_empty() || name.chars().count() > 120 {
            return Err(Error::config(format!("application: {name:?} does not have 1 to 120 characters")));
        }
        name.trim().clone_into(&mut self.application);
        Ok(self)
    }
}

/// What a set-up from nothing found and made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BootstrapReport {
    /// The steps that were missing, in order.
    pub steps: Vec<String>,
    /// The service account's sign-in name.
    pub account: String,
    /// The application; `None` in a dry run that would create it.
    pub application: Option<AppId>,
    /// The name under which the application's secret is kept.
    pub secret: Option<String>,
}

/// The set-up from nothing.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    ports: BootstrapPorts,
    settings: BootstrapSettings,
}

impl Bootstrap {
    /// A set-up through these ports.
    #[must_use]
    pub fn new(ports: BootstrapPorts, settings: BootstrapSettings) -> Self {
        Self { ports, settings }
    }

    /// Looks and, unless `dry_run`, makes what is missing: the account (Global Administrator, multifactor
    /// authentication enforced, member of `AdminAgents`), the application with the selected permissions granted, and a
    /// secret that lasts half a year. A secret that ends within 30 days is replaced.
    ///
    /// A password is kept before the account is created with it, a secret before anything uses it. A secret whose text
    /// got lost is removed and made again.
    ///
    /// # Errors
    /// Any error of the ports; [`ErrorKind::Conflict`] when several app registrations have the name. Run again, it goes
    /// on where it stopped.
    pub async fn run(&self, selection: &Selection, now: Timestamp, dry_run: bool) -> Result<BootstrapReport> {
        let partner = self.settings.partner;
        let organization = self.ports.tenants.organization(&partner).await?;
        let domain = organization
            .initial_domain()
            .ok_or_else(|| Error::new(ErrorKind::Decode, "the tenant has no initial domain").with_tenant(partner))?;
        let mut run = Run { steps: Vec::new(), dry_run };
        let name = format!("{}@{domain}", self.settings.account);
        self.account(&mut run, &name).await?;
        let selection = selection.for_partner();
        let registration = self.registration(&mut run, &selection).await?;
        let mut secret = None;
        if let Some(registration) = &registration {
            self.granted(&mut run, registration, &selection).await?;
            secret = self.secret(&mut run, registration, now).await?;
        }
        Ok(BootstrapReport {
            steps: run.steps,
            account: name,
            application: registration.map(|registration| registration.app_id),
            secret,
        })
    }

    async fn account(&self, run: &mut Run, name: &str) -> Result<()> {
        let accounts = &self.ports.accounts;
        let account = match accounts.find_account(name).await? {
            Some(account) => account,
            None => {
                if run.plans(format!(
                    "create service account {name} as Global Administrator with enforced MFA, in {ADMIN_AGENTS}"
                )) {
                    return Ok(());
                }
                self.create_account(name).await?
            }
        };
        let (roles, role) = (&self.ports.roles, RoleTemplateId::GLOBAL_ADMINISTRATOR);
        if !roles.roles(&account.id).await?.contains(&role) && !run.plans(format!("make {name} Global Administrator")) {
            done(roles.assign_role(&account.id, &role).await)?;
        }
        if accounts.mfa_state(&account.id).await? != PerUserMfaState::Enforced
            && !run.plans(format!("enforce multifactor authentication of {name}"))
        {
            accounts.enforce_mfa(&account.id).await?;
        }
        let groups = self.ports.groups.groups_starting_with(ADMIN_AGENTS).await?;
        if let Some(group) = groups.iter().find(|group| group.display_name == ADMIN_AGENTS)
            && !self.ports.groups.members(&group.id).await?.contains(&account.id)
            && !run.plans(format!("put {name} into {ADMIN_AGENTS}"))
        {
            done(self.ports.groups.add_member(&group.id, &account.id).await)?;
        }
        Ok(())
    }

    async fn create_account(&self, name: &str) -> Result<Account> {
        let password = match self.ports.keeper.load(PASSWORD).await? {
            Some(password) => password,
            None => {
                // 122 random bits, with the four kinds of characters Entra asks for.
                let password = SecretString::from(format!("Aa1-{}", Uuid::new_v4().simple()));
                self.ports.keeper.keep(PASSWORD, &password).await?;
                password
            }
        };
        let new = NewAccount::new(name, "Bundle Service Account", password);
        match self.ports.accounts.create_account(&new).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {
                self.ports.accounts.find_account(name).await?.ok_or(error)
            }
            result => result,
        }
    }

    async fn registration(&self, run: &mut Run, selection: &Selection) -> Result<Option<AppRegistration>> {
        let name = &self.settings.application;
        let access = selection.required_resource_access()?;
        let mut found = self.ports.applications.applications_named(name).await?;
        if found.len() > 1 {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("{} app registrations are called {name:?}; rename or remove all but one", found.len()),
            ));
        }
        if let Some(registration) = found.pop() {
            return Ok(Some(registration));
        }
        if run.plans(format!("register application {name:?}, multi-tenant, asking for the selected permissions")) {
            return Ok(None);
        }
        self.ports.applications.create_application(&NewAppRegistration::new(name, access)).await.map(Some)
    }

    async fn granted(&self, run: &mut Run, registration: &AppRegistration, selection: &Selection) -> Result<()> {
        let BootstrapPorts { principals, grants, .. } = &self.ports;
        let (partner, application) = (&self.settings.partner, &registration.app_id);
        let mut wanted = WantedGrants::of(selection)?;
        for resource in selection.resources() {
            if let Some(offered) = principals.resource(partner, &resource.app_id).await? {
                wanted.retain_offered(resource, &offered);
            }
        }
        let snapshot = consent::look(&**principals, &**grants, partner, application, &wanted).await?;
        let plan = consent::plan(&wanted, &snapshot)?;
        if plan.steps.is_empty() {
            return Ok(());
        }
        run.steps.extend(plan.steps.iter().map(ToString::to_string));
        if run.dry_run {
            return Ok(());
        }
        let outcome = consent::apply(&**principals, &**grants, partner, application, &snapshot, &plan).await?;
        match outcome.failed.into_iter().next() {
            Some((step, error)) => {
                let message = format!("{step}: {}", error.message());
                Err(Error::new(error.kind(), message).with_tenant(*partner).with_source(error))
            }
            None => Ok(()),
        }
    }

    /// A secret whose text is kept and which lasts; others of ours are removed.
    async fn secret(&self, run: &mut Run, registration: &AppRegistration, now: Timestamp) -> Result<Option<String>> {
        let ours =
            registration.password_credentials.iter().filter(|secret| secret.display_name.as_deref() == Some(SECRET));
        let mut lasting = None;
        for secret in ours {
            let kept = self.ports.keeper.load(&entry(&secret.key_id)).await?.is_some();
            let lasts = secret.end_date_time.is_none_or(|end| end.duration_since(now) > RENEW_BEFORE);
            if kept && lasts && lasting.is_none() {
                lasting = Some(entry(&secret.key_id));
            } else if !kept && !run.plans("remove a secret whose text is not kept".to_owned()) {
                self.ports.secrets.remove_secret(&registration.id, &secret.key_id).await?;
            }
        }
        if lasting.is_some() || run.plans("add a client secret and keep it".to_owned()) {
            return Ok(lasting);
        }
        let added = self.ports.secrets.add_secret(&registration.id, SECRET, now + LIFETIME).await?;
        let name = entry(&added.key_id);
        if let Err(error) = self.ports.keeper.keep(&name, &added.secret_text).await {
            // Unkept it is of no use to anybody; left behind it would only be removed by the next run.
            let _ = self.ports.secrets.remove_secret(&registration.id, &added.key_id).await;
            return Err(error);
        }
        Ok(Some(name))
    }
}

struct Run {
    steps: Vec<String>,
    dry_run: bool,
}

impl Run {
    /// Notes a step and says whether it is only planned.
    fn plans(&mut self, step: String) -> bool {
        self.steps.push(step);
        self.dry_run
    }
}

fn entry(key: &KeyId) -> String {
    format!("client-secret-{key}")
}

/// The name the account's first password is kept under.
const PASSWORD: &str = "service-account-password";
/// What our secrets are called on the app registration.
const SECRET: &str = "bundle";
const LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 180);
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(24 * 30);
