//! The token endpoint.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::access::{self, SignedIn};
use super::answer::Answer;
use super::authority::Authority;
use super::client::{Client, Form, Proof, secret_missing};
use super::device_code;
use super::error::LoginError;
use super::scope::ScopeRequest;
use crate::call::Call;
use crate::clock::{iso_ticks, plus};
use crate::reply::Reply;
use crate::world::{AuthorizationCode, REFRESH_TOKEN_IDLE_SECONDS, RefreshToken, Secret, World};

/// Which of the two token endpoints was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

/// One token request.
#[derive(Debug)]
pub(crate) struct TokenRequest<'a> {
    pub(crate) call: &'a Call,
    pub(crate) form: &'a Form,
    pub(crate) version: Version,
    pub(crate) authority: Authority,
    pub(crate) client: &'a Client,
    pub(crate) proof: Proof,
}

pub(crate) fn handle(world: &mut World, call: &Call, tenant: &str, version: Version) -> Result<Reply, LoginError> {
    let form = Form::of(call);
    let grant_type = form.require("grant_type")?;
    let authority = Authority::resolve(world, tenant)?;
    let directory = directory_name(world, authority);
    let client = Client::find(world, form.require("client_id")?, &directory)?;
    let proof = client.prove(world, &form, call.now)?;
    let request = TokenRequest { call, form: &form, version, authority, client: &client, proof };
    match grant_type {
        "client_credentials" => request.client_credentials(world),
        "refresh_token" => request.refresh_token(world),
        "authorization_code" => request.authorization_code(world),
        "urn:ietf:params:oauth:grant-type:device_code" | "device_code" => device_code::redeem(world, &request),
        other => Err(LoginError::new(
            400,
            "unsupported_grant_type",
            70003,
            format!("The app requested an unsupported grant type '{other}'."),
        )),
    }
}

