//! `gdap assign`: one group for each role, each role of relationships in force to its group.

use std::collections::BTreeMap;
use std::sync::Arc;

use bundle_core::customer::Customer;
use bundle_core::gdap::{AssignReport, AssignState, Assigning, Relationship, RoleGroupMap, RoleGroups, role_name};
use bundle_core::ids::RoleTemplateId;
use bundle_core::onboarding::Finding;
use bundle_core::{Error, TenantId};
use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;

use super::args::{Args, AssignArgs, GroupArgs, customers, roles};
use super::invite::CONCURRENCY;
use super::output::Output;
use super::state::State;
use crate::connect::Connection;
use crate::exit::Failure;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    tenant_id: String,
    customer: String,
    state: Option<AssignState>,
    steps: Vec<String>,
    findings: Vec<Finding>,
    error: Option<String>,
}

pub(super) async fn run(args: &Args, command: &AssignArgs, connection: &Connection) -> Result<Output, Failure> {
    let mut state = State::open(args.state.clone(), connection.partner)?;
    let wanted = roles(&command.role)?;
    let only = customers(&command.customer)?;
    let groups = role_groups(&command.groups, command.dry_run, &wanted, &mut state, connection).await?;
    let by_customer = in_force(&connection.fact_ports().relationships.relationships().await?);
    if let Some(id) = only.iter().find(|id| !by_customer.contains_key(*id)) {
        return Err(Failure::usage(format!("--customer: no relationship with {id} is in force")));
    }
    let chosen: Vec<(Customer, Vec<Relationship>)> = by_customer
        .into_values()
        .filter(|(customer, _)| only.is_empty() || only.contains(&customer.tenant_id))
        .collect();
    let gdap = Arc::new(connection.gdap());
    let assigning = Assigning::new(Arc::clone(&gdap) as _, gdap, groups.groups.clone())
        .prune(command.prune)
        .dry_run(command.dry_run);
    let reports = assign(args, &assigning, &chosen, &wanted, connection).await?;
    let rows: Vec<Row> = chosen.iter().zip(reports).map(|((customer, _), report)| row(customer, report)).collect();
    let mut output = Output::new(
        &["customer", "state", "writes", "what"],
        &serde_json::json!({ "groupSteps": groups.steps, "findings": groups.findings, "customers": rows }),
    )?;
    output.notes.extend(groups.steps.iter().map(|step| format!("groups: {step}")));
    output.notes.extend(groups.findings.iter().map(|finding| format!("groups: {}", finding.evidence)));
    for row in &rows {
        let word = row.state.map_or_else(|| "failed".to_owned(), |state| format!("{state:?}").to_lowercase());
        let what = row.findings.first().map(|finding| finding.evidence.clone()).or_else(|| row.error.clone());
        output.rows.push(vec![row.customer.clone(), word, row.steps.len().to_string(), what.unwrap_or_default()]);
    }
    output.needs_person = !groups.findings.is_empty() || rows.iter().any(|row| row.state != Some(AssignState::Done));
    Ok(output)
}

/// The group of each role; what was found or made is stored.
pub(super) async fn role_groups(
    args: &GroupArgs,
    dry_run: bool,
    wanted: &[RoleTemplateId],
    state: &mut State,
    connection: &Connection,
) -> Result<bundle_core::gdap::RoleGroupReport, Failure> {
    let groups = RoleGroups::new(connection.role_group_ports(), args.naming()?)
        .assignable(args.assignable_groups)
        .dry_run(dry_run);
    let report = groups.ensure(wanted, &state.groups).await?;
    if !dry_run {
        state.groups.extend(report.groups.iter());
        // Two roles never share a group, not even over runs with different roles.
        RoleGroupMap::try_new(state.groups.iter().map(|(role, group)| (*role, *group)))?;
        state.save()?;
    }
    Ok(report)
}

/// Assigns until nothing is pending any more, or for as long as the program waits.
pub(super) async fn assign(
    args: &Args,
    assigning: &Assigning,
    chosen: &[(Customer, Vec<Relationship>)],
    wanted: &[RoleTemplateId],
    connection: &Connection,
) -> Result<Vec<Result<AssignReport, Error>>, Failure> {
    let clock = &connection.clock;
    let until = clock.now().await? + args.patience()?;
    let mut reports: Vec<Option<Result<AssignReport, Error>>> = chosen.iter().map(|_| None).collect();
    let mut open: Vec<usize> = (0..chosen.len()).collect();
    loop {
        let now = clock.now().await?;
        let work: Vec<_> = open
            .iter()
            .map(|at| {
                let relationships = &chosen[*at].1;
                async move { (*at, assigning.run(relationships, wanted, now).await) }
            })
            .collect();
        let mut work = stream::iter(work).buffer_unordered(CONCURRENCY);
        let mut again = Vec::new();
        while let Some((at, report)) = work.next().await {
            if let Some(waiting) = report.as_ref().ok().and_then(|report| report.waiting.as_ref()) {
                again.push((at, waiting.check_after));
            }
            // What an earlier look has done is part of the story.
            let report = match (reports[at].take(), report) {
                (Some(Ok(before)), Ok(mut now)) => {
                    now.outcomes.splice(0..0, before.outcomes);
                    Ok(now)
                }
                (_, report) => report,
            };
            reports[at] = Some(report);
        }
        drop(work);
        let Some(next) = again.iter().map(|(_, time)| *time).min().filter(|next| *next <= until) else { break };
        open = again.into_iter().map(|(at, _)| at).collect();
        clock.wait_until(next).await?;
    }
    Ok(reports.into_iter().flatten().collect())
}

/// The relationships of each customer that has one in force.
pub(super) fn in_force(all: &[Relationship]) -> BTreeMap<TenantId, (Customer, Vec<Relationship>)> {
    let mut by_customer: BTreeMap<TenantId, (Customer, Vec<Relationship>)> = BTreeMap::new();
    for relationship in all.iter().filter(|relationship| relationship.status.is_in_force()) {
        let Some(own) = &relationship.customer else { continue };
        let name = own.display_name.clone().unwrap_or_else(|| own.tenant_id.to_string());
        let entry =
            by_customer.entry(own.tenant_id).or_insert_with(|| (Customer::new(own.tenant_id, name), Vec::new()));
        entry.1.push(relationship.clone());
    }
    by_customer
}

fn row(customer: &Customer, report: Result<AssignReport, Error>) -> Row {
    let (tenant_id, name) = (customer.tenant_id.to_string(), customer.name.clone());
    match report {
        Ok(report) => Row {
            tenant_id,
            customer: name,
            state: Some(report.state()),
            steps: report.outcomes.iter().map(|outcome| outcome.step.to_string()).collect(),
            findings: report.findings(),
            error: report
                .without_group
                .first()
                .map(|role| format!("no group for {}", role_name(role).unwrap_or("a role"))),
        },
        Err(error) => Row {
            tenant_id,
            customer: name,
            state: None,
            steps: Vec::new(),
            findings: Vec::new(),
            error: Some(error.to_string()),
        },
    }
}
