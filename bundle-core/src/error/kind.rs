//! What a caller does next.

use serde::{Deserialize, Serialize};

/// The coarse class of an error: it says what the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A Conditional Access policy refused the sign-in; the owner of the policy has to change it.
    ConditionalAccess,
    /// Our own configuration is wrong or incomplete; nothing was sent.
    Config,
    /// It is there already, or another change is under way; an idempotent flow takes "already there" as done.
    Conflict,
    /// The connection could not be made or broke before the request was sent; the same call may be repeated.
    Connection,
    /// An administrator has to consent to the application (again).
    ConsentRequired,
    /// The answer could not be understood, or named something we refuse to follow.
    Decode,
    /// The application's secret or certificate is wrong, expired or disabled.
    InvalidClient,
    /// The service refused the request as it stands; repeating it does not help.
    InvalidRequest,
    /// The tenant has no licence or subscription for the service.
    LicenseMissing,
    /// The sign-in must satisfy multifactor authentication.
    MfaRequired,
    /// No such object.
    NotFound,
    /// A change made a moment ago is not visible everywhere yet; wait and repeat.
    NotPropagated,
    /// Nothing more is known.
    Other,
    /// The request may or may not have been carried out; look before repeating it.
    OutcomeUnknown,
    /// The caller lacks a permission or a role.
    PermissionDenied,
    /// The entity tag is stale: read again, then repeat.
    PreconditionFailed,
    /// The sign-in is no longer valid: the account has to sign in again.
    ReauthenticationRequired,
    /// The GDAP relationship is missing, not accepted or ended.
    RelationshipInactive,
    /// Too many requests; wait as long as the service says.
    Throttled,
    /// The time allowed for the call has passed.
    Timeout,
    /// The service cannot answer now; wait and repeat.
    Unavailable,
}

impl ErrorKind {
    /// Whether the same call may succeed later with nobody acting.
    ///
    /// This is the one place that answers the question; the pipeline asks it too. [`ErrorKind::OutcomeUnknown`] is
    /// not retryable: the caller has to look first.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Connection | Self::NotPropagated | Self::Throttled | Self::Timeout | Self::Unavailable)
    }

    /// The name of the kind, as in the source.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConditionalAccess => "ConditionalAccess",
            Self::Config => "Config",
            Self::Conflict => "Conflict",
            Self::Connection => "Connection",
            Self::ConsentRequired => "ConsentRequired",
            Self::Decode => "Decode",
            Self::InvalidClient => "InvalidClient",
            Self::InvalidRequest => "InvalidRequest",
            Self::LicenseMissing => "LicenseMissing",
            Self::MfaRequired => "MfaRequired",
            Self::NotFound => "NotFound",
            Self::NotPropagated => "NotPropagated",
            Self::Other => "Other",
            Self::OutcomeUnknown => "OutcomeUnknown",
            Self::PermissionDenied => "PermissionDenied",
            Self::PreconditionFailed => "PreconditionFailed",
            Self::ReauthenticationRequired => "ReauthenticationRequired",
            Self::RelationshipInactive => "RelationshipInactive",
            Self::Throttled => "Throttled",
            Self::Timeout => "Timeout",
            Self::Unavailable => "Unavailable",
        }
    }
}

impl std::fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
