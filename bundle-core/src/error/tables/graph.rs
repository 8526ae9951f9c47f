//! Microsoft Graph, GDAP included.
//!
//! Source: "Microsoft Graph error responses and resource types", "Resolve Microsoft Graph authorization errors"
//! (Microsoft Learn), and texts met in the field.

use super::{CodeRow, ErrorKind, TextRow};

pub(super) static CODES: &[CodeRow] = &[
    ("AadPremiumLicenseRequired", ErrorKind::LicenseMissing, Some("no-premium-licence")),
    ("accessDenied", ErrorKind::PermissionDenied, Some("access-denied-403")),
    ("activityLimitReached", ErrorKind::Throttled, Some("throttled")),
    ("ApplicationThrottled", ErrorKind::Throttled, Some("throttled")),
    ("AppLifecycle_2210", ErrorKind::LicenseMissing, Some("app-lifecycle-2210")),
    ("Authentication_ExpiredToken", ErrorKind::ReauthenticationRequired, Some("token-expired")),
    ("Authentication_MissingOrMalformed", ErrorKind::ReauthenticationRequired, Some("token-not-accepted")),
    ("Authentication_RequestFromNonPremiumTenantOrB2CTenant", ErrorKind::LicenseMissing, Some("no-premium-licence")),
    ("Authentication_RequestFromUnsupportedUserRole", ErrorKind::PermissionDenied, Some("missing-graph-scopes")),
    ("Authentication_Unauthorized", ErrorKind::PermissionDenied, Some("missing-graph-scopes")),
    ("Authorization_IdentityNotFound", ErrorKind::NotPropagated, Some("replication-lag")),
    ("Authorization_RequestDenied", ErrorKind::PermissionDenied, Some("missing-graph-scopes")),
    ("CredentialInvalidLifetimeAsPerAppPolicy", ErrorKind::PermissionDenied, Some("credential-policy-blocks")),
    ("CredentialTypeNotAllowedAsPerAppPolicy", ErrorKind::PermissionDenied, Some("credential-policy-blocks")),
    ("Directory_BindingRedirection", ErrorKind::Unavailable, Some("service-unavailable")),
    ("Directory_ConcurrencyViolation", ErrorKind::PreconditionFailed, None),
    ("Directory_ReplicaUnavailable", ErrorKind::Unavailable, Some("service-unavailable")),
    ("ErrorAccessDenied", ErrorKind::PermissionDenied, Some("access-denied-403")),
    ("ErrorItemNotFound", ErrorKind::NotFound, None),
    ("ErrorSendAsDenied", ErrorKind::PermissionDenied, Some("access-denied-403")),
    ("ErrorServerBusy", ErrorKind::Unavailable, Some("service-unavailable")),
    ("ErrorTooManyObjectsOpened", ErrorKind::Throttled, Some("throttled")),
    ("KeyNotFound", ErrorKind::NotFound, None),
    ("MailboxConcurrency", ErrorKind::Throttled, Some("throttled")),
    ("nameAlreadyExists", ErrorKind::Conflict, Some("already-there")),
    ("NoBackingApplicationObject", ErrorKind::NotPropagated, Some("replication-lag")),
    ("ObjectConflict", ErrorKind::Conflict, Some("already-there")),
    ("Request_MultipleObjectsWithSameKeyValue", ErrorKind::Conflict, Some("already-there")),
    ("Request_ResourceNotFound", ErrorKind::NotFound, None),
    ("Request_ThrottledTemporarily", ErrorKind::Throttled, Some("throttled")),
    ("serviceNotAvailable", ErrorKind::Unavailable, Some("service-unavailable")),
    ("TokenCreatedWithOutdatedPolicies", ErrorKind::ReauthenticationRequired, Some("claims-challenge")),
    ("TokenNotFound", ErrorKind::ReauthenticationRequired, Some("token-not-accepted")),
];

pub(super) static TEXTS: &[TextRow] = &[
    (
        &["unable to initialize the authorization context"],
        ErrorKind::RelationshipInactive,
        Some("unsupported-token-gdap-not-ready"),
    ),
    (&["access container does not exist"], ErrorKind::NotFound, Some("gdap-group-missing")),
    (
        &["delegatedadminrelationshipid is invalid"],
        ErrorKind::RelationshipInactive,
        Some("gdap-relationship-not-active"),
    ),
    (
        &["the user (principal) does not have the required permissions to perform the specified action"],
        ErrorKind::PermissionDenied,
        Some("admin-agents-missing"),
    ),
    (&["continuous access evaluation resulted in"], ErrorKind::ReauthenticationRequired, Some("claims-challenge")),
    (&["request not applicable to target tenant"], ErrorKind::LicenseMissing, Some("request-not-applicable-to-tenant")),
    (&["doesn't have premium license"], ErrorKind::LicenseMissing, Some("no-premium-licence")),
    (&["tenant is not licensed for this feature"], ErrorKind::LicenseMissing, Some("no-premium-licence")),
    (&["account is not provisioned"], ErrorKind::LicenseMissing, Some("service-not-subscribed")),
    (&["applifecycle_2210"], ErrorKind::LicenseMissing, Some("app-lifecycle-2210")),
    (
        &["microsoft.skype.sync.pstn.tnm.common.http.httpresponseexception"],
        ErrorKind::LicenseMissing,
        Some("teams-http-response-exception"),
    ),
    (&["required scopes are missing in the token"], ErrorKind::PermissionDenied, Some("missing-graph-scopes")),
    (&["either scp or roles claim need to be present"], ErrorKind::PermissionDenied, Some("missing-graph-scopes")),
    (&["missing scope permissions on the request"], ErrorKind::PermissionDenied, Some("missing-graph-scopes")),
    (&["must have one of the following scopes"], ErrorKind::PermissionDenied, Some("missing-graph-scopes")),
    (
        &["credential type not allowed as per assigned policy"],
        ErrorKind::PermissionDenied,
        Some("credential-policy-blocks"),
    ),
    (&["does not reference a valid application object"], ErrorKind::NotPropagated, Some("replication-lag")),
    (
        &["backing application of the service principal being created"],
        ErrorKind::NotPropagated,
        Some("replication-lag"),
    ),
    (&["service principal name", "is already in use"], ErrorKind::Conflict, Some("already-there")),
    (&["invalid audience"], ErrorKind::InvalidRequest, Some("token-wrong-audience")),
    (&["lifetime validation failed"], ErrorKind::ReauthenticationRequired, Some("token-expired")),
    (&["token has expired"], ErrorKind::ReauthenticationRequired, Some("token-expired")),
    (&["jwt is not well formed"], ErrorKind::InvalidRequest, Some("invalid-or-malformed")),
    (&["unable to read json request payload"], ErrorKind::InvalidRequest, Some("invalid-or-malformed")),
    (&["auditingdisabledtenant"], ErrorKind::PermissionDenied, Some("auditing-disabled")),
];
