//! Partner Center about one customer.

use bundle_core::http::{Request, Response};
use bundle_core::{Result, TenantId};
use http::Method;

use crate::{ApplicationConsents, CustomerRecord, PartnerCenterClient};

/// Partner Center about one customer, reached by [`PartnerCenterClient::for_tenant`]. Tokens stay those of the partner's
/// tenant; the service throttles each customer apart. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PartnerCenterTenant {
    client: PartnerCenterClient,
    customer: TenantId,
}

impl PartnerCenterTenant {
    pub(crate) fn new(client: PartnerCenterClient, customer: TenantId) -> Self {
        Self { client, customer }
    }

    /// The customer's tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.customer
    }

    /// Reads the customer.
    ///
    /// # Errors
    /// As [`Customers::get`](crate::Customers::get).
    pub async fn get(&self) -> Result<CustomerRecord> {
        self.client.customers().get(&self.customer).await
    }

    /// The consent applications have in the customer's tenant.
    #[must_use]
    pub fn application_consents(&self) -> ApplicationConsents {
        self.client.application_consents(&self.customer)
    }

    /// Starts a request to any resource of the customer. `path` is relative to `/v1/customers/{tenant}`, for example
    /// `subscriptions`, and may carry a query.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let path = format!("/v1/customers/{}/{}", self.customer, path.trim_start_matches('/'));
        self.client.request(method, &path).about(self.customer)
    }

    /// Sends a request.
    ///
    /// # Errors
    /// Any kind, see [`Pipeline::send`](bundle_core::http::Pipeline::send).
    pub async fn send(&self, request: Request) -> Result<Response> {
        self.client.send(request).await
    }
}
