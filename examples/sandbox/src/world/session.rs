//! What the login authority remembers: refresh tokens, authorization codes, device codes.

use std::collections::HashMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::{IdSource, Secret};
use crate::sandbox::CANARY;

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
    /// Whether it was handed out without a client secret, and may be redeemed without one.
    pub public: bool,
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
    /// Whether the sign-in had a second factor.
    pub mfa: bool,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Whether it was redeemed.
    pub used: bool,
}

/// A device code that was handed out.
#[derive(Clone, Debug)]
pub struct DeviceCode {
    /// The tenant at whose authority it was asked for; `None` is the user's own.
    pub tenant: Option<Uuid>,
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
    texts: IdSource,
}

impl Sessions {
    /// Hands out a refresh token and returns its text.
    pub fn add_refresh_token(&mut self, token: RefreshToken) -> Secret {
        let text = self.text("1.AX0A");
        self.refresh_tokens.insert(text.clone(), token);
        text
    }

    /// Hands out an authorization code and returns its text.
    pub fn add_code(&mut self, code: AuthorizationCode) -> Secret {
        let text = self.text("1.Ac0A");
        self.codes.insert(text.clone(), code);
        text
    }

    /// Hands out a device code and returns its text with the code the user types.
    pub fn add_device_code(&mut self, code: DeviceCode) -> (Secret, String) {
        let text = self.text("DAQABI");
        let typed = self.texts.next_text()[20..29].to_ascii_uppercase();
        self.device_codes.insert(text.clone(), code);
        (text, typed)
    }

    /// Makes a new secret text; its source is separate from object ids, so that those stay comparable.
    fn text(&mut self, prefix: &str) -> Secret {
        let (first, second) = (self.texts.next_text(), self.texts.next_text());
        Secret::new(format!("{prefix}{CANARY}.{first}-{second}"))
    }
}
