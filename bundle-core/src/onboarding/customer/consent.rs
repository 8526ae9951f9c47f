//! Consent in the customer's tenant, and the permissions on top of it.

use super::{Onboarding, Run};
use crate::catalog::Resource;
use crate::consent::{self, Push};
use crate::directory::ServicePrincipal;
use crate::error::{Error, ErrorKind};
use crate::onboarding::settings::look_again;
use crate::onboarding::stage::{Stage, Stop, is_refusal, is_settling};
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
            Err(error) if error.lacks_consent() => self.give_consent(run, &error).await,
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
        found.ok_or_else(|| consent::no_client(tenant))
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
        let tenant = run.customer.tenant_id;
        match self.ports.consent.consent(&tenant, &self.settings.application, &[consent::bootstrap()]).await {
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
        let now = run.now;
        let push = Push {
            principals: &*self.ports.principals,
            grants: &*self.ports.grants,
            tenant: &tenant,
            application: &self.settings.application,
            wanted: &wanted,
            now,
            retry_absent: self.settings.pace.absence,
            dry_run: self.settings.dry_run,
        };
        let pushed = match push.run(Some(client), &mut run.state.absent).await {
            Ok(pushed) => pushed,
            Err(error) => return self.met(run, error).await,
        };
        if self.settings.dry_run {
            run.steps.extend(pushed.plan.steps.iter().map(ToString::to_string));
            return Ok(());
        }
        let outcome = pushed.outcome;
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
        run.findings.extend(Finding::of_steps(&outcome.failed));
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
