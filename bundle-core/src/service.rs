//! The services of Microsoft the bundle talks to.

/// A service with hosts, an audience and rules of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Service {
    /// The login authority (Microsoft Entra ID).
    Login,
    /// Microsoft Graph, GDAP included.
    Graph,
    /// Partner Center REST.
    PartnerCenter,
    /// Exchange Online admin API.
    Exchange,
    /// Security & Compliance.
    Compliance,
    /// Key Vault data plane.
    KeyVault,
    /// Azure Resource Manager.
    ResourceManager,
    /// Office 365 Management Activity API.
    Office365Management,
    /// Azure blob storage.
    Blob,
    /// Azure table storage.
    Table,
}

impl Service {
    /// All services.
    pub const ALL: [Self; 10] = [
        Self::Login,
        Self::Graph,
        Self::PartnerCenter,
        Self::Exchange,
        Self::Compliance,
        Self::KeyVault,
        Self::ResourceManager,
        Self::Office365Management,
        Self::Blob,
        Self::Table,
    ];

    /// The key of the service in an endpoint file.
    #[must_use]
    pub const fn endpoint_key(self) -> &'static str {
        match self {
            Self::Login => "loginAuthority",
            Self::Graph => "graph",
            Self::PartnerCenter => "partnerCenter",
            Self::Exchange => "exchangeHost",
            Self::Compliance => "compliance",
            Self::KeyVault => "keyVaultUrl",
            Self::ResourceManager => "arm",
            Self::Office365Management => "office365Management",
            Self::Blob => "blobUrl",
            Self::Table => "tableUrl",
        }
    }

    /// Whether every vault or account of the service has a host of its own.
    #[must_use]
    pub const fn is_per_resource(self) -> bool {
        matches!(self, Self::KeyVault | Self::Blob | Self::Table)
    }
}

impl std::fmt::Display for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Login => "login",
            Self::Graph => "graph",
            Self::PartnerCenter => "partner-center",
            Self::Exchange => "exchange",
            Self::Compliance => "compliance",
            Self::KeyVault => "key-vault",
            Self::ResourceManager => "resource-manager",
            Self::Office365Management => "office365-management",
            Self::Blob => "blob",
            Self::Table => "table",
        })
    }
}
