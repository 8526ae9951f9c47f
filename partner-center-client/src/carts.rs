//! Buying: carts and what becomes of them.

use bundle_core::http::Request;
use bundle_core::{Error, Result, TenantId};
use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::client::PartnerCenterClient;
use crate::orders::Order;
use crate::quantity::{self, QuantityRange};
use crate::subscriptions::{BillingCycle, TermDuration};
use crate::wire;

bundle_core::opaque_id! {
    /// A cart.
    CartId
}

/// The carts of one customer, reached by [`PartnerCenterTenant::carts`](crate::PartnerCenterTenant::carts).
///
/// # Permissions
/// The account is in `AdminAgents` or `SalesAgents`; the application alone is accepted too.
#[derive(Clone, Debug)]
pub struct Carts {
    client: PartnerCenterClient,
    customer: TenantId,
}

impl Carts {
    pub(crate) fn new(client: PartnerCenterClient, customer: TenantId) -> Self {
        Self { client, customer }
    }

    /// Fills a cart: nothing is bought before [`Carts::checkout`]. It is kept for seven days.
    ///
    /// A line that cannot be bought does not fail the call: look at [`CartLine::error`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): no line, a quantity of 0 or out of its range, or what is
    /// no catalogue item; nothing is sent. Any other error of the pipeline.
    ///
    /// Source: "Create a cart" (Microsoft Learn, Partner Center).
    pub async fn create(&self, lines: &[NewCartLine]) -> Result<Cart> {
        let body = body(lines)?;
        self.client.read(self.request("partner-center.carts.create", Method::POST, &[]).json(&body)?).await
    }

    /// Reads a cart.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): it is gone after seven days; any other error of the
    /// pipeline.
    ///
    /// Source: "Get a cart" (Microsoft Learn, Partner Center).
    pub async fn get(&self, cart: &CartId) -> Result<Cart> {
        self.client.read(self.request("partner-center.carts.get", Method::GET, &[cart.as_str()])).await
    }

    /// Replaces what is in a cart.
    ///
    /// # Errors
    /// As [`Carts::create`] and [`Carts::get`].
    ///
    /// Source: "Update a cart" (Microsoft Learn, Partner Center).
    pub async fn replace(&self, cart: &CartId, lines: &[NewCartLine]) -> Result<Cart> {
        let mut body = body(lines)?;
        body["id"] = json!(cart);
        let request = self.request("partner-center.carts.replace", Method::PUT, &[cart.as_str()]);
        self.client.read(request.json(&body)?).await
    }

    /// Buys what is in a cart. The lines may become several orders, each of which succeeds or fails by itself.
    ///
    /// A cart is bought once; a lost answer is asked for again under the same request id. Orders are listed up to a
    /// quarter of an hour later.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): the cart is bought already or is being bought;
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): it is gone; any other error of the pipeline.
    ///
    /// Source: "Checkout a cart" (Microsoft Learn, Partner Center).
    pub async fn checkout(&self, cart: &CartId) -> Result<CheckoutResult> {
        let request = self.request("partner-center.carts.checkout", Method::POST, &[cart.as_str(), "checkout"]);
        self.client.read(request).await
    }

    fn request(&self, operation: &'static str, method: Method, rest: &[&str]) -> Request {
        let customer = self.customer.to_string();
        let segments = [&["customers", &customer, "carts"], rest].concat();
        self.client.operation(operation, method, &segments).about(self.customer)
    }
}

fn body(lines: &[NewCartLine]) -> Result<Value> {
    if lines.is_empty() {
        return Err(Error::config("lines: a cart needs one"));
    }
    let lines = lines.iter().enumerate().map(|(at, line)| line.body(at)).collect::<Result<Vec<_>>>()?;
    Ok(json!({"lineItems": lines}))
}

/// Something to buy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewCartLine {
    /// What: `product:sku:availability`, from [`Availability::catalog_item_id`](crate::Availability::catalog_item_id).
    pub catalog_item: String,
    /// How many units.
    pub quantity: u32,
    /// How many units may be bought, where that is known.
    pub range: Option<QuantityRange>,
    /// When it is paid.
    pub billing_cycle: BillingCycle,
    /// How long it runs; `None` for what is bought once.
    pub term_duration: Option<TermDuration>,
    /// The name the partner gives it.
    pub friendly_name: Option<String>,
    /// The subscription it is an add-on of.
    pub parent_subscription_id: Option<String>,
    /// The promotion.
    pub promotion_id: Option<String>,
    /// What the SKU's provisioning variables ask for.
    pub provisioning_context: Vec<(String, String)>,
}

impl NewCartLine {
    /// A line with what each one needs.
    #[must_use]
    pub fn new(catalog_item: impl Into<String>, quantity: u32, billing_cycle: BillingCycle) -> Self {
        Self {
            catalog_item: catalog_item.into(),
            quantity,
            range: None,
            billing_cycle,
            term_duration: None,
            friendly_name: None,
            parent_subscription_id: None,
            promotion_id: None,
            provisioning_context: Vec::new(),
        }
    }

