//! The running sandbox.

use std::fmt;

/// One of the services the sandbox serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Entra ID.
    Login,
    /// Microsoft Graph.
    Graph,
    /// Partner Center.
    PartnerCenter,
    /// Exchange Online.
    Exchange,
    /// Security & Compliance.
    Compliance,
    /// Azure Resource Manager.
    ResourceManager,
    /// Key Vault.
    KeyVault,
    /// Blob and table storage.
    Storage,
    /// The Office 365 Management Activity API.
    Office365Management,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// The running sandbox.
#[derive(Debug)]
pub struct Sandbox;

/// How a sandbox runs.
#[derive(Debug)]
pub struct SandboxOptions;
