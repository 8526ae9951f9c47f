//! Progress on standard error: a bar in a terminal, plain lines otherwise.

use std::io::IsTerminal as _;

use bundle_core::onboarding::CustomerReport;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how far a program is.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    finished: usize,
}

impl Progress {
    /// Progress over `total` customers.
    #[must_use]
    pub fn new(total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} customers  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, total, finished: 0 }
    }

    /// Says what is going on.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(line.to_owned()),
            None => eprintln!("{line}"),
        }
    }

    /// A customer took a step.
    pub fn step(&self, report: &CustomerReport) {
        if let (None, Some(waiting)) = (&self.bar, &report.waiting) {
            eprintln!("{}: waiting, {} (look again at {})", report.name, waiting.reason.text(), waiting.check_after);
        } else if let Some(bar) = &self.bar {
            bar.set_message(report.name.clone());
        }
    }

    /// A customer is finished for this run.
    pub fn finish(&mut self, report: &CustomerReport) {
        self.finished += 1;
        match &self.bar {
            Some(bar) => bar.inc(1),
            None => eprintln!("[{}/{}] {}: {}", self.finished, self.total, report.name, report.outcome.as_str()),
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
