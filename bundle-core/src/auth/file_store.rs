//! Refresh tokens in an encrypted file.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox, SecretString};
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
pub struct FileTokenStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    key: StoreKey,
    // Held across reading and writing, so that replacing is one step for all callers of this process.
    turn: Mutex<()>,
}

impl FileTokenStore {
    /// Uses the file at `path`; it is created when a token is stored.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, key: StoreKey) -> Self {
        Self(Arc::new(Inner { path: path.into(), key, turn: Mutex::new(()) }))
    }

    /// Does the work on a thread of its own and to its end, even when the caller stops waiting: half a write would
    /// meet the next one.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> Result<T> + Send + 'static) -> Result<T> {
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            let _turn = inner.turn.lock().unwrap_or_else(PoisonError::into_inner);
            work(&inner)
        });
        done.await.unwrap_or_else(|cause| Err(self.0.error("cannot be used").with_source(cause)))
    }
}

#[async_trait]
impl TokenStore for FileTokenStore {
    async fn load(&self, account: &AccountKey) -> Result<Option<SecretString>> {
        let name = name(account);
        self.run(move |inner| Ok(inner.read()?.remove(&name).map(SecretString::from))).await
    }

    async fn replace(&self, account: &AccountKey, current: Option<&SecretString>, next: &SecretString) -> Result<bool> {
        let name = name(account);
        let (current, next) = (current.cloned(), next.clone());
        self.run(move |inner| {
            let mut tokens = inner.read()?;
            let stored = tokens.get(&name).map(|token| SecretString::from(token.as_str()));
            let unchanged = is_same(stored.as_ref(), current.as_ref());
            if unchanged {
                tokens.insert(name, next.expose_secret().to_owned());
                inner.write(&tokens)?;
            }
            Ok(unchanged)
        })
        .await
    }

    async fn remove(&self, account: &AccountKey) -> Result<()> {
        let name = name(account);
        self.run(move |inner| {
            let mut tokens = inner.read()?;
            if tokens.remove(&name).is_some() {
                inner.write(&tokens)?;
            }
            Ok(())
        })
        .await
    }
}

impl Inner {
    fn read(&self) -> Result<BTreeMap<String, String>> {
        let bytes = match std::fs::read(&self.path) {
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

    fn write(&self, tokens: &BTreeMap<String, String>) -> Result<()> {
        let plain = Zeroizing::new(serde_json::to_vec(tokens).map_err(|_| self.error("cannot be written"))?);
        let mut nonce = [0; NONCE];
        nonce[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        nonce[16..].copy_from_slice(&Uuid::new_v4().as_bytes()[..8]);
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), plain.as_slice())
            .map_err(|_| self.error("cannot be encrypted"))?;
        let bytes = [MAGIC, nonce.as_slice(), &sealed].concat();
        replace_file(&self.path, &bytes).map_err(|cause| self.error("cannot be written").with_source(cause))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.key.0.expose_secret().into())
    }

    fn error(&self, what: &str) -> Error {
        Error::config(format!("token store: {} {what}", self.path.display()))
    }
}

fn name(account: &AccountKey) -> String {
    format!("{}/{}", account.tenant, account.application)
}

/// Writes a new file beside the old one and renames it into place, so a reader sees the old or the new one whole. Only
/// the owner may read it.
fn replace_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = write_new(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // Best effort: the error that is returned says what went wrong.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// Writes a file that was not there before, for its owner only.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // What an interrupted write left behind must not lend its owner and mode to the new file.
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Marks the file and its version.
const MAGIC: &[u8] = b"bundle-tokens-1\n";
const NONCE: usize = 24;
