//! What changes in a subscription.

use std::time::Duration;

use bundle_core::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{BillingCycle, Subscription, SubscriptionStatus, TermDuration};
use crate::quantity::QuantityRange;

/// Properties to change in a subscription; what is not set stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SubscriptionChange {
    /// How many units it has.
    pub quantity: Option<u32>,
    /// How many units it may have, where that is known.
    pub range: Option<QuantityRange>,
    /// Whether it is in use.
    pub status: Option<SubscriptionStatus>,
    /// Whether it renews itself.
    pub auto_renew: Option<bool>,
    /// The name the partner gives it.
    pub friendly_name: Option<String>,
    /// When it is paid.
    pub billing_cycle: Option<BillingCycle>,
    /// What becomes of it at its renewal.
    pub next_term: Option<RenewalInstructions>,
}

impl SubscriptionChange {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many units it has.
    #[must_use]
    pub fn quantity(mut self, quantity: u32) -> Self {
        self.quantity = Some(quantity);
        self
    }

    /// Says how many units it may have, see [`Sku::quantities`](crate::Sku::quantities): a quantity out of it is refused
    /// before anything is sent.
    #[must_use]
    pub fn within(mut self, range: QuantityRange) -> Self {
        self.range = Some(range);
        self
    }

    /// Sets the status.
    #[must_use]
    pub fn status(mut self, status: SubscriptionStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Takes it out of use: the customer's users lose it, it can be resumed.
    #[must_use]
    pub fn suspend(self) -> Self {
        self.status(SubscriptionStatus::Suspended)
    }

    /// Brings it back into use.
    #[must_use]
    pub fn resume(self) -> Self {
        self.status(SubscriptionStatus::Active)
    }

    /// Cancels it for good.
    #[must_use]
    pub fn cancel(self) -> Self {
        self.status(SubscriptionStatus::Deleted)
    }

    /// Says whether it renews itself.
    #[must_use]
    pub fn auto_renew(mut self, auto_renew: bool) -> Self {
        self.auto_renew = Some(auto_renew);
        self
    }

    /// Names it.
    #[must_use]
    pub fn friendly_name(mut self, name: impl Into<String>) -> Self {
        self.friendly_name = Some(name.into());
        self
    }

    /// Sets when it is paid.
    #[must_use]
    pub fn billing_cycle(mut self, cycle: BillingCycle) -> Self {
        self.billing_cycle = Some(cycle);
        self
    }

    /// Says what becomes of it at its renewal.
    #[must_use]
    pub fn next_term(mut self, instructions: RenewalInstructions) -> Self {
        self.next_term = Some(instructions);
        self
    }

    /// The whole resource with the changes in it.
    pub(super) fn applied_to(&self, subscription: &Subscription) -> Result<Value> {
        self.check()?;
        let mut body = subscription.document.clone();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        set("quantity", self.quantity.map(|quantity| json!(quantity)));
        set("status", self.status.as_ref().map(|status| json!(status)));
        set("autoRenewEnabled", self.auto_renew.map(|renew| json!(renew)));
        set("friendlyName", self.friendly_name.as_ref().map(|name| json!(name)));
        set("billingCycle", self.billing_cycle.as_ref().map(|cycle| json!(cycle)));
        set("scheduledNextTermInstructions", self.next_term.as_ref().map(RenewalInstructions::body));
        Ok(Value::Object(body))
    }

    fn check(&self) -> Result<()> {
        let nothing = Self { range: self.range, ..Self::default() };
        if *self == nothing {
            return Err(Error::config("change: nothing is to be changed in the subscription"));
        }
        for quantity in [self.quantity, self.next_term.as_ref().map(|next| next.quantity)].into_iter().flatten() {
            crate::quantity::check(quantity, self.range)?;
        }
        if self.friendly_name.as_deref().is_some_and(|name| name.trim().is_empty()) {
            return Err(Error::config("friendly_name: a subscription needs one"));
        }
        Ok(())
    }
}

/// What a subscription becomes at its renewal.
///
/// Source: "Create scheduled changes" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RenewalInstructions {
    /// The product.
    pub product_id: String,
    /// Its SKU.
    pub sku_id: String,
    /// The availability; they change, so a fresh one.
    pub availability_id: String,
    /// When it is paid.
    pub billing_cycle: BillingCycle,
    /// How long it runs.
    pub term_duration: TermDuration,
    /// How many units.
    #[serde(skip)]
    pub quantity: u32,
    /// The promotion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotion_id: Option<String>,
}

