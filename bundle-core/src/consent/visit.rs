//! One customer: remove the consent when it is reset, give it where it is missing, grant what is missing.

use jiff::Timestamp;

use super::{ConsentPorts, ConsentRecord, ConsentSettings, Push, bootstrap};
use crate::error::{ErrorKind, Result};
use crate::ids::TenantId;
use crate::onboarding::{Finding, Pace, WaitReason, Waiting, is_fatal, is_inconclusive, is_refusal, is_settling};

/// How a look at a customer ends.
pub(super) enum End {
    Done,
    Inconclusive(Finding),
    Planned,
    Refused(Vec<Finding>),
    Waiting(Waiting),
}

/// What consent through Partner Center has found.
#[derive(PartialEq, Eq)]
enum Given {
    Before,
    Now,
}

/// A look at one customer.
pub(super) struct Visit<'a> {
    ports: &'a ConsentPorts,
    settings: &'a ConsentSettings,
    tenant: TenantId,
    pace: Pace,
    pub(super) record: ConsentRecord,
    pub(super) now: Timestamp,
    /// What was done, or would be.
    pub(super) steps: Vec<String>,
}

impl<'a> Visit<'a> {
    pub(super) fn new(
        ports: &'a ConsentPorts,
        settings: &'a ConsentSettings,
        tenant: TenantId,
        record: ConsentRecord,
        now: Timestamp,
    ) -> Self {
        Self { ports, settings, tenant, pace: Pace::default(), record, now, steps: Vec::new() }
    }

    /// Says what would be done.
    pub(super) async fn plan(&mut self) -> Result<End> {
        if self.begins_reset() {
            self.steps.extend([REMOVE, CONSENT, "grant the selected permissions"].map(str::to_owned));
            return Ok(End::Planned);
        }
        match self.push().await {
            Ok(_) => {}
            Err(error) if error.lacks_consent() => {
                self.steps.extend([CONSENT, "grant the selected permissions"].map(str::to_owned));
            }
            Err(error) => return Err(error),
        }
        Ok(End::Planned)
    }

    /// Does what is missing.
    pub(super) async fn run(&mut self) -> Result<End> {
        let given = if self.begins_reset() {
            self.remove().await?;
            self.give().await?
        } else if self.lacks_consent() {
            self.give().await?
        } else {
            Given::Before
        };
        if given == Given::Now {
            return Ok(self.waiting());
        }
        match self.push().await {
            // Somebody has removed it. Given a moment ago, it is not visible yet.
            Err(error) if error.lacks_consent() && self.record.consented_at.is_none() => match self.give().await? {
                Given::Now => Ok(self.waiting()),
                Given::Before => Err(error),
            },
            end => end,
        }
    }

    /// Whether the consent is to be removed; not again, while the one after that is on its way.
    fn begins_reset(&self) -> bool {
        self.settings.reset && !(self.record.resetting && self.record.consented_at.is_some())
    }

    /// Whether it is known without a look that consent is missing: a look would be a request in vain.
    fn lacks_consent(&self) -> bool {
        self.record.consented_at.is_none() && (self.record.resetting || self.record.last.is_none())
    }

    fn waiting(&self) -> End {
        End::Waiting(Waiting::until(WaitReason::Consent, self.now + self.pace.consent))
    }

    /// Removes the consent. That it may be gone is written down first: whatever comes between, the next run gives it anew.
    async fn remove(&mut self) -> Result<()> {
        let before = self.record.clone();
        self.record.resetting = true;
        self.record.consented_at = None;
        self.record.absent.clear();
        self.ports.records.keep(&self.tenant, &self.record).await?;
        match self.ports.consent.revoke(&self.tenant, &self.settings.application).await {
            Ok(()) => self.steps.push(REMOVE.to_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                if !is_inconclusive(&error) && !is_fatal(&error) {
                    // Refused, so nothing is gone.
                    self.record = before;
                }
                return Err(error);
            }
        }
        self.ports.credential.forget(&self.tenant).await;
        Ok(())
    }

    /// Gives consent unless it is there.
    async fn give(&mut self) -> Result<Given> {
        let given = match self.ports.consent.consent(&self.tenant, &self.settings.application, &[bootstrap()]).await {
            Ok(()) => Given::Now,
            Err(error) if error.kind() == ErrorKind::Conflict => Given::Before,
            Err(error) => return Err(error),
        };
        if given == Given::Now {
            self.steps.push(CONSENT.to_owned());
        }
        // Also where it was there: an interrupted run may have given it a moment ago.
        self.record.consented_at = Some(self.now);
        self.ports.credential.forget(&self.tenant).await;
        Ok(given)
    }

    /// Grants what is missing.
    async fn push(&mut self) -> Result<End> {
        let push = Push {
            principals: &*self.ports.principals,
            grants: &*self.ports.grants,
            tenant: &self.tenant,
            application: &self.settings.application,
            wanted: &self.settings.wanted,
            now: self.now,
            retry_absent: self.pace.absence,
            dry_run: self.settings.dry_run,
        };
        let pushed = push.run(None, &mut self.record.absent).await?;
        if self.settings.dry_run {
            self.steps.extend(pushed.plan.steps.iter().map(ToString::to_string));
            return Ok(End::Planned);
        }
        let outcome = pushed.outcome;
        if outcome.done > 0 {
            self.steps.push(format!("grant {} permission(s)", outcome.done));
            // Tokens issued before the grant do not carry it.
            self.ports.credential.forget(&self.tenant).await;
        }
        if outcome.failed.is_empty() {
            return Ok(End::Done);
        }
        let passes = outcome.failed.iter().any(|(_, error)| is_refusal(error));
        if passes && is_settling(self.record.consented_at, self.now, self.pace.settling) {
            let again = self.now + self.pace.permissions;
            return Ok(End::Waiting(Waiting::until(WaitReason::Permissions, again)));
        }
        Ok(End::Refused(Finding::of_steps(&outcome.failed)))
    }
}

const REMOVE: &str = "remove the consent to the application, and all it is granted";
const CONSENT: &str = "consent to the application through Partner Center";
