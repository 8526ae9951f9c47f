//! Where refresh tokens are kept.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use crate::error::Result;
use crate::ids::{AppId, TenantId};

/// Whose refresh token: the account that signed in to an application in its home tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct AccountKey {
    /// The account's home tenant.
    pub tenant: TenantId,
    /// The application.
    pub application: AppId,
}

impl AccountKey {
    /// Names an account.
    #[must_use]
    pub fn new(tenant: TenantId, application: AppId) -> Self {
        Self { tenant, application }
    }
}

/// Where refresh tokens are kept.
///
/// # Behavior
/// * [`TokenStore::load`] answers what was stored last, `None` when nothing was.
/// * [`TokenStore::replace`] stores `next` only while the stored token is `current` (`None`: nothing stored), and says
///   whether it did. When it answers, the token survives the process, as far as the store survives it.
/// * Of callers that replace one token at the same time, from however many places the store is shared by, exactly one
///   is told `true`.
/// * An interrupted [`TokenStore::replace`] leaves the old token or the new one, never neither.
/// * Keys are independent of each other.
#[async_trait]
pub trait TokenStore: std::fmt::Debug + Send + Sync {
    /// Reads the refresh token of an account.
    async fn load(&self, account: &AccountKey) -> Result<Option<SecretString>>;

    /// Stores a refresh token in place of the one it was made from.
    async fn replace(&self, account: &AccountKey, current: Option<&SecretString>, next: &SecretString) -> Result<bool>;

    /// Removes the refresh token of an account; absent is fine.
    async fn remove(&self, account: &AccountKey) -> Result<()>;
}

/// Keeps refresh tokens while the program runs.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<HashMap<AccountKey, SecretString>>);

impl MemoryTokenStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl TokenStore for MemoryTokenStore {
    async fn load(&self, account: &AccountKey) -> Result<Option<SecretString>> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(account).cloned())
    }

    async fn replace(&self, account: &AccountKey, current: Option<&SecretString>, next: &SecretString) -> Result<bool> {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unchanged = is_same(tokens.get(account), current);
        if unchanged {
            tokens.insert(account.clone(), next.clone());
        }
        Ok(unchanged)
    }

    async fn remove(&self, account: &AccountKey) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(account);
        Ok(())
    }
}

pub(super) fn is_same(a: Option<&SecretString>, b: Option<&SecretString>) -> bool {
    a.map(ExposeSecret::expose_secret) == b.map(ExposeSecret::expose_secret)
}
