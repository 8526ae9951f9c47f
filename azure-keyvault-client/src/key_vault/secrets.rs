//! Reading and writing the secrets of a vault.

use std::time::Duration;

use bundle_core::http::{Pager, Safety};
use bundle_core::{Error, ErrorKind, Result};
use http::Method;
use serde::de::DeserializeOwned;

use super::{
    DeletedSecret, KeyVaultClient, NewSecret, Secret, SecretName, SecretPatch, SecretProperties, SecretVersion,
};

/// The secrets of one vault; from [`KeyVaultClient::secrets`].
///
/// # Permissions
/// A data role on the vault: "Key Vault Secrets User" to read, "Key Vault Secrets Officer" to change. Owner and
/// Contributor do not include them. In vaults with access policies: the secret permissions of the same names.
#[derive(Clone, Debug)]
pub struct SecretsHandler {
    client: KeyVaultClient,
}

/// How far [`SecretsHandler::set_recovering`] has come.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SetProgress {
    /// The value is stored.
    Done(Box<Secret>),
    /// The name is not free yet: a deleted secret of that name is being deleted or recovered.
    Waiting {
        /// What is waited for.
        reason: &'static str,
        /// When to call again.
        check_after: Duration,
    },
}

impl SecretsHandler {
    pub(super) fn new(client: KeyVaultClient) -> Self {
        Self { client }
    }

    /// Reads the current version of a secret.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`]: no such secret, or it is deleted.
    /// * [`ErrorKind::PermissionDenied`]: a role is missing, a firewall refuses, or the secret is disabled.
    /// * those of [`KeyVaultClient::tenant`], and any transport error.
    ///
    /// Source: "Get Secret" (Microsoft Learn).
    pub async fn get(&self, name: &SecretName) -> Result<Secret> {
        self.read("azure.secrets.get", Method::GET, &["secrets", name.as_str()]).await
    }

    /// Reads a secret's current version; `None` when there is no such secret.
    ///
    /// # Errors
    /// As [`SecretsHandler::get`], without `NotFound`.
    pub async fn find(&self, name: &SecretName) -> Result<Option<Secret>> {
        absent_is_none(self.read("azure.secrets.find", Method::GET, &["secrets", name.as_str()]).await)
    }

    /// Reads one version of a secret.
    ///
    /// # Errors
    /// As [`SecretsHandler::get`]; [`ErrorKind::NotFound`] when there is no such version.
    ///
    /// Source: "Get Secret" (Microsoft Learn).
    pub async fn get_version(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let path = ["secrets", name.as_str(), version.as_str()];
        self.read("azure.secrets.get_version", Method::GET, &path).await
    }

    /// Stores a value as the current version of a secret, which is made when it does not exist.
    ///
    /// Every call makes a version; one that is repeated because its answer was lost may leave two with the same value.
    ///
    /// # A name that a deleted secret holds
    /// A deleted secret keeps its name until it is purged, so the vault refuses with [`ErrorKind::Conflict`] and the
    /// code `ObjectIsDeletedButRecoverable`. Either [`recover`](Self::recover) it and set it some seconds later, which
    /// is what [`set_recovering`](Self::set_recovering) does, or [`purge`](Self::purge) it, where the vault allows that.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`]: a deleted secret holds the name.
    /// * [`ErrorKind::InvalidRequest`]: the value is larger than 25 KiB, or a tag or the content type is too long.
    /// * [`ErrorKind::PermissionDenied`]: a role is missing, or a firewall refuses.
    /// * those of [`KeyVaultClient::tenant`], and any transport error.
    ///
    /// Source: "Set Secret" (Microsoft Learn).
    pub async fn set(&self, name: &SecretName, secret: &NewSecret) -> Result<Secret> {
        let request = self.client.start("azure.secrets.set", Method::PUT, &["secrets", name.as_str()]).await?;
        self.client.send(request.json(&secret.body())?).await?.json()
    }

    /// Stores a value even when a deleted secret holds the name: recovers that one first. Its old versions come back
    /// with it.
    ///
    /// Recovery takes some seconds. This call never waits for it: it answers [`SetProgress::Waiting`], and the same
    /// call some seconds later goes on. Calling again is always safe.
    ///
    /// # Errors
    /// As [`SecretsHandler::set`], with [`ErrorKind::Conflict`] only for conflicts of another cause.
    ///
    /// Source: "Azure Key Vault soft-delete overview" (Microsoft Learn).
    pub async fn set_recovering(&self, name: &SecretName, secret: &NewSecret) -> Result<SetProgress> {
        let error = match self.set(name, secret).await {
            Ok(secret) => return Ok(SetProgress::Done(Box::new(secret))),
            Err(error) => error,
        };
        if let Some(waiting) = under_way(&error) {
            return Ok(waiting);
        }
        if !has_code(&error, "ObjectIsDeletedButRecoverable") {
            return Err(error);
        }
        match self.recover(name).await {
            // Somebody else may have recovered or purged it meanwhile; the next call will tell.
            Err(error) if error.kind() != ErrorKind::NotFound && under_way(&error).is_none() => Err(error),
            _ => Ok(waiting("the deleted secret is being recovered")),
        }
    }

    /// Changes what is kept beside the value of a version.
    ///
    /// # Errors
    /// As [`SecretsHandler::get_version`].
    ///
    /// Source: "Update Secret" (Microsoft Learn).
    pub async fn update(
        &self,
        name: &SecretName,
        version: &SecretVersion,
        patch: &SecretPatch,
    ) -> Result<SecretProperties> {
        let path = ["secrets", name.as_str(), version.as_str()];
        let request = self.client.start("azure.secrets.update", Method::PATCH, &path).await?;
        self.client.send(request.json(patch)?).await?.json()
    }

