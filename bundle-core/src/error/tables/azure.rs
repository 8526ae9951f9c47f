//! Key Vault, Resource Manager and storage.
//!
//! Source: "Azure Key Vault REST API error codes", "Troubleshoot common Azure deployment errors", "Common REST API
//! error codes" of storage (Microsoft Learn).

use super::{CodeRow, ErrorKind, TextRow};

pub(super) static CODES: &[CodeRow] = &[
    ("AccessDenied", ErrorKind::PermissionDenied, Some("vault-access-policy-missing")),
    ("AKV10000", ErrorKind::ReauthenticationRequired, Some("token-not-accepted")),
    ("AKV10022", ErrorKind::InvalidRequest, Some("token-wrong-audience")),
    ("AKV10032", ErrorKind::InvalidRequest, Some("azure-wrong-tenant-token")),
    ("AnotherOperationInProgress", ErrorKind::Conflict, Some("azure-other-operation")),
    ("AuthenticationFailed", ErrorKind::ReauthenticationRequired, Some("token-not-accepted")),
    ("AuthorizationFailed", ErrorKind::PermissionDenied, Some("azure-401-unauthorized")),
    ("AuthorizationFailure", ErrorKind::PermissionDenied, Some("storage-firewall")),
    ("AuthorizationPermissionMismatch", ErrorKind::PermissionDenied, Some("azure-401-unauthorized")),
    ("CertificateDisabled", ErrorKind::PermissionDenied, Some("vault-object-disabled")),
    ("CertificateNotFound", ErrorKind::NotFound, None),
    ("ConditionNotMet", ErrorKind::PreconditionFailed, None),
    ("ContainerAlreadyExists", ErrorKind::Conflict, Some("already-there")),
    ("ContainerBeingDeleted", ErrorKind::Conflict, None),
    ("EntityAlreadyExists", ErrorKind::Conflict, Some("already-there")),
    ("ExpiredAuthenticationToken", ErrorKind::ReauthenticationRequired, Some("token-expired")),
    ("ForbiddenByConnection", ErrorKind::PermissionDenied, Some("vault-firewall")),
    ("ForbiddenByFirewall", ErrorKind::PermissionDenied, Some("vault-firewall")),
    ("ForbiddenByPolicy", ErrorKind::PermissionDenied, Some("azure-policy-disallows")),
    ("ForbiddenByRbac", ErrorKind::PermissionDenied, Some("vault-rbac-missing")),
    ("InvalidAuthenticationToken", ErrorKind::ReauthenticationRequired, Some("token-not-accepted")),
    ("InvalidAuthenticationTokenAudience", ErrorKind::InvalidRequest, Some("token-wrong-audience")),
    ("InvalidAuthenticationTokenTenant", ErrorKind::InvalidRequest, Some("azure-wrong-tenant-token")),
    ("KeyDisabled", ErrorKind::PermissionDenied, Some("vault-object-disabled")),
    ("KeyNotFound", ErrorKind::NotFound, None),
    ("LinkedAuthorizationFailed", ErrorKind::PermissionDenied, Some("azure-401-unauthorized")),
    ("MissingSubscriptionRegistration", ErrorKind::Conflict, Some("azure-provider-not-registered")),
    ("ObjectIsBeingDeleted", ErrorKind::Conflict, Some("vault-object-deleted")),
    ("ObjectIsBeingRecovered", ErrorKind::Conflict, Some("vault-object-deleted")),
    ("ObjectIsDeletedButRecoverable", ErrorKind::Conflict, Some("vault-object-deleted")),
    ("OperationTimedOut", ErrorKind::Unavailable, Some("service-unavailable")),
    ("PrincipalNotFound", ErrorKind::NotPropagated, Some("replication-lag")),
    ("ReadOnlyDisabledSubscription", ErrorKind::LicenseMissing, Some("azure-subscription-disabled")),
    ("RequestDisallowedByPolicy", ErrorKind::PermissionDenied, Some("azure-policy-disallows")),
    ("ResourceGroupBeingDeleted", ErrorKind::Conflict, Some("azure-other-operation")),
    ("RetryableErrorDueToAnotherOperation", ErrorKind::Conflict, Some("azure-other-operation")),
    ("RoleAssignmentExists", ErrorKind::Conflict, Some("already-there")),
    ("ScopeLocked", ErrorKind::Conflict, Some("azure-scope-locked")),
    ("SecretDisabled", ErrorKind::PermissionDenied, Some("vault-object-disabled")),
    ("SecretNotFound", ErrorKind::NotFound, None),
    ("ServerBusy", ErrorKind::Unavailable, Some("service-unavailable")),
    ("StorageAccountAlreadyTaken", ErrorKind::Conflict, Some("azure-name-taken")),
    ("SubscriptionNotFound", ErrorKind::NotFound, Some("azure-subscription-not-visible")),
    ("SubscriptionRequestsThrottled", ErrorKind::Throttled, Some("throttled")),
    ("TableAlreadyExists", ErrorKind::Conflict, Some("already-there")),
    ("Throttled", ErrorKind::Throttled, Some("throttled")),
    ("UpdateConditionNotSatisfied", ErrorKind::PreconditionFailed, None),
    ("VaultAlreadyExists", ErrorKind::Conflict, Some("azure-name-taken")),
];

pub(super) static TEXTS: &[TextRow] = &[
    (&["access token is from the wrong issuer"], ErrorKind::InvalidRequest, Some("azure-wrong-tenant-token")),
    (&["client address is not authorized"], ErrorKind::PermissionDenied, Some("vault-firewall")),
    (&["public network access is disabled"], ErrorKind::PermissionDenied, Some("vault-firewall")),
    (
        &["does not have secrets", "permission on key vault"],
        ErrorKind::PermissionDenied,
        Some("vault-access-policy-missing"),
    ),
    (
        &["caller is not authorized to perform action on resource"],
        ErrorKind::PermissionDenied,
        Some("vault-rbac-missing"),
    ),
    (&["does not have authorization to perform action"], ErrorKind::PermissionDenied, Some("azure-401-unauthorized")),
];
