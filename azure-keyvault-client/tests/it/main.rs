//! Key Vault and Resource Manager against a loopback server.
#![allow(clippy::unwrap_used)]

mod challenge;
mod operation;
mod ports;
mod probe;
mod resource_manager;
mod secrets;
mod signer;
mod support;
