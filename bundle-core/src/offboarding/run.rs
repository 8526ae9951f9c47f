//! Taking the steps.

use std::sync::Arc;

use serde::Serialize;

use super::api::{ResellerApi, ServicePrincipalUpkeep, TraceApi};
use super::facts::{OffboardFacts, RelationshipOwner};
use super::plan::plan_offboarding;
use super::removal::{Removed, remove_application};
use super::settings::OffboardSettings;
use super::steps::{ApplicationOwner, OffboardStep};
use crate::auth::Credential;
use crate::customer::{ConsentApi, Customer};
use crate::directory::{ServicePrincipalApi, TenantApi};
use crate::error::{Error, ErrorKind, Result};
use crate::gdap::{FactPorts, GdapFacts, RelationshipUpkeep};
use crate::ids::TenantId;
use crate::onboarding::Finding;
use crate::step::{StepOutcome, StepResult};

/// Everything leaving a customer reaches out through.
#[derive(Clone, Debug)]
pub struct OffboardingPorts {
    /// The partner's domains.
    pub tenants: Arc<dyn TenantApi>,
    /// Guests and notification mails.
    pub traces: Arc<dyn TraceApi>,
    /// Service principals, to find.
    pub principals: Arc<dyn ServicePrincipalApi>,
    /// Service principals, to list and delete.
    pub principal_upkeep: Arc<dyn ServicePrincipalUpkeep>,
    /// Consent, to take back.
    pub consent: Arc<dyn ConsentApi>,
    /// Relationships, assignments and groups.
    pub facts: FactPorts,
    /// Relationships, to end.
    pub relationships: Arc<dyn RelationshipUpkeep>,
    /// The reseller relationship.
    pub reseller: Arc<dyn ResellerApi>,
    /// To drop the customer's tokens.
    pub credential: Arc<dyn Credential>,
}

/// Leaves customers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Offboarding {
    ports: OffboardingPorts,
    settings: OffboardSettings,
}

/// What all customers share: the partner's domains and relationships.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OffboardView {
    /// The verified domains of the partner.
    pub domains: Vec<String>,
    /// Relationships, assignments and groups.
    pub facts: GdapFacts,
}

/// How leaving a customer went.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OffboardReport {
    /// The customer's tenant.
    pub tenant_id: TenantId,
    /// The customer's name.
    pub customer: String,
    /// The steps, in the order in which they were taken.
    pub steps: Vec<StepResult<OffboardStep>>,
}

impl OffboardReport {
    /// Whether nothing is left for a person or another run.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !self.steps.iter().any(StepResult::is_open)
    }
}

impl Offboarding {
    /// A flow through these ports.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the settings cannot work, see [`OffboardSettings::check`].
    pub fn new(ports: OffboardingPorts, settings: OffboardSettings) -> Result<Self> {
        settings.check()?;
        Ok(Self { ports, settings })
    }

    /// Reads what these customers share.
    ///
    /// # Errors
    /// Any error of the ports: nothing was written.
    pub async fn view(&self, customers: &[TenantId]) -> Result<OffboardView> {
        let organization = self.ports.tenants.organization(&self.settings.partner).await?;
        let domains = organization.verified_domains.into_iter().map(|domain| domain.name).collect();
        Ok(OffboardView { domains, facts: GdapFacts::read(&self.ports.facts, customers).await? })
    }

    /// Leaves a customer step by step, or lists the steps in a dry run. Each step has its own result and none stops the
    /// next, but for those that end the access to the tenant: while an earlier step failed with an error that may pass,
    /// they are left for another run, which could not repeat that step otherwise.
    ///
    /// What was written is read back, save for the removal of the application itself. The tokens of the customer are
    /// dropped at the end.
    ///
    /// # Permissions
    /// `User.ReadWrite.All` with User Administrator for guests, `Organization.ReadWrite.All` with Billing Administrator
    /// for notification mails, `Application.ReadWrite.All` with Application Administrator for applications,
    /// `DelegatedAdminRelationship.ReadWrite.All` for relationships; the account is in `AdminAgents`.
    pub async fn run(&self, view: &OffboardView, customer: &Customer) -> OffboardReport {
        let tenant = &customer.tenant_id;
        let facts = self.look(view, tenant).await;
        let mut steps = plan_offboarding(&self.settings, &facts);
        if !self.settings.dry_run {
            for at in 0..steps.len() {
                if steps[at].outcome != StepOutcome::Planned {
                    continue;
                }
                steps[at].outcome = match held_back(&steps, at) {
                    Some(because) => StepOutcome::skipped(because, true),
                    None => self.take(tenant, &facts, &steps[at].step).await,
                };
            }
            self.ports.credential.forget(tenant).await;
        }
        OffboardReport { tenant_id: *tenant, customer: customer.name.clone(), steps }
    }

