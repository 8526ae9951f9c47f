//! The tenant's own record.

use http::Method;
use serde::Deserialize;

use bundle_core::Result;
use bundle_core::directory::Organization;

use crate::TenantGraph;

/// The tenant's own record, see [`TenantGraph::organization`].
#[derive(Clone, Debug)]
pub struct OrganizationRecord(TenantGraph);

impl OrganizationRecord {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Reads the tenant's id, name and domains.
    ///
    /// # Permissions
    /// `Organization.Read.All`; in the account's home tenant `User.Read` is enough.
    ///
    /// # Errors
    /// * [`ErrorKind::Decode`](bundle_core::ErrorKind::Decode): the service answered no record.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "List organizations" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self) -> Result<Organization> {
        self.read("graph.organization.get", "id,displayName,verifiedDomains").await
    }

    /// Reads some properties of the record; the answer is a list of one.
    pub(crate) async fn read(&self, operation: &'static str, properties: &str) -> Result<Organization> {
        #[derive(Deserialize)]
        struct Answer {
            value: Vec<Organization>,
        }
        let request = self.0.call(operation, Method::GET, &["organization"]).query("$select", properties);
        let response = self.0.send(request).await?;
        let answer: Answer = response.json()?;
        answer.value.into_iter().next().ok_or_else(|| response.error("the tenant has no record of its own"))
    }
}
