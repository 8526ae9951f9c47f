//! `WWW-Authenticate` challenges.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderValue;

/// The parameters of one `Bearer` challenge.
///
/// Source: "Claims challenges" and "Authentication, requests and responses" of Key Vault (Microsoft Learn).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Finds the `Bearer` challenge in a header value that may hold several challenges, in any order.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let mut parameters = Vec::new();
        let mut in_bearer = false;
        let mut found = false;
        for part in split_outside_quotes(header) {
            let part = part.trim();
            // A part that starts a challenge is `Scheme` or `Scheme name=value`.
            let parameter = match part.split_once([' ', '\t']) {
                Some((scheme, rest)) if is_token(scheme) => {
                    in_bearer = scheme.eq_ignore_ascii_case("bearer") && !found;
                    found |= in_bearer;
                    rest.trim()
                }
                None if is_token(part) => {
                    in_bearer = part.eq_ignore_ascii_case("bearer") && !found;
                    found |= in_bearer;
                    continue;
                }
                _ => part,
            };
            if let Some((name, value)) = parameter.split_once('=').filter(|_| in_bearer) {
                parameters.push((name.trim().to_ascii_lowercase(), unquote(value.trim())));
            }
        }
        found.then_some(Self { parameters })
    }

    /// A parameter by name, ASCII case-insensitively.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The claims a service asks for in a header: a `Bearer` challenge with `error="insufficient_claims"` whose `claims`
/// are base64 (either alphabet, padded or not) of a JSON object of at most 16 KiB.
#[must_use]
pub fn claims_challenge(header: &HeaderValue) -> Option<String> {
    let challenge = Challenge::parse(header.to_str().ok()?)?;
    if challenge.parameter("error") != Some("insufficient_claims") {
        return None;
    }
    let encoded = challenge.parameter("claims")?.replace('-', "+").replace('_', "/");
    if encoded.len() > MAX_CLAIMS * 4 / 3 {
        return None;
    }
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, lenient).decode(encoded).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).is_ok().then_some(text)
}

fn split_outside_quotes(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |c| {
        if escaped {
            escaped = false;
        } else if quoted && c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
        }
        c == ',' && !quoted
    })
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte))
}

fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"') else { return text.to_owned() };
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.extend(chars.next()),
            other => value.push(other),
        }
    }
    value
}

const MAX_CLAIMS: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_vault_challenge_is_read() {
        let challenge = Challenge::parse(
            "Bearer authorization=\"https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111\", \
             resource=\"https://vault.azure.net\"",
        )
        .unwrap();
        assert_eq!(challenge.parameter("Resource"), Some("https://vault.azure.net"));
        assert!(challenge.parameter("authorization").unwrap().ends_with("1111"));
    }

    #[test]
    fn bearer_is_found_among_others() {
        let header =
            r#"Basic realm="a, Bearer b=c", Bearer realm="", error=insufficient_claims, claims="e30", Negotiate"#;
        let challenge = Challenge::parse(header).unwrap();
        assert_eq!(challenge.parameter("realm"), Some(""));
        assert_eq!(challenge.parameter("error"), Some("insufficient_claims"));
        assert_eq!(challenge.parameter("b"), None);
        for none in ["", "Basic realm=\"x\"", "Negotiate", "=", ",,,"] {
            assert_eq!(Challenge::parse(none), None, "{none}");
        }
    }

    #[test]
    fn claims_are_decoded_in_every_alphabet() {
        let json = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;
        let standard = base64::engine::general_purpose::STANDARD.encode(json);
        let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
        for encoded in [standard, url_safe] {
            let header = format!("Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{encoded}\"");
            assert_eq!(claims_challenge(&header.parse().unwrap()).as_deref(), Some(json));
        }
        for bad in ["Bearer error=\"invalid_token\"", "Bearer error=\"insufficient_claims\", claims=\"!!\""] {
            assert_eq!(claims_challenge(&bad.parse().unwrap()), None);
        }
    }
}
