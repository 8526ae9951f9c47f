//! Contracts of a partner with its customers.

use http::Method;

use bundle_core::http::Pager;
use bundle_core::mapping::Contract;

use crate::TenantGraph;

/// The partner's contracts with its customers, see [`TenantGraph::contracts`]. Ask in the partner's own tenant.
#[derive(Clone, Debug)]
pub struct Contracts(TenantGraph);

impl Contracts {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Lists the contracts; a tenant that is no partner has none. Customers with GDAP alone are not among them.
    ///
    /// # Permissions
    /// `Directory.Read.All`.
    ///
    /// Source: "List contracts" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self) -> Pager<Contract> {
        let request = self
            .0
            .call("graph.contracts.list", Method::GET, &["contracts"])
            .query("$select", "customerId,displayName,defaultDomainName,contractType")
            .query("$top", PAGE);
        self.0.list(request)
    }
}

/// Contracts on a page. What larger pages cost is not known.
const PAGE: &str = "300";
