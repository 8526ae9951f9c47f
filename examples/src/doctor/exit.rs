//! The exit code of a kind.

use bundle_core::ErrorKind;

/// The exit code that tells the kind; the README of the programs has the table.
#[must_use]
pub const fn code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Config => 10,
        ErrorKind::InvalidRequest => 11,
        ErrorKind::InvalidClient => 12,
        ErrorKind::ReauthenticationRequired => 13,
        ErrorKind::MfaRequired => 14,
        ErrorKind::ConditionalAccess => 15,
        ErrorKind::ConsentRequired => 16,
        ErrorKind::PermissionDenied => 17,
        ErrorKind::RelationshipInactive => 18,
        ErrorKind::LicenseMissing => 19,
        ErrorKind::NotFound => 20,
        ErrorKind::Conflict => 21,
        ErrorKind::PreconditionFailed => 22,
        ErrorKind::NotPropagated => 23,
        ErrorKind::Throttled => 24,
        ErrorKind::Unavailable => 25,
        ErrorKind::Timeout => 26,
        ErrorKind::Connection => 27,
        ErrorKind::OutcomeUnknown => 28,
        ErrorKind::Decode => 29,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_table() {
        let table = include_str!("../../README.md");
        for kind in
            [ErrorKind::Config, ErrorKind::MfaRequired, ErrorKind::NotFound, ErrorKind::Decode, ErrorKind::Other]
        {
            assert!(table.contains(&format!("| {} | `{kind}` |", code(kind))), "{kind}");
        }
    }
}
