//! The data plane of Key Vault: what is inside one vault.
//!
//! Start with a [`KeyVaultClient`]; [`SecretsHandler`] is where secrets are read and written, [`VaultSigner`] proves an
//! application with a certificate whose key never leaves the vault.

mod attributes;
mod challenge;
mod client;
mod discovery;
mod id;
mod name;
mod secret;
mod secrets;
mod set;
mod signer;
mod url;

pub use attributes::{RecoveryLevel, SecretAttributes};
pub use client::KeyVaultClient;
pub use id::SecretId;
pub use name::{CertificateName, SecretName, SecretVersion};
pub use secret::{DeletedSecret, Secret, SecretProperties};
pub use secrets::{SecretsHandler, SetProgress};
pub use set::{NewSecret, SecretPatch};
pub use signer::VaultSigner;
pub use url::VaultUrl;

pub(crate) use discovery::{Challenges, VaultCredential};

/// The version of the data plane that is asked for, see [`KeyVaultClient::with_api_version`].
///
/// Source: "Key Vault versions" (Microsoft Learn), read 2026-11; 7.4 to 7.6 are served too.
pub const API_VERSION: &str = "2025-07-01";
