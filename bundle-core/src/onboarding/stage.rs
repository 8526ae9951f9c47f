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
        if is_inconclusive(&error) { Self::Failed(error) } else { Self::Blocked(vec![Finding::of(&error)]) }
    }
}

/// Whether the error is about the partner's sign-in or secret and would be met in every tenant alike.
///
/// A customer can disable the application or demand a fresh sign-in in its own tenant; that stops nobody else.
pub(crate) fn is_fatal(error: &Error) -> bool {
    let at_login = error.operation().is_none_or(|operation| operation.starts_with("login."));
    let everywhere = error.code().is_none_or(|code| EVERYWHERE.contains(&code));
    match error.kind() {
        ErrorKind::Config => at_login,
        ErrorKind::InvalidClient | ErrorKind::ReauthenticationRequired => at_login && everywhere,
        _ => false,
    }
}

/// Whether the error says nothing about the customer: what was asked for may be or may have been done.
pub(crate) fn is_inconclusive(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Connection
            | ErrorKind::Decode
            | ErrorKind::Other
            | ErrorKind::OutcomeUnknown
            | ErrorKind::Throttled
            | ErrorKind::Timeout
            | ErrorKind::Unavailable
    )
}

/// Whether new roles or consent cause such an error until they are visible everywhere.
pub(crate) fn is_refusal(error: &Error) -> bool {
    error.lacks_consent()
        || matches!(
            error.kind(),
            ErrorKind::NotPropagated | ErrorKind::PermissionDenied | ErrorKind::RelationshipInactive
        )
}

/// Whether a refusal so soon after a change is put down to propagation.
pub(crate) fn is_settling(changed: Option<Timestamp>, now: Timestamp, settling: jiff::SignedDuration) -> bool {
    changed.is_some_and(|changed| now.duration_since(changed) < settling)
}

/// Refusals of the account, its grant or the application's secret themselves, whichever tenant was asked.
///
/// Source: "Microsoft Entra authentication and authorization error codes" (Microsoft Learn).
const EVERYWHERE: [&str; 14] = [
    "AADSTS50053",
    "AADSTS50055",
    "AADSTS50057",
    "AADSTS50126",
    "AADSTS50173",
    "AADSTS700003",
    "AADSTS700027",
    "AADSTS70008",
    "AADSTS700081",
    "AADSTS700082",
    "AADSTS700084",
    "AADSTS7000215",
    "AADSTS7000218",
    "AADSTS7000222",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_every_tenant_would_refuse_stops_the_run() {
        let at_login =
            |kind, code: &str| Error::new(kind, "refused").with_operation("login.refresh_token").with_code(code);
        assert!(is_fatal(&at_login(ErrorKind::ReauthenticationRequired, "AADSTS700082")));
        assert!(is_fatal(&at_login(ErrorKind::InvalidClient, "AADSTS7000222")));
        assert!(is_fatal(&Error::new(ErrorKind::ReauthenticationRequired, "no sign-in is stored")));
        // Sign-in frequency and a disabled application are the customer's own.
        assert!(!is_fatal(&at_login(ErrorKind::ReauthenticationRequired, "AADSTS70043")));
        assert!(!is_fatal(&at_login(ErrorKind::InvalidClient, "AADSTS7000112")));
        assert!(!is_fatal(&at_login(ErrorKind::ConditionalAccess, "AADSTS53003")));
        let at_graph = Error::new(ErrorKind::ReauthenticationRequired, "refused").with_operation("graph.me");
        assert!(!is_fatal(&at_graph));
    }
}
