//! The content of a token file: a mark, a nonce, and the tokens as JSON sealed with XChaCha20-Poly1305.

use std::collections::BTreeMap;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::key::{StoreKey, random};
use crate::error::{Error, Result};

/// The tokens of a file by the name of their account.
pub(super) type Tokens = BTreeMap<String, SecretString>;

/// Writes the content of a file. The same tokens never look the same twice.
pub(super) fn seal(key: &StoreKey, tokens: &Tokens) -> Result<Vec<u8>> {
    let plain: BTreeMap<&str, &str> =
        tokens.iter().map(|(name, token)| (name.as_str(), token.expose_secret())).collect();
    let plain = serde_json::to_vec(&plain).map(Zeroizing::new).expect("a map of texts can be written as JSON");
    // 24 random bytes do not repeat, however often and from however many processes a key is used.
    let nonce: [u8; NONCE] = random()?;
    let sealed = cipher(key)
        .encrypt(XNonce::from_slice(&nonce), plain.as_slice())
        .map_err(|_| Error::config("token store: more than can be encrypted at once"))?;
    Ok([MAGIC, nonce.as_slice(), &sealed].concat())
}

/// Reads the content of a file; `None` when a single bit of it is not as it was written with this key.
pub(super) fn open(key: &StoreKey, bytes: &[u8]) -> Option<Tokens> {
    let (nonce, sealed) = bytes.strip_prefix(MAGIC)?.split_at_checked(NONCE)?;
    let plain = cipher(key).decrypt(XNonce::from_slice(nonce), sealed).map(Zeroizing::new).ok()?;
    serde_json::from_slice(&plain).ok()
}

fn cipher(key: &StoreKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

/// Marks the file and its version.
const MAGIC: &[u8] = b"bundle-tokens-1\n";
const NONCE: usize = 24;

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> StoreKey {
        use base64::Engine as _;
        StoreKey::from_base64(&base64::engine::general_purpose::STANDARD.encode([byte; 32]).into()).unwrap()
    }

    fn plain(tokens: &Tokens) -> BTreeMap<&str, &str> {
        tokens.iter().map(|(name, token)| (name.as_str(), token.expose_secret())).collect()
    }

    fn tokens() -> impl Strategy<Value = Tokens> {
        btree_map(any::<String>(), any::<String>().prop_map(SecretString::from), 0..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn tokens_come_back_with_their_key_only(tokens in tokens()) {
            let bytes = seal(&key(7), &tokens).unwrap();
            let opened = open(&key(7), &bytes).unwrap();
            prop_assert_eq!(plain(&opened), plain(&tokens));
            prop_assert!(open(&key(8), &bytes).is_none());
            prop_assert_ne!(seal(&key(7), &tokens).unwrap(), bytes, "a nonce is used once");
        }

        #[test]
        fn no_changed_byte_passes(tokens in tokens(), at in any::<prop::sample::Index>(), other in 1..=u8::MAX) {
            let mut bytes = seal(&key(7), &tokens).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= other;
            prop_assert!(open(&key(7), &bytes).is_none(), "byte {}", at);
        }

        #[test]
        fn nothing_cut_off_or_put_on_passes(
            tokens in tokens(),
            cut in any::<prop::sample::Index>(),
            put_on in vec(any::<u8>(), 1..40),
        ) {
            let bytes = seal(&key(7), &tokens).unwrap();
            let cut = cut.index(bytes.len());
            prop_assert!(open(&key(7), &bytes[..cut]).is_none(), "cut to {}", cut);
            prop_assert!(open(&key(7), &bytes[bytes.len() - cut..]).is_none(), "the last {}", cut);
            prop_assert!(open(&key(7), &[bytes, put_on].concat()).is_none());
        }

        #[test]
        fn parts_of_two_files_make_no_third(one in tokens(), other in tokens(), at in any::<prop::sample::Index>()) {
            let (one, other) = (seal(&key(7), &one).unwrap(), seal(&key(7), &other).unwrap());
            let shorter = one.len().min(other.len());
            // The mark is common to both, and so nothing is mixed by cutting inside it.
            let at = MAGIC.len() + 1 + at.index(shorter - MAGIC.len() - 1);
            prop_assert!(open(&key(7), &[&one[..at], &other[at..]].concat()).is_none(), "cut at {}", at);
        }

        #[test]
        fn garbage_is_refused(bytes in vec(any::<u8>(), 0..200)) {
            prop_assert!(open(&key(7), &bytes).is_none());
            prop_assert!(open(&key(7), &[MAGIC, &bytes].concat()).is_none());
        }
    }
}