    /// Says how many units may be bought, see [`Sku::quantities`](crate::Sku::quantities).
    #[must_use]
    pub fn within(mut self, range: QuantityRange) -> Self {
        self.range = Some(range);
        self
    }

    /// Sets how long it runs.
    #[must_use]
    pub fn term_duration(mut self, term: TermDuration) -> Self {
        self.term_duration = Some(term);
        self
    }

    /// Names it.
    #[must_use]
    pub fn friendly_name(mut self, name: impl Into<String>) -> Self {
        self.friendly_name = Some(name.into());
        self
    }

    /// Makes it an add-on.
    #[must_use]
    pub fn parent_subscription_id(mut self, subscription: impl Into<String>) -> Self {
        self.parent_subscription_id = Some(subscription.into());
        self
    }

    /// Names the promotion.
    #[must_use]
    pub fn promotion_id(mut self, promotion: impl Into<String>) -> Self {
        self.promotion_id = Some(promotion.into());
        self
    }

    /// Adds a value the SKU asks for.
    #[must_use]
    pub fn provisioning(mut self, variable: impl Into<String>, value: impl Into<String>) -> Self {
        self.provisioning_context.push((variable.into(), value.into()));
        self
    }

    fn body(&self, id: usize) -> Result<Value> {
        quantity::catalog_item(&self.catalog_item)?;
        quantity::check(self.quantity, self.range)?;
        let mut body = json!({
            "id": id,
            "catalogItemId": self.catalog_item,
            "quantity": self.quantity,
            "billingCycle": self.billing_cycle,
        });
        for (field, value) in [
            ("termDuration", self.term_duration.as_ref().map(TermDuration::as_str)),
            ("friendlyName", self.friendly_name.as_deref()),
            ("parentSubscriptionId", self.parent_subscription_id.as_deref()),
            ("promotionId", self.promotion_id.as_deref()),
        ] {
            if let Some(value) = value {
                body[field] = json!(value);
            }
        }
        if !self.provisioning_context.is_empty() {
            let context: Map<_, _> =
                self.provisioning_context.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            body["provisioningContext"] = Value::Object(context);
        }
        Ok(body)
    }
}

/// A cart.
///
/// Source: "Cart resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Cart {
    /// The id.
    pub id: CartId,
    /// `Active` or `Ordered`.
    #[serde(default)]
    pub status: Option<String>,
    /// Until when it is kept.
    #[serde(default, alias = "expirationTimeStamp", deserialize_with = "wire::time")]
    pub expiration_timestamp: Option<Timestamp>,
    /// What is in it.
    #[serde(default)]
    pub line_items: Vec<CartLine>,
}

/// A line of a cart.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CartLine {
    /// Its number.
    #[serde(default, deserialize_with = "wire::text")]
    pub id: Option<String>,
    /// What.
    #[serde(default)]
    pub catalog_item_id: Option<String>,
    /// How many units.
    #[serde(default)]
    pub quantity: u32,
    /// The currency of the prices.
    #[serde(default)]
    pub currency_code: Option<String>,
    /// Lines with the same one become one order.
    #[serde(default, deserialize_with = "wire::text")]
    pub order_group: Option<String>,
    /// Prices before tax.
    #[serde(default)]
    pub pricing: Option<Pricing>,
    /// Why it cannot be bought.
    #[serde(default)]
    pub error: Option<CartError>,
}

/// Prices before tax.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Pricing {
    /// As the catalogue says.
    #[serde(default)]
    pub list_price: Option<f64>,
    /// After discounts.
    #[serde(default)]
    pub discounted_price: Option<f64>,
    /// For the time that is left.
    #[serde(default)]
    pub prorated_price: Option<f64>,
    /// For one unit, after everything.
    #[serde(default)]
    pub price: Option<f64>,
    /// For all units.
    #[serde(default)]
    pub extended_price: Option<f64>,
}

/// Why a line cannot be bought.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CartError {
    /// The code: a number, or its name (`InventoryNotAvailable`).
    #[serde(default, deserialize_with = "wire::text")]
    pub error_code: Option<String>,
    /// In words.
    #[serde(default)]
    pub error_description: Option<String>,
}

/// What a cart became.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CheckoutResult {
    /// What was bought.
    #[serde(default)]
    pub orders: Vec<Order>,
    /// What was not.
    #[serde(default)]
    pub order_errors: Vec<OrderError>,
}

/// An order that failed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OrderError {
    /// The [`CartLine::order_group`].
    #[serde(default, deserialize_with = "wire::text")]
    pub order_group_id: Option<String>,
    /// The code.
    #[serde(default, deserialize_with = "wire::text")]
    pub code: Option<String>,
    /// In words.
    #[serde(default)]
    pub description: Option<String>,
}
