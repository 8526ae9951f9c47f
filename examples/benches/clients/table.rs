//! The table: what the programs of a job needed, and its goals.

use crate::driver::Outcome;
use crate::goal::Verdict;
use crate::job::Job;
use crate::sample::{Metric, median};

/// Prints a job and returns its verdicts.
pub(crate) fn print(job: &Job, outcomes: &[Outcome]) -> Vec<Verdict> {
    println!("\n{}: {}", job.name, job.title);
    let mut metrics = vec![Metric::Wall, Metric::Cpu, Metric::Peak, Metric::ServerCpu, Metric::Requests];
    metrics.extend(&job.columns);
    let mut rows = vec![metrics.iter().map(|metric| metric.name().to_owned()).collect::<Vec<_>>()];
    rows[0].insert(0, "median of".to_owned());
    for (program, outcome) in job.programs.iter().zip(outcomes) {
        let cell = |metric: &Metric| match outcome {
            Ok(runs) => {
                median(runs.iter().map(|run| metric.of(run))).map_or_else(|| "-".to_owned(), |own| metric.show(own))
            }
            Err(_) => "-".to_owned(),
        };
        let mut row: Vec<_> = metrics.iter().map(cell).collect();
        row.insert(0, program.name.to_owned());
        rows.push(row);
    }
    print_rows(&rows);
    for (program, outcome) in job.programs.iter().zip(outcomes) {
        if let Err(failure) = outcome {
            println!("  {} failed: {failure}", program.name);
        }
    }
    let runs = |name: &str| {
        let outcome = job.programs.iter().position(|program| program.name == name).map(|at| &outcomes[at]);
        outcome.and_then(|outcome| outcome.as_deref().ok()).unwrap_or_default()
    };
    let verdicts: Vec<_> = job.goals.iter().map(|goal| goal.judge(runs)).collect();
    print_verdicts(&verdicts);
    verdicts
}

pub(crate) fn print_verdicts(verdicts: &[Verdict]) {
    let mut rows = vec![["goal", "now", "single runs", "wanted", ""].map(str::to_owned).to_vec()];
    for verdict in verdicts {
        let met = match verdict.met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "unknown",
        };
        rows.push(vec![
            verdict.what.clone(),
            verdict.now.clone(),
            verdict.range.clone(),
            verdict.wanted.clone(),
            met.to_owned(),
        ]);
    }
    if rows.len() > 1 {
        print_rows(&rows);
    }
}

/// Prints rows of cells: the first column to the left, numbers to the right.
pub(crate) fn print_rows(rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        });
        println!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// How many goals of all jobs were met.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    met: usize,
    all: usize,
}

impl Totals {
    pub(crate) fn add(&mut self, verdicts: &[Verdict]) {
        self.met += verdicts.iter().filter(|verdict| verdict.met == Some(true)).count();
        self.all += verdicts.len();
    }

    pub(crate) fn print(&self) {
        println!("\n{} of {} goals met", self.met, self.all);
    }
}
