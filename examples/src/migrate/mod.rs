//! The `migrate` program, apart from `main`: arguments, what it does, and what it shows.

mod args;

pub use args::Args;

use std::fmt::Display;

use bundle_core::customer::Customer;
use bundle_core::migration::{Migration, MigrationReport, MigrationStep};
use bundle_core::step::StepResult;
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

use crate::connect::Connection;
use crate::exit::Failure;
use crate::gdap::{Output, of_partner_center};
use crate::onboard;
use crate::state_file::StateFile;

/// Moves customers to the application of the connection, removes the legacy one, or takes the way back.
///
/// # Errors
/// [`Failure::Usage`]: the arguments cannot work; nothing was written. [`Failure::Failed`]: the partner's own sign-in or
/// tenant does not work. What has to survive is in the state file.
pub async fn run(args: &Args, connection: &Connection) -> Result<Output, Failure> {
    args.check()?;
    let mut ports = connection.migration_ports();
    let legacy = args.legacy_id(&*ports.applications).await?;
    if let Some((secret, refresh_token)) = args.legacy_credentials()? {
        ports.legacy = Some(connection.principals_through(legacy, secret, &refresh_token).await?);
    }
    let settings = args.settings(connection.partner, legacy, connection.application);
    let migration = Migration::new(ports, settings)?;
    let legacy = migration.legacy().await?;

    let (reports, secrets) = if args.rollback {
        (roll_back(args, &migration, connection).await?, Vec::new())
    } else {
        let reports = go_on(args, &migration, connection).await?;
        let all = connection.customer_api().customers().await?;
        let secrets = migration.retire(&legacy, &all, &reports).await;
        (reports, secrets)
    };

    let data = json!({ "legacy": legacy, "customers": reports, "secrets": secrets });
    let mut output = Output::new(&["customer", "outcome", "step", "why"], &data)?;
    for report in &reports {
        output.rows.extend(report.steps.iter().map(|step| row(&report.customer, step)));
    }
    output.rows.extend(secrets.iter().map(|step| row("(partner)", step)));
    if args.onboard.dry_run {
        output.notes.push("dry run: nothing was written".to_owned());
    }
    output.needs_person =
        !reports.iter().all(MigrationReport::is_done) || secrets.iter().any(StepResult::<MigrationStep>::is_open);
    Ok(output)
}

/// Moves the customers as an onboarding does, and removes the legacy application where that was asked for.
async fn go_on(args: &Args, migration: &Migration, connection: &Connection) -> Result<Vec<MigrationReport>, Failure> {
    let onboarded = onboard::run(&args.onboard, connection).await?.report.customers;
    let work: Vec<_> = onboarded.iter().map(|report| migration.settle(report)).collect();
    Ok(stream::iter(work).buffered(args.onboard.concurrency).collect().await)
}

/// Takes the new application out again, and forgets how far the customers were.
async fn roll_back(
    args: &Args,
    migration: &Migration,
    connection: &Connection,
) -> Result<Vec<MigrationReport>, Failure> {
    let named = args.onboard.customer_ids()?;
    let customers: Vec<Customer> = of_partner_center(&*connection.customer_api(), &named).await?;
    let work: Vec<_> = customers.iter().map(|customer| migration.roll_back(customer)).collect();
    let reports: Vec<MigrationReport> = stream::iter(work).buffered(args.onboard.concurrency).collect().await;
    if let Some(path) = args.onboard.state.as_ref().filter(|_| !args.onboard.dry_run) {
        let (cloud, partner, application) = (connection.cloud.name(), &connection.partner, &connection.application);
        let (file, mut state) = StateFile::open(path, cloud, partner, application)?;
        state.customers.retain(|tenant, _| !reports.iter().any(|report| report.tenant_id == *tenant));
        file.save(&state)?;
    }
    Ok(reports)
}

fn row<S: Display>(whose: &str, step: &StepResult<S>) -> Vec<String> {
    vec![
        whose.to_owned(),
        step.outcome.as_str().to_owned(),
        step.step.to_string(),
        step.outcome.reason().unwrap_or_default().to_owned(),
    ]
}
