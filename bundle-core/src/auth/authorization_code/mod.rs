//! Sign-in in a browser: authorization code with PKCE and a listener on loopback.

mod answer;
mod listener;
mod page;

use std::time::Duration;

use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
};
use tokio::time::Instant;
use url::Url;

use super::grant::{Grant, authority_url};
use super::{SignIn, SignInOptions};
use crate::error::{Error, Result};
use crate::http::{Pipeline, Safety};
use listener::Listener;

/// Signs an account in with a browser on this machine. `open` gets the address to open; the answer comes back to a
/// listener on `http://localhost` at a free port, which the application has to have among its redirect URIs (any port
/// is accepted for `http://localhost`), or at [`SignInOptions::redirect_port`].
///
/// The listener is reached from this machine alone. It takes one answer with the right state, shows a readable page and
/// closes; whatever else arrives is turned away and holds nothing up. Dropping the future cancels the sign-in; so do
/// [`SignInOptions::cancel`] and [`SignInOptions::patience`].
///
/// A refusal that names claims ([`Error::claims`]) is answered by signing in again with
/// [`SignInOptions::claims`].
///
/// # Errors
/// * [`ErrorKind::Timeout`](crate::ErrorKind::Timeout): nobody finished the sign-in in the time allowed.
/// * [`ErrorKind::ReauthenticationRequired`](crate::ErrorKind::ReauthenticationRequired): the person declined, or the
///   sign-in was cancelled.
/// * what the authority answered: consent or multifactor authentication missing, Conditional Access.
/// * [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown): the answer to the code was lost. A code works
///   once, so the person has to sign in again.
/// * [`ErrorKind::Config`](crate::ErrorKind::Config): the options cannot be used, or the port cannot be opened.
///
/// Source: "OAuth 2.0 authorization code flow" (Microsoft Learn), RFC 7636, RFC 8252.
pub async fn sign_in_with_browser(options: &SignInOptions, open: impl FnOnce(&Url) + Send) -> Result<SignIn> {
    let pipeline = options.pipeline()?;
    let end = options.end().or_else(|| Instant::now().checked_add(PATIENCE));
    let listener = Listener::bind(options.redirect_port).await?;
    let redirect = RedirectUrl::new(format!("http://localhost:{}", listener.port()))
        .map_err(|cause| Error::config("sign-in: the redirect address is no URL").with_source(cause))?;
    let (url, state, verifier) = authorize_url(options, &pipeline, redirect.clone());
    open(&url);
    let named = |error: Error| error.with_operation("login.authorize").with_tenant(options.tenant);
    let code = options.unless_cancelled(end, listener.answer(&state)).await.map_err(named)?;
    let redeemed = redeem(options, &pipeline, &redirect, code, verifier);
    options.unless_cancelled(end, redeemed).await.map_err(|error| error.with_tenant(options.tenant))
}

fn authorize_url(
    options: &SignInOptions,
    pipeline: &Pipeline,
    redirect: RedirectUrl,
) -> (Url, CsrfToken, PkceCodeVerifier) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let authorize = authority_url(pipeline, &options.tenant.to_string(), &["oauth2", "v2.0", "authorize"]);
    let client = BasicClient::new(ClientId::new(options.application.to_string()))
        .set_auth_uri(AuthUrl::from_url(authorize))
        .set_redirect_uri(redirect);
    let mut request = client
        .authorize_url(CsrfToken::new_random)
        .add_scopes(options.all_scopes().map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .add_extra_param("response_mode", "query");
    let optional = [
        ("prompt", options.prompt.as_str()),
        ("login_hint", options.login_hint.as_deref()),
        ("domain_hint", options.domain_hint.as_deref()),
        ("claims", options.claims.as_deref()),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            request = request.add_extra_param(name, value.to_owned());
        }
    }
    let (url, state) = request.url();
    (url, state, verifier)
}

async fn redeem(
    options: &SignInOptions,
    pipeline: &Pipeline,
    redirect: &str,
    code: AuthorizationCode,
    verifier: PkceCodeVerifier,
) -> Result<SignIn> {
    // A code works once, so a lost answer must not be asked for again.
    let grant = Grant {
        pipeline,
        application: options.application,
        proof: &options.proof,
        operation: "login.authorization_code",
        tenant: options.tenant,
        safety: Safety::Unsafe,
    };
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.secret().as_str()),
        ("redirect_uri", redirect),
        ("code_verifier", verifier.secret()),
    ];
    SignIn::new(grant.redeem(&fields, options.claims.as_deref()).await?)
}

/// How long a sign-in may take when nobody says; an authorization code is good for ten minutes.
const PATIENCE: Duration = Duration::from_secs(600);
