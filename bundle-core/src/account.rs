//! Accounts as calls and flows create them.

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

/// A user to create.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewAccount {
    /// Whether the account may sign in.
    pub account_enabled: bool,
    /// The name shown.
    pub display_name: String,
    /// The mail alias.
    pub mail_nickname: String,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The first password.
    pub password_profile: PasswordProfile,
}

/// The first password of a user; never answered by the service.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordProfile {
    /// Whether it has to be changed at the first sign-in.
    pub force_change_password_next_sign_in: bool,
    /// The password.
    #[serde(serialize_with = "expose")]
    pub password: SecretString,
}

impl NewAccount {
    /// A user with a first password.
    #[must_use]
    pub fn new(user_principal_name: &str, display_name: &str, password: SecretString) -> Self {
        let mail_nickname = user_principal_name.split('@').next().unwrap_or_default().to_owned();
        Self {
            account_enabled: true,
            display_name: display_name.to_owned(),
            mail_nickname,
            user_principal_name: user_principal_name.to_owned(),
            password_profile: PasswordProfile { force_change_password_next_sign_in: false, password },
        }
    }
}

fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}
