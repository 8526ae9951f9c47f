//! `consent refresh` and `consent reset`: the run over the customers.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use bundle_core::consent::{ConsentReport, ConsentRun, ConsentSettings, ConsentState};
use bundle_core::customer::Customer;
use futures_util::future::{self, FutureExt as _, Shared};
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde::Serialize;

use super::{Args, Journal, RunArgs};
use crate::clock::Clock;
use crate::connect::Connection;
use crate::exit::Failure;
use crate::gdap::{Output, of_partner_center};

/// How many customers stand how.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    done: usize,
    fresh: usize,
    planned: usize,
    waiting: usize,
    refused: usize,
    inconclusive: usize,
    not_begun: usize,
}

pub(super) async fn run(
    args: &Args,
    how: &RunArgs,
    connection: &Connection,
    settle: impl FnOnce(ConsentSettings) -> ConsentSettings,
    stop: impl Future<Output = ()> + Send,
) -> Result<Output, Failure> {
    let started = Instant::now();
    let mut wanted = args.wanted()?;
    let records = Journal::open(args.state.as_deref(), connection.cloud.name(), connection.partner, how.dry_run)?;
    let ports = connection.consent_ports(Arc::new(records));
    let customers = of_partner_center(&*connection.customer_api(), &args.customers()?).await?;
    let retired = wanted.drop_retired(&*ports.principals, &connection.partner).await?;
    let settings = ConsentSettings::new(connection.partner, connection.application, wanted)
        .dry_run(how.dry_run)
        .concurrency(how.concurrency);
    let run = ConsentRun::try_new(ports, settle(settings))?;
    let stop = pin!(stop);
    let round = Round { run: &run, how, clock: &connection.clock };
    let reports = round.all(&customers, stop.shared()).await?;
    let mut output = show(&customers, &reports, connection, started)?;
    output.notes.extend(retired.iter().map(|name| format!("no longer offered, left out: {name}")));
    Ok(output)
}

struct Round<'a> {
    run: &'a ConsentRun,
    how: &'a RunArgs,
    clock: &'a Clock,
}

impl Round<'_> {
    /// Looks after customers until each has ended, or waits for longer than the program does; the reports by customer.
    async fn all<F>(&self, customers: &[Customer], stop: Shared<F>) -> Result<BTreeMap<usize, ConsentReport>, Failure>
    where
        F: Future<Output = ()>,
    {
        let clock = self.clock;
        let until = clock.now().await? + self.how.patience()?.unwrap_or_else(|| clock.default_patience());
        let position: BTreeMap<_, usize> = customers.iter().map(|customer| customer.tenant_id).zip(0..).collect();
        let mut reports: BTreeMap<usize, ConsentReport> = BTreeMap::new();
        let mut due: BTreeMap<usize, Timestamp> = position.values().map(|at| (*at, Timestamp::MIN)).collect();
        while let Some(next) = due.values().min().copied() {
            if let future::Either::Right(_) = future::select(pin!(clock.wait_until(next)), stop.clone()).await {
                break;
            }
            let now = clock.now().await?;
            let ready: Vec<Customer> =
                due.iter().filter(|(_, time)| **time <= now).map(|(at, _)| customers[*at].clone()).collect();
            let clock_now = || if matches!(clock, Clock::System) { Timestamp::now() } else { now };
            let mut looked = pin!(self.run.run(stream::iter(ready).take_until(stop.clone()), clock_now));
            while let Some(report) = looked.next().await {
                let report = report?;
                let at = position[&report.tenant_id];
                let again = report.waiting.as_ref().map(|waiting| waiting.check_after).filter(|again| *again <= until);
                match again {
                    Some(again) => drop(due.insert(at, again)),
                    None => drop(due.remove(&at)),
                }
                if !self.how.quiet && again.is_none() && report.state != ConsentState::Fresh {
                    note!(
                        "[{}/{}] {}: {}",
                        customers.len() - due.len(),
                        customers.len(),
                        report.name,
                        report.state.as_str()
                    );
                }
                merge(&mut reports, at, report);
            }
            if stop.peek().is_some() {
                break;
            }
        }
        Ok(reports)
    }
}

/// What an earlier look has done, and why, is part of the story.
fn merge(reports: &mut BTreeMap<usize, ConsentReport>, at: usize, mut report: ConsentReport) {
    if let Some(before) = reports.remove(&at) {
        report.steps.splice(0..0, before.steps);
        report.reason = before.reason;
    }
    reports.insert(at, report);
}

fn show(
    customers: &[Customer],
    reports: &BTreeMap<usize, ConsentReport>,
    connection: &Connection,
    started: Instant,
) -> Result<Output, Failure> {
    let mut summary = Summary { not_begun: customers.len() - reports.len(), ..Summary::default() };
    for report in reports.values() {
        *match report.state {
            ConsentState::Done => &mut summary.done,
            ConsentState::Fresh => &mut summary.fresh,
            ConsentState::Planned => &mut summary.planned,
            ConsentState::Waiting => &mut summary.waiting,
            ConsentState::Refused => &mut summary.refused,
            // Whatever comes to be: nothing is known of the customer.
            _ => &mut summary.inconclusive,
        } += 1;
    }
    let rows: Vec<&ConsentReport> = reports.values().collect();
    let meter = &connection.meter;
    let mut output = Output::new(
        &["customer", "state", "why", "done", "what"],
        &serde_json::json!({
            "customers": rows,
            "summary": summary,
            "requests": meter.requests(),
            "throttled": meter.throttled(),
            "seconds": started.elapsed().as_secs_f64(),
        }),
    )?;
    for report in rows {
        let finding = report.findings.first().map(|finding| finding.evidence.clone());
        let waiting = report.waiting.as_ref().map(|waiting| waiting.reason.text().to_owned());
        let fresh = report.fresh_until.map(|until| format!("due {}", until.strftime("%Y-%m-%d")));
        output.rows.push(vec![
            report.name.clone(),
            report.state.as_str().to_owned(),
            report.reason.map(|reason| reason.text().to_owned()).unwrap_or_default(),
            report.steps.join("; "),
            finding.or(waiting).or(fresh).unwrap_or_default(),
        ]);
        for step in report.findings.iter().flat_map(|finding| finding.remedy.first()) {
            output.notes.push(format!("{}: {step}", report.name));
        }
    }
    if summary.not_begun > 0 {
        output.notes.push(format!("stopped: {} customer(s) were not looked at", summary.not_begun));
    }
    output.needs_person = summary.refused + summary.waiting + summary.not_begun > 0;
    output.inconclusive = summary.inconclusive > 0;
    Ok(output)
}
