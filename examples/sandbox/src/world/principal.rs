//! Users and groups.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Secret;

/// The per-user multifactor authentication state (`perUserMfaState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MfaState {
    /// Not asked for.
    #[default]
    Disabled,
    /// Asked for at the next sign-in.
    Enabled,
    /// Enforced at every sign-in.
    Enforced,
}

impl MfaState {
    /// Returns the word Graph uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Enforced => "enforced",
        }
    }

    /// Reads the word Graph uses.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Disabled, Self::Enabled, Self::Enforced].into_iter().find(|state| state.as_str() == word)
    }
}

/// A user account.
#[derive(Clone, Debug)]
pub struct User {
    /// The object id.
    pub id: Uuid,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The name shown.
    pub display_name: String,
    /// The mail address, if any.
    pub mail: Option<String>,
    /// The mail nickname (`mailNickname`).
    pub mail_nickname: String,
    /// Whether the account may sign in.
    pub account_enabled: bool,
    /// `Member` or `Guest`.
    pub user_type: String,
    /// The country licences are used in.
    pub usage_location: Option<String>,
    /// The per-user multifactor authentication state.
    pub mfa_state: MfaState,
    /// The password; never echoed.
    pub password: Secret,
    /// Product ids assigned to the user.
    pub assigned_licenses: Vec<Uuid>,
    /// Whether the user has a mailbox.
    pub mailbox: bool,
    /// Refresh tokens issued before this time are revoked.
    pub sessions_valid_from: Timestamp,
    /// When the account was created.
    pub created_at: Timestamp,
    /// Further properties, as Graph shows them.
    pub extra: Map<String, Value>,
}

impl User {
    /// Creates an enabled member account without password, licence or mailbox.
    #[must_use]
    pub fn new(id: Uuid, user_principal_name: &str, display_name: &str, created_at: Timestamp) -> Self {
        let nickname = user_principal_name.split('@').next().unwrap_or_default();
        Self {
            id,
            user_principal_name: user_principal_name.to_owned(),
            display_name: display_name.to_owned(),
            mail: None,
            mail_nickname: nickname.to_owned(),
            account_enabled: true,
            user_type: "Member".to_owned(),
            usage_location: None,
            mfa_state: MfaState::Disabled,
            password: Secret::default(),
            assigned_licenses: Vec::new(),
            mailbox: false,
            sessions_valid_from: created_at,
            created_at,
            extra: Map::new(),
        }
    }
}

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// The object id.
    pub id: Uuid,
    /// The name shown; not unique.
    pub display_name: String,
    /// The description, if any.
    pub description: Option<String>,
    /// The mail nickname.
    pub mail_nickname: String,
    /// Whether permissions may be given to the group.
    pub security_enabled: bool,
    /// Whether the group receives mail.
    pub mail_enabled: bool,
    /// Whether directory roles may be given to the group; cannot change after creation.
    pub is_assignable_to_role: bool,
    /// `Unified`, `DynamicMembership`, or nothing.
    pub group_types: Vec<String>,
    /// Object ids of the members.
    pub members: BTreeSet<Uuid>,
    /// Object ids of the owners.
    pub owners: BTreeSet<Uuid>,
    /// When the group was created.
    pub created_at: Timestamp,
    /// Further properties, as Graph shows them.
    pub extra: Map<String, Value>,
}

impl Group {
    /// Creates an empty security group.
    #[must_use]
    pub fn security(id: Uuid, display_name: &str, created_at: Timestamp) -> Self {
        Self {
            id,
            display_name: display_name.to_owned(),
            description: None,
            mail_nickname: display_name.chars().filter(char::is_ascii_alphanumeric).collect(),
            security_enabled: true,
            mail_enabled: false,
            is_assignable_to_role: false,
            group_types: Vec::new(),
            members: BTreeSet::new(),
            owners: BTreeSet::new(),
            created_at,
            extra: Map::new(),
        }
    }
}
