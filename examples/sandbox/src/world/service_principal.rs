//! Service principals (enterprise applications) and what is granted to them.

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Resource, resource_by_app_id};

/// An application as it exists in one tenant.
#[derive(Clone, Debug)]
pub struct ServicePrincipal {
    /// The object id.
    pub id: Uuid,
    /// The application (client) id.
    pub app_id: Uuid,
    /// The name shown.
    pub display_name: String,
    /// Whether tokens may be issued for it.
    pub account_enabled: bool,
    /// Whether users must be assigned before they may use it.
    pub app_role_assignment_required: bool,
    /// The tenant in which the application is registered.
    pub app_owner_tenant: Uuid,
    /// `Application`, `ManagedIdentity`, ...
    pub service_principal_type: String,
    /// When it was created in this tenant.
    pub created_at: Timestamp,
    /// Further properties, as Graph shows them.
    pub extra: Map<String, Value>,
}

impl ServicePrincipal {
    /// Creates an enabled service principal.
    #[must_use]
    pub fn new(id: Uuid, app_id: Uuid, display_name: &str, created_at: Timestamp) -> Self {
        Self {
            id,
            app_id,
            display_name: display_name.to_owned(),
            account_enabled: true,
            app_role_assignment_required: false,
            app_owner_tenant: Uuid::nil(),
            service_principal_type: "Application".to_owned(),
            created_at,
            extra: Map::new(),
        }
    }

    /// Returns the permissions this service principal offers, when it is one of Microsoft's resources.
    #[must_use]
    pub fn resource(&self) -> Option<&'static Resource> {
        resource_by_app_id(&self.app_id)
    }
}

/// An application permission given to a principal (`appRoleAssignment`).
#[derive(Clone, Debug)]
pub struct AppRoleAssignment {
    /// The assignment id.
    pub id: String,
    /// The object id of the service principal, user or group that got it.
    pub principal_id: Uuid,
    /// `ServicePrincipal`, `User` or `Group`.
    pub principal_type: String,
    /// The object id of the resource's service principal.
    pub resource_id: Uuid,
    /// The app role's id.
    pub app_role_id: Uuid,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A delegated permission grant (`oauth2PermissionGrant`).
#[derive(Clone, Debug)]
pub struct PermissionGrant {
    /// The grant id.
    pub id: String,
    /// The object id of the client's service principal.
    pub client_id: Uuid,
    /// The user the grant is for; `None` is all principals.
    pub principal_id: Option<Uuid>,
    /// The object id of the resource's service principal.
    pub resource_id: Uuid,
    /// The scopes, separated by spaces.
    pub scope: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when the token endpoint honours it.
    pub effective_at: Timestamp,
}

impl PermissionGrant {
    /// Returns `AllPrincipals` or `Principal`.
    #[must_use]
    pub const fn consent_type(&self) -> &'static str {
        if self.principal_id.is_some() { "Principal" } else { "AllPrincipals" }
    }
}
