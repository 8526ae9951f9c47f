//! The key of a token file in the keyring of the operating system.

use std::path::PathBuf;

use keyring_core::{Entry, Error as KeyringError};

use super::{FileTokenStore, StoreKey, disk};
use crate::error::{Error, Result};

impl FileTokenStore {
    /// Uses the file at `path` with the key that `entry` of the operating system's keyring holds. The first use makes a
    /// key and puts it there; processes that do so at the same time end up with one key.
    ///
    /// The program chooses the keyring: an entry comes from one of the stores of `keyring-core` (Windows Credential
    /// Manager, macOS Keychain, Secret Service, kernel keys), or is the field `inner` of an entry of the `keyring`
    /// crate. Reading it may ask the person for leave.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use bundle_core::auth::FileTokenStore;
    ///
    /// let entry = keyring_core::Entry::new("contoso-sync", "token store")?;
    /// let store = FileTokenStore::with_keyring("/var/lib/contoso/tokens.bin", entry).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): the keyring cannot be used, its entry holds something else, or
    /// the file is there and the key is gone (a new key could not read it); the directory does not exist.
    pub async fn with_keyring(path: impl Into<PathBuf>, entry: Entry) -> Result<Self> {
        let path = path.into();
        let opened = tokio::task::spawn_blocking(move || {
            let error = |what: &str| Error::config(format!("token store: {} {what}", path.display()));
            let _lock = disk::lock(&path).map_err(|cause| error("cannot be locked").with_source(cause))?;
            let key = match entry.get_password() {
                Ok(text) => StoreKey::from_base64(&text.into())?,
                Err(KeyringError::NoEntry) => match path.try_exists() {
                    Ok(false) => new_key(&entry)?,
                    Ok(true) => return Err(error("is there, but its key is not in the keyring")),
                    Err(cause) => return Err(error("cannot be read").with_source(cause)),
                },
                Err(cause) => return Err(refused(cause)),
            };
            Ok(Self::new(path, key))
        });
        opened.await.unwrap_or_else(|cause| Err(Error::config("token store: cannot be opened").with_source(cause)))
    }
}

fn new_key(entry: &Entry) -> Result<StoreKey> {
    use secrecy::ExposeSecret as _;

    let key = StoreKey::generate()?;
    entry.set_password(key.to_base64().expose_secret()).map_err(refused)?;
    // A keyring that does not keep what it is given would lose every token with the next start.
    let kept = entry.get_password().map_err(refused)?;
    StoreKey::from_base64(&kept.into())
        .ok()
        .filter(|kept| kept.bytes() == key.bytes())
        .ok_or_else(|| Error::config("token store key: the keyring does not keep it"))
}

/// Says what the keyring said. Its errors about content carry the content, which may be a key; they are not kept.
fn refused(error: KeyringError) -> Error {
    match error {
        KeyringError::PlatformFailure(cause) => Error::config("token store key: the keyring failed").with_source(cause),
        KeyringError::NoStorageAccess(cause) => {
            Error::config("token store key: the keyring is locked or out of reach").with_source(cause)
        }
        KeyringError::NoDefaultStore => Error::config("token store key: the program has chosen no keyring"),
        KeyringError::Ambiguous(_) => Error::config("token store key: the keyring has several entries of this name"),
        _ => Error::config("token store key: the keyring's entry cannot be used"),
    }
}
