//! Exit codes: 0 all green, 1 something needs a person, 2 wrong usage, 3 failed.

use bundle_core::{Error, ErrorKind};
use std::process::ExitCode;

/// Why a program ends without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// It was told something that cannot work; nothing was sent.
    #[error("{0}")]
    Usage(String),
    /// It could not be done.
    #[error(transparent)]
    Failed(Error),
}

impl Failure {
    /// A usage failure with this line.
    #[must_use]
    pub fn usage(line: impl Into<String>) -> Self {
        Self::Usage(line.into())
    }

    /// Prints the failure on standard error and turns it into an exit code. A known issue comes with its remedy.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Usage(line) => {
                note!("error: {line}");
                ExitCode::from(2)
            }
            Self::Failed(error) => {
                note!("error: {error}");
                if let Some(diagnosis) = error.diagnosis() {
                    note!("  {} (who acts: {})", diagnosis.cause, diagnosis.who_acts.as_str());
                    for (number, step) in diagnosis.remedy.iter().enumerate() {
                        note!("  {}. {step}", number + 1);
                    }
                }
                ExitCode::from(3)
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // What was found before anything was sent is the caller's to correct.
        if error.kind() == ErrorKind::Config && error.attempts() == 0 {
            Self::Usage(error.to_string())
        } else {
            Self::Failed(error)
        }
    }
}
