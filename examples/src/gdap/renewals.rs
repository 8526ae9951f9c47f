//! `gdap renewals`: what has to be renewed when; with `--apply`, what can be done now is.

use std::sync::Arc;

use bundle_core::Result;
use bundle_core::customer::Customer;
use bundle_core::gdap::{
    Assigning, GdapFacts, InviteSettings, RelationshipUpkeep as _, Renewal, RenewalAction, RenewalSettings,
    plan_renewals,
};
use serde::Serialize;

use super::args::{Args, RenewalArgs, Switch, customers, roles};
use super::assign::{assign, in_force, role_groups};
use super::customers::known;
use super::invite::invite;
use super::output::Output;
use super::state::State;
use crate::connect::Connection;
use crate::exit::Failure;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(flatten)]
    renewal: Renewal,
    outcome: Option<String>,
}

pub(super) async fn run(args: &Args, command: &RenewalArgs, connection: &Connection) -> Result<Output, Failure> {
    let only = customers(&command.customer)?;
    let mut settings = RenewalSettings::new(roles(&command.role)?)
        .notice_days(command.notice)
        .remove_global_administrator(command.remove_global_administrator);
    if let Some(switch) = command.auto_extend {
        settings = settings.auto_extend(switch == Switch::On);
    }
    let facts = GdapFacts::read(&connection.fact_ports(), &only).await?;
    let customers = known(&*connection.customer_api(), &facts, &only).await?;
    let plan = plan_renewals(&facts, &customers, &settings, connection.clock.now().await?);
    let mut rows: Vec<Row> = plan.into_iter().map(|renewal| Row { renewal, outcome: None }).collect();
    let mut failed = false;
    if command.apply {
        let mut applying = Applying { args, command, connection, facts: &facts, settings: &settings };
        failed = applying.all(&mut rows).await?;
    }
    let mut output = Output::new(
        &["ends", "customer", "relationship", "do", "why", "outcome"],
        &serde_json::json!({ "renewals": rows }),
    )?;
    for row in &rows {
        let renewal = &row.renewal;
        output.rows.push(vec![
            renewal.ends.map(|ends| ends.strftime("%Y-%m-%d").to_string()).unwrap_or_default(),
            renewal.customer.clone(),
            renewal.name.clone().unwrap_or_default(),
            renewal.action.as_str().to_owned(),
            renewal.reason.clone(),
            row.outcome.clone().unwrap_or_default(),
        ]);
    }
    if rows.is_empty() {
        output.notes.push("nothing has to be renewed".to_owned());
    } else if !command.apply {
        output.notes.push("nothing was written; --apply does it".to_owned());
    }
    output.needs_person = failed || (!rows.is_empty() && !command.apply) || rows.iter().any(is_open);
    Ok(output)
}

/// Whether the customer has to act before the renewal goes on.
fn is_open(row: &Row) -> bool {
    matches!(row.renewal.action, RenewalAction::ReInvite | RenewalAction::Await { .. })
}

struct Applying<'a> {
    args: &'a Args,
    command: &'a RenewalArgs,
    connection: &'a Connection,
    facts: &'a GdapFacts,
    settings: &'a RenewalSettings,
}

impl Applying<'_> {
    /// Does what can be done now, one after the other; a failure stops nothing else. Answers whether one failed.
    async fn all(&mut self, rows: &mut [Row]) -> Result<bool, Failure> {
        let mut state = State::open(self.args.state.clone(), self.connection.partner)?;
        let mut failed = false;
        for row in rows {
            let outcome = self.one(&row.renewal, &mut state).await?;
            failed |= outcome.is_err();
            row.outcome = Some(outcome.unwrap_or_else(|error| error));
        }
        Ok(failed)
    }

    /// The outcome in words, well or not.
    async fn one(&self, renewal: &Renewal, state: &mut State) -> Result<Result<String, String>, Failure> {
        let gdap = self.connection.gdap();
        let Some(relationship) = &renewal.relationship else { return Ok(Ok(String::new())) };
        let told = |done: Result<()>, word: &str| Ok(done.map(|()| word.to_owned()).map_err(|error| error.to_string()));
        match &renewal.action {
            RenewalAction::SwitchAutoExtend { on } => {
                told(gdap.switch_auto_extend(relationship, *on).await, "switched")
            }
            RenewalAction::RemoveGlobalAdministrator => {
                told(gdap.remove_global_administrator(relationship).await, "being removed")
            }
            RenewalAction::Terminate { .. } => told(gdap.terminate(relationship).await, "being ended"),
            // An invitation under way is found, not sent again.
            RenewalAction::ReInvite | RenewalAction::Await { .. } => self.invite(renewal, state).await,
            RenewalAction::Map { .. } => self.map(renewal, state).await,
            _ => Ok(Ok(String::new())),
        }
    }

    async fn invite(&self, renewal: &Renewal, state: &mut State) -> Result<Result<String, String>, Failure> {
        let customer = Customer::new(renewal.tenant_id, renewal.customer.clone());
        // The invitation of the old relationship is not that of the new one.
        let of_old = |state: &State| {
            let known = state.invitations.get(&renewal.tenant_id).and_then(|own| own.relationship.as_ref());
            known.is_some_and(|id| self.facts.of(&renewal.tenant_id).any(|own| own.id == *id && !own.status.is_ahead()))
        };
        if of_old(state) {
            state.invitations.remove(&renewal.tenant_id);
        }
        let settings = InviteSettings::new(self.connection.cloud.clone(), self.settings.wanted.clone())
            .prefix(&self.command.name)
            .replacing(true);
        let mut outcomes = invite(self.args, settings, &[customer], state, self.connection).await?;
        Ok(match outcomes.pop() {
            Some(Ok(report)) => {
                let link = report.link.map(|link| format!("; to approve: {link}")).unwrap_or_default();
                Ok(format!("{}{link}", report.state.as_str()))
            }
            Some(Err(error)) => Err(error.to_string()),
            None => Ok(String::new()),
        })
    }

    async fn map(&self, renewal: &Renewal, state: &mut State) -> Result<Result<String, String>, Failure> {
        let RenewalAction::Map { successor, .. } = &renewal.action else { return Ok(Ok(String::new())) };
        let groups = role_groups(&self.command.groups, false, &self.settings.wanted, state, self.connection).await?;
        let gdap = Arc::new(self.connection.gdap());
        let assigning = Assigning::new(Arc::clone(&gdap) as _, gdap, groups.groups);
        let new: Vec<_> = self.facts.of(&renewal.tenant_id).filter(|own| own.id == *successor).cloned().collect();
        let chosen: Vec<_> = in_force(&new).into_values().collect();
        let mut reports = assign(self.args, &assigning, &chosen, &self.settings.wanted, self.connection).await?;
        Ok(match reports.pop() {
            Some(Ok(report)) => match report.findings().first() {
                Some(finding) => Err(finding.evidence.clone()),
                None => Ok(format!("{} role(s) being assigned", report.outcomes.len())),
            },
            Some(Err(error)) => Err(error.to_string()),
            None => Ok(String::new()),
        })
    }
}
