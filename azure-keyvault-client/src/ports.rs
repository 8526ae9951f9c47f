//! This crate's part in the flows of `bundle-core`: a vault as the place where new secrets are kept.

use async_trait::async_trait;
use bundle_core::Result;
use bundle_core::setup::SecretKeeper;
use secrecy::SecretString;

use crate::{KeyVaultClient, NewSecret};

/// Keeps each secret as a secret of the vault. A name held by a deleted secret is a
/// [`Conflict`](bundle_core::ErrorKind::Conflict): somebody deleted it on purpose.
#[async_trait]
impl SecretKeeper for KeyVaultClient {
    async fn load(&self, name: &str) -> Result<Option<SecretString>> {
        let secret = self.secrets().find(&name.parse()?).await?;
        Ok(secret.map(|secret| secret.value))
    }

    async fn keep(&self, name: &str, secret: &SecretString) -> Result<()> {
        self.secrets().set(&name.parse()?, &NewSecret::new(secret.clone())).await.map(drop)
    }
}
