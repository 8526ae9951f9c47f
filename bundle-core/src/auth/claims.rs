//! What an access token says about itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::ids::{AppId, RoleTemplateId, TenantId, UserId};

/// The claims of an access token that explain what it can do. Read without checking the signature: for reports and
/// diagnosis only, never for a decision about trust.
///
/// Source: "Access token claims reference" (Microsoft Learn).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenClaims {
    /// The tenant that issued the token (`tid`).
    pub tenant: Option<TenantId>,
    /// The user's object id in its home tenant (`oid`).
    pub user: Option<UserId>,
    /// The user's sign-in name (`upn` or `unique_name`).
    pub user_principal_name: Option<String>,
    /// The application (`appid` or `azp`).
    pub application: Option<AppId>,
    /// Delegated permissions (`scp`).
    pub scopes: Vec<String>,
    /// Application permissions (`roles`).
    pub roles: Vec<String>,
    /// Directory roles; in a customer's tenant the GDAP roles (`wids`).
    pub directory_roles: Vec<RoleTemplateId>,
    /// How the user signed in (`amr`).
    pub methods: Vec<String>,
}

impl TokenClaims {
    /// Whether the sign-in satisfied multifactor authentication.
    #[must_use]
    pub fn has_mfa(&self) -> bool {
        self.methods.iter().any(|method| method == "mfa")
    }

    pub(super) fn read(token: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            tid: Option<String>,
            oid: Option<String>,
            upn: Option<String>,
            unique_name: Option<String>,
            preferred_username: Option<String>,
            appid: Option<String>,
            azp: Option<String>,
            scp: Option<String>,
            #[serde(default)]
            roles: Vec<String>,
            #[serde(default)]
            wids: Vec<String>,
            #[serde(default)]
            amr: Vec<String>,
        }
        let payload = token.split('.').nth(1)?;
        let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        let wire: Wire = serde_json::from_slice(&bytes).ok()?;
        Some(Self {
            tenant: wire.tid.and_then(|text| text.parse().ok()),
            user: wire.oid.and_then(|text| text.parse().ok()),
            user_principal_name: wire.upn.or(wire.unique_name).or(wire.preferred_username),
            application: wire.appid.or(wire.azp).and_then(|text| text.parse().ok()),
            scopes: wire.scp.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            roles: wire.roles,
            directory_roles: wire.wids.iter().filter_map(|text| text.parse().ok()).collect(),
            methods: wire.amr,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_and_garbage_is_none() {
        let payload = URL_SAFE_NO_PAD.encode(
            r#"{"tid":"11111111-1111-4111-8111-111111111111","upn":"a@contoso.com","scp":"User.Read Group.Read.All",
               "amr":["pwd","mfa"],"wids":["29232cdf-9323-42fd-ade2-1d097af3e4de","x"]}"#,
        );
        let claims = TokenClaims::read(&format!("e30.{payload}.sig")).unwrap();
        assert!(claims.has_mfa());
        assert_eq!(claims.scopes, ["User.Read", "Group.Read.All"]);
        assert_eq!(claims.directory_roles.len(), 1);
        for garbage in ["", "opaque", "a.b.c", "..", "e30.e.sig"] {
            assert_eq!(TokenClaims::read(garbage), None, "{garbage}");
        }
    }
}
