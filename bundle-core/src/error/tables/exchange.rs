//! Exchange Online and Security & Compliance: exception types and texts.
//!
//! Source: answers of the admin API met in the field; Microsoft documents no list.

use super::{CodeRow, ErrorKind, TextRow};

/// Types of exceptions, without their namespace.
pub(super) static CODES: &[CodeRow] = &[
    ("ADObjectAlreadyExistsException", ErrorKind::Conflict, Some("already-there")),
    ("ADTransientException", ErrorKind::Unavailable, Some("service-unavailable")),
    ("AmbiguousParameterSetException", ErrorKind::InvalidRequest, None),
    ("BackendCommunicationException", ErrorKind::Unavailable, Some("service-unavailable")),
    ("CmdletAccessDeniedException", ErrorKind::PermissionDenied, Some("exchange-cmdlet-not-in-role")),
    ("CmdletProxyNotAvailableFailure", ErrorKind::Unavailable, Some("service-unavailable")),
    ("CommandNotFoundException", ErrorKind::PermissionDenied, Some("exchange-cmdlet-not-in-role")),
    ("ConnectionFailedTransientException", ErrorKind::Unavailable, Some("service-unavailable")),
    ("DataSourceTransientException", ErrorKind::Unavailable, Some("service-unavailable")),
    (
        "InvalidOperationInDehydratedContextException",
        ErrorKind::InvalidRequest,
        Some("exchange-organization-not-customized"),
    ),
    ("MailboxOfflineException", ErrorKind::Unavailable, Some("service-unavailable")),
    ("ManagementObjectAlreadyExistsException", ErrorKind::Conflict, Some("already-there")),
    ("ManagementObjectAmbiguousException", ErrorKind::InvalidRequest, Some("exchange-name-ambiguous")),
    ("ManagementObjectNotFoundException", ErrorKind::NotFound, None),
    ("MapiExceptionNotFound", ErrorKind::NotFound, None),
    ("MemberAlreadyExistsException", ErrorKind::Conflict, Some("already-there")),
    ("MemberNotFoundException", ErrorKind::NotFound, None),
    ("OverBudgetException", ErrorKind::Throttled, Some("throttled")),
    ("ParameterBindingException", ErrorKind::InvalidRequest, None),
    ("ParameterTransformationException", ErrorKind::InvalidRequest, None),
    // The address belongs to another recipient: a conflict, but not a success.
    ("ProxyAddressExistsException", ErrorKind::Conflict, None),
    ("QuotaExceededException", ErrorKind::InvalidRequest, None),
    ("ServerBusyException", ErrorKind::Unavailable, Some("service-unavailable")),
    ("StorageTransientException", ErrorKind::Unavailable, Some("service-unavailable")),
    ("TransientException", ErrorKind::Unavailable, Some("service-unavailable")),
    ("UserAlreadyExistsException", ErrorKind::Conflict, Some("already-there")),
    ("UserWithMatchingWindowsLiveIdExistsException", ErrorKind::Conflict, None),
];

pub(super) static TEXTS: &[TextRow] = &[
    (&["provide valid credential"], ErrorKind::PermissionDenied, Some("provide-valid-credential")),
    (&["user was not found"], ErrorKind::RelationshipInactive, Some("user-was-not-found")),
    (&["subscription within the tenant has lapsed"], ErrorKind::LicenseMissing, Some("subscription-lapsed")),
    (&["is not present in the role definition"], ErrorKind::PermissionDenied, Some("exchange-cmdlet-not-in-role")),
    (&["isn't a recognized cmdlet"], ErrorKind::PermissionDenied, Some("exchange-cmdlet-not-in-role")),
    (&["the term '", "is not recognized"], ErrorKind::PermissionDenied, Some("exchange-cmdlet-not-in-role")),
    (&["insufficient access rights"], ErrorKind::PermissionDenied, Some("insufficient-access-rights")),
    (&["user is not allowed to call"], ErrorKind::PermissionDenied, Some("insufficient-access-rights")),
    (&["isn't assigned to any management roles"], ErrorKind::PermissionDenied, Some("insufficient-access-rights")),
    (
        &["the role assigned to application", "isn't supported"],
        ErrorKind::PermissionDenied,
        Some("insufficient-access-rights"),
    ),
    (&["enable-organizationcustomization"], ErrorKind::InvalidRequest, Some("exchange-organization-not-customized")),
    (&["matches multiple entries"], ErrorKind::InvalidRequest, Some("exchange-name-ambiguous")),
    (&["expired or invalid pagination request"], ErrorKind::InvalidRequest, None),
    (&["cmdletproxynotavailablefailure"], ErrorKind::Unavailable, Some("service-unavailable")),
    (&["serverbusyexception"], ErrorKind::Unavailable, Some("service-unavailable")),
    (&["backendcommunicationexception"], ErrorKind::Unavailable, Some("service-unavailable")),
    (&["transientexception"], ErrorKind::Unavailable, Some("service-unavailable")),
    (&["is already a member of the group"], ErrorKind::Conflict, Some("already-there")),
    (&["the operation couldn't be performed because object", "couldn't be found"], ErrorKind::NotFound, None),
];
