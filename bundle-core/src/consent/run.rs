//! Consent of many customers: given, kept up and reset, some customers at a time.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{Stream, StreamExt as _};
use jiff::Timestamp;

use super::visit::{End, Visit};
use super::{
    ConsentRecord, ConsentReport, ConsentState, RefreshAges, RefreshDecision, RefreshReason, WantedGrants,
    decide_refresh,
};
use crate::auth::Credential;
use crate::customer::{ConsentApi, Customer};
use crate::directory::{GrantApi, ServicePrincipalApi};
use crate::error::{Error, Result};
use crate::ids::{AppId, TenantId};
use crate::onboarding::{Finding, Pace, WaitReason, Waiting, is_fatal, is_inconclusive, is_refusal, is_settling};

/// Where the records of customers are kept.
///
/// # Behavior
/// * [`ConsentRecords::keep`] answers when the record is stored: a reset writes down that it begins before it removes
///   anything.
/// * Records of several customers are read and kept at the same time.
#[async_trait]
pub trait ConsentRecords: std::fmt::Debug + Send + Sync {
    /// Reads the record of a customer; `None` when there is none.
    async fn record(&self, customer: &TenantId) -> Result<Option<ConsentRecord>>;

    /// Stores the record of a customer in place of the one before.
    async fn keep(&self, customer: &TenantId, record: &ConsentRecord) -> Result<()>;
}

/// Everything consent at scale reaches out through.
#[derive(Clone, Debug)]
pub struct ConsentPorts {
    /// Consent through Partner Center.
    pub consent: Arc<dyn ConsentApi>,
    /// Service principals in customers' tenants.
    pub principals: Arc<dyn ServicePrincipalApi>,
    /// What is granted in customers' tenants.
    pub grants: Arc<dyn GrantApi>,
    /// To drop tokens when consent has changed.
    pub credential: Arc<dyn Credential>,
    /// What is remembered.
    pub records: Arc<dyn ConsentRecords>,
}

/// What a run over the consents of customers is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConsentSettings {
    /// The partner's tenant.
    pub partner: TenantId,
    /// The application.
    pub application: AppId,
    /// What the application should be granted in each customer's tenant.
    pub wanted: WantedGrants,
    /// After what time a customer is looked after again.
    pub ages: RefreshAges,
    /// Whether customers are looked after that are not due.
    pub forced: bool,
    /// Whether consent is removed and given anew, with everything granted to the application.
    pub reset: bool,
    /// Whether nothing is written and the steps are only listed.
    pub dry_run: bool,
    /// How many customers are worked on at a time; 32 by default.
    pub concurrency: usize,
}

impl ConsentSettings {
    /// Settings of a refresh: what is due is looked after, and what is missing is granted.
    #[must_use]
    pub fn new(partner: TenantId, application: AppId, wanted: WantedGrants) -> Self {
        Self {
            partner,
            application,
            wanted,
            ages: RefreshAges::default(),
            forced: false,
            reset: false,
            dry_run: false,
            concurrency: CONCURRENCY,
        }
    }

    /// Sets after what time a customer is looked after again.
    #[must_use]
    pub fn ages(mut self, ages: RefreshAges) -> Self {
        self.ages = ages;
        self
    }

    /// Sets whether customers are looked after that are not due.
    #[must_use]
    pub fn forced(mut self, forced: bool) -> Self {
        self.forced = forced;
        self
    }

    /// Sets whether consent is removed and given anew. In between the application has no access to the customer.
    #[must_use]
    pub fn reset(mut self, reset: bool) -> Self {
        self.reset = reset;
        self
    }

    /// Sets whether nothing is written.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Sets how many customers are worked on at a time.
    #[must_use]
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }
}

/// Keeps the consent of customers up. Cheap to clone.
///
/// A customer that is not due costs no request. One that is costs four while all is granted: a token, a `$batch` with the
/// service principals, and the two listings of what is granted; one more, of the 50 that Partner Center takes in a second,
/// when consent was never given for this application or is gone. What is missing is granted on top, and the tokens of the
/// tenant are dropped then.
#[derive(Clone, Debug)]
pub struct ConsentRun {
    ports: ConsentPorts,
    settings: Arc<ConsentSettings>,
    /// Of what is wanted.
    fingerprint: Arc<str>,
}

impl ConsentRun {
    /// Checks and builds a run.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): no permission is wanted, or no customer is worked on at a time.
    pub fn try_new(ports: ConsentPorts, settings: ConsentSettings) -> Result<Self> {
        if settings.wanted.resources().is_empty() {
            return Err(Error::config("permissions: none is wanted"));
        }
        if settings.concurrency == 0 {
            return Err(Error::config("concurrency: 0 customers at a time are none"));
        }
        let fingerprint = settings.wanted.fingerprint().into();
        Ok(Self { ports, settings: Arc::new(settings), fingerprint })
    }

