//! Refresh tokens in an encrypted file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::store::is_same;
use super::{AccountKey, TokenStore};
use crate::error::{Error, Result};

/// The key of a [`FileTokenStore`]: 32 random bytes.
pub struct StoreKey(SecretBox<[u8; 32]>);

impl StoreKey {
    /// Reads a key from the base64 of 32 bytes, as `openssl rand -base64 32` prints them.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): not the base64 of 32 bytes. The text is not repeated.
    pub fn from_base64(text: &SecretString) -> Result<Self> {
        let bytes = STANDARD.decode(text.expose_secret().trim()).map(Zeroizing::new).unwrap_or_default();
        let key: [u8; 32] =
            bytes.as_slice().try_into().map_err(|_| Error::config("token store key: not the base64 of 32 bytes"))?;
        Ok(Self(SecretBox::new(Box::new(key))))
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey([REDACTED])")
    }
}

/// Keeps refresh tokens in one file, encrypted with XChaCha20-Poly1305.
///
/// The file is replaced as a whole by renaming, and only its owner may read it (Unix). A file that was changed, cut or
/// written with another key is refused and left as it is. One process at a time may use a file.
#[derive(Debug)]
pub struct FileTokenStore {
    path: PathBuf,
    key: StoreKey,
    // Held across reading and writing, so that replacing is one step for all callers of this process.
    turn: Mutex<()>,
}

impl FileTokenStore {
    /// Uses the file at `path`; it is created when a token is stored.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, key: StoreKey) -> Self {
        Self { path: path.into(), key, turn: Mutex::new(()) }
    }

    async fn read(&self) -> Result<BTreeMap<String, String>> {
        let bytes = match tokio::fs::read(&self.path).await {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(cause) => return Err(self.error("cannot be read").with_source(cause)),
        };
        let foreign = || self.error("is no token store, was changed, or was written with another key");
        let sealed = bytes.strip_prefix(MAGIC).ok_or_else(foreign)?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(foreign)?;
        let plain = self.cipher().decrypt(XNonce::from_slice(nonce), sealed).map_err(|_| foreign())?;
        serde_json::from_slice(&Zeroizing::new(plain)).map_err(|_| foreign())
    }

    async fn write(&self, tokens: &BTreeMap<String, String>) -> Result<()> {
        let plain = Zeroizing::new(serde_json::to_vec(tokens).map_err(|_| self.error("cannot be written"))?);
        let mut nonce = [0; NONCE];
        nonce[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        nonce[16..].copy_from_slice(&Uuid::new_v4().as_bytes()[..8]);
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), plain.as_slice())
            .map_err(|_| self.error("cannot be encrypted"))?;
        let bytes = [MAGIC, nonce.as_slice(), &sealed].concat();
        replace_file(&self.path, &bytes).await.map_err(|cause| self.error("cannot be written").with_source(cause))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.key.0.expose_secret().into())
    }

    fn error(&self, what: &str) -> Error {
        Error::config(format!("token store: {} {what}", self.path.display()))
    }
}

#[async_trait]
impl TokenStore for FileTokenStore {
    async fn load(&self, account: &AccountKey) -> Result<Option<SecretString>> {
        let _turn = self.turn.lock().await;
        Ok(self.read().await?.remove(&name(account)).map(SecretString::from))
    }

    async fn replace(&self, account: &AccountKey, current: Option<&SecretString>, next: &SecretString) -> Result<bool> {
        let _turn = self.turn.lock().await;
        let mut tokens = self.read().await?;
        let stored = tokens.get(&name(account)).map(|token| SecretString::from(token.as_str()));
        if !is_same(stored.as_ref(), current) {
            return Ok(false);
        }
        tokens.insert(name(account), next.expose_secret().to_owned());
        self.write(&tokens).await?;
        Ok(true)
    }

    async fn remove(&self, account: &AccountKey) -> Result<()> {
        let _turn = self.turn.lock().await;
        let mut tokens = self.read().await?;
        if tokens.remove(&name(account)).is_some() {
            self.write(&tokens).await?;
        }
        Ok(())
    }
}

fn name(account: &AccountKey) -> String {
    format!("{}/{}", account.tenant, account.application)
}

/// Writes a new file beside the old one and renames it into place, so a reader sees the old or the new one whole. Only
/// the owner may read it.
///
/// # Errors
/// As the operations of the file system.
pub(crate) async fn replace_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use tokio::io::AsyncWriteExt as _;

    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    let written = async {
        let mut file = options.open(&beside).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        tokio::fs::rename(&beside, path).await
    }
    .await;
    if written.is_err() {
        // Best effort: the error that is returned says what went wrong.
        let _ = tokio::fs::remove_file(&beside).await;
    }
    written
}

/// Marks the file and its version.
const MAGIC: &[u8] = b"bundle-tokens-1\n";
const NONCE: usize = 24;
