//! The key of a token file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore as _;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox, SecretString};

use crate::error::{Error, ErrorKind, Result};

/// The key of a [`FileTokenStore`](super::FileTokenStore): 32 random bytes.
pub struct StoreKey(SecretBox<[u8; 32]>);

impl StoreKey {
    /// Makes a new key from the operating system's random numbers.
    ///
    /// # Errors
    /// [`ErrorKind::Other`]: the system has none to give.
    pub fn generate() -> Result<Self> {
        random().map(|bytes| Self(SecretBox::new(Box::new(bytes))))
    }

    /// Reads a key from the base64 of 32 bytes, as [`StoreKey::to_base64`] and `openssl rand -base64 32` write them.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: not the base64 of 32 bytes. The text is not repeated.
    pub fn from_base64(text: &SecretString) -> Result<Self> {
        let bytes = STANDARD.decode(text.expose_secret().trim()).map(Zeroizing::new).unwrap_or_default();
        let key: [u8; 32] =
            bytes.as_slice().try_into().map_err(|_| Error::config("token store key: not the base64 of 32 bytes"))?;
        Ok(Self(SecretBox::new(Box::new(key))))
    }

    /// The key as text, to keep where secrets are kept.
    #[must_use]
    pub fn to_base64(&self) -> SecretString {
        STANDARD.encode(self.bytes()).into()
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey([REDACTED])")
    }
}

/// Random bytes of the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).map_err(|cause| {
        Error::new(ErrorKind::Other, format!("the operating system gives no random numbers: {cause}"))
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_keys_differ_and_come_back_from_their_text() {
        let (one, other) = (StoreKey::generate().unwrap(), StoreKey::generate().unwrap());
        assert_ne!(one.bytes(), other.bytes());
        assert_eq!(StoreKey::from_base64(&one.to_base64()).unwrap().bytes(), one.bytes());
    }
}
