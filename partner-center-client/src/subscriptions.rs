//! What customers subscribed to.

mod change;
mod model;

pub use change::{RenewalInstructions, SubscriptionChange, SubscriptionUpdate};
pub use model::{
    BillingCycle, RefundOption, RefundableQuantity, RefundableUntil, Subscription, SubscriptionStatus, TermDuration,
    UnitType,
};

use std::time::SystemTime;

use bundle_core::http::{Pager, Request, retry_after};
use bundle_core::{Result, TenantId};
use http::Method;

use crate::client::PartnerCenterClient;

bundle_core::opaque_id! {
    /// A subscription of a customer; a GUID mostly.
    CspSubscriptionId
}

/// The subscriptions of one customer, reached by
/// [`PartnerCenterTenant::subscriptions`](crate::PartnerCenterTenant::subscriptions).
///
/// # Permissions
/// The account is in `AdminAgents` or `SalesAgents`; the application alone is accepted too.
#[derive(Clone, Debug)]
pub struct Subscriptions {
    client: PartnerCenterClient,
    customer: TenantId,
}

impl Subscriptions {
    pub(crate) fn new(client: PartnerCenterClient, customer: TenantId) -> Self {
        Self { client, customer }
    }

    /// Lists the subscriptions, suspended and deleted ones too.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get a list of subscriptions" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn list(&self) -> Pager<Subscription> {
        self.client.pages(self.request("partner-center.subscriptions.list", Method::GET, &[]))
    }

    /// Lists the subscriptions an order brought.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get a list of subscriptions by order" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn of_order(&self, order: &str) -> Pager<Subscription> {
        let request = self.request("partner-center.subscriptions.list", Method::GET, &[]);
        self.client.pages(request.query("order_id", order))
    }

    /// Reads one subscription. A change starts from what this answers.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such subscription; any other error of the pipeline.
    ///
    /// Source: "Get a subscription by ID" (Microsoft Learn, Partner Center).
    pub async fn get(&self, id: &CspSubscriptionId) -> Result<Subscription> {
        self.client.read(self.request("partner-center.subscriptions.get", Method::GET, &[id.as_str()])).await
    }

    /// Lists the add-ons of a subscription.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get a list of add-ons for a subscription" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn add_ons(&self, id: &CspSubscriptionId) -> Pager<Subscription> {
        self.client.pages(self.request("partner-center.subscriptions.add-ons", Method::GET, &[id.as_str(), "addons"]))
    }

    /// Changes a subscription that is still as it was read.
    ///
    /// The whole resource goes back, with its entity tag and everything this crate does not know: what is left out is
    /// reset by the service. A change that takes the service longer is answered with [`SubscriptionUpdate::Accepted`];
    /// read the subscription again to see it. Licences can be taken away, and new-commerce subscriptions be cancelled,
    /// within seven days of purchase or renewal only.
    ///
    /// # Errors
    /// * [`ErrorKind::Config`](bundle_core::ErrorKind::Config): nothing is changed, a quantity of 0 or out of its range;
    ///   nothing is sent.
    /// * [`ErrorKind::PreconditionFailed`](bundle_core::ErrorKind::PreconditionFailed): it has changed since it was read;
    ///   read it again, then decide again.
    /// * [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): the service does not allow it, or not any
    ///   more; [`Error::code`](bundle_core::Error::code) says why.
    /// * [`ErrorKind::Throttled`](bundle_core::ErrorKind::Throttled): this subscription is changed too often.
    ///
    /// Source: "Change the quantity of a subscription", "Suspend a subscription", "Update autorenew for a commercial
    /// marketplace subscription" (Microsoft Learn, Partner Center).
    pub async fn update(&self, subscription: &Subscription, change: &SubscriptionChange) -> Result<SubscriptionUpdate> {
        let body = change.applied_to(subscription)?;
        let id = subscription.id.as_str();
        let request = self.request("partner-center.subscriptions.update", Method::PATCH, &[id]).json(&body)?;
        let response = self.client.send(request).await?;
        if response.status() == 202 {
            let retry_after = retry_after(response.headers(), SystemTime::now());
            return Ok(SubscriptionUpdate::Accepted { retry_after });
        }
        response.json().map(|subscription| SubscriptionUpdate::Done(Box::new(subscription)))
    }

    fn request(&self, operation: &'static str, method: Method, rest: &[&str]) -> Request {
        let customer = self.customer.to_string();
        let segments = [&["customers", &customer, "subscriptions"], rest].concat();
        self.client.operation(operation, method, &segments).about(self.customer)
    }
}
