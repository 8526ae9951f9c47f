//! What the login authority remembers: refresh tokens, authorization codes, device codes.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::Secret;

/// A refresh token that was handed out.
#[derive(Clone, Debug)]
pub struct RefreshToken {
    /// The user's home tenant.
    pub home: Uuid,
    /// The user's object id.
    pub user: Uuid,
    /// The application (client) it was handed to.
    pub app_id: Uuid,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it was last used; it dies 90 days later.
    pub used_at: Timestamp,
    /// Whether it was revoked by itself.
    pub revoked: bool,
    /// Whether the sign-in behind it had a second factor.
    pub mfa: bool,
}

/// An authorization code that was handed out.
#[derive(Clone, Debug)]
pub struct AuthorizationCode {
    /// The tenant at whose authority the user signed in.
    pub tenant: Uuid,
    /// The user's home tenant.
    pub home: Uuid,
    /// The user's object id.
    pub user: Uuid,
    /// The application (client).
    pub app_id: Uuid,
    /// The redirect URI of the first step.
    pub redirect_uri: String,
    /// The scopes of the first step.
    pub scope: String,
    /// The nonce of the first step.
    pub nonce: Option<String>,
    /// The PKCE challenge, with its method.
    pub challenge: Option<(String, String)>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Whether it was redeemed.
    pub used: bool,
}

/// A device code that was handed out.
#[derive(Clone, Debug)]
pub struct DeviceCode {
    /// The tenant at whose authority it was asked for.
    pub tenant: Uuid,
    /// The application (client).
    pub app_id: Uuid,
    /// The scopes asked for.
    pub scope: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Whether it was redeemed.
    pub used: bool,
}

/// Everything handed out, by its secret text.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    /// Refresh tokens.
    pub refresh_tokens: HashMap<Secret, RefreshToken>,
    /// Authorization codes.
    pub codes: HashMap<Secret, AuthorizationCode>,
    /// Device codes.
    pub device_codes: HashMap<Secret, DeviceCode>,
}
