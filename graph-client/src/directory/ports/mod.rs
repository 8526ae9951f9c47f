//! The part of Graph in the flows.

mod directory;
mod grants;
mod group_tree;
mod offboarding;
mod registration;

use bundle_core::TenantId;

use crate::{GraphClient, TenantGraph};

/// Microsoft Graph as the flows of `bundle-core` reach it: groups, applications, secrets and accounts in the partner's
/// own tenant, grants and policies in any tenant.
#[derive(Clone, Debug)]
pub struct GraphPorts {
    graph: GraphClient,
    partner: TenantId,
}

impl GraphPorts {
    /// The ports of a partner.
    #[must_use]
    pub fn new(graph: GraphClient, partner: TenantId) -> Self {
        Self { graph, partner }
    }

    fn partner(&self) -> TenantGraph {
        self.graph.for_tenant(&self.partner)
    }
}
