//! `WWW-Authenticate` challenges.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderValue;

use super::claims_parameter::{self, MAX_CLAIMS};

/// The parameters of one `Bearer` challenge.
///
/// Source: "Claims challenges" and "Authentication, requests and responses" of Key Vault (Microsoft Learn).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Finds the `Bearer` challenge in a header value that may hold several challenges, in any order; the first one
    /// when there are more.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        Self::all(header).next()
    }

    fn all(header: &str) -> impl Iterator<Item = Self> {
        let mut challenges: Vec<(bool, Self)> = Vec::new();
        for part in split_outside_quotes(header) {
            let part = part.trim();
            // A part that starts a challenge is `Scheme` or `Scheme name=value`.
            let (scheme, parameter) = match part.split_once([' ', '\t']) {
                Some((scheme, rest)) if is_token(scheme) => (Some(scheme), rest.trim()),
                None if is_token(part) => (Some(part), ""),
                _ => (None, part),
            };
            if let Some(scheme) = scheme {
                challenges.push((scheme.eq_ignore_ascii_case("bearer"), Self::default()));
            }
            if let (Some((_, challenge)), Some((name, value))) = (challenges.last_mut(), parameter.split_once('=')) {
                challenge.parameters.push((name.trim().to_ascii_lowercase(), unquote(value.trim())));
            }
        }
        challenges.into_iter().filter_map(|(bearer, challenge)| bearer.then_some(challenge))
    }

    /// A parameter by name, ASCII case-insensitively.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The claims a service asks for in a header: a `Bearer` challenge with `error="insufficient_claims"` whose `claims`
/// are base64 (either alphabet, padded or not) of a JSON object of at most 16 KiB. One header may hold several
/// challenges, and an answer several headers.
#[must_use]
pub fn claims_challenge(header: &HeaderValue) -> Option<String> {
    Challenge::all(header.to_str().ok()?)
        .filter(|challenge| challenge.parameter("error") == Some("insufficient_claims"))
        .find_map(|challenge| decode(challenge.parameter("claims")?))
}

fn decode(claims: &str) -> Option<String> {
    if claims.len() > MAX_CLAIMS.div_ceil(3) * 4 {
        return None;
    }
    let standard = claims.replace('-', "+").replace('_', "/");
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, lenient).decode(standard).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    claims_parameter::read(&text).is_some().then_some(text)
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
        let longest = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_CLAIMS - 8));
        let header = |json: &str| {
            let encoded = base64::engine::general_purpose::STANDARD.encode(json);
            format!("Bearer error=insufficient_claims, claims=\"{encoded}\"").parse().unwrap()
        };
        assert_eq!(longest.len(), MAX_CLAIMS);
        assert_eq!(claims_challenge(&header(&longest)), Some(longest.clone()));
        for bad in [format!("{longest} "), "[]".to_owned(), "1".to_owned(), String::new()] {
            assert_eq!(claims_challenge(&header(&bad)), None);
        }
        for bad in ["Bearer error=\"invalid_token\"", "Bearer error=\"insufficient_claims\", claims=\"!!\""] {
            assert_eq!(claims_challenge(&bad.parse().unwrap()), None);
        }
    }

    #[test]
    fn claims_are_found_in_any_of_several_challenges() {
        for header in [
            r#"Bearer realm="a", error="invalid_token", Bearer error="insufficient_claims", claims="e30""#,
            r#"Bearer, Negotiate, BEARER claims="e30", error=insufficient_claims, PoP realm="b", error="x""#,
            r#"Bearer error="insufficient_claims", claims="!", bearer error="insufficient_claims", claims="e30=""#,
        ] {
            assert_eq!(claims_challenge(&header.parse().unwrap()).as_deref(), Some("{}"), "{header}");
        }
        // The claims of one challenge do not go with the error of another one.
        let apart = r#"Bearer claims="e30", Basic error="insufficient_claims", Bearer error="insufficient_claims""#;
        assert_eq!(claims_challenge(&apart.parse().unwrap()), None);
    }
}
