//! What was bought.

use bundle_core::http::{Pager, Request};
use bundle_core::{Result, TenantId, open_enum};
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use crate::carts::Pricing;
use crate::client::PartnerCenterClient;
use crate::subscriptions::{BillingCycle, CspSubscriptionId};
use crate::wire;

bundle_core::opaque_id! {
    /// An order.
    OrderId
}

/// The orders of one customer, reached by [`PartnerCenterTenant::orders`](crate::PartnerCenterTenant::orders). New ones
/// come from [`Carts`](crate::Carts).
///
/// # Permissions
/// The account is in `AdminAgents` or `SalesAgents`; the application alone is accepted too.
#[derive(Clone, Debug)]
pub struct Orders {
    client: PartnerCenterClient,
    customer: TenantId,
}

impl Orders {
    pub(crate) fn new(client: PartnerCenterClient, customer: TenantId) -> Self {
        Self { client, customer }
    }

    /// Lists the orders; a new one is there after up to a quarter of an hour.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get all of a customer's orders" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn list(&self) -> Pager<Order> {
        self.client.pages(self.request("partner-center.orders.list", &[]))
    }

    /// Lists the orders that are paid in one way.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get a list of orders by customer and billing cycle type" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn of_billing_cycle(&self, cycle: &BillingCycle) -> Pager<Order> {
        self.client.pages(self.request("partner-center.orders.list", &[]).query("billingType", cycle.as_str()))
    }

    /// Reads one order.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such order; any other error of the pipeline.
    ///
    /// Source: "Get an order by ID" (Microsoft Learn, Partner Center).
    pub async fn get(&self, order: &OrderId) -> Result<Order> {
        self.client.read(self.request("partner-center.orders.get", &[order.as_str()])).await
    }

    fn request(&self, operation: &'static str, rest: &[&str]) -> Request {
        let customer = self.customer.to_string();
        let segments = [&["customers", &customer, "orders"], rest].concat();
        self.client.operation(operation, Method::GET, &segments).about(self.customer)
    }
}

/// An order.
///
/// Source: "Order resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Order {
    /// The id.
    pub id: OrderId,
    /// The id people are told.
    #[serde(default)]
    pub alternate_id: Option<String>,
    /// The customer.
    #[serde(default)]
    pub reference_customer_id: Option<String>,
    /// When it is paid.
    #[serde(default)]
    pub billing_cycle: Option<BillingCycle>,
    /// The currency.
    #[serde(default)]
    pub currency_code: Option<String>,
    /// When it was placed.
    #[serde(default, deserialize_with = "wire::time")]
    pub creation_date: Option<Timestamp>,
    /// How far it is.
    #[serde(default)]
    pub status: Option<OrderStatus>,
    /// For example `UserPurchase` or `SystemRenewal`.
    #[serde(default)]
    pub transaction_type: Option<String>,
    /// The price before tax.
    #[serde(default, deserialize_with = "wire::number")]
    pub total_price: Option<f64>,
    /// What was bought.
    #[serde(default)]
    pub line_items: Vec<OrderLine>,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OrderLine {
    /// Its number.
    #[serde(default)]
    pub line_item_number: u32,
    /// What: `product:sku:availability`, or the GUID of an older offer.
    #[serde(default)]
    pub offer_id: Option<String>,
    /// The subscription it became.
    #[serde(default)]
    pub subscription_id: Option<CspSubscriptionId>,
    /// The name the partner gave it.
    #[serde(default)]
    pub friendly_name: Option<String>,
    /// How many units.
    #[serde(default)]
    pub quantity: u32,
    /// How long it runs.
    #[serde(default)]
    pub term_duration: Option<String>,
    /// Prices before tax.
    #[serde(default)]
    pub pricing: Option<Pricing>,
}

open_enum! {
    /// How far an order is.
    pub enum OrderStatus {
        /// It was taken back.
        Cancelled = "cancelled",
        /// It is done.
        Completed = "completed",
        /// It is under way.
        Pending = "pending",
    }
}
