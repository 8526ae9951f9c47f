//! How a caller signs in, as far as permissions go.

use std::fmt;

use super::permission::PermissionKind;

/// How a caller signs in, as the permission tables of Microsoft Graph tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AccessScheme {
    /// A signed-in user with a work or school account.
    Delegated,
    /// The application itself.
    Application,
    /// A signed-in user with a personal Microsoft account.
    PersonalAccount,
}

impl AccessScheme {
    /// All of them, in the order of Microsoft's tables.
    pub const ALL: [Self; 3] = [Self::Delegated, Self::Application, Self::PersonalAccount];

    /// The kind of permission this scheme uses.
    #[must_use]
    pub const fn kind(self) -> PermissionKind {
        match self {
            Self::Application => PermissionKind::Application,
            Self::Delegated | Self::PersonalAccount => PermissionKind::Delegated,
        }
    }
}

impl From<PermissionKind> for AccessScheme {
    /// The scheme of customer tenants: delegated means a work or school account.
    fn from(kind: PermissionKind) -> Self {
        match kind {
            PermissionKind::Delegated => Self::Delegated,
            PermissionKind::Application => Self::Application,
        }
    }
}

impl fmt::Display for AccessScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Delegated => "delegated",
            Self::Application => "application",
            Self::PersonalAccount => "personal account",
        })
    }
}
