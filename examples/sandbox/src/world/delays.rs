//! How long the sandbox takes until a change is visible, in virtual seconds.

/// A relationship that was locked turns `approvalPending`.
pub const LOCK_SECONDS: i64 = 5;
/// An approved relationship starts activating.
pub const APPROVED_SECONDS: i64 = 30;
/// An approved relationship is active.
pub const ACTIVATION_SECONDS: i64 = 120;
/// A request for approval that nobody answered lapses (90 days).
pub const APPROVAL_LAPSE_SECONDS: i64 = 90 * 24 * 3600;
/// A relationship whose termination was requested is terminating.
pub const TERMINATING_SECONDS: i64 = 5;
/// A relationship whose termination was requested is terminated.
pub const TERMINATION_SECONDS: i64 = 60;
/// An access assignment that was made, changed or deleted takes effect.
pub const ASSIGNMENT_SECONDS: i64 = 60;
/// A consent made through Partner Center counts at the token endpoint.
pub const PARTNER_CONSENT_SECONDS: i64 = 30;
/// A change of a conditional access policy acts at the token endpoint.
pub const POLICY_SECONDS: i64 = 30 * 60;
/// A deleted or recovered vault secret is fully deleted or recovered.
pub const VAULT_SECONDS: i64 = 5;
/// A new key vault has its name in the DNS.
pub const VAULT_DNS_SECONDS: i64 = 10;
/// A new application credential is known to the token endpoint.
pub const CREDENTIAL_SECONDS: i64 = 10;
/// A device code that was asked for is approved.
pub const DEVICE_CODE_SECONDS: i64 = 10;
/// A refresh token that was not used dies (90 days).
pub const REFRESH_TOKEN_IDLE_SECONDS: i64 = 90 * 24 * 3600;
