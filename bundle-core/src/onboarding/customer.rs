//! One customer, from relationship to shields.

mod consent;
mod exclusion;
mod relationship;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::settings::look_again;
use super::stage::{Stage, Stop, is_settling};
use super::{
    CustomerOutcome, CustomerReport, CustomerState, Finding, OnboardingPorts, OnboardingSettings, WaitReason, Waiting,
};
use crate::consent::WantedGrants;
use crate::customer::Customer;
use crate::error::{Error, ErrorKind, Result};
use crate::gdap::Relationship;
use crate::ids::{GroupId, RoleTemplateId};
use crate::integration::Integration;
use crate::setup::SetupReport;
use crate::shield::{Raised, ShieldStatus, Shields, raise};

/// Onboards customers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Onboarding {
    ports: OnboardingPorts,
    settings: OnboardingSettings,
}

/// What all customers share: the partner's groups and relationships, and what is granted in each tenant.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PartnerView {
    /// The group of each role.
    pub groups: BTreeMap<RoleTemplateId, GroupId>,
    /// All relationships of the partner, as they were when the view was made.
    pub relationships: Vec<Relationship>,
    /// What the application is granted in a customer's tenant.
    pub grants: WantedGrants,
}

/// What a run of one customer has gathered.
struct Run<'a> {
    view: &'a PartnerView,
    customer: &'a Customer,
    state: &'a mut CustomerState,
    now: Timestamp,
    findings: Vec<Finding>,
    steps: Vec<String>,
    /// When the youngest relationship in use came into force.
    activated: Option<Timestamp>,
    /// Roles no relationship has.
    missing: Vec<RoleTemplateId>,
}

impl Onboarding {
    /// An onboarding through these ports.
    #[must_use]
    pub fn new(ports: OnboardingPorts, settings: OnboardingSettings) -> Self {
        Self { ports, settings }
    }

    /// The ports.
    #[must_use]
    pub fn ports(&self) -> &OnboardingPorts {
        &self.ports
    }

    /// Reads what all customers share, on top of a set-up that has run.
    ///
    /// # Errors
    /// Any error of the ports.
    pub async fn view(&self, setup: &SetupReport) -> Result<PartnerView> {
        let relationships = self.ports.relationships.relationships().await?;
        Ok(PartnerView { groups: setup.groups.clone(), relationships, grants: setup.customer_grants.clone() })
    }

    /// Looks at a customer, does what is missing (or lists it, in a dry run) and says how it stands.
    ///
    /// Run it again after [`Waiting::check_after`]; store `state` in between. A second run on a customer that is done
    /// only reads.
    ///
    /// # Errors
    /// Only what concerns every customer alike: the service account has to sign in again
    /// ([`ErrorKind::ReauthenticationRequired`]), the application's secret is refused ([`ErrorKind::InvalidClient`]).
    /// Everything about this customer is in the report.
    pub async fn advance(
        &self,
        view: &PartnerView,
        customer: &Customer,
        state: &mut CustomerState,
        now: Timestamp,
    ) -> Result<CustomerReport> {
        let mut fresh: Option<PartnerView> = None;
        for _ in 0..ATTEMPTS {
            let mut run = Run {
                view: fresh.as_ref().unwrap_or(view),
                customer,
                state,
                now,
                findings: Vec::new(),
                steps: Vec::new(),
                activated: None,
                missing: Vec::new(),
            };
            let stop = match self.stages(&mut run).await {
                Ok(()) => None,
                Err(Stop::Fatal(error)) => return Err(error),
                // The write may have been made: looking again finds out, and makes it if not.
                Err(Stop::Failed(error)) if error.kind() == ErrorKind::OutcomeUnknown => {
                    match self.ports.relationships.relationships().await {
                        Ok(relationships) => fresh = Some(PartnerView { relationships, ..view.clone() }),
                        Err(error) => return Ok(self.failed(customer, &error)),
                    }
                    continue;
                }
                Err(stop) => Some(stop),
            };
            let report = self.report(run, stop).await?;
            if report.waiting.is_none() {
                // Nothing more is asked of this tenant; its tokens need not stay in memory.
                self.ports.credential.forget(&customer.tenant_id).await;
            }
            return Ok(report);
        }
        let error = Error::new(ErrorKind::OutcomeUnknown, "a write got lost again and again");
        Ok(self.failed(customer, &error.with_tenant(customer.tenant_id)))
    }

    /// The stages in order. Each looks first.
    async fn stages(&self, run: &mut Run<'_>) -> Stage<()> {
        self.relationship(run).await?;
        self.consent(run).await
    }

    async fn report(&self, mut run: Run<'_>, stop: Option<Stop>) -> Result<CustomerReport> {
        let integrations = self.ports.probes.iter().map(|probe| probe.integration());
        let unset = Shields::all(integrations, ShieldStatus::Blue);
        let (outcome, shields, waiting) = match stop {
            Some(Stop::Waiting(waiting)) => (CustomerOutcome::Waiting, unset, Some(waiting)),
            Some(Stop::Planned) => (CustomerOutcome::Waiting, unset, None),
            Some(Stop::Failed(error)) => {
                run.findings.push(Finding::of(&error));
                let inconclusive =
                    unset.iter().fold(unset, |all, (integration, _)| all.with(integration, ShieldStatus::Inconclusive));
                (CustomerOutcome::Failed, inconclusive, None)
            }
            Some(Stop::Blocked(findings)) if run.activated.is_none() => {
                run.findings.extend(findings);
                (CustomerOutcome::Blocked, unset, None)
            }
            // The relationship is there, so the probes can say what works in spite of it.
            Some(Stop::Blocked(findings)) => {
                run.findings.extend(findings);
                let raised = self.raise(&run).await?;
                let shields = raised.shields;
                self.explain(&mut run, raised);
                (CustomerOutcome::Blocked, shields, None)
            }
            // Fatal stops never get here; they have no report.
            Some(Stop::Fatal(error)) => return Err(error),
            None => {
                let raised = self.raise(&run).await?;
                let shields = raised.shields;
                match self.settling(&run, &raised) {
                    Some(waiting) => (CustomerOutcome::Waiting, shields, Some(waiting)),
                    None => {
                        self.look_for_exclusions(&mut run, &raised).await?;
                        self.explain(&mut run, raised);
                        (outcome_of(&shields, &run.findings), shields, None)
                    }
                }
            }
        };
        Ok(CustomerReport {
            tenant_id: run.customer.tenant_id,
            name: run.customer.name.clone(),
            outcome,
            shields,
            waiting,
            findings: run.findings,
            steps: run.steps,
        })
    }

