//! Progress on standard error: a bar in a terminal, plain lines otherwise.

use std::collections::HashMap;
use std::io::IsTerminal as _;

use bundle_core::TenantId;
use bundle_core::onboarding::{CustomerReport, WaitReason};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how far a program is.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    total: usize,
    finished: usize,
    /// What each unfinished customer waits for, so that a line is printed only for something new.
    waiting: HashMap<TenantId, WaitReason>,
}

impl Progress {
    /// Progress over `total` customers; nothing is shown when it is to be `quiet`.
    #[must_use]
    pub fn new(total: usize, quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} customers  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, quiet, total, finished: 0, waiting: HashMap::new() }
    }

    /// Says what is going on.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(line.to_owned()),
            None if self.quiet => {}
            None => note!("{line}"),
        }
    }

    /// A customer took a step.
    pub fn step(&mut self, report: &CustomerReport) {
        let Some(waiting) = &report.waiting else { return };
        let known = self.waiting.insert(report.tenant_id, waiting.reason);
        match &self.bar {
            Some(bar) => bar.set_message(report.name.clone()),
            None if self.quiet || known == Some(waiting.reason) => {}
            None => note!("{}: {} (look again at {})", report.name, waiting.reason.text(), waiting.check_after),
        }
    }

    /// A customer is finished for this run.
    pub fn finish(&mut self, report: &CustomerReport) {
        self.finished += 1;
        self.waiting.remove(&report.tenant_id);
        match &self.bar {
            Some(bar) => bar.inc(1),
            None if self.quiet => {}
            None => note!("[{}/{}] {}: {}", self.finished, self.total, report.name, report.outcome.as_str()),
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
