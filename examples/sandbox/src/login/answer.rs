//! Successful answers of the token endpoint.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::client::Client;
use super::scope::ScopeRequest;
use super::token::Version;
use crate::reply::Reply;
use crate::tokens::{Claims, TokenUser, encode_jwt};
use crate::world::Secret;

/// What an answer is made of.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) version: Version,
    pub(crate) client: &'a Client,
    pub(crate) request: &'a ScopeRequest,
    pub(crate) claims: &'a Claims,
    pub(crate) refresh_token: Option<&'a Secret>,
    pub(crate) nonce: Option<&'a str>,
    /// Whether the client asked for `client_info`.
    pub(crate) client_info: bool,
    /// Whether the client can handle claims challenges (`xms_cc` with `cp1`).
    pub(crate) claims_challenges: bool,
}

impl Answer<'_> {
    pub(crate) fn reply(&self) -> Reply {
        let claims = self.claims;
        let life = claims.expires_at.as_second() - claims.issued_at.as_second() - 1;
        let access_token = claims.to_access_token(&self.request.audience, &self.client.name, self.claims_challenges);
        let mut body = match self.version {
            Version::V2 => json!({
                "token_type": "Bearer",
                "expires_in": life,
                "ext_expires_in": life,
                "access_token": access_token,
            }),
            Version::V1 => json!({
                "token_type": "Bearer",
                "expires_in": life.to_string(),
                "ext_expires_in": life.to_string(),
                "expires_on": claims.expires_at.as_second().to_string(),
                "not_before": (claims.issued_at.as_second() - 300).to_string(),
                "resource": self.request.audience,
                "access_token": access_token,
            }),
        };
        if let Some(user) = &claims.user {
            self.add_user_parts(&mut body, user);
        }
        Reply::json(200, body)
    }

    fn add_user_parts(&self, body: &mut Value, user: &TokenUser) {
        body["scope"] = match self.version {
            Version::V2 => json!(self.request.answer(&self.claims.scopes)),
            Version::V1 => json!(self.claims.scopes.join(" ")),
        };
        if let Some(refresh_token) = self.refresh_token {
            body["refresh_token"] = json!(refresh_token.expose());
        }
        if self.request.asks("openid") {
            body["id_token"] = json!(id_token(self.client, self.claims, user, self.nonce));
        }
        if self.client_info {
            body["client_info"] = json!(client_info(user));
        }
    }
}

/// Returns the `client_info` text: who signed in, for clients that cache by account.
pub(crate) fn client_info(user: &TokenUser) -> String {
    URL_SAFE_NO_PAD.encode(json!({"uid": user.id, "utid": user.home}).to_string())
}

fn id_token(client: &Client, claims: &Claims, user: &TokenUser, nonce: Option<&str>) -> String {
    let mut payload = json!({
        "aud": client.app_id,
        "iss": format!("https://login.microsoftonline.com/{}/v2.0", claims.tenant),
        "iat": claims.issued_at.as_second(),
        "nbf": claims.issued_at.as_second(),
        "exp": claims.issued_at.as_second() + 3900,
        "name": user.display_name,
        "oid": user.id,
        "preferred_username": user.user_principal_name,
        "rh": "1.AX0A.",
        "sub": user.id.simple().to_string(),
        "tid": claims.tenant,
        "uti": &user.id.simple().to_string()[..22],
        "ver": "2.0",
    });
    if let Some(nonce) = nonce {
        payload["nonce"] = json!(nonce);
    }
    encode_jwt(&payload)
}
