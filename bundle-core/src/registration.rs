//! App registrations and the accounts behind them: what set-up creates in the partner's own tenant.

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::account::NewAccount;
use crate::catalog::RequiredResourceAccess;
use crate::directory::Account;
use crate::error::Result;
use crate::ids::{AppId, KeyId, ObjectId, RoleTemplateId, UserId};

/// An app registration, as far as set-up needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AppRegistration {
    /// The object id.
    pub id: ObjectId,
    /// The application (client) id.
    pub app_id: AppId,
    /// The name shown.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Who may sign in: `AzureADMultipleOrgs` for partners.
    #[serde(default)]
    pub sign_in_audience: Option<String>,
    /// The permissions it asks for.
    #[serde(default)]
    pub required_resource_access: Vec<RequiredResourceAccess>,
    /// Its secrets, without the secret text.
    #[serde(default)]
    pub password_credentials: Vec<PasswordCredential>,
}

/// A secret of an app registration, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PasswordCredential {
    /// The id of the secret.
    pub key_id: KeyId,
    /// The name given to it.
    #[serde(default)]
    pub display_name: Option<String>,
    /// When it ends.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub end_date_time: Option<Timestamp>,
}

/// An app registration to create: multi-tenant, usable by device code, with `http://localhost` for browsers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewAppRegistration {
    /// The name shown.
    pub display_name: String,
    /// `AzureADMultipleOrgs`: customers' tenants are other organisations.
    pub sign_in_audience: String,
    /// Whether device code sign-ins are allowed.
    pub is_fallback_public_client: bool,
    /// Where browsers come back to.
    pub web: WebApplication,
    /// Where native programs come back to.
    pub public_client: PublicClientApplication,
    /// The permissions it asks for.
    pub required_resource_access: Vec<RequiredResourceAccess>,
}

impl NewAppRegistration {
    /// An app registration with this name that asks for these permissions.
    #[must_use]
    pub fn new(name: impl Into<String>, access: Vec<RequiredResourceAccess>) -> Self {
        Self {
            display_name: name.into(),
            sign_in_audience: "AzureADMultipleOrgs".to_owned(),
            is_fallback_public_client: true,
            web: WebApplication { redirect_uris: vec!["http://localhost".to_owned()] },
            public_client: PublicClientApplication { redirect_uris: Vec::new() },
            required_resource_access: access,
        }
    }
}

/// Redirect URIs of a web application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebApplication {
    /// The addresses.
    pub redirect_uris: Vec<String>,
}

/// Redirect URIs of native programs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicClientApplication {
    /// The addresses.
    pub redirect_uris: Vec<String>,
}

/// A secret just added; its text is answered this once.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AddedSecret {
    /// The id of the secret.
    pub key_id: KeyId,
    /// The secret itself.
    pub secret_text: SecretString,
}

impl AddedSecret {
    /// A secret as the service answered it.
    #[must_use]
    pub fn new(key_id: KeyId, secret_text: SecretString) -> Self {
        Self { key_id, secret_text }
    }
}

open_enum! {
    /// The per-user multifactor authentication of an account.
    pub enum PerUserMfaState {
        /// Not asked for by this setting.
        Disabled = "disabled",
        /// To be registered at the next sign-in.
        Enabled = "enabled",
        /// Demanded at every sign-in.
        Enforced = "enforced",
    }
}

/// App registrations of the partner's tenant.
///
/// # Behavior
/// * An absent application is `None`.
/// * [`ApplicationApi::replace_required_access`] replaces the whole list; the caller has read it before.
#[async_trait]
pub trait ApplicationApi: std::fmt::Debug + Send + Sync {
    /// Finds an app registration by its application id.
    async fn find_application(&self, application: &AppId) -> Result<Option<AppRegistration>>;

    /// Lists the app registrations with a name; names are not unique.
    async fn applications_named(&self, name: &str) -> Result<Vec<AppRegistration>>;

    /// Creates an app registration.
    async fn create_application(&self, new: &NewAppRegistration) -> Result<AppRegistration>;

    /// Replaces the permissions an app registration asks for.
    async fn replace_required_access(&self, id: &ObjectId, access: &[RequiredResourceAccess]) -> Result<()>;
}

/// Secrets of app registrations.
///
/// # Behavior
/// * [`SecretApi::add_secret`] adds a new one each time.
/// * [`SecretApi::remove_secret`] of an absent secret answers `NotFound` or `InvalidRequest`.
#[async_trait]
pub trait SecretApi: std::fmt::Debug + Send + Sync {
    /// Adds a secret that ends at `end`.
    async fn add_secret(&self, application: &ObjectId, name: &str, end: Timestamp) -> Result<AddedSecret>;

    /// Removes a secret.
    async fn remove_secret(&self, application: &ObjectId, key: &KeyId) -> Result<()>;
}

/// Users of the partner's tenant.
///
/// # Behavior
/// * An absent user is `None`.
#[async_trait]
pub trait AccountApi: std::fmt::Debug + Send + Sync {
    /// Finds a user by its sign-in name.
    async fn find_account(&self, user_principal_name: &str) -> Result<Option<Account>>;

    /// Creates a user.
    async fn create_account(&self, new: &NewAccount) -> Result<Account>;

    /// Reads whether multifactor authentication is demanded of a user by its own setting.
    async fn mfa_state(&self, user: &UserId) -> Result<PerUserMfaState>;

    /// Demands multifactor authentication of a user at every sign-in.
    async fn enforce_mfa(&self, user: &UserId) -> Result<()>;
}

/// Directory roles of users of the partner's tenant.
///
/// # Behavior
/// * [`RoleApi::roles`] answers what is assigned to the user itself for the whole tenant, all pages.
/// * [`RoleApi::assign_role`] of a role the user has answers `Conflict`.
#[async_trait]
pub trait RoleApi: std::fmt::Debug + Send + Sync {
    /// Reads the directory roles of a user.
    async fn roles(&self, user: &UserId) -> Result<Vec<RoleTemplateId>>;

    /// Gives a directory role to a user, tenant-wide.
    async fn assign_role(&self, user: &UserId, role: &RoleTemplateId) -> Result<()>;
}
