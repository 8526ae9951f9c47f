//! `consent status`: what is on record.

use std::sync::Arc;

use bundle_core::consent::ConsentRecords as _;
use bundle_core::consent::{ConsentRecord, ConsentRun, ConsentSettings, RefreshDecision, RefreshReason};
use bundle_core::customer::Customer;
use jiff::Timestamp;
use serde::Serialize;

use super::{Args, Journal};
use crate::connect::Connection;
use crate::exit::Failure;
use crate::gdap::{Output, of_partner_center};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    tenant_id: String,
    name: String,
    state: &'static str,
    at: Option<Timestamp>,
    problem: Option<String>,
    due: Option<RefreshReason>,
    fresh_until: Option<Timestamp>,
}

pub(super) async fn run(args: &Args, connection: &Connection) -> Result<Output, Failure> {
    let mut wanted = args.wanted()?;
    let records = Arc::new(Journal::open(args.state.as_deref(), connection.cloud.name(), connection.partner, true)?);
    let customers = of_partner_center(&*connection.customer_api(), &args.customers()?).await?;
    let ports = connection.consent_ports(Arc::clone(&records) as _);
    wanted.drop_retired(&*ports.principals, &connection.partner).await?;
    let settings = ConsentSettings::new(connection.partner, connection.application, wanted);
    let run = ConsentRun::try_new(ports, settings)?;
    let now = connection.clock.now().await?;
    let mut rows = Vec::with_capacity(customers.len());
    for customer in &customers {
        let record = records.record(&customer.tenant_id).await?;
        rows.push(row(customer, record.as_ref(), run.decide(record.as_ref(), now)));
    }
    let header = ["customer", "state", "when", "due", "what"];
    let mut output = Output::new(&header, &serde_json::json!({ "customers": rows }))?;
    for row in &rows {
        let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
        output.rows.push(vec![
            row.name.clone(),
            row.state.to_owned(),
            row.at.map(day).unwrap_or_default(),
            row.due.map(|_| "now".to_owned()).or_else(|| row.fresh_until.map(day)).unwrap_or_default(),
            row.problem.clone().or_else(|| row.due.map(|reason| reason.text().to_owned())).unwrap_or_default(),
        ]);
    }
    output.needs_person = rows.iter().any(|row| row.due.is_some() || row.problem.is_some());
    Ok(output)
}

fn row(customer: &Customer, record: Option<&ConsentRecord>, decision: RefreshDecision) -> Row {
    let last = record.and_then(|record| record.last.as_ref());
    let inconclusive = record.and_then(|record| record.inconclusive.clone());
    let state = match (record, last) {
        (Some(_), _) if inconclusive.is_some() => "inconclusive",
        (Some(record), _) if record.resetting => "resetting",
        (Some(record), _) if record.consented_at.is_some() => "waiting",
        (_, Some(last)) if last.problem.is_some() => "refused",
        (_, Some(_)) => "done",
        _ => "never",
    };
    let (due, fresh_until) = match decision {
        RefreshDecision::Refresh { reason } => (Some(reason), None),
        RefreshDecision::Fresh { until } => (None, Some(until)),
        // A decision of a later version says nothing here.
        _ => (None, None),
    };
    Row {
        tenant_id: customer.tenant_id.to_string(),
        name: customer.name.clone(),
        state,
        at: last.map(|last| last.at),
        problem: inconclusive.or_else(|| last.and_then(|last| last.problem.clone())),
        due,
        fresh_until,
    }
}