impl TokenRequest<'_> {
    fn client_credentials(&self, world: &World) -> Result<Reply, LoginError> {
        if self.proof == Proof::None {
            return Err(secret_missing());
        }
        let Authority::Tenant(tenant) = self.authority else {
            return Err(LoginError::invalid_request(
                50059,
                "No tenant-identifying information found in either the request or implied by any provided credentials.",
            ));
        };
        let scope = self.scope(world, None)?;
        if !scope.default {
            return Err(LoginError::new(
                400,
                "invalid_scope",
                1_002_012,
                format!(
                    "The provided value for scope {} is not valid. Client credential flows must have a scope value with \
                     /.default suffixed to the resource identifier (application ID URI).",
                    self.form.get("scope").unwrap_or_default()
                ),
            ));
        }
        let claims = access::app_only(world, &tenant, self.client, &scope)?;
        Ok(self.answer(&scope, &claims, None, None))
    }

    fn refresh_token(&self, world: &mut World) -> Result<Reply, LoginError> {
        let text = Secret::new(self.form.require("refresh_token")?);
        let token = world
            .sessions
            .refresh_tokens
            .get(&text)
            .ok_or_else(|| {
                LoginError::invalid_grant(9_002_313, "Invalid request. Request is malformed or invalid.")
                    .with_suberror("bad_token")
            })?
            .clone();
        self.check_refresh_token(world, &token)?;
        let tenant = self.authority.or_home(token.home);
        let scope = self.scope(world, Some(DEFAULT_SCOPE))?;
        let who = SignedIn { home: token.home, user: token.user, mfa: token.mfa };
        let claims = access::delegated(world, &tenant, who, self.client, &scope)?;
        if let Some(used) = world.sessions.refresh_tokens.get_mut(&text) {
            used.used_at = self.call.now;
        }
        let next = self.hand_out_refresh_token(world, who, token.public);
        Ok(self.answer(&scope, &claims, Some(&next), None))
    }

    fn check_refresh_token(&self, world: &World, token: &RefreshToken) -> Result<(), LoginError> {
        if token.app_id != self.client.app_id {
            return Err(LoginError::invalid_grant(
                70000,
                "Provided grant is invalid or malformed: the refresh token was issued to another client.",
            )
            .with_suberror("client_mismatch"));
        }
        if self.proof == Proof::None && !token.public {
            return Err(secret_missing());
        }
        let user = world.tenant(&token.home).and_then(|home| home.users.get(&token.user));
        let valid_from = user.map_or(token.issued_at, |user| user.sessions_valid_from);
        if token.revoked || token.issued_at < valid_from {
            return Err(LoginError::invalid_grant(
                50173,
                format!(
                    "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user \
                     might have changed or reset their password. The grant was issued on '{}' and the TokensValidFrom \
                     date (before which tokens are not valid) for this user is '{}'.",
                    iso_ticks(token.issued_at),
                    iso_ticks(valid_from)
                ),
            )
            .with_suberror("bad_token"));
        }
        if self.call.now >= plus(token.used_at, REFRESH_TOKEN_IDLE_SECONDS) {
            return Err(LoginError::invalid_grant(
                700_082,
                format!(
                    "The refresh token has expired due to inactivity. The token was issued on {} and was inactive for \
                     90.00:00:00.",
                    iso_ticks(token.issued_at)
                ),
            )
            .with_suberror("token_expired"));
        }
        Ok(())
    }

    fn authorization_code(&self, world: &mut World) -> Result<Reply, LoginError> {
        let text = Secret::new(self.form.require("code")?);
        let redirect_uri = self.form.require("redirect_uri")?;
        let public = self.client.has_public_redirect(redirect_uri);
        if self.proof == Proof::None && !public {
            return Err(secret_missing());
        }
        let code =
            world.sessions.codes.get(&text).cloned().ok_or_else(|| {
                LoginError::invalid_grant(9_002_313, "Invalid request. Request is malformed or invalid.")
            })?;
        self.check_code(&code, redirect_uri)?;
        if let Some(used) = world.sessions.codes.get_mut(&text) {
            used.used = true;
        }
        let who = SignedIn { home: code.home, user: code.user, mfa: code.mfa };
        let scope = self.scope(world, Some(&code.scope))?;
        let claims = access::delegated(world, &code.tenant, who, self.client, &scope)?;
        let wanted = code.scope.split_whitespace().any(|word| word == "offline_access");
        let refresh_token = (wanted || scope.asks("offline_access"))
            .then(|| self.hand_out_refresh_token(world, who, self.proof == Proof::None));
        Ok(self.answer(&scope, &claims, refresh_token.as_ref(), code.nonce.as_deref()))
    }

    fn check_code(&self, code: &AuthorizationCode, redirect_uri: &str) -> Result<(), LoginError> {
        if code.app_id != self.client.app_id {
            return Err(LoginError::invalid_grant(
                70000,
                "The provided authorization code was issued to another client.",
            ));
        }
        if code.used {
            return Err(LoginError::invalid_grant(
                54005,
                "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing \
                 refresh token.",
            ));
        }
        if self.call.now >= plus(code.issued_at, CODE_SECONDS) {
            return Err(LoginError::invalid_grant(
                70008,
                "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive \
                 authorization request for this user and resource.",
            ));
        }
        if self.authority.or_home(code.tenant) != code.tenant {
            return Err(LoginError::invalid_grant(
                700_005,
                "The provided Authorization Code is intended to use against other tenant, thus rejected.",
            ));
        }
        if code.redirect_uri != redirect_uri {
            return Err(LoginError::invalid_client(
                500_112,
                format!(
                    "The reply address '{redirect_uri}' does not match the reply address '{}' provided when requesting \
                     Authorization code.",
                    code.redirect_uri
                ),
            ));
        }
        verify_pkce(code, self.form.get("code_verifier"))
    }

    /// Reads what is asked for; without a `scope` parameter the fallback counts, without one either that is an error.
    pub(crate) fn scope(&self, world: &World, fallback: Option<&str>) -> Result<ScopeRequest, LoginError> {
        let directory = directory_name(world, self.authority);
        if self.version == Version::V1 {
            return ScopeRequest::of_resource(self.form.require("resource")?, &directory);
        }
        let scope = match (self.form.get("scope"), fallback) {
            (Some(scope), _) => scope,
            (None, Some(fallback)) => fallback,
            (None, None) => return Err(LoginError::missing("scope")),
        };
        ScopeRequest::parse(scope, &directory)
    }

    pub(crate) fn hand_out_refresh_token(&self, world: &mut World, who: SignedIn, public: bool) -> Secret {
        world.sessions.add_refresh_token(RefreshToken {
            home: who.home,
            user: who.user,
            app_id: self.client.app_id,
            issued_at: self.call.now,
            used_at: self.call.now,
            revoked: false,
            mfa: who.mfa,
            public,
        })
    }

    pub(crate) fn answer(
        &self,
        request: &ScopeRequest,
        claims: &crate::tokens::Claims,
        refresh_token: Option<&Secret>,
        nonce: Option<&str>,
    ) -> Reply {
        Answer {
            version: self.version,
            client: self.client,
            request,
            claims,
            refresh_token,
            nonce,
            client_info: self.form.get("client_info") == Some("1"),
            claims_challenges: handles_challenges(self.form.get("claims")),
        }
        .reply()
    }
}

/// Returns how errors name the tenant of an authority.
pub(crate) fn directory_name(world: &World, authority: Authority) -> String {
    let id: Uuid = authority.or_home(world.partner);
    world.tenant(&id).map_or_else(|| id.to_string(), |tenant| tenant.display_name.clone())
}

fn verify_pkce(code: &AuthorizationCode, verifier: Option<&str>) -> Result<(), LoginError> {
    let Some((challenge, method)) = &code.challenge else {
        return Ok(());
    };
    let Some(verifier) = verifier else {
        return Err(LoginError::invalid_grant(
            50148,
            "The code_verifier is missing: the authorization request carried a code_challenge for PKCE.",
        ));
    };
    let computed =
        if method == "S256" { URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) } else { verifier.to_owned() };
    if computed == *challenge {
        Ok(())
    } else {
        Err(LoginError::invalid_grant(
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        ))
    }
}

fn handles_challenges(claims: Option<&str>) -> bool {
    claims.and_then(|claims| serde_json::from_str::<Value>(claims).ok()).is_some_and(|claims| {
        claims["access_token"]["xms_cc"]["values"].as_array().is_some_and(|values| {
            values.iter().filter_map(Value::as_str).any(|value| value.eq_ignore_ascii_case("cp1"))
        })
    })
}

/// Authorization codes live this long.
const CODE_SECONDS: i64 = 600;

/// What a refresh token without `scope` is redeemed for.
const DEFAULT_SCOPE: &str = "https://graph.microsoft.com/.default offline_access openid profile";
