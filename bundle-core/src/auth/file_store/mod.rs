//! Refresh tokens in an encrypted file, shared by the processes of one machine.

mod disk;
mod key;
#[cfg(feature = "keyring")]
mod keyring;
mod sealed;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::Mutex;

pub use key::StoreKey;
use sealed::Tokens;

use super::store::is_same;
use super::{AccountKey, TokenStore};
use crate::error::{Error, Result};

/// Keeps refresh tokens in one file, encrypted with XChaCha20-Poly1305.
///
/// Any number of processes of a machine may share a file, when all name it by the same path: changes are made under a
/// lock on a second file beside it (`<name>.lock`), which stays there and holds nothing. The system lets go of the lock
/// when a process dies. Network file systems that do not lock across machines are not fit for sharing.
///
/// The file is written beside (`<name>.new`), brought to the disk and renamed into place, so that a crash leaves the
/// old tokens or the new ones. A file that was changed, cut or written with another key is refused and left as it is;
/// an older copy put back is not told from the newest.
///
/// Only the owner may read and write the file. One that was opened to others (by a restored backup, a careless copy) is
/// narrowed to its owner when it is next used, with a warning in the trace; where that is not possible it is refused.
/// This holds on Unix; on Windows the rights are those of the directory.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) from every operation: the file cannot be read, written or locked, or
/// is refused. The message names the file.
#[derive(Clone, Debug)]
pub struct FileTokenStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    key: StoreKey,
    // Callers of this store wait here without a thread; the file's lock is for other stores and processes.
    turn: Arc<Mutex<()>>,
}

impl FileTokenStore {
    /// Uses the file at `path`; it is created when a token is stored, the directory is not.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, key: StoreKey) -> Self {
        Self(Arc::new(Inner { path: path.into(), key, turn: Arc::default() }))
    }

    /// Does the work alone among all who use the file. Once begun it goes on to its end, even when the caller stops
    /// waiting: half a change would meet the next one.
    async fn alone<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> Result<T> + Send + 'static) -> Result<T> {
        let turn = Arc::clone(&self.0.turn).lock_owned().await;
        self.run(move |inner| {
            let _turn = turn;
            let _lock = disk::lock(&inner.path).map_err(|cause| inner.error("cannot be locked").with_source(cause))?;
            work(inner)
        })
        .await
    }

    /// Does the work on a thread that may block.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> Result<T> + Send + 'static) -> Result<T> {
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&inner));
        done.await.unwrap_or_else(|cause| Err(self.0.error("cannot be used").with_source(cause)))
    }
}

#[async_trait]
impl TokenStore for FileTokenStore {
    async fn load(&self, account: &AccountKey) -> Result<Option<SecretString>> {
        let name = name(account);
        // The file is replaced as a whole, so reading needs no lock.
        self.run(move |inner| Ok(inner.read()?.remove(&name))).await
    }

    async fn replace(&self, account: &AccountKey, current: Option<&SecretString>, next: &SecretString) -> Result<bool> {
        let name = name(account);
        let (current, next) = (current.cloned(), next.clone());
        self.alone(move |inner| {
            let mut tokens = inner.read()?;
            let unchanged = is_same(tokens.get(&name), current.as_ref());
            if unchanged {
                tokens.insert(name, next);
                inner.write(&tokens)?;
            }
            Ok(unchanged)
        })
        .await
    }

    async fn remove(&self, account: &AccountKey) -> Result<()> {
        // Nothing to remove needs neither a lock nor a directory to put it in.
        if self.load(account).await?.is_none() {
            return Ok(());
        }
        let name = name(account);
        self.alone(move |inner| {
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
    fn read(&self) -> Result<Tokens> {
        let bytes = disk::read(&self.path).map_err(|cause| self.error("cannot be read").with_source(cause))?;
        let Some(bytes) = bytes else { return Ok(Tokens::new()) };
        sealed::open(&self.key, &bytes)
            .ok_or_else(|| self.error("is no token store, was changed, or was written with another key"))
    }

    fn write(&self, tokens: &Tokens) -> Result<()> {
        let bytes = sealed::seal(&self.key, tokens)?;
        disk::replace(&self.path, &bytes).map_err(|cause| self.error("cannot be written").with_source(cause))
    }

    fn error(&self, what: &str) -> Error {
        Error::config(format!("token store: {} {what}", self.path.display()))
    }
}

fn name(account: &AccountKey) -> String {
    format!("{}/{}", account.tenant, account.application)
}
