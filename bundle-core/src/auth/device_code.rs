//! Sign-in by device code: for terminals without a browser.

use std::time::Duration;

use http::Method;
use oauth2::Scope;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::Instant;

use super::exchange::{exchange, refusal};
use super::oauth::{Tokens, authority_url};
use super::{AccessToken, ClientProof, SignIn, SignInOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Pipeline, Request, Response, Safety, retry_after};
use crate::service::Service;

/// What a person needs to finish the sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceCodePrompt {
    /// The page to open.
    pub verification_uri: String,
    /// The code to type there.
    pub user_code: String,
    /// Microsoft's own sentence with both.
    pub message: String,
    /// How long the code is good.
    pub expires_in: Duration,
}

/// Signs an account in by device code. `show` is called once, with what to tell the person; then the token endpoint is
/// asked in the interval it wishes until the person is done.
///
/// Dropping the future cancels the sign-in.
///
/// # Errors
/// * [`ErrorKind::ReauthenticationRequired`]: the person declined, or the code has expired.
/// * [`ErrorKind::ConditionalAccess`]: a policy blocks device codes; use [`sign_in_with_browser`].
/// * any error of the token endpoint, see [`Error`].
///
/// Source: "OAuth 2.0 device authorization grant" (Microsoft Learn).
///
/// [`sign_in_with_browser`]: super::sign_in_with_browser
pub async fn sign_in_with_device_code(
    options: &SignInOptions,
    show: impl FnOnce(&DeviceCodePrompt) + Send,
) -> Result<SignIn> {
    let pipeline = options.pipeline()?;
    let started = start(options, &pipeline).await?;
    let expires_in = Duration::from_secs(started.expires_in).min(LONGEST);
    let deadline = Instant::now() + expires_in;
    show(&DeviceCodePrompt {
        verification_uri: started.verification_uri.clone(),
        user_code: started.user_code.clone(),
        message: started.message.clone(),
        expires_in,
    });
    let mut interval = Duration::from_secs(started.interval).clamp(SHORTEST_INTERVAL, LONGEST);
    loop {
        if Instant::now() + interval > deadline {
            return Err(ended("the device code has expired"));
        }
        tokio::time::sleep(interval).await;
        let answer = poll(options, &pipeline, &started.device_code).await;
        match answer.map_err(|error| error.with_tenant(options.tenant))? {
            Poll::Done(tokens) => return SignIn::new(tokens),
            Poll::Pending => {}
            Poll::SlowDown(wait) => interval = (interval + SLOW_DOWN).max(wait).min(LONGEST),
        }
    }
}

#[derive(Deserialize)]
struct Started {
    device_code: SecretString,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    expires_in: u64,
    #[serde(default = "default_interval")]
    interval: u64,
    #[serde(default)]
    message: String,
}

enum Poll {
    Done(Tokens),
    Pending,
    SlowDown(Duration),
}

async fn start(options: &SignInOptions, pipeline: &Pipeline) -> Result<Started> {
    let url = authority_url(pipeline, &options.tenant.to_string(), &["oauth2", "v2.0", "devicecode"]);
    let scopes: Vec<String> = options.all_scopes().map(|scope: Scope| scope.to_string()).collect();
    let form = form(&[("client_id", &options.application.to_string()), ("scope", &scopes.join(" "))]);
    let request = Request::new(Service::Login, "login.device_code.start", Method::POST, url)
        .about(options.tenant)
        .safety(Safety::Idempotent);
    exchange(pipeline, options.application, &ClientProof::public(), request, &form).await?.json()
}

async fn poll(options: &SignInOptions, pipeline: &Pipeline, device_code: &SecretString) -> Result<Poll> {
    let url = authority_url(pipeline, &options.tenant.to_string(), &["oauth2", "v2.0", "token"]);
    let application = options.application.to_string();
    let form = form(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", &application),
        ("device_code", device_code.expose_secret()),
    ]);
    // 400 is how the endpoint says "not yet"; a poll that got lost is simply asked again.
    let request = Request::new(Service::Login, "login.device_code.poll", Method::POST, url)
        .about(options.tenant)
        .safety(Safety::Idempotent)
        .accept(400);
    read(&exchange(pipeline, options.application, &options.proof, request, &form).await?)
}

fn read(response: &Response) -> Result<Poll> {
    #[derive(Deserialize)]
    struct Success {
        access_token: SecretString,
        refresh_token: Option<SecretString>,
        expires_in: u64,
    }
    #[derive(Deserialize)]
    struct Failure {
        error: String,
    }
    if response.status().is_success() {
        let success: Success = response.json()?;
        let access = AccessToken::new(success.access_token, Duration::from_secs(success.expires_in));
        return Ok(Poll::Done(Tokens { access, refresh: success.refresh_token }));
    }
    let failure: Failure = response.json()?;
    match failure.error.as_str() {
        "authorization_pending" => Ok(Poll::Pending),
        "slow_down" => {
            let wait = retry_after(response.headers(), std::time::SystemTime::now());
            Ok(Poll::SlowDown(wait.unwrap_or_default()))
        }
        "authorization_declined" | "access_denied" => Err(ended("the sign-in was declined")),
        "expired_token" | "code_expired" => Err(ended("the device code has expired")),
        _ => Err(refusal(response).with_operation("login.device_code.poll")),
    }
}

fn ended(why: &'static str) -> Error {
    Error::new(ErrorKind::ReauthenticationRequired, why).with_operation("login.device_code.poll")
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn default_interval() -> u64 {
    5
}

/// How much slower to ask after `slow_down`. Source: RFC 8628 section 3.5.
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// How often at most the endpoint is asked, whatever it says.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
/// A bound for absurd values; Entra's codes are good for 15 minutes.
const LONGEST: Duration = Duration::from_secs(86_400);
