//! Consent in the customer's tenant, and the permissions on top of it.

use super::{Onboarding, Run};
use crate::catalog::Resource;
use crate::consent;
use crate::customer::ConsentGrant;
use crate::directory::ServicePrincipal;
use crate::error::{Error, ErrorKind};
use crate::onboarding::settings::look_again;
use crate::onboarding::stage::{Stage, Stop, is_settling};
use crate::onboarding::{Finding, WaitReason, Waiting};

impl Onboarding {
    /// Brings the customer to where the application has its permissions.
    pub(super) async fn consent(&self, run: &mut Run<'_>) -> Stage<()> {
        let tenant = run.customer.tenant_id;
        match self.client(run).await {
            Ok(client) => self.permissions(run, client).await,
            Err(error) if error.kind() == ErrorKind::ConditionalAccess => self.exclusion(run, error).await,
            // A dry run has not assigned the roles that let it look.
            Err(error) if self.settings.dry_run && !run.steps.is_empty() && is_refusal(&error) => {
                self.planned_exclusions(run).await;
                run.steps.push("consent to the application and grant the selected permissions".to_owned());
                Err(Stop::Planned)
            }
            Err(error) if error.kind() == ErrorKind::ConsentRequired => self.give_consent(run, &error).await,
            Err(error) if is_refusal(&error) => {
                self.ports.credential.forget(&tenant).await;
                Err(self.refused(run, error))
            }
            Err(error) => Err(Stop::of(error)),
        }
    }

    /// The application's service principal in the customer's tenant: reading it proves that a token can be had.
    async fn client(&self, run: &Run<'_>) -> crate::Result<ServicePrincipal> {
        let tenant = &run.customer.tenant_id;
        let found = self.ports.principals.service_principal(tenant, &self.settings.application).await?;
        found.ok_or_else(|| {
            Error::new(ErrorKind::ConsentRequired, "the application has no service principal in the tenant")
                .with_tenant(*tenant)
        })
    }

    async fn give_consent(&self, run: &mut Run<'_>, cause: &Error) -> Stage<()> {
        let pace = &self.settings.pace;
        if !self.settings.dry_run && is_settling(run.state.consented_at, run.now, pace.settling) {
            // Given already, not visible yet: no second write.
            self.ports.credential.forget(&run.customer.tenant_id).await;
            let again = look_again(run.state.consented_at, run.now, pace.consent);
            return Err(Stop::Waiting(Waiting::until(WaitReason::Consent, again)));
        }
        run.steps.push("consent to the application through Partner Center".to_owned());
        if self.settings.dry_run {
            run.steps.push("grant the selected permissions".to_owned());
            return Err(Stop::Planned);
        }
        let grant = ConsentGrant {
            resource: Resource::GRAPH.app_id,
            scopes: BOOTSTRAP_SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
        };
        let tenant = run.customer.tenant_id;
        match self.ports.consent.consent(&tenant, &self.settings.application, &[grant]).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Conflict => {
                if run.state.consented_at.is_some() {
                    // It was there a quarter of an hour ago and still does not act.
                    return Err(Stop::Blocked(vec![Finding::of(cause)]));
                }
            }
            Err(error) if error.kind() == ErrorKind::ConditionalAccess => return self.exclusion(run, error).await,
            Err(error) if is_refusal(&error) => return Err(self.refused(run, error)),
            Err(error) => return Err(Stop::of(error)),
        }
        run.state.consented_at = Some(run.now);
        self.ports.credential.forget(&tenant).await;
        Err(Stop::Waiting(Waiting::until(WaitReason::Consent, look_again(None, run.now, pace.consent))))
    }

    /// Grants what is missing.
    async fn permissions(&self, run: &mut Run<'_>, client: ServicePrincipal) -> Stage<()> {
        let tenant = run.customer.tenant_id;
        let mut wanted = run.view.grants.clone();
        match self.has_exchange(&tenant).await {
            Ok(true) => {}
            // Without a licence there is no Exchange to grant anything on.
            Ok(false) => wanted = wanted.without(Resource::EXCHANGE),
            Err(error) => return self.met(run, error).await,
        }
        // What could not be created in this tenant a few days ago is not tried in every run.
        let (now, retry) = (run.now, self.settings.pace.absence);
        run.state.absent.retain(|_, seen| now.duration_since(*seen) < retry);
        for resource in run.state.absent.keys().filter_map(|key| Resource::by_key(key)) {
            wanted = wanted.without(resource);
        }
        let (principals, grants) = (&*self.ports.principals, &*self.ports.grants);
        let snapshot = match consent::look_from(principals, grants, &tenant, client, &wanted).await {
            Ok(snapshot) => snapshot,
            Err(error) => return self.met(run, error).await,
        };
        let plan = consent::plan(&wanted, &snapshot).map_err(Stop::of)?;
        if plan.steps.is_empty() {
            return Ok(());
        }
        if self.settings.dry_run {
            run.steps.extend(plan.steps.iter().map(ToString::to_string));
            return Ok(());
        }
        let application = &self.settings.application;
        let outcome = match consent::apply(principals, grants, &tenant, application, &snapshot, &plan).await {
            Ok(outcome) => outcome,
            Err(error) => return self.met(run, error).await,
        };
        run.state.absent.extend(outcome.absent.iter().map(|resource| (resource.key.to_owned(), now)));
        if outcome.done > 0 {
            run.steps.push(format!("grant {} permission(s)", outcome.done));
            run.state.granted_at = Some(run.now);
            self.ports.credential.forget(&tenant).await;
        }
        let refused = outcome.failed.iter().any(|(_, error)| is_refusal(error));
        if refused && is_settling(run.activated.max(run.state.assigned_at), run.now, self.settings.pace.settling) {
            let again = look_again(run.state.last_change(), run.now, self.settings.pace.permissions);
            return Err(Stop::Waiting(Waiting::until(WaitReason::Permissions, again)));
        }
        run.findings.extend(grouped(&outcome.failed));
        Ok(())
    }

    /// An error in the middle of reading or granting.
    async fn met(&self, run: &mut Run<'_>, error: Error) -> Stage<()> {
        match error.kind() {
            ErrorKind::ConditionalAccess => self.exclusion(run, error).await,
            _ if is_refusal(&error) => Err(self.refused(run, error)),
            _ => Err(Stop::of(error)),
        }
    }

    /// A refusal: propagation while the relationship, the roles or consent are young, else for a person.
    fn refused(&self, run: &Run<'_>, error: Error) -> Stop {
        let pace = &self.settings.pace;
        let changed = run.activated.max(run.state.last_change());
        if is_settling(changed, run.now, pace.settling) {
            let again = look_again(changed, run.now, pace.permissions);
            return Stop::Waiting(Waiting::until(WaitReason::Permissions, again));
        }
        match Stop::of(error) {
            Stop::Fatal(error) => Stop::Blocked(vec![Finding::of(&error)]),
            stop => stop,
        }
    }
}

/// Errors that new roles or consent cause until they are visible everywhere.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConsentRequired
            | ErrorKind::NotPropagated
            | ErrorKind::PermissionDenied
            | ErrorKind::RelationshipInactive
    )
}

/// Failed writes, one finding for each issue.
fn grouped(failed: &[(consent::GrantStep, Error)]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (step, error) in failed {
        let finding = Finding::of_step(&step.to_string(), error);
        if !findings.iter().any(|known| known.issue == finding.issue && known.kind == finding.kind) {
            findings.push(finding);
        }
    }
    findings
}

/// What the application needs to grant itself the rest.
const BOOTSTRAP_SCOPES: [&str; 4] = [
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
];
