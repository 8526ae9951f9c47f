//! Tokens in the shape of a JWT, signed with a digest that only this program checks.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::sandbox::CANARY;

/// Writes `header.payload.signature`; the signature begins with the canary text.
pub(crate) fn encode(payload: &Value) -> String {
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": KEY_ID, "x5t": KEY_ID});
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload.to_string()));
    let signature = sign(&signed);
    format!("{signed}.{signature}")
}

/// Reads the payload of a token this program signed.
pub(crate) fn decode(token: &str) -> Result<Value, Malformed> {
    let (signed, signature) = token.rsplit_once('.').ok_or(Malformed::NoDots)?;
    let (_, payload) = signed.split_once('.').ok_or(Malformed::NoDots)?;
    if signature != sign(signed) {
        return Err(Malformed::Signature);
    }
    URL_SAFE_NO_PAD
        .decode(payload)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(Malformed::Signature)
}

/// Why a token cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    NoDots,
    Signature,
}

/// The id of the key the tokens name, as the keys document lists it.
pub(crate) const KEY_ID: &str = "nOo3ZDrODXEK1jKWhXslHR_KXEg";

fn sign(signed: &str) -> String {
    let digest = Sha256::new().chain_update("bundle sandbox ").chain_update(signed).finalize();
    let digest = URL_SAFE_NO_PAD.encode(digest);
    // 6 + 42 characters: a length that is valid without padding.
    format!("{CANARY}{}", &digest[..42])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decode_accepts_only_what_encode_made() {
        let token = encode(&json!({"aud": "x"}));
        assert_eq!(decode(&token), Ok(json!({"aud": "x"})));
        assert!(token.rsplit('.').next().is_some_and(|part| part.contains(CANARY)));
        assert_eq!(decode("abc"), Err(Malformed::NoDots));
        assert_eq!(decode(&format!("{token}x")), Err(Malformed::Signature));
    }
}
