//! Refusals that are remembered, so that an authority is not asked again and again what it has just answered.

use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// How long a refusal is answered without asking again; `None` for failures that may pass by themselves and for
/// errors that were found without asking.
///
/// * Secret, certificate, sign-in: a minute. They are put right in this program (which drops the refusal at once), or
///   by another one or by replication, which is seen a minute later.
/// * Consent, policies, roles, licences, everything a person puts right elsewhere: half a minute.
/// * A request loop (AADSTS50196): a minute, doubled with each time in a row, up to a quarter of an hour.
pub(super) fn hold(error: &Error, loops: u32) -> Option<Duration> {
    if error.attempts() == 0 {
        return None;
    }
    if is_loop(error) {
        return Some((LOOP * 2_u32.pow(loops.min(8))).min(LONGEST_LOOP));
    }
    match error.kind() {
        ErrorKind::InvalidClient | ErrorKind::ReauthenticationRequired => Some(CREDENTIALS),
        ErrorKind::ConditionalAccess
        | ErrorKind::ConsentRequired
        | ErrorKind::InvalidRequest
        | ErrorKind::LicenseMissing
        | ErrorKind::MfaRequired
        | ErrorKind::NotFound
        | ErrorKind::PermissionDenied
        | ErrorKind::RelationshipInactive => Some(ELSEWHERE),
        _ => None,
    }
}

/// Whether the authority says that it is asked in a loop.
pub(super) fn is_loop(error: &Error) -> bool {
    error.code() == Some("AADSTS50196")
}

const CREDENTIALS: Duration = Duration::from_secs(60);
const ELSEWHERE: Duration = Duration::from_secs(30);
const LOOP: Duration = Duration::from_secs(60);
const LONGEST_LOOP: Duration = Duration::from_secs(900);

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: ErrorKind) -> Error {
        Error::new(kind, "refused").with_attempts(1)
    }

    #[test]
    fn refusals_are_held_by_who_puts_them_right() {
        for (kind, seconds) in [
            (ErrorKind::InvalidClient, Some(60)),
            (ErrorKind::ReauthenticationRequired, Some(60)),
            (ErrorKind::ConsentRequired, Some(30)),
            (ErrorKind::MfaRequired, Some(30)),
            (ErrorKind::Throttled, None),
            (ErrorKind::Unavailable, None),
            (ErrorKind::Timeout, None),
            (ErrorKind::Connection, None),
            (ErrorKind::NotPropagated, None),
            (ErrorKind::Decode, None),
            (ErrorKind::Other, None),
        ] {
            assert_eq!(hold(&asked(kind), 0), seconds.map(Duration::from_secs), "{kind}");
            assert_eq!(hold(&Error::new(kind, "nobody was asked"), 0), None, "{kind}");
        }
    }

    #[test]
    fn loops_are_held_longer_each_time() {
        let error = asked(ErrorKind::Throttled).with_code("AADSTS50196");
        let holds: Vec<u64> = (0..6).map(|loops| hold(&error, loops).unwrap().as_secs()).collect();
        assert_eq!(holds, [60, 120, 240, 480, 900, 900]);
        assert_eq!(hold(&error, u32::MAX).unwrap().as_secs(), 900);
    }
}
