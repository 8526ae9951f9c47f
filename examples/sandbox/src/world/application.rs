//! Application registrations and their credentials.

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{CREDENTIAL_SECONDS, Secret};
use crate::clock::plus;

/// A client secret of an application.
#[derive(Clone, Debug)]
pub struct PasswordCredential {
    /// The id of the credential (not the secret).
    pub key_id: Uuid,
    /// The name given to it.
    pub display_name: Option<String>,
    /// The secret text; shown once, when it is made.
    pub secret: Secret,
    /// From when the secret is valid.
    pub start: Timestamp,
    /// Until when the secret is valid.
    pub end: Timestamp,
    /// When the secret was added; the token endpoint knows it some seconds later.
    pub created_at: Timestamp,
}

impl PasswordCredential {
    /// Returns the first three characters of the secret, as Graph shows them.
    #[must_use]
    pub fn hint(&self) -> String {
        self.secret.expose().chars().take(3).collect()
    }

    /// Returns whether the token endpoint already knows the secret.
    #[must_use]
    pub fn is_replicated(&self, now: Timestamp) -> bool {
        plus(self.created_at, CREDENTIAL_SECONDS) <= now
    }
}

/// An application registration.
#[derive(Clone, Debug)]
pub struct Application {
    /// The object id.
    pub id: Uuid,
    /// The application (client) id.
    pub app_id: Uuid,
    /// The name shown.
    pub display_name: String,
    /// `AzureADMyOrg`, `AzureADMultipleOrgs`, ...
    pub sign_in_audience: String,
    /// Whether flows without a client secret are allowed.
    pub is_fallback_public_client: Option<bool>,
    /// Redirect URIs of the `web` platform.
    pub web_redirect_uris: Vec<String>,
    /// Redirect URIs of the `publicClient` platform.
    pub public_redirect_uris: Vec<String>,
    /// `requiredResourceAccess`, as Graph shows it.
    pub required_resource_access: Vec<Value>,
    /// The client secrets.
    pub passwords: Vec<PasswordCredential>,
    /// `keyCredentials`, as Graph shows them.
    pub key_credentials: Vec<Value>,
    /// `servicePrincipalLockConfiguration`, as Graph shows it.
    pub service_principal_lock: Option<Value>,
    /// When the application was registered.
    pub created_at: Timestamp,
    /// Further properties, as Graph shows them.
    pub extra: Map<String, Value>,
}

impl Application {
    /// Creates a registration for this tenant only, without redirect URIs, permissions or credentials.
    #[must_use]
    pub fn new(id: Uuid, app_id: Uuid, display_name: &str, created_at: Timestamp) -> Self {
        Self {
            id,
            app_id,
            display_name: display_name.to_owned(),
            sign_in_audience: "AzureADMyOrg".to_owned(),
            is_fallback_public_client: None,
            web_redirect_uris: Vec::new(),
            public_redirect_uris: Vec::new(),
            required_resource_access: Vec::new(),
            passwords: Vec::new(),
            key_credentials: Vec::new(),
            service_principal_lock: None,
            created_at,
            extra: Map::new(),
        }
    }

    /// Returns whether other tenants may use the application.
    #[must_use]
    pub fn is_multi_tenant(&self) -> bool {
        self.sign_in_audience != "AzureADMyOrg"
    }
}
