//! The `claims` parameter of a token request: what the client can do, and what a service has asked for.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// The value of `claims` for a token request, `None` when there is nothing to say.
///
/// `challenge` is what a service or the authority asked for; it wins where both name a claim. `capable` declares that
/// claims challenges are answered (`cp1`): tokens then live for up to 28 hours and end when something happens to the
/// account, a matter of minutes.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config): the challenge is no JSON object of at most 16 KiB.
///
/// Source: "Claims challenges, claims requests, and client capabilities" (Microsoft Learn).
pub(super) fn claims_parameter(challenge: Option<&str>, capable: bool) -> Result<Option<String>> {
    let Some(text) = challenge else {
        return Ok(capable.then(|| CAPABLE.to_owned()));
    };
    let challenge = read(text).ok_or_else(|| Error::config("claims: not a JSON object of at most 16 KiB"))?;
    if !capable {
        return Ok(Some(text.to_owned()));
    }
    let mut all = read(CAPABLE).expect("a constant that is an object");
    merge(&mut all, challenge);
    Ok(Some(Value::Object(all).to_string()))
}

/// Reads claims; `None` unless they are a JSON object of at most 16 KiB.
pub(super) fn read(text: &str) -> Option<Map<String, Value>> {
    (text.len() <= MAX_CLAIMS).then(|| serde_json::from_str(text).ok()).flatten()
}

fn merge(base: &mut Map<String, Value>, over: Map<String, Value>) {
    for (name, value) in over {
        match (base.get_mut(&name), value) {
            (Some(Value::Object(base)), Value::Object(over)) => merge(base, over),
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}

const CAPABLE: &str = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;
/// The longest claims that are taken.
pub(super) const MAX_CLAIMS: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::ErrorKind;

    fn merged(challenge: &str) -> Value {
        serde_json::from_str(&claims_parameter(Some(challenge), true).unwrap().unwrap()).unwrap()
    }

    #[test]
    fn capability_is_declared_and_can_be_left_out() {
        assert_eq!(claims_parameter(None, true).unwrap().as_deref(), Some(CAPABLE));
        assert_eq!(claims_parameter(None, false).unwrap(), None);
        assert_eq!(claims_parameter(Some(r#"{"a":1}"#), false).unwrap().as_deref(), Some(r#"{"a":1}"#));
    }

    #[test]
    fn challenge_is_added_and_wins() {
        let cp1 = json!({"values": ["cp1"]});
        let nbf = json!({"essential": true, "value": "1604106651"});
        assert_eq!(
            merged(r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#),
            json!({"access_token": {"nbf": nbf, "xms_cc": cp1}})
        );
        assert_eq!(
            merged(r#"{"id_token":{"acrs":null},"access_token":{"xms_cc":{"values":["cp2"]}}}"#),
            json!({"id_token": {"acrs": null}, "access_token": {"xms_cc": {"values": ["cp2"]}}})
        );
        assert_eq!(merged(r#"{"access_token":null}"#), json!({"access_token": null}));
    }

    #[test]
    fn claims_that_are_none_are_not_sent() {
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_CLAIMS));
        for bad in ["", "[]", "null", "{", long.as_str()] {
            for capable in [true, false] {
                assert_eq!(claims_parameter(Some(bad), capable).unwrap_err().kind(), ErrorKind::Config);
            }
        }
    }
}
