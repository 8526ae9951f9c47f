//! The four integrations of the bundle.

use serde::{Deserialize, Serialize};

/// An integration of the bundle. Microsoft Graph is always selected: the others are set up through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Integration {
    /// Microsoft Graph.
    Graph,
    /// Exchange Online.
    Exchange,
    /// Cloud Solution Provider: Partner Center.
    Csp,
    /// Azure: Key Vault and Resource Manager.
    Azure,
}

impl Integration {
    /// All integrations, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Graph, Self::Exchange, Self::Csp, Self::Azure];

    /// The name used in state files and reports.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Exchange => "exchange",
            Self::Csp => "csp",
            Self::Azure => "azure",
        }
    }

    /// Microsoft's name of the integration.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Graph => "Microsoft Graph",
            Self::Exchange => "Exchange Online",
            Self::Csp => "Cloud Solution Provider",
            Self::Azure => "Microsoft Azure",
        }
    }
}

impl std::fmt::Display for Integration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.title())
    }
}
