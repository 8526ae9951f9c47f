//! What is sent for a device code, and what the answers mean.

use std::time::{Duration, SystemTime};

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use super::pace::LONGEST;
use super::{DeviceCodePrompt, SignInOptions};
use crate::auth::ClientProof;
use crate::auth::exchange::{exchange, refusal};
use crate::auth::grant::{Tokens, authority_url, tokens};
use crate::auth::sign_in::ended;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Pipeline, Request, Response, Safety, retry_after};
use crate::service::Service;

/// A device code and what the person needs.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) device_code: SecretString,
    pub(super) interval: Duration,
    pub(super) prompt: DeviceCodePrompt,
}

/// What the token endpoint says about a device code.
#[derive(Debug)]
pub(super) enum Answer {
    Done(Tokens),
    /// Not yet; with the wait it asked for.
    Pending(Option<Duration>),
    /// Not so often; with the wait it asked for.
    SlowDown(Option<Duration>),
    /// Nothing that ends the sign-in.
    None(Error),
}

pub(super) async fn start(options: &SignInOptions, pipeline: &Pipeline) -> Result<Started> {
    #[derive(Deserialize)]
    struct Wire {
        device_code: SecretString,
        user_code: String,
        #[serde(alias = "verification_url")]
        verification_uri: String,
        #[serde(default, deserialize_with = "seconds")]
        expires_in: Option<Duration>,
        #[serde(default, deserialize_with = "seconds")]
        interval: Option<Duration>,
        #[serde(default)]
        message: String,
    }
    let url = authority_url(pipeline, &options.tenant.to_string(), &["oauth2", "v2.0", "devicecode"]);
    let scopes: Vec<&str> = options.all_scopes().collect();
    let application = options.application.to_string();
    let fields = [("client_id", application.as_str()), ("scope", &scopes.join(" "))];
    let request = Request::new(Service::Login, "login.device_code.start", Method::POST, url)
        .about(options.tenant)
        .safety(Safety::Idempotent);
    let form = form(fields.into_iter().chain(claims(options)));
    let answer: Wire = exchange(pipeline, options.application, &ClientProof::public(), request, &form).await?.json()?;
    Ok(Started {
        device_code: answer.device_code,
        interval: answer.interval.unwrap_or(DEFAULT_INTERVAL),
        prompt: DeviceCodePrompt {
            verification_uri: answer.verification_uri,
            user_code: answer.user_code,
            message: answer.message,
            expires_in: answer.expires_in.unwrap_or(DEFAULT_EXPIRY).min(LONGEST),
        },
    })
}

pub(super) async fn poll(options: &SignInOptions, pipeline: &Pipeline, device_code: &SecretString) -> Result<Answer> {
    let url = authority_url(pipeline, &options.tenant.to_string(), &["oauth2", "v2.0", "token"]);
    let application = options.application.to_string();
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", &application),
        ("device_code", device_code.expose_secret()),
    ];
    // 400 is how the endpoint says "not yet", and the others are for this loop to repeat, which keeps to the interval.
    let request = TAKEN.into_iter().fold(
        Request::new(Service::Login, OPERATION, Method::POST, url).about(options.tenant).safety(Safety::Idempotent),
        Request::accept,
    );
    let form = form(fields.into_iter().chain(claims(options)));
    match exchange(pipeline, options.application, &options.proof, request, &form).await {
        Ok(answer) => read(&answer),
        Err(error) => unanswered(error),
    }
    .map(|answer| match answer {
        Answer::None(error) => Answer::None(error.with_operation(OPERATION).with_tenant(options.tenant)),
        answer => answer,
    })
}

/// What an answer of the token endpoint means.
fn read(response: &Response) -> Result<Answer> {
    if response.status().is_success() {
        return tokens(response).map(Answer::Done);
    }
    #[derive(Default, Deserialize)]
    struct Failure {
        #[serde(default)]
        error: String,
        #[serde(default)]
        error_codes: Vec<u32>,
    }
    let wait = retry_after(response.headers(), SystemTime::now());
    let failure: Failure = response.json().unwrap_or_default();
    let is_one_of = |words: &[&str], numbers: &[u32]| {
        words.contains(&failure.error.as_str()) || failure.error_codes.iter().any(|code| numbers.contains(code))
    };
    if is_one_of(&["authorization_pending"], &[70016]) {
        return Ok(Answer::Pending(wait));
    }
    if is_one_of(&["slow_down"], &[]) {
        return Ok(Answer::SlowDown(wait));
    }
    let error = refusal(response).with_attempts(response.attempts());
    if is_one_of(&["expired_token", "code_expired"], &[70019, 70020]) {
        return Err(ended(EXPIRED, error));
    }
    // `access_denied` stands for policies too, which the classification names.
    if is_one_of(&["authorization_declined", "access_denied"], &[]) && error.kind() == ErrorKind::PermissionDenied {
        return Err(ended("the sign-in was declined", error));
    }
    unanswered(match wait {
        Some(wait) => error.with_retry_after(wait),
        None => error,
    })
}

/// Tells what passes by itself from what ends the sign-in.
fn unanswered(error: Error) -> Result<Answer> {
    match error.kind() {
        ErrorKind::Connection | ErrorKind::Throttled | ErrorKind::Timeout | ErrorKind::Unavailable => {
            Ok(Answer::None(error))
        }
        _ => Err(error),
    }
}

/// The device code has expired.
pub(super) fn expired() -> Error {
    Error::new(ErrorKind::ReauthenticationRequired, EXPIRED)
}

fn claims(options: &SignInOptions) -> Option<(&str, &str)> {
    options.claims.as_deref().map(|claims| ("claims", claims))
}

fn form<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A number of seconds, which some servers write as text. What is none counts as absent.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    Ok(number.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
}

const OPERATION: &str = "login.device_code.poll";
const EXPIRED: &str = "the device code has expired";
/// Statuses of the token endpoint that are read here instead of being repeated below.
const TAKEN: [u16; 8] = [400, 408, 429, 500, 502, 503, 504, 509];
/// Source: RFC 8628 section 3.2.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
/// What Entra says. Source: "OAuth 2.0 device authorization grant" (Microsoft Learn).
const DEFAULT_EXPIRY: Duration = Duration::from_secs(900);