    /// Asks the probes; a customer without an Exchange plan is not asked about Exchange.
    async fn raise(&self, run: &Run<'_>) -> Result<Raised> {
        let tenant = &run.customer.tenant_id;
        let without_exchange = matches!(self.has_exchange(tenant).await, Ok(false));
        let probes: Vec<_> = self
            .ports
            .probes
            .iter()
            .filter(|probe| !(without_exchange && probe.integration() == Integration::Exchange))
            .cloned()
            .collect();
        let mut raised = raise(&probes, tenant).await;
        if without_exchange && self.ports.probes.len() > probes.len() {
            raised.shields = raised.shields.with(Integration::Exchange, ShieldStatus::NotLicensed);
            raised.evidence.push((Integration::Exchange, "no licence has an Exchange plan".to_owned()));
        }
        match raised.errors.iter().position(|(_, error)| super::stage::is_fatal(error)) {
            Some(at) => Err(raised.errors.swap_remove(at).1),
            None => Ok(raised),
        }
    }

    /// Whether any licence of the tenant has an Exchange plan that is switched on.
    pub(super) async fn has_exchange(&self, tenant: &crate::ids::TenantId) -> Result<bool> {
        let licenses = self.ports.tenants.licenses(tenant).await?;
        Ok(licenses
            .iter()
            .filter(|sku| matches!(sku.capability_status.as_deref(), None | Some("Enabled" | "Warning")))
            .flat_map(|sku| &sku.service_plans)
            .filter(|plan| plan.provisioning_status.as_deref() != Some("Disabled"))
            .any(|plan| {
                plan.service_plan_name
                    .as_deref()
                    .is_some_and(|name| name.starts_with("EXCHANGE_S_") && !name.starts_with("EXCHANGE_S_FOUNDATION"))
            }))
    }

    /// A refusal soon after a change is waited for, unless a missing role explains it.
    fn settling(&self, run: &Run<'_>, raised: &Raised) -> Option<Waiting> {
        let pace = &self.settings.pace;
        let changed = run.state.last_change().max(run.activated);
        if !is_settling(changed, run.now, pace.settling) {
            return None;
        }
        let passes = raised.errors.iter().any(|(integration, error)| {
            let refused = error.lacks_consent()
                || matches!(
                    error.kind(),
                    ErrorKind::NotPropagated
                        | ErrorKind::PermissionDenied
                        | ErrorKind::RelationshipInactive
                        | ErrorKind::ReauthenticationRequired
                );
            refused && !self.is_explained(run, *integration)
        });
        passes.then(|| Waiting::until(WaitReason::Permissions, look_again(changed, run.now, pace.permissions)))
    }

    /// Whether a role no relationship has explains that an integration is refused.
    fn is_explained(&self, run: &Run<'_>, integration: Integration) -> bool {
        integration == Integration::Exchange && run.missing.contains(&RoleTemplateId::EXCHANGE_ADMINISTRATOR)
    }

    /// Turns the errors of the probes into findings, each issue once.
    fn explain(&self, run: &mut Run<'_>, raised: Raised) {
        for (integration, error) in raised.errors {
            if error.kind() == ErrorKind::LicenseMissing || self.is_explained(run, integration) {
                continue;
            }
            let finding = Finding::of_step(integration.title(), &error);
            let known = |other: &Finding| {
                other.issue == finding.issue && (finding.issue != "unknown" || other.kind == finding.kind)
                    || other.kind == ErrorKind::ConditionalAccess && finding.kind == ErrorKind::ConditionalAccess
            };
            if !run.findings.iter().any(known) {
                run.findings.push(finding);
            }
        }
    }

    /// The report of a customer nothing could be found out about.
    #[must_use]
    pub fn failed(&self, customer: &Customer, error: &Error) -> CustomerReport {
        let integrations = self.ports.probes.iter().map(|probe| probe.integration());
        CustomerReport {
            tenant_id: customer.tenant_id,
            name: customer.name.clone(),
            outcome: CustomerOutcome::Failed,
            shields: Shields::all(integrations, ShieldStatus::Inconclusive),
            waiting: None,
            findings: vec![Finding::of(error)],
            steps: Vec::new(),
        }
    }
}

fn outcome_of(shields: &Shields, findings: &[Finding]) -> CustomerOutcome {
    if shields.iter().any(|(_, status)| status == ShieldStatus::Inconclusive) {
        CustomerOutcome::Failed
    } else if shields.iter().all(|(_, status)| status.is_fine()) && findings.is_empty() {
        CustomerOutcome::Done
    } else {
        CustomerOutcome::Blocked
    }
}

/// How often a customer is begun again because the outcome of a write is unknown.
const ATTEMPTS: usize = 3;