    /// Looks at everything that was asked for.
    async fn look(&self, view: &OffboardView, tenant: &TenantId) -> OffboardFacts {
        let (ports, settings) = (&self.ports, &self.settings);
        let told = |error: Error| Finding::of(&error);
        let guests = match settings.guests {
            true => Some(ports.traces.guests(tenant, &view.domains).await.map_err(told)),
            false => None,
        };
        let mut vendors = Vec::new();
        for application in &settings.vendor_applications {
            vendors.push((*application, ports.principals.service_principal(tenant, application).await.map_err(told)));
        }
        let reseller = match settings.reseller_link {
            true => Some(ports.reseller.reseller_link(tenant).await.map_err(told)),
            false => None,
        };
        let relationships = view.facts.of(tenant).filter(|relationship| !relationship.status.is_final());
        OffboardFacts {
            domains: view.domains.clone(),
            guests,
            mails: ports.traces.notification_mails(tenant).await.map_err(told),
            vendors,
            applications: ports
                .principal_upkeep
                .owned_service_principals(tenant, &settings.partner)
                .await
                .map_err(told),
            relationships: relationships
                .map(|relationship| (relationship.clone(), RelationshipOwner::of(relationship, &view.facts, settings)))
                .collect(),
            reseller,
        }
    }

    async fn take(&self, tenant: &TenantId, facts: &OffboardFacts, step: &OffboardStep) -> StepOutcome {
        match self.carry_out(tenant, facts, step).await {
            Ok(Removed::Before) => StepOutcome::Already,
            Ok(Removed::Now) => match self.is_gone(tenant, facts, step).await {
                Ok(true) => StepOutcome::Done,
                Ok(false) => {
                    let seen = Error::new(ErrorKind::NotPropagated, "read back, it is still there; run again");
                    StepOutcome::failed(&seen.with_tenant(*tenant))
                }
                Err(error) => StepOutcome::failed(&error),
            },
            Err(error) => StepOutcome::failed(&error),
        }
    }

    async fn carry_out(&self, tenant: &TenantId, facts: &OffboardFacts, step: &OffboardStep) -> Result<Removed> {
        let ports = &self.ports;
        match step {
            OffboardStep::DeleteGuest { id, .. } => Removed::of(ports.traces.delete_guest(tenant, id).await),
            OffboardStep::NotificationMails { .. } => {
                let Ok(mails) = &facts.mails else { return Ok(Removed::Before) };
                let left = mails.without_domains(&facts.domains);
                ports.traces.replace_notification_mails(tenant, &left).await.map(|()| Removed::Now)
            }
            OffboardStep::RemoveApplication { application, owner: ApplicationOwner::Own, principal, .. } => {
                let (consent, upkeep) = (&*ports.consent, &*ports.principal_upkeep);
                remove_application(consent, upkeep, tenant, application, principal.as_ref()).await
            }
            OffboardStep::RemoveApplication { principal: Some(principal), .. } => {
                Removed::of(ports.principal_upkeep.delete_service_principal(tenant, principal).await)
            }
            OffboardStep::DeleteRelationship { relationship, .. } => {
                Removed::of(ports.relationships.delete(relationship).await)
            }
            OffboardStep::EndRelationship { relationship, .. } => {
                Removed::of(ports.relationships.terminate(relationship).await)
            }
            OffboardStep::EndResellerLink => Removed::of(ports.reseller.end_reseller_link(tenant).await),
            OffboardStep::Guests | OffboardStep::PartnerApplications | OffboardStep::RemoveApplication { .. } => {
                Ok(Removed::Before)
            }
        }
    }

    /// Reads back what a step has written.
    async fn is_gone(&self, tenant: &TenantId, facts: &OffboardFacts, step: &OffboardStep) -> Result<bool> {
        let ports = &self.ports;
        match step {
            OffboardStep::DeleteGuest { id, .. } => Ok(ports.traces.find_guest(tenant, id).await?.is_none()),
            OffboardStep::NotificationMails { .. } => {
                Ok(ports.traces.notification_mails(tenant).await?.in_domains(&facts.domains).is_empty())
            }
            // With it went the way to look.
            OffboardStep::RemoveApplication { owner: ApplicationOwner::Own, .. } => Ok(true),
            OffboardStep::RemoveApplication { application, .. } => {
                Ok(ports.principals.service_principal(tenant, application).await?.is_none())
            }
            OffboardStep::DeleteRelationship { relationship, .. } => {
                let found = ports.facts.relationships.relationship(relationship).await;
                Removed::of(found.map(drop)).map(|found| found == Removed::Before)
            }
            OffboardStep::EndRelationship { relationship, .. } => {
                let status = ports.facts.relationships.relationship(relationship).await?.status;
                Ok(!status.is_in_force() && !status.is_ahead())
            }
            OffboardStep::EndResellerLink => Ok(ports.reseller.reseller_link(tenant).await?.is_none()),
            OffboardStep::Guests | OffboardStep::PartnerApplications => Ok(true),
        }
    }
}

/// Why a step has to wait: it would end the access with which an earlier one can be tried again.
fn held_back(steps: &[StepResult<OffboardStep>], at: usize) -> Option<String> {
    if !steps[at].step.ends_access() {
        return None;
    }
    let failed = steps[..at].iter().find(|earlier| earlier.may_pass())?;
    Some(format!("it would end the access to the tenant before this could be tried again: {}", failed.step))
}
