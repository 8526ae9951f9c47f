//! The run over all customers.

use std::collections::BTreeMap;
use std::time::Instant;

use bundle_core::customer::Customer;
use bundle_core::onboarding::{CustomerReport, CustomerState, Onboarding, OnboardingSettings, PartnerView, Waiting};
use bundle_core::setup::{PartnerSetup, SetupReport, SetupSettings};
use bundle_core::{Error, ErrorKind, TenantId};
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};

use super::Args;
use super::permissions::selection;
use super::report::Report;
use crate::clock::Clock;
use crate::connect::Connection;
use crate::exit::Failure;
use crate::progress::Progress;
use crate::state_file::StateFile;

/// What a run brought.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// What the partner's own tenant was missing.
    pub setup: SetupReport,
    /// The customers.
    pub report: Report,
}

/// Sets the partner's tenant up and onboards the customers.
///
/// # Errors
/// [`Failure::Usage`]: the arguments cannot work; nothing was sent, or nothing but the list of customers was read.
/// [`Failure::Failed`]: the partner's own sign-in or tenant does not work. The state is kept.
pub async fn run(args: &Args, connection: &Connection) -> Result<Outcome, Failure> {
    args.check()?;
    let started = Instant::now();
    let selection = selection(args.permissions.as_deref(), &args.without_permission)?;
    let setup_settings = SetupSettings::new(connection.partner, connection.application)
        .group_prefix(&args.group_prefix)
        .assignable_groups(!args.plain_groups);
    let setup = PartnerSetup::new(connection.setup_ports(), setup_settings.clone(), &selection)?;
    let settings = OnboardingSettings::new(
        connection.cloud.clone(),
        connection.partner,
        connection.application,
        setup_settings.roles,
    );
    let onboarding = Onboarding::new(connection.onboarding_ports(), args.apply_to(settings)?);
    let (file, mut state) = match &args.state {
        // A dry run writes nothing, its state neither.
        Some(path) if !args.dry_run => {
            let (file, state) =
                StateFile::open(path, connection.cloud.name(), &connection.partner, &connection.application)?;
            (Some(file), state.customers)
        }
        _ => (None, BTreeMap::new()),
    };

    let say = |line: &str| {
        if !args.quiet {
            note!("{line}");
        }
    };
    say("looking at the partner's tenant");
    // A customer that is not the partner's is found out before anything is written. An account that may not list the
    // customers yet is put right by the set-up.
    let customers = match list(args, &onboarding).await {
        Ok(customers) => Some(customers),
        Err(Failure::Failed(error)) if is_before_set_up(&error) => None,
        Err(failure) => return Err(failure),
    };
    let setup = setup.run(&selection, args.dry_run).await?;
    if args.dry_run && setup.joins_admin_agents {
        say("the customers can be looked at when the service account is in AdminAgents");
        let report = Report::new(Vec::new(), connection, started);
        return Ok(Outcome { setup, report });
    }
    let customers = match customers {
        Some(customers) => customers,
        None => list(args, &onboarding).await?,
    };
    let view = onboarding.view(&setup).await?;
    let mut progress = Progress::new(customers.len(), args.quiet);
    progress.say(&format!("onboarding {} customer(s)", customers.len()));

    let save = |states: &BTreeMap<TenantId, CustomerState>| match &file {
        None => Ok(()),
        Some(file) => {
            let mut all = bundle_core::onboarding::OnboardingState::new(
                connection.cloud.name(),
                connection.partner,
                connection.application,
            );
            all.customers.clone_from(states);
            file.save(&all)
        }
    };
    let round = Round { onboarding: &onboarding, view: &view, args, connection };
    let reports = round.all(&customers, &mut state, &mut progress, &save).await;
    save(&state)?;
    progress.clear();
    Ok(Outcome { setup, report: Report::new(reports?, connection, started) })
}

