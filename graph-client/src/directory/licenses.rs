//! Licences a tenant has.

use http::Method;

use bundle_core::directory::SubscribedSku;
use bundle_core::http::Pager;

use crate::TenantGraph;

/// Licences of a tenant, see [`TenantGraph::licenses`].
#[derive(Clone, Debug)]
pub struct Licenses(TenantGraph);

impl Licenses {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Lists the products the tenant has subscribed to; none is an empty list.
    ///
    /// # Permissions
    /// `LicenseAssignment.Read.All` or `Organization.Read.All`.
    ///
    /// Source: "List subscribedSkus" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self) -> Pager<SubscribedSku> {
        let request = self
            .0
            .call("graph.licenses.list", Method::GET, &["subscribedSkus"])
            .query("$select", "skuId,skuPartNumber,capabilityStatus,servicePlans");
        self.0.list(request)
    }
}
