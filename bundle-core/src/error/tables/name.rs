//! What a code means by its name, when no table has a row for it.
//!
//! Microsoft's codes and exception types are built from a few words: `ErrorFolderExists`, `LeaseIdMissing`,
//! `ContainerBeingDeleted`. That says the kind in most cases and never the issue, so it is never certain.

use super::ErrorKind;

/// The kind the words of a name have, the most telling words first.
pub(super) fn kind(name: &str) -> Option<ErrorKind> {
    if !(5..=96).contains(&name.len()) || name.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    WORDS.iter().find(|(words, _)| words.iter().any(|word| lower.contains(word))).map(|(_, kind)| *kind)
}

/// Whether a name only repeats a status or says that something inside failed: any other name says more.
pub(in crate::error) fn is_wrapper(code: &str) -> bool {
    WRAPPERS.iter().any(|wrapper| wrapper.eq_ignore_ascii_case(code))
}

/// Parts of names, in lower case.
static WORDS: &[(&[&str], ErrorKind)] = &[
    (&["throttl", "toomanyrequest", "ratelimit", "overbudget", "exceededconnection"], ErrorKind::Throttled),
    (
        &["precondition", "conditionnot", "etag", "leaseidmi", "leaselost", "concurrency", "stale", "changekey"],
        ErrorKind::PreconditionFailed,
    ),
    (
        &[
            "already",
            "exists",
            "conflict",
            "duplicate",
            "inuse",
            "beingdeleted",
            "beingcreated",
            "inprogress",
            "locked",
            "notunique",
            "nonunique",
            "leasenotpresent",
        ],
        ErrorKind::Conflict,
    ),
    (&["licens", "licenc", "notsubscribed", "notprovisioned"], ErrorKind::LicenseMissing),
    (&["conditionalaccess"], ErrorKind::ConditionalAccess),
    (&["strongauth", "multifactor", "mfarequired"], ErrorKind::MfaRequired),
    (&["consent"], ErrorKind::ConsentRequired),
    (&["clientsecret", "clientcredential", "clientassertion", "invalidclient"], ErrorKind::InvalidClient),
    (
        &[
            "tokenexpired",
            "expiredtoken",
            "expiredauth",
            "invalidauthenticationtoken",
            "invalidtoken",
            "unauthenticated",
            "authenticationfail",
            "authenticationerror",
            "authenticationrequired",
            "claimschallenge",
            "loginrequired",
            "uirequired",
            "interactionrequired",
            "sessionexpired",
            "invalidcredential",
            "refreshfailed",
        ],
        ErrorKind::ReauthenticationRequired,
    ),
    (&["valuenot", "parameternot"], ErrorKind::InvalidRequest),
    (&["notpropagated", "notreplicated"], ErrorKind::NotPropagated),
    (&["notfound", "notexist", "nonexist", "nosuch", "nolongerexist", "objectgone", "cannotfind"], ErrorKind::NotFound),
    (
        &[
            "denied",
            "forbidden",
            "notallowed",
            "notpermitted",
            "unauthori",
            "notauthori",
            "insufficientp",
            "insufficienta",
            "insufficientr",
            "disallowed",
            "notdelegate",
            "blocked",
            "disabled",
            "permission",
            "privilege",
        ],
        ErrorKind::PermissionDenied,
    ),
    (
        &[
            "unavailable",
            "internalerror",
            "internalserver",
            "servererror",
            "servicenotavail",
            "busy",
            "transient",
            "offline",
            "gateway",
            "maintenance",
            "quarantin",
            "failover",
            "backend",
            "overload",
            "serverfault",
            "tryagain",
            "retrylater",
        ],
        ErrorKind::Unavailable,
    ),
    (&["timeout", "timedout"], ErrorKind::Timeout),
    (&["jsonreader", "jsonparse", "jsondecode", "jsonserial", "malformedjson", "deserializ"], ErrorKind::Decode),
    (
        &["socket", "connectionre", "connectionerror", "connectexception", "unknownhost", "nameresolution", "sslerror"],
        ErrorKind::Connection,
    ),
    (&["configuration", "credentialunavailable", "modulenotfound"], ErrorKind::Config),
    (
        &[
            "invalid",
            "badrequest",
            "malformed",
            "unsupported",
            "notsupported",
            "missing",
            "required",
            "outofrange",
            "mismatch",
            "validation",
            "quota",
            "exceed",
            "toolarge",
            "toolong",
            "toomany",
            "limitreached",
            "argument",
            "notvalid",
            "notavailable",
            "notenabled",
            "incorrect",
            "illegal",
            "unexpected",
            "parse",
            "cannot",
            "closedfor",
            "unknownproperty",
            "badargument",
            "mustbe",
            "parameter",
            "resync",
            "syncstate",
        ],
        ErrorKind::InvalidRequest,
    ),
];

static WRAPPERS: &[&str] = &[
    "BadRequest",
    "Conflict",
    "DeploymentFailed",
    "ExtensionError",
    "Forbidden",
    "generalException",
    "InternalServerError",
    "InvalidTemplateDeployment",
    "NotFound",
    "Request_BadRequest",
    "ResourceDeploymentFailure",
    "ServerOperation",
    "Unauthorized",
    "UnknownError",
    "ValidationForResourceFailed",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_their_kind_by_their_words() {
        for (name, expected) in [
            ("ErrorFolderExists", Some(ErrorKind::Conflict)),
            ("ContainerBeingDeleted", Some(ErrorKind::Conflict)),
            ("ErrorMailboxStoreUnavailable", Some(ErrorKind::Unavailable)),
            ("MapiAccessDeniedException", Some(ErrorKind::PermissionDenied)),
            ("UserNotFoundException", Some(ErrorKind::NotFound)),
            ("LeaseIdMismatchWithBlobOperation", Some(ErrorKind::PreconditionFailed)),
            ("OutOfRangeInput", Some(ErrorKind::InvalidRequest)),
            ("UserRequestsThrottled", Some(ErrorKind::Throttled)),
            ("tenantNotLicensed", Some(ErrorKind::LicenseMissing)),
            ("ODataError", None),
            ("HttpRequestException", None),
            ("123456", None),
            ("", None),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }

    #[test]
    fn words_are_in_lower_case_and_wrappers_sorted() {
        for word in WORDS.iter().flat_map(|row| row.0) {
            assert_eq!(*word, word.to_ascii_lowercase());
        }
        assert!(WRAPPERS.is_sorted_by_key(|name| name.to_ascii_lowercase()));
        assert!(is_wrapper("badrequest") && !is_wrapper("BadRequestX"));
    }
}
