//! Partner Center. Codes whose status says it all are left out.
//!
//! Source: "Partner Center REST error codes" (Microsoft Learn, copy of 2023), and codes met in the field.

use super::{CodeRow, ErrorKind, TextRow};

/// Numbers, as text: sorted as text.
pub(super) static CODES: &[CodeRow] = &[
    ("10001", ErrorKind::MfaRequired, Some("forbidden-403-mfa-required-401")),
    ("1002", ErrorKind::PermissionDenied, Some("admin-agents-missing")),
    ("13605", ErrorKind::RelationshipInactive, Some("reseller-relationship-missing")),
    ("20002", ErrorKind::RelationshipInactive, Some("reseller-relationship-missing")),
    ("2055", ErrorKind::PreconditionFailed, None),
    ("2072", ErrorKind::RelationshipInactive, Some("reseller-relationship-missing")),
    ("600006", ErrorKind::PermissionDenied, None),
    ("60002", ErrorKind::NotFound, None),
    ("60003", ErrorKind::RelationshipInactive, Some("user-was-not-found")),
    ("600061", ErrorKind::Conflict, Some("already-there")),
    ("60012", ErrorKind::LicenseMissing, Some("no-licences-left")),
    ("800003", ErrorKind::Unavailable, Some("service-unavailable")),
    ("800015", ErrorKind::RelationshipInactive, Some("reseller-relationship-missing")),
    ("800016", ErrorKind::RelationshipInactive, Some("reseller-relationship-missing")),
    ("800041", ErrorKind::Conflict, None),
    ("800043", ErrorKind::PermissionDenied, Some("admin-agents-missing")),
    ("800065", ErrorKind::Conflict, None),
    ("800115", ErrorKind::Conflict, None),
    ("900123", ErrorKind::RelationshipInactive, Some("reseller-relationship-missing")),
    ("900124", ErrorKind::RelationshipInactive, Some("reseller-relationship-missing")),
    ("900130", ErrorKind::Unavailable, Some("service-unavailable")),
    ("900135", ErrorKind::Unavailable, Some("service-unavailable")),
    ("900145", ErrorKind::Unavailable, Some("service-unavailable")),
    ("900146", ErrorKind::Unavailable, Some("service-unavailable")),
    ("900150", ErrorKind::PermissionDenied, Some("admin-agents-missing")),
    ("900192", ErrorKind::Unavailable, Some("service-unavailable")),
    ("900216", ErrorKind::Unavailable, Some("service-unavailable")),
    ("900225", ErrorKind::Unavailable, Some("service-unavailable")),
    ("900226", ErrorKind::Unavailable, Some("service-unavailable")),
    ("900261", ErrorKind::Unavailable, Some("service-unavailable")),
    ("900308", ErrorKind::PermissionDenied, Some("delegated-consent-forbidden-gdap")),
    ("900309", ErrorKind::ConditionalAccess, Some("delegated-consent-conditional-access")),
    ("900311", ErrorKind::Throttled, Some("throttled")),
    ("900316", ErrorKind::InvalidRequest, Some("app-only-not-supported")),
    ("900329", ErrorKind::InvalidRequest, Some("app-only-not-supported")),
    ("900420", ErrorKind::InvalidRequest, Some("token-wrong-audience")),
    ("PartnerConfirmedAgreementAlreadyExists", ErrorKind::Conflict, Some("already-there")),
];

pub(super) static TEXTS: &[TextRow] = &[
    (&["permission entry already exists"], ErrorKind::Conflict, Some("already-there")),
    (&["mfa required"], ErrorKind::MfaRequired, Some("forbidden-403-mfa-required-401")),
    (&["strongauth"], ErrorKind::MfaRequired, Some("forbidden-403-mfa-required-401")),
    (&["no commerce relationship"], ErrorKind::RelationshipInactive, Some("reseller-relationship-missing")),
    (&["application id doesn't exist"], ErrorKind::ConsentRequired, Some("consent-application-id-missing")),
    (&["application id doesn\u{2019}t exist"], ErrorKind::ConsentRequired, Some("consent-application-id-missing")),
    (&["lacks a service principal for"], ErrorKind::LicenseMissing, Some("service-not-subscribed")),
    (
        &["unable to initialize the authorization context"],
        ErrorKind::RelationshipInactive,
        Some("unsupported-token-gdap-not-ready"),
    ),
];
