#![doc = include_str!("../README.md")]

mod azure;
mod client;
pub mod key_vault;
mod ports;
mod probe;
pub mod resource_manager;
mod serde_ext;

pub use client::AzureClient;
pub use key_vault::{KeyVaultClient, NewSecret, SecretName, SecretVersion, VaultUrl};
pub use probe::AzureProbe;
pub use resource_manager::ResourceManagerClient;
