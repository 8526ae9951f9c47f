//! Customers the partner has a relationship in force with, and where their services are managed.

use bundle_core::http::Pager;
use bundle_core::{Result, TenantId};
use http::Method;
use serde::Deserialize;

use super::client::GdapClient;

bundle_core::opaque_id! {
    /// A customer, as the partner's relationships know it; the tenant id today, opaque to us.
    DelegatedAdminCustomerId
}

/// The customers with a relationship in force, reached by [`GdapClient::customers`].
///
/// A customer whose only relationship has ended, or waits for approval, is not among them.
#[derive(Clone, Debug)]
pub struct DelegatedAdminCustomers {
    client: GdapClient,
}

impl DelegatedAdminCustomers {
    pub(super) fn new(client: GdapClient) -> Self {
        Self { client }
    }

    /// Lists the customers.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "List delegatedAdminCustomers" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self) -> Pager<DelegatedAdminCustomer> {
        self.client.list(self.client.start_in(CUSTOMERS, "graph.gdap.customers.list", Method::GET, &[]))
    }

    /// Reads one customer.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no relationship is in force with it; any other error of
    /// the pipeline.
    ///
    /// Source: "Get delegatedAdminCustomer" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self, id: &DelegatedAdminCustomerId) -> Result<DelegatedAdminCustomer> {
        let request = self.client.start_in(CUSTOMERS, "graph.gdap.customers.get", Method::GET, &[id.as_str()]);
        self.client.send(request).await?.json()
    }

    /// Lists where the customer's services are managed.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline; `NotFound` as [`DelegatedAdminCustomers::get`].
    ///
    /// Source: "List serviceManagementDetails" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn service_management_details(&self, id: &DelegatedAdminCustomerId) -> Pager<ServiceManagementDetail> {
        let segments = [id.as_str(), "serviceManagementDetails"];
        self.client.list(self.client.start_in(
            CUSTOMERS,
            "graph.gdap.customers.service-management-details",
            Method::GET,
            &segments,
        ))
    }
}

/// A customer with a relationship in force.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DelegatedAdminCustomer {
    /// The id.
    pub id: DelegatedAdminCustomerId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The name.
    #[serde(default)]
    pub display_name: Option<String>,
}

/// Where a service of a customer is managed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServiceManagementDetail {
    /// The id.
    pub id: String,
    /// The name of the service.
    #[serde(default)]
    pub service_name: Option<String>,
    /// The address of its administration, for a person.
    #[serde(default)]
    pub service_management_url: Option<String>,
}

const CUSTOMERS: &str = "delegatedAdminCustomers";
