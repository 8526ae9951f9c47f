//! What to say of a kind when no issue is known.

use crate::error::{ErrorKind, RetryAdvice, WhoActs};

/// The usual reading of a kind.
pub(super) struct Advice {
    pub(super) title: &'static str,
    pub(super) cause: &'static str,
    pub(super) who_acts: WhoActs,
    pub(super) retry: RetryAdvice,
    pub(super) remedy: &'static [&'static str],
}

pub(super) fn of(kind: ErrorKind) -> Advice {
    use RetryAdvice::{AfterConsent, AfterDelay, AfterFix, AfterReauthentication, Never};
    use WhoActs::{Customer, Developer, Nobody, Partner};
    let row = |title, cause, who_acts, retry, remedy| Advice { title, cause, who_acts, retry, remedy };
    match kind {
        ErrorKind::ConditionalAccess => row(
            "A policy refuses the sign-in",
            "A Conditional Access policy of the tenant does not let this sign-in through.",
            Customer,
            AfterFix,
            &[
                "Look up the sign-in in the sign-in log of the tenant: it names the policy.",
                "Exclude service providers from that policy, or meet its condition.",
            ],
        ),
        ErrorKind::Config => row(
            "The configuration is wrong",
            "A setting of the program is missing or wrong.",
            Developer,
            AfterFix,
            &["Correct the setting that the text names."],
        ),
        ErrorKind::Conflict => row(
            "It is there already, or another change is under way",
            "The object exists, or something else changes it right now.",
            Nobody,
            Never,
            &["Read the object: if it is as wanted, all is done.", "Otherwise wait a minute and repeat the step."],
        ),
        ErrorKind::Connection => row(
            "The service was not reached",
            "The connection could not be made.",
            Partner,
            AfterDelay,
            &["Check name resolution, proxy and firewall of the machine.", REPEAT],
        ),
        ErrorKind::ConsentRequired => row(
            "Consent is missing",
            "The application has no consent in the tenant for what it asks.",
            Partner,
            AfterConsent,
            &["Give the consent of an administrator in the tenant that refused.", REPEAT],
        ),
        ErrorKind::Decode => row(
            "The answer cannot be understood",
            "The service answered in another form than the protocol says.",
            Developer,
            AfterFix,
            &["Check that the address belongs to the service and that no proxy answers in its place."],
        ),
        ErrorKind::InvalidClient => row(
            "The application's credential is refused",
            "The secret, certificate or assertion of the application is wrong, expired or of another application.",
            Partner,
            AfterFix,
            &[
                "Check the application id and the value and end of its secret or certificate.",
                "Create a new credential, store it and repeat the step.",
            ],
        ),
        ErrorKind::InvalidRequest => row(
            "The request is refused as it stands",
            "A value, a parameter or the form of the request is wrong; repeating it does not help.",
            Developer,
            Never,
            &["Correct what the text of the answer names."],
        ),
        ErrorKind::LicenseMissing => row(
            "A licence is missing",
            "The tenant has no licence or subscription for the service.",
            Customer,
            AfterFix,
            &["Check the licences and subscriptions of the tenant."],
        ),
        ErrorKind::MfaRequired => row(
            "Multifactor authentication is missing",
            "The sign-in has to satisfy multifactor authentication.",
            Partner,
            AfterReauthentication,
            &[SIGN_IN],
        ),
        ErrorKind::NotFound => row(
            "There is no such object",
            "The object does not exist, was deleted, or the caller may not see it.",
            Developer,
            Never,
            &["Check the id, and that it is looked up in the right tenant."],
        ),
        ErrorKind::NotPropagated => row(
            "A change is not visible yet",
            "Something was created or granted a moment ago.",
            Nobody,
            AfterDelay,
            &["Wait, then repeat the step."],
        ),
        ErrorKind::OutcomeUnknown => row(
            "Nobody knows whether the change was made",
            "The answer to a change was lost.",
            Developer,
            AfterFix,
            &["Read the object before the change is repeated."],
        ),
        ErrorKind::PermissionDenied => row(
            "A right is missing",
            "The caller lacks a permission, a role or a right on the object.",
            Partner,
            AfterFix,
            &[
                "Compare the permissions and roles of the token with those the operation needs, of the right type: delegated or application.",
                "Grant what is missing, then repeat the step with a new token.",
            ],
        ),
        ErrorKind::PreconditionFailed => row(
            "The object was changed meanwhile",
            "The entity tag that was sent is stale.",
            Developer,
            AfterFix,
            &["Read the object again, then repeat the change with the new entity tag."],
        ),
        ErrorKind::ReauthenticationRequired => row(
            "The sign-in is no longer valid",
            "The token or grant has ended, or a person has to sign in.",
            Partner,
            AfterReauthentication,
            &[SIGN_IN],
        ),
        ErrorKind::RelationshipInactive => row(
            "The relationship gives no access",
            "There is no active relationship with the tenant, or the account is not part of it.",
            Partner,
            AfterFix,
            &["In Partner Center, check that a relationship with the customer is active and maps roles to groups."],
        ),
        ErrorKind::Throttled => row(
            "Too many requests",
            "The service limits the calls of this application or tenant.",
            Nobody,
            AfterDelay,
            &["Wait as long as the answer says, then repeat the step."],
        ),
        ErrorKind::Timeout => row(
            "The time allowed has passed",
            "The service or the network was too slow.",
            Nobody,
            AfterDelay,
            &["Wait, then repeat the step."],
        ),
        ErrorKind::Unavailable => row(
            "The service cannot answer now",
            "Something is wrong on the side of the service.",
            Nobody,
            AfterDelay,
            &["Wait, then repeat the step.", "If it lasts, look at the service health of the tenant."],
        ),
        ErrorKind::Other => row(
            "Nothing more is known",
            "The text fits no known issue.",
            Partner,
            Never,
            &[
                "Look for the whole answer of the service: its code, status and ids.",
                "Ask Microsoft support and quote the request id and the time.",
            ],
        ),
    }
}

/// How many seconds to wait when the service did not say.
pub(super) fn wait(kind: ErrorKind, issue: Option<&str>) -> u64 {
    match (issue, kind) {
        (Some("app-not-known-yet"), _) => 30,
        // Measured in the field: a quarter of an hour to an hour.
        (Some("exchange-role-too-young"), _) => 15 * 60,
        (Some("tenant-resource-id-not-found"), _) => 60 * 60,
        (Some("azure-other-operation"), _) => 60,
        (_, ErrorKind::NotPropagated) => 60,
        (_, ErrorKind::Throttled) => 10,
        (_, _) => 30,
    }
}

const REPEAT: &str = "Repeat the step.";
const SIGN_IN: &str = "Sign in again as the service account, with multifactor authentication.";
