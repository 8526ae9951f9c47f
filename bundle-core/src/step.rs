//! The steps of a flow that takes something apart, each with a result of its own.
//!
//! A plan is a list of results that are all still to come, so a dry run and a run show the same.

use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::onboarding::Finding;

/// A step and what became of it. Written as JSON the outcome stands beside what the step says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StepResult<S> {
    /// The step.
    #[serde(flatten)]
    pub step: S,
    /// What became of it.
    pub outcome: StepOutcome,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
#[non_exhaustive]
pub enum StepOutcome {
    /// It is still to come: the plan, or a dry run.
    Planned,
    /// It was done, and read back where that can be.
    Done,
    /// There was nothing to do (any more).
    Already,
    /// It could not be done.
    Failed {
        /// Which error, who acts, and how.
        finding: Finding,
    },
    /// It was left out.
    Skipped {
        /// Why.
        because: String,
        /// Whether it is still to be done: another run will do it when what is in the way has gone.
        open: bool,
    },
}

impl<S> StepResult<S> {
    pub(crate) fn new(step: S, outcome: StepOutcome) -> Self {
        Self { step, outcome }
    }

    pub(crate) fn planned(step: S) -> Self {
        Self::new(step, StepOutcome::Planned)
    }

    /// Whether a person, or another run, has something left to do.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.outcome, StepOutcome::Failed { .. } | StepOutcome::Skipped { open: true, .. })
    }

    /// Whether it failed with an error that may pass by itself.
    pub(crate) fn may_pass(&self) -> bool {
        let StepOutcome::Failed { finding } = &self.outcome else { return false };
        finding.kind.is_retryable() || finding.kind == ErrorKind::OutcomeUnknown
    }
}

impl StepOutcome {
    pub(crate) fn failed(error: &Error) -> Self {
        Self::Failed { finding: Finding::of(error) }
    }

    pub(crate) fn skipped(because: impl Into<String>, open: bool) -> Self {
        Self::Skipped { because: because.into(), open }
    }

    /// The word used in reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Already => "already",
            Self::Failed { .. } => "failed",
            Self::Skipped { .. } => "skipped",
        }
    }

    /// Why it failed or was left out.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed { finding } => Some(&finding.evidence),
            Self::Skipped { because, .. } => Some(because),
            Self::Planned | Self::Done | Self::Already => None,
        }
    }
}
