//! Access tokens: issuing them and checking them.

mod jwt;
mod refusal;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use self::refusal::Refusal;
use crate::call::Call;
use crate::reply::Reply;
use crate::world::{World, resource_by_uri};

pub(crate) use self::jwt::{KEY_ID, encode as encode_jwt};

/// The resource a service expects a token to be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Compliance,
    Exchange,
    Graph,
    KeyVault,
    Office365Management,
    PartnerCenter,
    ResourceManager,
    Storage,
}

impl Audience {
    /// Returns whether a token with this `aud` claim is for the service.
    fn accepts(self, uri: &str) -> bool {
        let compliance = uri.trim_end_matches('/') == COMPLIANCE_URI;
        let key = resource_by_uri(uri).map(|resource| resource.key.as_str());
        match self {
            Self::Compliance => compliance,
            Self::Exchange => key == Some("exchange") && !compliance,
            Self::Graph => key == Some("graph"),
            Self::KeyVault => key == Some("azure-key-vault"),
            Self::Office365Management => key == Some("office365-management"),
            Self::PartnerCenter => key == Some("partner-center"),
            Self::ResourceManager => key == Some("azure-service-management"),
            Self::Storage => key == Some("azure-storage"),
        }
    }
}

/// What a valid access token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    /// The tenant the token is for (`tid`).
    pub(crate) tenant: Uuid,
    /// The application it was issued to (`appid`).
    pub(crate) app_id: Uuid,
    /// The user (`oid`) for delegated tokens, the service principal's object id for app-only ones.
    pub(crate) object_id: Uuid,
    /// The user of a delegated token.
    pub(crate) user: Option<TokenUser>,
    /// Delegated permissions (`scp`).
    pub(crate) scopes: Vec<String>,
    /// Application permissions (`roles`).
    pub(crate) app_roles: Vec<String>,
    /// Template ids of directory roles, or of effective GDAP roles in a customer tenant (`wids`).
    pub(crate) directory_roles: Vec<Uuid>,
    /// Whether the sign-in had a second factor (`amr` contains `mfa`).
    pub(crate) mfa: bool,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// The user behind a delegated token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenUser {
    pub(crate) id: Uuid,
    /// The tenant in which the user's account lives; differs from the token's tenant for GDAP access.
    pub(crate) home: Uuid,
    pub(crate) user_principal_name: String,
    pub(crate) display_name: String,
}

impl Claims {
    /// Returns whether this is an app-only token.
    pub(crate) fn is_app_only(&self) -> bool {
        self.user.is_none()
    }

    /// Returns whether a partner user acts in a customer tenant.
    pub(crate) fn is_delegated_admin(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.home != self.tenant)
    }

    /// Returns whether the token carries one of the permissions, as scope or as app role, whichever it has.
    pub(crate) fn has_any(&self, names: &[&str]) -> bool {
        let held = if self.is_app_only() { &self.app_roles } else { &self.scopes };
        held.iter().any(|held| names.iter().any(|name| held.eq_ignore_ascii_case(name)))
    }

    /// Returns whether the token carries one of the directory roles (by template id).
    pub(crate) fn has_any_role(&self, template_ids: &[Uuid]) -> bool {
        template_ids.iter().any(|role| self.directory_roles.contains(role))
    }

    /// Writes the claims as an access token for an audience.
    pub(crate) fn to_access_token(&self, audience: &str, app_name: &str, cae: bool) -> String {
        let mut payload = json!({
            "aud": audience,
            "iss": format!("https://sts.windows.net/{}/", self.tenant),
            "iat": self.issued_at.as_second(),
            "nbf": self.issued_at.as_second(),
            "exp": self.expires_at.as_second(),
            "app_displayname": app_name,
            "appid": self.app_id,
            "azp": self.app_id,
            "appidacr": "1",
            "oid": self.object_id,
            "sub": self.object_id,
            "tid": self.tenant,
            "wids": self.directory_roles,
            "uti": &self.object_id.simple().to_string()[..22],
            "ver": "1.0",
        });
        if let Some(user) = &self.user {
            payload["idp"] = json!(format!("https://sts.windows.net/{}/", user.home));
            payload["idtyp"] = json!("user");
            payload["scp"] = json!(self.scopes.join(" "));
            payload["upn"] = json!(user.user_principal_name);
            payload["unique_name"] = json!(user.user_principal_name);
            payload["name"] = json!(user.display_name);
            payload["amr"] = if self.mfa { json!(["pwd", "mfa"]) } else { json!(["pwd"]) };
        } else {
            payload["idp"] = payload["iss"].clone();
            payload["idtyp"] = json!("app");
            payload["roles"] = json!(self.app_roles);
        }
        if cae {
            payload["xms_cc"] = json!(["cp1"]);
        }
        jwt::encode(&payload)
    }

    fn from_payload(payload: &Value) -> Option<Self> {
        let id = |name: &str| payload[name].as_str().and_then(|text| Uuid::parse_str(text).ok());
        let time = |name: &str| Timestamp::from_second(payload[name].as_i64()?).ok();
        let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
        let user = if payload["idtyp"] == "user" {
            let home = text("idp");
            let home = home.trim_end_matches('/').rsplit('/').next()?;
            Some(TokenUser {
                id: id("oid")?,
                home: Uuid::parse_str(home).ok()?,
                user_principal_name: text("upn"),
                display_name: text("name"),
            })
        } else {
            None
        };
        Some(Self {
            tenant: id("tid")?,
            app_id: id("appid")?,
            object_id: id("oid")?,
            user,
            scopes: text("scp").split_whitespace().map(str::to_owned).collect(),
            app_roles: words(&payload["roles"]).map(str::to_owned).collect(),
            directory_roles: words(&payload["wids"]).filter_map(|word| Uuid::parse_str(word).ok()).collect(),
            mfa: words(&payload["amr"]).any(|word| word == "mfa"),
            issued_at: time("iat")?,
            expires_at: time("exp")?,
        })
    }
}

/// Checks the bearer token of a call: present, genuine, unexpired, for this audience.
///
/// The refusal is the answer the service would give; for Key Vault the caller adds the
/// `WWW-Authenticate` challenge, which names the vault's tenant.
pub(crate) fn authorize(world: &World, call: &Call, audience: Audience) -> Result<Claims, Reply> {
    check(world, call, audience).map_err(|refusal| refusal.reply(call, audience))
}

fn check(world: &World, call: &Call, audience: Audience) -> Result<Claims, Refusal> {
    let token = call.bearer().ok_or(Refusal::Missing)?;
    let payload = jwt::decode(token).map_err(|malformed| match malformed {
        jwt::Malformed::NoDots => Refusal::Malformed,
        jwt::Malformed::Signature => Refusal::Signature,
    })?;
    let claims = Claims::from_payload(&payload).ok_or(Refusal::Signature)?;
    let found = payload["aud"].as_str().unwrap_or_default();
    if !audience.accepts(found) {
        return Err(Refusal::Audience(found.to_owned()));
    }
    if call.now >= claims.expires_at {
        return Err(Refusal::Expired(claims.expires_at));
    }
    // A token outlives neither the tenant nor, for the services, the account behind it.
    let home = claims.user.as_ref().map_or(claims.tenant, |user| user.home);
    if world.tenant(&claims.tenant).is_none() || world.tenant(&home).is_none() {
        return Err(Refusal::Signature);
    }
    Ok(claims)
}

fn words(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

const COMPLIANCE_URI: &str = "https://ps.compliance.protection.outlook.com";
