//! The way in to everything this crate does.

use std::sync::Arc;

use bundle_core::auth::{Credential, Principal};
use bundle_core::http::ClientOptions;
use bundle_core::{Result, TenantId};

use crate::azure::Azure;
use crate::key_vault::{KeyVaultClient, VaultUrl};
use crate::resource_manager::ResourceManagerClient;

/// Azure for many tenants: makes the clients of tenants and vaults, which share connections and limits. Cheap to
/// clone.
#[derive(Clone)]
pub struct AzureClient {
    azure: Azure,
    principal: Principal,
}

impl AzureClient {
    /// A client of the public cloud, acting as the service account.
    ///
    /// # Errors
    /// As [`AzureClient::with_options`].
    pub fn new(credential: Arc<dyn Credential>) -> Result<Self> {
        Self::with_options(credential, &ClientOptions::default())
    }

    /// A client with options, acting as the service account.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the options cannot be used.
    pub fn with_options(credential: Arc<dyn Credential>, options: &ClientOptions) -> Result<Self> {
        Ok(Self { azure: Azure::new(credential, options)?, principal: Principal::Account })
    }

    /// Acts as the application itself.
    #[must_use]
    pub fn as_application(&self) -> Self {
        Self { principal: Principal::Application, ..self.clone() }
    }

    /// Acts as the service account, which is the default.
    #[must_use]
    pub fn as_account(&self) -> Self {
        Self { principal: Principal::Account, ..self.clone() }
    }

    /// Resource Manager of one tenant, and the way to the vaults of that tenant.
    #[must_use]
    pub fn for_tenant(&self, tenant: &TenantId) -> ResourceManagerClient {
        ResourceManagerClient::from_parts(self.azure.clone(), *tenant, self.principal)
    }

    /// The data plane of a vault, whichever tenant it belongs to.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the vault is not in this cloud.
    pub fn vault(&self, vault: &VaultUrl) -> Result<KeyVaultClient> {
        self.azure.vault(vault, self.principal, None)
    }

    /// The data plane of the vault of a name.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): not the name of a vault.
    pub fn vault_named(&self, name: &str) -> Result<KeyVaultClient> {
        self.vault(&VaultUrl::named(self.azure.pipeline.cloud(), name)?)
    }
}

impl std::fmt::Debug for AzureClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AzureClient")
            .field("cloud", self.azure.pipeline.cloud())
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}
