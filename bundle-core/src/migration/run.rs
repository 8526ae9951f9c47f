//! Taking the steps.

use std::sync::Arc;

use serde::Serialize;

use super::legacy::LegacyApplication;
use super::plan::{MigrationStep, plan_migration, plan_rollback, plan_secrets};
use super::settings::MigrationSettings;
use crate::auth::Credential;
use crate::customer::{ConsentApi, Customer};
use crate::directory::{ServicePrincipal, ServicePrincipalApi};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{AppId, KeyId, ObjectId, TenantId};
use crate::offboarding::{Looked, Removed, ServicePrincipalUpkeep, remove_application};
use crate::onboarding::{CustomerReport, Finding};
use crate::registration::{ApplicationApi, SecretApi};
use crate::step::{StepOutcome, StepResult};

/// Everything a migration reaches out through, as the new application.
#[derive(Clone, Debug)]
pub struct MigrationPorts {
    /// App registrations of the partner's tenant.
    pub applications: Arc<dyn ApplicationApi>,
    /// Their secrets.
    pub secrets: Arc<dyn SecretApi>,
    /// Service principals, to find.
    pub principals: Arc<dyn ServicePrincipalApi>,
    /// Service principals as the legacy application sees them, where its credentials are known: it can look into tenants
    /// that were not moved yet.
    pub legacy: Option<Arc<dyn ServicePrincipalApi>>,
    /// Service principals, to delete.
    pub principal_upkeep: Arc<dyn ServicePrincipalUpkeep>,
    /// Consent, to take back.
    pub consent: Arc<dyn ConsentApi>,
    /// To drop the customers' tokens.
    pub credential: Arc<dyn Credential>,
}

/// Moves customers from one application to another. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Migration {
    ports: MigrationPorts,
    settings: MigrationSettings,
}

/// How the migration of one customer stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MigrationReport {
    /// The customer's tenant.
    pub tenant_id: TenantId,
    /// The customer's name.
    pub customer: String,
    /// The steps, in the order in which they were taken.
    pub steps: Vec<StepResult<MigrationStep>>,
}

impl MigrationReport {
    /// Whether nothing is left for a person or another run.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !self.steps.iter().any(StepResult::is_open)
    }

    /// Whether the legacy application is not in the tenant (any more), or would not be after a dry run.
    #[must_use]
    pub fn is_without_legacy(&self) -> bool {
        self.steps.iter().any(|result| {
            matches!(result.step, MigrationStep::RemoveLegacy { .. })
                && matches!(result.outcome, StepOutcome::Done | StepOutcome::Already | StepOutcome::Planned)
        })
    }
}

impl Migration {
    /// A migration through these ports.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the settings cannot work, see [`MigrationSettings::check`].
    pub fn new(ports: MigrationPorts, settings: MigrationSettings) -> Result<Self> {
        settings.check()?;
        Ok(Self { ports, settings })
    }

    /// Finds the legacy application: the partner's own registration, or a vendor's that is installed in the tenant.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: it is neither. Any error of the ports.
    pub async fn legacy(&self) -> Result<LegacyApplication> {
        LegacyApplication::find(&self.ports, &self.settings.partner, &self.settings.legacy).await
    }

    /// Takes the steps of one customer, after an [onboarding](crate::onboarding::Onboarding::advance) through the new
    /// application has moved it: where every shield is fine, and it was asked for, the legacy application is removed with
    /// everything granted to it, and looked for once more. A dry run lists the steps.
    ///
    /// # Permissions
    /// `Application.ReadWrite.All` with Application Administrator; the account is in `AdminAgents`.
    pub async fn settle(&self, onboarded: &CustomerReport) -> MigrationReport {
        let tenant = &onboarded.tenant_id;
        let legacy = self.look_for_legacy(tenant).await;
        let mut steps = plan_migration(&self.settings, onboarded, &legacy);
        self.remove_planned(tenant, &mut steps).await;
        MigrationReport { tenant_id: *tenant, customer: onboarded.name.clone(), steps }
    }

    /// Takes the new application out of a customer's tenant again, while the legacy one is there: the way back at every
    /// point until the legacy application is removed. Groups, relationships and roles stay; they serve both.
    ///
    /// # Permissions
    /// As [`Migration::settle`].
    pub async fn roll_back(&self, customer: &Customer) -> MigrationReport {
        let tenant = &customer.tenant_id;
        let new = self.look(tenant, &self.settings.application).await;
        let legacy = self.look(tenant, &self.settings.legacy).await;
        let mut steps = vec![plan_rollback(&self.settings, &new, &legacy)];
        self.remove_planned(tenant, &mut steps).await;
        MigrationReport { tenant_id: *tenant, customer: customer.name.clone(), steps }
    }

