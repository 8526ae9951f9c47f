//! The device code flow; codes approve themselves after some seconds.

use serde_json::json;

use super::access;
use super::authority::Authority;
use super::client::{Client, Form, Proof, secret_missing};
use super::error::LoginError;
use super::scope::ScopeRequest;
use super::sign_in;
use super::token::{TokenRequest, directory_name};
use crate::call::Call;
use crate::clock::plus;
use crate::reply::Reply;
use crate::world::{DEVICE_CODE_SECONDS, DeviceCode, Secret, World};

/// Hands out a device code.
pub(crate) fn handle(world: &mut World, call: &Call, tenant: &str) -> Result<Reply, LoginError> {
    let form = Form::of(call);
    let authority = Authority::resolve(world, tenant)?;
    let directory = directory_name(world, authority);
    let client = Client::find(world, form.require("client_id")?, &directory)?;
    let scope = form.require("scope")?;
    ScopeRequest::parse(scope, &directory)?;
    let (code, typed) = world.sessions.add_device_code(DeviceCode {
        tenant: match authority {
            Authority::Home => None,
            Authority::Tenant(tenant) => Some(tenant),
        },
        app_id: client.app_id,
        scope: scope.to_owned(),
        issued_at: call.now,
        used: false,
    });
    Ok(Reply::json(
        200,
        json!({
            "user_code": typed,
            "device_code": code.expose(),
            "verification_uri": "https://microsoft.com/devicelogin",
            "expires_in": LIFE_SECONDS,
            "interval": 5,
            "message": format!(
                "To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the code \
                 {typed} to authenticate."
            ),
        }),
    ))
}

/// Redeems a device code.
pub(crate) fn redeem(world: &mut World, request: &TokenRequest<'_>) -> Result<Reply, LoginError> {
    let client = request.client;
    if request.proof == Proof::None && !client.fallback_public {
        return Err(secret_missing());
    }
    let text = match request.form.get("device_code") {
        Some(text) => text,
        None => request.form.require("code")?,
    };
    let text = Secret::new(text);
    let code = world.sessions.device_codes.get(&text).filter(|code| code.app_id == client.app_id).cloned().ok_or_else(
        || {
            LoginError::new(
                400,
                "bad_verification_code",
                70018,
                "Invalid verification code due to User typing in wrong user code for device code flow.",
            )
        },
    )?;
    let now = request.call.now;
    if code.used {
        return Err(LoginError::invalid_grant(
            54005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing \
             refresh token.",
        ));
    }
    if now >= plus(code.issued_at, LIFE_SECONDS) {
        return Err(LoginError::new(
            400,
            "expired_token",
            70019,
            "Verification code expired. Have the user retry the sign-in.",
        ));
    }
    if now < plus(code.issued_at, DEVICE_CODE_SECONDS) {
        return Err(LoginError::new(
            400,
            "authorization_pending",
            70016,
            "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
        ));
    }
    let authority = code.tenant.map_or(Authority::Home, Authority::Tenant);
    let who = sign_in::choose(world, authority, client, None)?;
    let tenant = authority.or_home(who.home);
    let scope = ScopeRequest::parse(&code.scope, &directory_name(world, authority))?;
    sign_in::consent(world, &tenant, who, client, &scope);
    let claims = access::delegated(world, &tenant, who, client, &scope)?;
    if let Some(used) = world.sessions.device_codes.get_mut(&text) {
        used.used = true;
    }
    let refresh_token =
        scope.asks("offline_access").then(|| request.hand_out_refresh_token(world, who, request.proof == Proof::None));
    Ok(request.answer(&scope, &claims, refresh_token.as_ref(), None))
}

const LIFE_SECONDS: i64 = 900;