/// The customers to onboard: all of the partner's, or those named.
async fn list(args: &Args, onboarding: &Onboarding) -> Result<Vec<Customer>, Failure> {
    let wanted = args.customer_ids()?;
    let mut customers = onboarding.ports().customers.customers().await?;
    if !wanted.is_empty() {
        let known = |id: &TenantId| customers.iter().any(|customer| customer.tenant_id == *id);
        if let Some(unknown) = wanted.iter().find(|id| !known(id)) {
            return Err(Failure::usage(format!("--customer: {unknown} is not in the partner's list of customers")));
        }
        customers.retain(|customer| wanted.contains(&customer.tenant_id));
    }
    if let Some(most) = args.customers {
        customers.truncate(most);
    }
    if customers.is_empty() {
        return Err(Failure::usage("the partner has no customers to onboard"));
    }
    Ok(customers)
}

/// What an account meets that lacks a permission or the membership in `AdminAgents`.
fn is_before_set_up(error: &Error) -> bool {
    error.lacks_consent() || error.kind() == ErrorKind::PermissionDenied
}

struct Round<'a> {
    onboarding: &'a Onboarding,
    view: &'a PartnerView,
    args: &'a Args,
    connection: &'a Connection,
}

impl Round<'_> {
    /// Advances every customer until it is finished or has to wait longer than the program does.
    async fn all(
        &self,
        customers: &[Customer],
        states: &mut BTreeMap<TenantId, CustomerState>,
        progress: &mut Progress,
        save: &(impl Fn(&BTreeMap<TenantId, CustomerState>) -> Result<(), Error> + Sync),
    ) -> Result<Vec<CustomerReport>, Failure> {
        let clock = &self.connection.clock;
        let patience = Patience::new(clock, self.args.patience()?, clock.now().await?);
        let mut finished: Vec<Option<CustomerReport>> = customers.iter().map(|_| None).collect();
        let mut due: BTreeMap<usize, Timestamp> = (0..customers.len()).map(|at| (at, Timestamp::MIN)).collect();
        while let Some(next) = due.values().min().copied() {
            clock.wait_until(next).await?;
            let now = clock.now().await?;
            let ready: Vec<usize> = due.iter().filter(|(_, time)| **time <= now).map(|(at, _)| *at).collect();
            let work: Vec<_> = ready
                .into_iter()
                .map(|at| {
                    let customer = &customers[at];
                    let mut state = states.get(&customer.tenant_id).cloned().unwrap_or_default();
                    async move {
                        let report = self.onboarding.advance(self.view, customer, &mut state, now).await;
                        (at, state, report)
                    }
                })
                .collect();
            let mut work = stream::iter(work).buffer_unordered(self.args.concurrency);
            while let Some((at, state, report)) = work.next().await {
                let tenant = customers[at].tenant_id;
                if states.get(&tenant) != Some(&state) {
                    states.insert(tenant, state);
                    save(states)?;
                }
                let report = report?;
                let next = report.waiting.as_ref().filter(|_| !self.args.dry_run);
                match next.and_then(|waiting| patience.next(waiting, now)) {
                    Some(next) => {
                        progress.step(&report);
                        due.insert(at, next);
                    }
                    None => {
                        progress.finish(&report);
                        due.remove(&at);
                        finished[at] = Some(report);
                    }
                }
            }
        }
        Ok(finished.into_iter().flatten().collect())
    }
}

/// How long the program goes on looking.
struct Patience {
    /// Until when, at things that settle by themselves.
    settling: Timestamp,
    /// Until when, at what a person has to answer, and how often at most.
    people: (Timestamp, SignedDuration),
}

impl Patience {
    fn new(clock: &Clock, told: Option<SignedDuration>, start: Timestamp) -> Self {
        let settling = start + told.unwrap_or_else(|| clock.default_patience());
        let people = match (clock, told) {
            // A person may be sitting beside the program, but it does not wait for one unless told to.
            (Clock::System, None) => (start + SignedDuration::from_mins(1), SignedDuration::from_secs(15)),
            (Clock::System, Some(_)) => (settling, SignedDuration::from_secs(30)),
            _ => (settling, SignedDuration::MAX),
        };
        Self { settling, people }
    }

    /// When to look again, if the program still waits then.
    fn next(&self, waiting: &Waiting, now: Timestamp) -> Option<Timestamp> {
        let (next, limit) = if waiting.reason.needs_person() {
            let (limit, often) = self.people;
            let soon = now.checked_add(often).unwrap_or(Timestamp::MAX);
            (waiting.check_after.min(soon), limit)
        } else {
            (waiting.check_after, self.settling)
        };
        (next <= limit).then_some(next)
    }
}