    /// Lists the secrets of the vault, 25 per page, without values and versions. Deleted ones are left out.
    ///
    /// # Errors
    /// Those of [`KeyVaultClient::tenant`]; the pager answers all others.
    ///
    /// Source: "Get Secrets" (Microsoft Learn).
    pub async fn list(&self) -> Result<Pager<SecretProperties>> {
        self.pages("azure.secrets.list", &["secrets"]).await
    }

    /// Lists the versions of a secret in no particular order, without values.
    ///
    /// # Errors
    /// As [`SecretsHandler::list`].
    ///
    /// Source: "Get Secret Versions" (Microsoft Learn).
    pub async fn list_versions(&self, name: &SecretName) -> Result<Pager<SecretProperties>> {
        self.pages("azure.secrets.list_versions", &["secrets", name.as_str(), "versions"]).await
    }

    /// Lists the deleted secrets of the vault, without values.
    ///
    /// # Errors
    /// As [`SecretsHandler::list`].
    ///
    /// Source: "Get Deleted Secrets" (Microsoft Learn).
    pub async fn list_deleted(&self) -> Result<Pager<DeletedSecret>> {
        self.pages("azure.secrets.list_deleted", &["deletedsecrets"]).await
    }

    /// Deletes a secret with all its versions. It can be recovered for 7 to 90 days, as the vault is set up, and holds
    /// its name as long. [`get_deleted`](Self::get_deleted) finds it some seconds later.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`]: no such secret, or it is deleted.
    /// * [`ErrorKind::Conflict`]: it is being deleted or recovered.
    /// * as [`SecretsHandler::get`].
    ///
    /// Source: "Delete Secret" (Microsoft Learn).
    pub async fn delete(&self, name: &SecretName) -> Result<DeletedSecret> {
        self.read("azure.secrets.delete", Method::DELETE, &["secrets", name.as_str()]).await
    }

    /// Reads a deleted secret.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: no such deleted secret, or it is still being deleted; else as [`SecretsHandler::get`].
    ///
    /// Source: "Get Deleted Secret" (Microsoft Learn).
    pub async fn get_deleted(&self, name: &SecretName) -> Result<DeletedSecret> {
        self.read("azure.secrets.get_deleted", Method::GET, &["deletedsecrets", name.as_str()]).await
    }

    /// Reads a deleted secret; `None` when there is none of that name.
    ///
    /// # Errors
    /// As [`SecretsHandler::get_deleted`], without `NotFound`.
    pub async fn find_deleted(&self, name: &SecretName) -> Result<Option<DeletedSecret>> {
        absent_is_none(self.read("azure.secrets.find_deleted", Method::GET, &["deletedsecrets", name.as_str()]).await)
    }

    /// Recovers a deleted secret with all its versions. It can be read some seconds later; until then reading answers
    /// [`ErrorKind::NotFound`] and writing [`ErrorKind::Conflict`].
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`]: no such deleted secret.
    /// * [`ErrorKind::Conflict`]: it is still being deleted, or being recovered already.
    /// * as [`SecretsHandler::get`].
    ///
    /// Source: "Recover Deleted Secret" (Microsoft Learn).
    pub async fn recover(&self, name: &SecretName) -> Result<SecretProperties> {
        let path = ["deletedsecrets", name.as_str(), "recover"];
        let request = self.client.start("azure.secrets.recover", Method::POST, &path).await?;
        // What is recovered already is not recovered again.
        self.client.send(request.safety(Safety::Idempotent)).await?.json()
    }

    /// Removes a deleted secret for ever and frees its name.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`]: no such deleted secret.
    /// * [`ErrorKind::PermissionDenied`]: a role is missing, or the vault is protected against purging.
    /// * as [`SecretsHandler::get`].
    ///
    /// # Permissions
    /// "Key Vault Administrator" or "Key Vault Secrets Officer"; with access policies the permission to purge.
    ///
    /// Source: "Purge Deleted Secret" (Microsoft Learn).
    pub async fn purge(&self, name: &SecretName) -> Result<()> {
        let path = ["deletedsecrets", name.as_str()];
        let request = self.client.start("azure.secrets.purge", Method::DELETE, &path).await?;
        self.client.send(request).await.map(drop)
    }

    async fn read<T: DeserializeOwned>(&self, operation: &'static str, method: Method, path: &[&str]) -> Result<T> {
        let request = self.client.start(operation, method, path).await?;
        self.client.pipeline().send(request).await?.json()
    }

    async fn pages<T>(&self, operation: &'static str, path: &[&str]) -> Result<Pager<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let request = self.client.start(operation, Method::GET, path).await?.query("maxresults", LARGEST_PAGE);
        Ok(Pager::odata(self.client.pipeline().clone(), request))
    }
}

fn absent_is_none<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The progress a conflict stands for, when waiting is all it takes.
fn under_way(error: &Error) -> Option<SetProgress> {
    if has_code(error, "ObjectIsBeingDeleted") {
        Some(waiting("the secret is still being deleted"))
    } else if has_code(error, "ObjectIsBeingRecovered") {
        Some(waiting("the deleted secret is being recovered"))
    } else {
        None
    }
}

fn waiting(reason: &'static str) -> SetProgress {
    SetProgress::Waiting { reason, check_after: CHECK_AFTER }
}

fn has_code(error: &Error, code: &str) -> bool {
    error.code().is_some_and(|own| own.eq_ignore_ascii_case(code))
}

/// Deleting and recovering take some seconds.
const CHECK_AFTER: Duration = Duration::from_secs(3);

/// The most items the service puts on a page.
const LARGEST_PAGE: &str = "25";