impl RenewalInstructions {
    /// Renews to what a catalogue item, `product:sku:availability`, names.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): it does not have these three parts.
    pub fn try_new(
        catalog_item: &str,
        billing_cycle: BillingCycle,
        term_duration: TermDuration,
        quantity: u32,
    ) -> Result<Self> {
        let (product_id, sku_id, availability_id) = crate::quantity::catalog_item(catalog_item)?;
        Ok(Self { product_id, sku_id, availability_id, billing_cycle, term_duration, quantity, promotion_id: None })
    }

    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("product".to_owned(), json!(self));
        body.insert("quantity".to_owned(), json!(self.quantity));
        Value::Object(body)
    }
}

/// How the service took a change.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SubscriptionUpdate {
    /// It is under way: read the subscription again to see it.
    Accepted {
        /// How long the service asks to wait before looking.
        retry_after: Option<Duration>,
    },
    /// It is made; this is the subscription now.
    Done(Box<Subscription>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription() -> Subscription {
        serde_json::from_value(json!({
            "id": "s1", "quantity": 5, "status": "active", "autoRenewEnabled": true, "mauve": {"a": [1]},
            "commitmentEndDate": "2022-01-13T00:00:00", "attributes": {"etag": "\"v1\"", "objectType": "Subscription"},
        }))
        .unwrap()
    }

    #[test]
    fn everything_else_goes_back_as_it_came() {
        let subscription = subscription();
        assert_eq!(subscription.etag().unwrap().as_str(), "\"v1\"");
        let change = SubscriptionChange::new().quantity(7).suspend();
        let mut expected = Value::Object(subscription.document().clone());
        expected["quantity"] = json!(7);
        expected["status"] = json!("suspended");
        assert_eq!(change.applied_to(&subscription).unwrap(), expected);
    }

    #[test]
    fn instructions_stand_in_their_own_object() {
        let next = RenewalInstructions::try_new("P:0001:A", BillingCycle::Monthly, TermDuration::OneYear, 3).unwrap();
        let body = SubscriptionChange::new().next_term(next).applied_to(&subscription()).unwrap();
        assert_eq!(
            body["scheduledNextTermInstructions"],
            json!({
                "product": {
                    "productId": "P", "skuId": "0001", "availabilityId": "A", "billingCycle": "monthly", "termDuration": "P1Y",
                },
                "quantity": 3,
            })
        );
        assert!(RenewalInstructions::try_new("P:0001", BillingCycle::Monthly, TermDuration::OneYear, 3).is_err());
    }

    #[test]
    fn changes_that_cannot_be_are_refused() {
        let range = QuantityRange { minimum: 1, maximum: 300 };
        for (change, field) in [
            (SubscriptionChange::new(), "change"),
            (SubscriptionChange::new().within(range), "change"),
            (SubscriptionChange::new().quantity(0), "quantity"),
            (SubscriptionChange::new().quantity(301).within(range), "quantity"),
            (SubscriptionChange::new().friendly_name(" "), "friendly_name"),
        ] {
            let error = change.applied_to(&subscription()).unwrap_err();
            assert!(error.to_string().contains(&format!("{field}: ")), "{error}");
        }
        SubscriptionChange::new().quantity(300).within(range).applied_to(&subscription()).unwrap();
    }
}
