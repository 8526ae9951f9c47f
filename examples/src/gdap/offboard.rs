//! `gdap offboard`: leaves customers, step by step.

use bundle_core::offboarding::{OffboardReport, Offboarding};
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

use super::args::{Args, customers};
use super::customers::known;
use super::invite::CONCURRENCY;
use super::offboard_args::OffboardArgs;
use super::output::Output;
use super::state::State;
use crate::connect::Connection;
use crate::exit::Failure;

pub(super) async fn run(args: &Args, command: &OffboardArgs, connection: &Connection) -> Result<Output, Failure> {
    let mut state = State::open(args.state.clone(), connection.partner)?;
    let named = customers(&command.customer)?;
    let settings = command.settings(connection.partner, connection.application)?.groups(state.groups.values().copied());
    let offboarding = Offboarding::new(connection.offboarding_ports(), settings)?;
    let view = offboarding.view(&named).await?;
    let customers = known(&*connection.customer_api(), &view.facts, &named).await?;

    let work: Vec<_> = customers.iter().map(|customer| offboarding.run(&view, customer)).collect();
    let reports: Vec<OffboardReport> = stream::iter(work).buffered(CONCURRENCY).collect().await;
    if !command.dry_run {
        // Last of all what is known here: an invitation would be gone on with.
        state.invitations.retain(|tenant, _| !named.contains(tenant));
        state.save()?;
    }

    let mut output = Output::new(&["customer", "outcome", "step", "why"], &json!({ "customers": reports }))?;
    for report in &reports {
        output.rows.extend(report.steps.iter().map(|step| {
            vec![
                report.customer.clone(),
                step.outcome.as_str().to_owned(),
                step.step.to_string(),
                step.outcome.reason().unwrap_or_default().to_owned(),
            ]
        }));
    }
    if command.dry_run {
        output.notes.push("dry run: nothing was written".to_owned());
    }
    output.needs_person = !reports.iter().all(OffboardReport::is_done);
    Ok(output)
}
