//! `gdap compliance`: which roles the partner really has at each customer, and what is wrong.

use std::time::Instant;

use bundle_core::gdap::compliance::{ComplianceReport, ComplianceSettings, Verdict, access_paths, compliance};
use bundle_core::gdap::{GdapFacts, role_name};
use serde::Serialize;

use super::args::{ComplianceArgs, customers, roles};
use super::customers::known;
use super::html;
use super::output::Output;
use crate::connect::Connection;
use crate::exit::Failure;
use crate::files;

#[derive(Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    report: &'a ComplianceReport,
    requests: u64,
    seconds: f64,
}

pub(super) async fn run(command: &ComplianceArgs, connection: &Connection) -> Result<Output, Failure> {
    let started = Instant::now();
    let only = customers(&command.customer)?;
    let settings = ComplianceSettings::new(roles(&command.role)?).notice_days(command.notice);
    let facts = GdapFacts::read(&connection.fact_ports(), &only).await?;
    let customers = known(&*connection.customer_api(), &facts, &only).await?;
    let report = compliance(&facts, &customers, &settings, connection.clock.now().await?);
    if let Some(path) = &command.html {
        files::replace(path, html::page(&report).as_bytes())
            .map_err(|cause| Failure::usage(format!("--html: {} cannot be written: {cause}", path.display())))?;
    }
    let (requests, seconds) = (connection.meter.requests(), started.elapsed().as_secs_f64());
    let mut output = Output::new(
        &["customer", "verdict", "roles", "surplus", "ends", "what"],
        &Json { report: &report, requests, seconds },
    )?;
    if command.paths {
        let paths: serde_json::Map<String, serde_json::Value> = customers
            .iter()
            .filter_map(|customer| {
                let paths = access_paths(&facts, &customer.tenant_id);
                Some((customer.tenant_id.to_string(), serde_json::to_value(paths).ok()?))
            })
            .collect();
        output.json["paths"] = paths.into();
    }
    rows(&report, &mut output);
    let count = |verdict| report.count(verdict);
    output.notes.push(format!(
        "{} customer(s): {} compliant, {} to look at, {} waiting, {} unknown, {} broken; {requests} request(s) in {seconds:.1} s",
        report.customers.len(),
        count(Verdict::Compliant),
        count(Verdict::Attention),
        count(Verdict::Waiting),
        count(Verdict::Unknown),
        count(Verdict::Broken),
    ));
    output.needs_person = count(Verdict::Compliant) < report.customers.len();
    Ok(output)
}

fn rows(report: &ComplianceReport, output: &mut Output) {
    use bundle_core::gdap::compliance::RoleState;
    for customer in &report.customers {
        let held = customer.roles.iter().filter(|role| role.state == RoleState::Effective).count();
        let worst = customer.findings.iter().max_by_key(|finding| finding.issue.is_serious());
        output.rows.push(vec![
            customer.name.clone(),
            customer.verdict.as_str().to_owned(),
            format!("{held}/{}", customer.roles.len()),
            customer.surplus.iter().filter(|role| role.state == RoleState::Effective).count().to_string(),
            customer.ends.map(|ends| ends.strftime("%Y-%m-%d").to_string()).unwrap_or_default(),
            worst.map(|finding| finding.text.as_str()).unwrap_or_default().to_owned(),
        ]);
    }
    if report.wanted.len() <= 3 {
        let names: Vec<&str> = report.wanted.iter().map(|role| role_name(role).unwrap_or("a role")).collect();
        output.notes.push(format!("wanted: {}", names.join(", ")));
    }
}
