//! How a stage of an onboarding ends early.

use jiff::Timestamp;

use super::{Finding, Waiting};
use crate::error::{Error, ErrorKind};

/// Why a customer's onboarding does not go on now.
#[derive(Debug)]
pub(super) enum Stop {
    /// Time has to pass, or somebody has to answer.
    Waiting(Waiting),
    /// Somebody has to change something.
    Blocked(Vec<Finding>),
    /// It could not be found out.
    Failed(Error),
    /// A dry run: what comes next depends on what was not written.
    Planned,
    /// The partner's own sign-in or application does not work: every customer would fail alike.
    Fatal(Error),
}

/// The outcome of a stage.
pub(super) type Stage<T> = Result<T, Stop>;

impl Stop {
    /// Sorts an error: the partner's own, one a person has to act on, or one that may pass.
    pub(super) fn of(error: Error) -> Self {
        if is_fatal(&error) {
            return Self::Fatal(error);
        }
        match error.kind() {
            ErrorKind::Connection
            | ErrorKind::Decode
            | ErrorKind::Other
            | ErrorKind::OutcomeUnknown
            | ErrorKind::Throttled
            | ErrorKind::Timeout
            | ErrorKind::Unavailable => Self::Failed(error),
            _ => Self::Blocked(vec![Finding::of(&error)]),
        }
    }
}

/// Whether the error is about the partner's sign-in or secret, whichever tenant it was met in.
pub(super) fn is_fatal(error: &Error) -> bool {
    let at_login = error.operation().is_none_or(|operation| operation.starts_with("login."));
    matches!(error.kind(), ErrorKind::ReauthenticationRequired | ErrorKind::InvalidClient | ErrorKind::Config)
        && at_login
}

/// Whether a refusal so soon after a change is put down to propagation.
pub(super) fn is_settling(changed: Option<Timestamp>, now: Timestamp, settling: jiff::SignedDuration) -> bool {
    changed.is_some_and(|changed| now.duration_since(changed) < settling)
}