    /// Looks after customers, some at a time, and answers a report for each as soon as it is there. `now` is asked when a
    /// customer begins.
    ///
    /// A failing customer stops no other. To stop early and let those under way finish, end `customers`
    /// (`customers.take_until(signal)`); dropping the answer stops at once. Either way the records say how to go on, and
    /// a customer that waits is handed in again after [`Waiting::check_after`].
    ///
    /// # Errors
    /// An item is an error when every customer would meet it: the partner's own sign-in or application does not work, the
    /// records cannot be stored. Stop then.
    pub fn run<S, N>(&self, customers: S, now: N) -> impl Stream<Item = Result<ConsentReport>> + use<S, N>
    where
        S: Stream<Item = Customer>,
        N: Fn() -> Timestamp,
    {
        let (run, concurrency) = (self.clone(), self.settings.concurrency);
        customers
            .map(move |customer| {
                let (run, now) = (run.clone(), now());
                async move { run.advance(&customer, now).await }
            })
            .buffer_unordered(concurrency)
    }

    /// Looks after one customer, if it is due.
    ///
    /// # Errors
    /// What every customer would meet, see [`ConsentRun::run`]; [`ErrorKind::Config`](crate::ErrorKind::Config): the
    /// customer is the partner itself. Everything about this customer is in the report.
    pub async fn advance(&self, customer: &Customer, now: Timestamp) -> Result<ConsentReport> {
        let tenant = &customer.tenant_id;
        if *tenant == self.settings.partner {
            return Err(Error::config(format!("customer: {tenant} is the partner's own tenant")));
        }
        let kept = self.ports.records.record(tenant).await?;
        let reason = match self.decide(kept.as_ref(), now) {
            RefreshDecision::Refresh { reason } => reason,
            RefreshDecision::Fresh { until } => return Ok(fresh(customer, until)),
        };
        let own = kept.filter(|record| record.application == self.settings.application);
        let record = own.unwrap_or_else(|| ConsentRecord::new(self.settings.application));
        let mut visit = Visit::new(&self.ports, &self.settings, *tenant, record, now);
        let end = if self.settings.dry_run { visit.plan().await } else { visit.run().await };
        let end = self.sorted(end, &visit.record, now)?;
        let report = self.conclude(customer, reason, end, &mut visit);
        if !self.settings.dry_run {
            if report.state != ConsentState::Done {
                // Neither a token nor a refusal from before the change answers the next look.
                self.ports.credential.forget(tenant).await;
            }
            self.ports.records.keep(tenant, &visit.record).await?;
        }
        Ok(report)
    }

    /// Whether a customer is due; see [`decide_refresh`].
    #[must_use]
    pub fn decide(&self, record: Option<&ConsentRecord>, now: Timestamp) -> RefreshDecision {
        let ConsentSettings { application, ages, forced, reset, .. } = &*self.settings;
        match decide_refresh(record, application, &self.fingerprint, ages, now) {
            RefreshDecision::Fresh { .. } if *forced || *reset => {
                RefreshDecision::Refresh { reason: RefreshReason::Asked }
            }
            decision => decision,
        }
    }

    /// Sorts an error: everybody's, one that says nothing, one that passes, one for a person.
    fn sorted(&self, end: Result<End>, record: &ConsentRecord, now: Timestamp) -> Result<End> {
        let pace = Pace::default();
        match end {
            Err(error) if is_fatal(&error) => Err(error),
            Err(error) if is_inconclusive(&error) => Ok(End::Inconclusive(Finding::of(&error))),
            Err(error) if is_refusal(&error) && is_settling(record.consented_at, now, pace.settling) => {
                Ok(End::Waiting(Waiting::until(WaitReason::Consent, now + pace.consent)))
            }
            Err(error) => Ok(End::Refused(vec![Finding::of(&error)])),
            end => end,
        }
    }

    /// Writes the record and the report.
    fn conclude(&self, customer: &Customer, reason: RefreshReason, end: End, visit: &mut Visit<'_>) -> ConsentReport {
        let (now, wanted, record) = (visit.now, &*self.fingerprint, &mut visit.record);
        let (state, waiting, findings) = match end {
            End::Done => {
                record.conclude(now, wanted, None);
                (ConsentState::Done, None, Vec::new())
            }
            End::Inconclusive(finding) => {
                record.inconclusive = Some(finding.evidence.clone());
                (ConsentState::Inconclusive, None, vec![finding])
            }
            End::Planned => (ConsentState::Planned, None, Vec::new()),
            End::Refused(findings) => {
                record.conclude(now, wanted, findings.first().map(|finding| finding.evidence.clone()));
                (ConsentState::Refused, None, findings)
            }
            End::Waiting(waiting) => {
                record.inconclusive = None;
                (ConsentState::Waiting, Some(waiting), Vec::new())
            }
        };
        ConsentReport {
            tenant_id: customer.tenant_id,
            name: customer.name.clone(),
            state,
            reason: Some(reason),
            fresh_until: None,
            waiting,
            steps: std::mem::take(&mut visit.steps),
            findings,
        }
    }
}

fn fresh(customer: &Customer, until: Timestamp) -> ConsentReport {
    ConsentReport {
        tenant_id: customer.tenant_id,
        name: customer.name.clone(),
        state: ConsentState::Fresh,
        reason: None,
        fresh_until: Some(until),
        waiting: None,
        steps: Vec::new(),
        findings: Vec::new(),
    }
}

/// Enough for 50 consents a second where each takes half a second.
const CONCURRENCY: usize = 32;
