//! A job: programs that do the same work, the server they do it against, and what they should come to.

use std::future::Future;
use std::pin::Pin;

use crate::Failure;
use crate::goal::Goal;
use crate::model::Tally;
use crate::sample::Metric;
use crate::server::Settings;
use crate::stage::Stage;

/// One comparison.
pub(crate) struct Job {
    pub(crate) name: &'static str,
    pub(crate) title: String,
    pub(crate) programs: Vec<Program>,
    /// What the table shows beside wall time, processor time and memory.
    pub(crate) columns: Vec<Metric>,
    pub(crate) goals: Vec<Goal>,
}

/// One way to do the work.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) settings: Settings,
    /// How many items it must come to: a program that reads less is no faster.
    pub(crate) items: u64,
    pub(crate) work: Work,
}

/// Does the work on a stage.
pub(crate) type Work = Box<dyn Fn(Stage) -> Working>;

/// The work under way.
pub(crate) type Working = Pin<Box<dyn Future<Output = Result<(Stage, Tally), Failure>> + Send>>;

impl Job {
    pub(crate) fn new(name: &'static str, title: impl Into<String>) -> Self {
        Self { name, title: title.into(), programs: Vec::new(), columns: Vec::new(), goals: Vec::new() }
    }

    /// Adds a program; it takes its stage back out when it is done.
    pub(crate) fn program<F>(
        mut self,
        name: &'static str,
        settings: Settings,
        items: usize,
        work: impl Fn(Stage) -> F + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(Stage, Tally), Failure>> + Send + 'static,
    {
        let work: Work = Box::new(move |stage| Box::pin(work(stage)));
        self.programs.push(Program { name, settings, items: items as u64, work });
        self
    }

    pub(crate) fn column(mut self, metric: Metric) -> Self {
        self.columns.push(metric);
        self
    }

    /// Wants a ratio to another program.
    pub(crate) fn ratio(mut self, metric: Metric, of: &'static str, to: &'static str, at_most: f64) -> Self {
        self.goals.push(Goal::Ratio { metric, of, to, at_most });
        self
    }

    /// Wants a wall time close to the seconds nobody can do without.
    pub(crate) fn ideal(mut self, of: &'static str, seconds: f64, at_most: f64) -> Self {
        self.goals.push(Goal::Ideal { of, seconds, at_most });
        self
    }

    pub(crate) fn at_most(mut self, metric: Metric, of: &'static str, limit: f64) -> Self {
        self.goals.push(Goal::AtMost { metric, of, limit });
        self
    }

    pub(crate) fn exactly(mut self, metric: Metric, of: &'static str, value: f64) -> Self {
        self.goals.push(Goal::Exactly { metric, of, value });
        self
    }
}
