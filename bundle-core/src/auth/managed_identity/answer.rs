//! What an identity endpoint answers.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::UserAssigned;
use crate::auth::AccessToken;
use crate::error::{Error, ErrorKind, Result, ServiceAnswer, classify};
use crate::service::Service;

/// Reads a token; numbers come as numbers or as text, depending on the host.
pub(super) fn token(body: &[u8], now: Timestamp) -> Result<AccessToken> {
    // The cause could show a part of the body.
    let unreadable = || Error::new(ErrorKind::Decode, "the identity endpoint's answer cannot be read");
    let answer: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
    let secret = answer["access_token"].as_str().filter(|token| !token.is_empty()).ok_or_else(unreadable)?;
    let left = |end: u64| end.saturating_sub(u64::try_from(now.as_second()).unwrap_or_default());
    let expires_in = seconds(&answer["expires_in"]).or_else(|| seconds(&answer["expires_on"]).map(left));
    Ok(AccessToken::new(secret.into(), expires_in.map_or(DEFAULT_LIFETIME, Duration::from_secs)))
}

/// What a refusal means.
pub(super) fn refusal(answer: &http::Response<Bytes>, identity: Option<&UserAssigned>) -> Error {
    let error = classify(&ServiceAnswer {
        service: Service::Login,
        status: answer.status().as_u16(),
        headers: answer.headers(),
        body: answer.body(),
    });
    let text = String::from_utf8_lossy(answer.body()).to_ascii_lowercase();
    if answer.status() != 400 || !text.contains("identity not found") && !text.contains("no user assigned") {
        return match answer.status().as_u16() {
            // The endpoint is being started or updated.
            404 | 410 => error.with_kind(ErrorKind::Unavailable),
            _ => error,
        };
    }
    let what = match identity {
        None => "no system-assigned identity is turned on for this machine or app".to_owned(),
        Some(UserAssigned::ClientId(id)) => format!("the identity with client id {id} is not assigned here"),
        Some(UserAssigned::ObjectId(id)) => format!("the identity with object id {id} is not assigned here"),
        Some(UserAssigned::ResourceId(id)) => format!("the identity {id:?} is not assigned here"),
    };
    Error::config(format!("managed identity: {what}")).with_status(400).with_source(error)
}

fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// For hosts that say nothing readable about it.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn lifetime_is_read_in_each_form() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        for (fields, seconds) in [
            (r#""expires_in":"3600","expires_on":"1""#, 3600),
            (r#""expires_in":3600"#, 3600),
            (r#""expires_on":"1800003600""#, 3600),
            (r#""expires_on":1800003600"#, 3600),
            (r#""expires_on":"06/20/2027 02:57:58 +00:00""#, 600),
            (r#""expires_on":"1""#, 0),
            (r#""token_type":"Bearer""#, 600),
        ] {
            let token = token(format!(r#"{{"access_token":"t",{fields}}}"#).as_bytes(), now).unwrap();
            let early = (seconds / 10).min(30);
            if seconds > 0 {
                tokio::time::advance(Duration::from_secs(seconds - early - 1)).await;
                assert!(!token.is_expired(), "{fields}");
                tokio::time::advance(Duration::from_secs(1)).await;
            }
            assert!(token.is_expired(), "{fields}");
        }
    }

    #[test]
    fn answer_without_a_token_is_unreadable_and_not_shown() {
        for body in ["", "canary", "[]", r#"{"access_token":""}"#, r#"{"access_token":1,"x":"canary"}"#] {
            let error = token(body.as_bytes(), Timestamp::UNIX_EPOCH).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert!(!format!("{error:?}").contains("canary"));
        }
    }
}
