//! What the token endpoint answers.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::AccessToken;

/// The fields of an answer that are used. Entra writes numbers as text at its older endpoints.
///
/// Source: "OAuth 2.0 authorization code flow" (Microsoft Learn).
#[derive(Debug, Deserialize)]
pub(super) struct TokenAnswer {
    access_token: SecretString,
    token_type: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "seconds")]
    refresh_in: Option<u64>,
    pub(super) refresh_token: Option<SecretString>,
}

impl TokenAnswer {
    /// Whether the token goes into an `Authorization: Bearer` header, as one does that is said to be nothing else.
    pub(super) fn is_bearer(&self) -> bool {
        self.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"))
    }

    /// The access token with its times.
    pub(super) fn access(&self) -> AccessToken {
        let lifetime = self.expires_in.map_or(DEFAULT_LIFETIME, Duration::from_secs);
        let token = AccessToken::new(self.access_token.clone(), lifetime);
        match self.refresh_in {
            Some(seconds) => token.with_refresh_in(Duration::from_secs(seconds)),
            None => token,
        }
    }
}

/// A number of seconds, as a number or as text; `None` for whatever is neither.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// Entra always says how long a token lives; this is for servers that do not.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_numbers_and_as_text() {
        for (fields, lifetime, refresh_in) in [
            (r#""expires_in":3599"#, 3599, None),
            (r#""expires_in":"3599","refresh_in":"1800""#, 3599, Some(1800)),
            (r#""expires_in":86399,"refresh_in":43199,"ext_expires_in":86399"#, 86_399, Some(43_199)),
            (r#""expires_in":"soon","refresh_in":null"#, 600, None),
            (r#""scope":"a b""#, 600, None),
        ] {
            let text = format!(r#"{{"token_type":"bearer","access_token":"hunter2",{fields}}}"#);
            let answer: TokenAnswer = serde_json::from_str(&text).unwrap();
            let token = answer.access();
            assert_eq!(token.lifetime(), Duration::from_secs(lifetime), "{fields}");
            assert_eq!(token.refresh_in(), refresh_in.map(Duration::from_secs), "{fields}");
            assert!(!format!("{answer:?}").contains("hunter2"));
        }
    }
}
