//! What `onboard` shows in the end.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use bundle_core::Integration;
use bundle_core::onboarding::{CustomerOutcome, CustomerReport};
use bundle_core::setup::SetupReport;
use bundle_core::shield::ShieldStatus;
use serde::Serialize;

use crate::connect::Connection;
use crate::table;

/// The result of a run: one row per customer. As JSON it is the contract of `--json`.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The customers, in the order of the partner's list.
    pub customers: Vec<CustomerReport>,
    /// How many requests could change something.
    pub writes: u64,
    /// How many requests were sent.
    pub requests: u64,
    /// How long it took, in seconds of real time.
    pub seconds: f64,
}

/// How many customers ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Everything works.
    pub done: usize,
    /// It goes on by itself or when somebody has answered.
    pub waiting: usize,
    /// A person has to change something.
    pub blocked: usize,
    /// It could not be found out.
    pub failed: usize,
}

impl Report {
    /// The report of a run that began at `started`.
    #[must_use]
    pub fn new(customers: Vec<CustomerReport>, connection: &Connection, started: Instant) -> Self {
        let meter = &connection.meter;
        let seconds = started.elapsed().as_secs_f64();
        Self { customers, writes: meter.writes(), requests: meter.requests(), seconds }
    }

    /// How many customers ended how.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for customer in &self.customers {
            match customer.outcome {
                CustomerOutcome::Done => summary.done += 1,
                CustomerOutcome::Waiting => summary.waiting += 1,
                CustomerOutcome::Blocked => summary.blocked += 1,
                _ => summary.failed += 1,
            }
        }
        summary
    }

    /// 0 when every customer is done, 3 when one could not be found out about, else 1.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        let summary = self.summary();
        match (summary.failed, summary.done) {
            (0, done) if done > 0 && done == self.customers.len() => ExitCode::SUCCESS,
            (0, _) => ExitCode::from(1),
            _ => ExitCode::from(3),
        }
    }

    /// Writes the report for people: the table, then what each customer that is not green needs.
    ///
    /// # Errors
    /// As the writer's.
    pub fn write(&self, out: &mut dyn Write, dry_run: bool) -> io::Result<()> {
        if dry_run {
            return self.write_plan(out);
        }
        let mut header = vec!["customer"];
        header.extend(Integration::ALL.iter().map(|integration| integration.key()));
        header.push("state");
        let rows: Vec<Vec<String>> = self
            .customers
            .iter()
            .map(|customer| {
                let mut row = vec![customer.name.clone()];
                row.extend(Integration::ALL.iter().map(|integration| shield(customer.shields.get(*integration))));
                row.push(customer.outcome.as_str().to_owned());
                row
            })
            .collect();
        write!(out, "{}", table::layout(&header, &rows))?;
        for customer in self.customers.iter().filter(|customer| needs_words(customer)) {
            self.write_details(out, customer)?;
        }
        let Summary { done, waiting, blocked, failed } = self.summary();
        writeln!(
            out,
            "\n{done} done, {waiting} waiting, {blocked} blocked, {failed} failed - {} requests, {} writes, {:.1} s",
            self.requests, self.writes, self.seconds
        )
    }

    fn write_details(&self, out: &mut dyn Write, customer: &CustomerReport) -> io::Result<()> {
        writeln!(out, "\n{} ({})", customer.name, customer.tenant_id)?;
        if let Some(waiting) = &customer.waiting {
            writeln!(out, "  waiting: {}", waiting.reason.text())?;
            if let Some(link) = &waiting.link {
                writeln!(out, "  link:    {link}")?;
            }
            writeln!(out, "  look again after {}", waiting.check_after)?;
        }
        for finding in &customer.findings {
            writeln!(out, "  {} ({}), who acts: {}", finding.issue, finding.kind, finding.who_acts)?;
            writeln!(out, "    seen: {}", finding.evidence)?;
            for (number, step) in finding.remedy.iter().enumerate() {
                writeln!(out, "    {}. {step}", number + 1)?;
            }
        }
        Ok(())
    }

    fn write_plan(&self, out: &mut dyn Write) -> io::Result<()> {
        for customer in &self.customers {
            writeln!(out, "\n{} ({})", customer.name, customer.tenant_id)?;
            if let Some(waiting) = &customer.waiting {
                writeln!(out, "  waiting: {}", waiting.reason.text())?;
            } else if customer.steps.is_empty() && customer.findings.is_empty() {
                writeln!(out, "  nothing to do")?;
            }
            write_steps(out, &customer.steps)?;
            for finding in &customer.findings {
                writeln!(out, "  ! {} ({}): {}", finding.issue, finding.who_acts, finding.evidence)?;
            }
        }
        writeln!(out, "\ndry run: nothing was written - {} requests, {:.1} s", self.requests, self.seconds)
    }
}

/// Writes what the partner's own tenant was missing.
///
/// # Errors
/// As the writer's.
pub fn write_setup(out: &mut dyn Write, setup: &SetupReport, dry_run: bool) -> io::Result<()> {
    let name = setup.partner_name.as_deref().unwrap_or("partner");
    let verb = if dry_run { "to do" } else { "done" };
    writeln!(out, "{name}, as {}: {} step(s) {verb}", setup.account.user_principal_name, setup.steps.len())?;
    write_steps(out, &setup.steps)?;
    if !setup.not_offered.is_empty() {
        writeln!(out, "  left out, not offered any more: {}", setup.not_offered.join(", "))?;
    }
    for finding in &setup.findings {
        writeln!(out, "  ! {} ({}): {}", finding.issue, finding.who_acts, finding.evidence)?;
    }
    writeln!(out)
}

/// Writes planned steps; many of one kind become one line.
///
/// # Errors
/// As the writer's.
pub fn write_steps(out: &mut dyn Write, steps: &[String]) -> io::Result<()> {
    const SHOWN: usize = 4;
    // Steps of one kind begin with the same two words.
    let kind = |step: &String| step.split(' ').take(2).collect::<Vec<_>>().join(" ");
    for group in steps.chunk_by(|a, b| kind(a) == kind(b)) {
        for step in group.iter().take(if group.len() > SHOWN + 1 { SHOWN } else { group.len() }) {
            writeln!(out, "  + {}", shortened(step))?;
        }
        if group.len() > SHOWN + 1 {
            writeln!(out, "  + ... and {} more of this kind", group.len() - SHOWN)?;
        }
    }
    Ok(())
}

fn shortened(step: &str) -> String {
    const LONGEST: usize = 200;
    if step.chars().count() <= LONGEST {
        return step.to_owned();
    }
    let head: String = step.chars().take(LONGEST).collect();
    format!("{head} ...")
}

fn needs_words(customer: &CustomerReport) -> bool {
    customer.outcome != CustomerOutcome::Done || !customer.findings.is_empty()
}

fn shield(status: Option<ShieldStatus>) -> String {
    match status {
        None => "-".to_owned(),
        Some(ShieldStatus::NotLicensed) => "not licensed".to_owned(),
        Some(status) => status.as_str().to_owned(),
    }
}
