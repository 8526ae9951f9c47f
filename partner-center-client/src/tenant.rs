//! Partner Center about one customer.

use bundle_core::http::{Request, Response};
use bundle_core::{Result, TenantId};
use http::Method;

use crate::{
    ApplicationConsents, Carts, CustomerAgreements, CustomerRecord, CustomerUsage, CustomerUsers, Orders,
    PartnerCenterClient, PartnerRelationships, Products, ServiceRequests, SubscribedSkus, Subscriptions,
};

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

    /// The partners that sell to the customer beside this one: its indirect resellers.
    #[must_use]
    pub fn partner_relationships(&self) -> PartnerRelationships {
        PartnerRelationships::of_customer(self.client.clone(), self.customer)
    }

    /// What the customer subscribed to.
    #[must_use]
    pub fn subscriptions(&self) -> Subscriptions {
        Subscriptions::new(self.client.clone(), self.customer)
    }

    /// What the customer could buy.
    #[must_use]
    pub fn products(&self) -> Products {
        Products::of_customer(self.client.clone(), self.customer)
    }

    /// Carts: buying for the customer.
    #[must_use]
    pub fn carts(&self) -> Carts {
        Carts::new(self.client.clone(), self.customer)
    }

    /// What was bought for the customer.
    #[must_use]
    pub fn orders(&self) -> Orders {
        Orders::new(self.client.clone(), self.customer)
    }

    /// The customer's users, always as the service account.
    #[must_use]
    pub fn users(&self) -> CustomerUsers {
        CustomerUsers::new(self.client.as_account(), self.customer)
    }

    /// The licences the customer has, always as the service account.
    #[must_use]
    pub fn subscribed_skus(&self) -> SubscribedSkus {
        SubscribedSkus::new(self.client.as_account(), self.customer)
    }

    /// What the customer used of Azure.
    #[must_use]
    pub fn usage(&self) -> CustomerUsage {
        CustomerUsage::new(self.client.clone(), self.customer)
    }

    /// Support tickets about the customer, always as the service account.
    #[must_use]
    pub fn service_requests(&self) -> ServiceRequests {
        ServiceRequests::new(self.client.as_account(), Some(self.customer))
    }

    /// What the customer has agreed to, always as the service account.
    #[must_use]
    pub fn agreements(&self) -> CustomerAgreements {
        CustomerAgreements::new(self.client.as_account(), self.customer)
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
