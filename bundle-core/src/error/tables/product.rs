//! Texts of the set-up and of the machine itself: what a technician sees around, or in place of, an answer of Microsoft.
//!
//! Source: the troubleshooting section of the bundle's documentation, and texts met in the field.

use super::{ErrorKind, TextRow};

pub(super) static TEXTS: &[TextRow] = &[
    (
        &["permissions configuration not found for azure"],
        ErrorKind::Config,
        Some("azure-permissions-configuration-not-found"),
    ),
    (
        &["authorize one or more integrations", "invalid_client"],
        ErrorKind::NotFound,
        Some("invalid-client-missing-key-vault"),
    ),
    (&["error configuring delegated admin"], ErrorKind::ConsentRequired, Some("delegated-admin-configuration-400")),
    (&["application id doesn't exist"], ErrorKind::ConsentRequired, Some("consent-application-id-missing")),
    (&["application id doesn\u{2019}t exist"], ErrorKind::ConsentRequired, Some("consent-application-id-missing")),
    (
        &["delegated admin consent", "unable to initialize the authorization context"],
        ErrorKind::RelationshipInactive,
        Some("unsupported-token-gdap-not-ready"),
    ),
    (&["delegated admin consent", "multi-factor"], ErrorKind::MfaRequired, Some("delegated-consent-mfa")),
    (
        &["delegated admin consent", "blocked by conditional access"],
        ErrorKind::ConditionalAccess,
        Some("delegated-consent-conditional-access"),
    ),
    (&["delegated admin consent", "forbidden"], ErrorKind::PermissionDenied, Some("delegated-consent-forbidden-gdap")),
    (
        &["error assigning application permission"],
        ErrorKind::PermissionDenied,
        Some("error-assigning-application-permission"),
    ),
    (
        &["decompressing", "incorrect header check"],
        ErrorKind::PermissionDenied,
        Some("exo-decompress-incorrect-header"),
    ),
    (
        &["invalid tokens", "device object was not found"],
        ErrorKind::ReauthenticationRequired,
        Some("invalid-token-device-object"),
    ),
    (
        &["invalid tokens", "grant has expired"],
        ErrorKind::ReauthenticationRequired,
        Some("invalid-token-grant-expired"),
    ),
    (&["legacy app registration"], ErrorKind::Config, Some("legacy-app-registration-conflict")),
    (&["failed to refresh options"], ErrorKind::PermissionDenied, Some("refresh-options-failed")),
    (&["unknown auth_app_registration"], ErrorKind::Config, Some("unknown-auth-app-registration")),
    (&["auth app registration error"], ErrorKind::InvalidClient, Some("auth-app-registration-error")),
    (&["failed to get tenant resource id"], ErrorKind::NotPropagated, Some("tenant-resource-id-not-found")),
    (&["the term 'connect-", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'get-mg", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'new-mg", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'update-mg", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'remove-mg", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'invoke-mg", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'get-az", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'new-az", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'get-msol", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'get-partner", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'get-pnp", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'get-csteam", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'install-module", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["the term 'az'", "is not recognized"], ErrorKind::Config, Some("module-missing")),
    (&["no valid module file was found"], ErrorKind::Config, Some("module-missing")),
    (&["no module named '"], ErrorKind::Config, Some("module-missing")),
    (&["cannot find module '"], ErrorKind::Config, Some("module-missing")),
    (&["method not found: '"], ErrorKind::Config, Some("module-missing")),
    (&["could not load file or assembly"], ErrorKind::Config, Some("module-missing")),
    (&["client error '400 bad request'"], ErrorKind::InvalidRequest, Some("client-error-400")),
    (
        &["client error '401 unauthorized'", "management.azure.com"],
        ErrorKind::PermissionDenied,
        Some("azure-401-unauthorized"),
    ),
];