    /// Removes the secrets of the legacy application, the last step. They stay while one of `customers`, which are all of
    /// the partner's, has no report that says it is without the application.
    ///
    /// # Permissions
    /// `Application.ReadWrite.All` with Application Administrator.
    pub async fn retire(
        &self,
        legacy: &LegacyApplication,
        customers: &[Customer],
        reports: &[MigrationReport],
    ) -> Vec<StepResult<MigrationStep>> {
        let without = |customer: &&Customer| {
            let mut all = reports.iter();
            all.any(|report| report.tenant_id == customer.tenant_id && report.is_without_legacy())
        };
        let left = customers.iter().filter(|customer| !without(customer)).count();
        let mut steps = plan_secrets(&self.settings, legacy, left);
        let Some(registration) = legacy.registration.filter(|_| !self.settings.dry_run) else { return steps };
        for result in &mut steps {
            if let (StepOutcome::Planned, MigrationStep::RemoveSecret { key, .. }) = (&result.outcome, &result.step) {
                result.outcome = told(self.remove_secret(&registration, key).await);
            }
        }
        steps
    }

    async fn look(&self, tenant: &TenantId, application: &AppId) -> Looked<Option<ServicePrincipal>> {
        let found = self.ports.principals.service_principal(tenant, application).await;
        found.map_err(|error| Finding::of(&error))
    }

    /// As the new application, or, where that has no consent yet, as the legacy one itself.
    async fn look_for_legacy(&self, tenant: &TenantId) -> Looked<Option<ServicePrincipal>> {
        let legacy = &self.settings.legacy;
        let found = self.look(tenant, legacy).await;
        match (&self.ports.legacy, &found) {
            (Some(port), Err(finding)) if finding.lacks_consent() => {
                match port.service_principal(tenant, legacy).await {
                    // Without consent there is no token: it is not there.
                    Err(error) if error.lacks_consent() => Ok(None),
                    found => found.map_err(|error| Finding::of(&error)),
                }
            }
            _ => found,
        }
    }

    async fn remove_planned(&self, tenant: &TenantId, steps: &mut [StepResult<MigrationStep>]) {
        if self.settings.dry_run {
            return;
        }
        for result in steps.iter_mut().filter(|result| result.outcome == StepOutcome::Planned) {
            let removed = match &result.step {
                MigrationStep::RemoveLegacy { application, principal, .. } => {
                    self.remove_legacy(tenant, application, principal.as_ref()).await
                }
                MigrationStep::RemoveNew { application, principal } => {
                    self.remove(tenant, application, principal.as_ref()).await
                }
                MigrationStep::Move { .. } | MigrationStep::RemoveSecret { .. } => continue,
            };
            result.outcome = told(removed);
        }
        self.ports.credential.forget(tenant).await;
    }

    async fn remove_legacy(&self, tenant: &TenantId, legacy: &AppId, principal: Option<&ObjectId>) -> Result<Removed> {
        let removed = self.remove(tenant, legacy, principal).await?;
        match self.ports.principals.service_principal(tenant, legacy).await? {
            None => Ok(removed),
            Some(_) => Err(still_there().with_tenant(*tenant)),
        }
    }

    async fn remove(&self, tenant: &TenantId, application: &AppId, principal: Option<&ObjectId>) -> Result<Removed> {
        let (consent, upkeep) = (&*self.ports.consent, &*self.ports.principal_upkeep);
        remove_application(consent, upkeep, tenant, application, principal).await
    }

    async fn remove_secret(&self, registration: &ObjectId, key: &KeyId) -> Result<Removed> {
        let removed = match self.ports.secrets.remove_secret(registration, key).await {
            // What the service says of a secret it does not have; reading back tells.
            Err(error) if error.kind() == ErrorKind::InvalidRequest => Removed::Before,
            result => Removed::of(result)?,
        };
        let found = self.ports.applications.find_application(&self.settings.legacy).await?;
        match found.is_some_and(|found| found.password_credentials.iter().any(|secret| secret.key_id == *key)) {
            false => Ok(removed),
            true => Err(still_there()),
        }
    }
}

fn told(removed: Result<Removed>) -> StepOutcome {
    match removed {
        Ok(Removed::Now) => StepOutcome::Done,
        Ok(Removed::Before) => StepOutcome::Already,
        Err(error) => StepOutcome::failed(&error),
    }
}

fn still_there() -> Error {
    Error::new(ErrorKind::NotPropagated, "read back, it is still there; run again")
}
