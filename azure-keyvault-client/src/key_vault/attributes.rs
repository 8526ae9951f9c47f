//! What a vault keeps about a secret beside its value.

use bundle_core::open_enum;
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

/// Times and state of a secret. On the wire all times are Unix seconds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SecretAttributes {
    /// Whether the value can be read.
    pub enabled: Option<bool>,
    /// When the value becomes good; before, reading is refused.
    #[serde(rename = "nbf", with = "second::optional")]
    pub not_before: Option<Timestamp>,
    /// When the value stops being good; a reminder, the service still answers it.
    #[serde(rename = "exp", with = "second::optional")]
    pub expires: Option<Timestamp>,
    /// When the version was made.
    #[serde(with = "second::optional")]
    pub created: Option<Timestamp>,
    /// When it was changed last.
    #[serde(with = "second::optional")]
    pub updated: Option<Timestamp>,
    /// What happens when it is deleted.
    pub recovery_level: Option<RecoveryLevel>,
    /// How many days a deleted secret can be recovered.
    pub recoverable_days: Option<u32>,
}

open_enum! {
    /// What happens when a secret is deleted; set by the vault.
    pub enum RecoveryLevel {
        /// Gone at once.
        Purgeable = "Purgeable",
        /// Recoverable for 90 days, may be purged before.
        RecoverablePurgeable = "Recoverable+Purgeable",
        /// Recoverable for 90 days, purge refused.
        Recoverable = "Recoverable",
        /// Recoverable for 90 days, purge refused, the subscription cannot be removed.
        RecoverableProtectedSubscription = "Recoverable+ProtectedSubscription",
        /// Recoverable for the vault's own number of days, may be purged before.
        CustomizedRecoverablePurgeable = "CustomizedRecoverable+Purgeable",
        /// Recoverable for the vault's own number of days, purge refused.
        CustomizedRecoverable = "CustomizedRecoverable",
        /// As before, and the subscription cannot be removed.
        CustomizedRecoverableProtectedSubscription = "CustomizedRecoverable+ProtectedSubscription",
    }
}

impl RecoveryLevel {
    /// Whether a deleted secret may be purged before its time.
    #[must_use]
    pub fn allows_purge(&self) -> bool {
        self.as_str().split('+').any(|part| part == "Purgeable")
    }
}
