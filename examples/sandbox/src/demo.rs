//! The demonstration world.

use uuid::Uuid;

use crate::world::Secret;

/// How to sign in to the demonstration world.
#[derive(Clone, Debug)]
pub struct DemoAccess {
    /// The partner's tenant.
    pub partner_tenant: Uuid,
    /// The partner's multi-tenant application.
    pub application: Uuid,
    /// Its client secret.
    pub client_secret: Secret,
    /// The refresh token of the service account, for that application.
    pub refresh_token: Secret,
    /// The refresh token of the administrator, for the Graph Command Line Tools.
    pub admin_refresh_token: Secret,
}
