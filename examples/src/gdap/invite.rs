//! `gdap invite`: one customer or all, resumable, with waiting when asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use bundle_core::Error;
use bundle_core::customer::Customer;
use bundle_core::gdap::{InviteReport, InviteSettings, InviteState, Inviting, Relationship};
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde::Serialize;

use super::args::{Args, InviteArgs, customers};
use super::customers::of_partner_center;
use super::output::Output;
use super::state::State;
use crate::connect::Connection;
use crate::exit::Failure;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    tenant_id: String,
    customer: String,
    #[serde(flatten)]
    report: Option<InviteReport>,
    error: Option<String>,
}

pub(super) async fn run(args: &Args, command: &InviteArgs, connection: &Connection) -> Result<Output, Failure> {
    let mut state = State::open(args.state.clone(), connection.partner)?;
    let named = customers(&command.customer)?;
    let invited = of_partner_center(&*connection.customer_api(), &named).await?;
    let settings = command.settings(connection.cloud.clone())?;
    let outcomes = invite(args, settings, &invited, &mut state, connection).await?;
    let rows: Vec<Row> = invited.iter().zip(outcomes).map(|(customer, outcome)| row(customer, outcome)).collect();
    let mut output =
        Output::new(&["customer", "state", "relationship", "waits for"], &serde_json::json!({ "customers": rows }))?;
    for row in &rows {
        let report = row.report.as_ref();
        let waits = report.and_then(|report| report.waiting.as_ref()).map(|waiting| waiting.reason.text().to_owned());
        output.rows.push(vec![
            row.customer.clone(),
            report.map_or("failed", |report| report.state.as_str()).to_owned(),
            report.and_then(|report| report.name.clone()).unwrap_or_default(),
            waits.or_else(|| row.error.clone()).unwrap_or_default(),
        ]);
        if let Some(link) = report.and_then(|report| report.link.as_ref()) {
            output.notes.push(format!("{}: a Global Administrator approves at {link}", row.customer));
        }
        if let Some(report) = report.filter(|_| command.dry_run) {
            output.notes.extend(report.steps.iter().map(|step| format!("{}: would {step}", row.customer)));
        }
    }
    let done = |row: &Row| row.report.as_ref().is_some_and(|report| report.state == InviteState::InForce);
    output.needs_person = !rows.iter().all(done);
    Ok(output)
}

/// Invites customers until each is in force, has ended, or is to be waited for longer than the program does. The state is
/// stored after each step.
pub(super) async fn invite(
    args: &Args,
    settings: InviteSettings,
    invited: &[Customer],
    state: &mut State,
    connection: &Connection,
) -> Result<Vec<Result<InviteReport, Error>>, Failure> {
    let clock = &connection.clock;
    let relationships = connection.fact_ports().relationships;
    let dry_run = settings.dry_run;
    let inviting = Inviting::new(Arc::clone(&relationships), settings)?;
    let all: Vec<Relationship> = relationships.relationships().await?;
    let until = clock.now().await? + args.patience()?;
    let mut ended: Vec<Option<Result<InviteReport, Error>>> = invited.iter().map(|_| None).collect();
    let mut due: BTreeMap<usize, Timestamp> = (0..invited.len()).map(|at| (at, Timestamp::MIN)).collect();
    while let Some(next) = due.values().min().copied() {
        clock.wait_until(next).await?;
        let now = clock.now().await?;
        let ready: Vec<usize> = due.iter().filter(|(_, time)| **time <= now).map(|(at, _)| *at).collect();
        let work: Vec<_> = ready
            .into_iter()
            .map(|at| {
                let mut own = state.invitations.get(&invited[at].tenant_id).cloned().unwrap_or_default();
                let (inviting, all, customer) = (&inviting, &all, &invited[at]);
                async move {
                    let outcome = inviting.advance(all, customer, &mut own, now).await;
                    (at, own, outcome)
                }
            })
            .collect();
        let mut work = stream::iter(work).buffer_unordered(CONCURRENCY);
        while let Some((at, own, outcome)) = work.next().await {
            if !dry_run && state.invitations.insert(invited[at].tenant_id, own.clone()) != Some(own) {
                state.save()?;
            }
            let again = outcome.as_ref().ok().and_then(|report| report.waiting.as_ref());
            match again.map(|waiting| waiting.check_after).filter(|again| *again <= until) {
                Some(again) => drop(due.insert(at, again)),
                None => {
                    due.remove(&at);
                    ended[at] = Some(outcome);
                }
            }
        }
    }
    Ok(ended.into_iter().flatten().collect())
}

fn row(customer: &Customer, outcome: Result<InviteReport, Error>) -> Row {
    let (report, error) = match outcome {
        Ok(report) => (Some(report), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Row { tenant_id: customer.tenant_id.to_string(), customer: customer.name.clone(), report, error }
}

/// How many customers are worked on at a time.
pub(super) const CONCURRENCY: usize = 16;
