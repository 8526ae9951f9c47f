//! A subscription as the service answers it.

use bundle_core::ids::Etag;
use bundle_core::open_enum;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::CspSubscriptionId;
use crate::wire;

/// A subscription of a customer. It keeps the whole answer, because a change sends all of it back.
///
/// Source: "Subscription resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
#[non_exhaustive]
pub struct Subscription {
    /// The id.
    pub id: CspSubscriptionId,
    /// What was bought: `product:sku:availability`, or the GUID of an older offer.
    #[serde(default)]
    pub offer_id: Option<String>,
    /// The name of what was bought.
    #[serde(default)]
    pub offer_name: Option<String>,
    /// The name the partner gave it.
    #[serde(default)]
    pub friendly_name: Option<String>,
    /// How many units.
    #[serde(default)]
    pub quantity: u32,
    /// What is counted.
    #[serde(default)]
    pub unit_type: Option<UnitType>,
    /// Whether it is in use.
    #[serde(default)]
    pub status: Option<SubscriptionStatus>,
    /// Whether it renews itself at the end of its term.
    #[serde(default)]
    pub auto_renew_enabled: Option<bool>,
    /// Whether it is a trial.
    #[serde(default)]
    pub is_trial: Option<bool>,
    /// When it is paid.
    #[serde(default)]
    pub billing_cycle: Option<BillingCycle>,
    /// How long it runs.
    #[serde(default)]
    pub term_duration: Option<TermDuration>,
    /// When it was bought.
    #[serde(default, deserialize_with = "wire::time")]
    pub creation_date: Option<Timestamp>,
    /// When it began.
    #[serde(default, deserialize_with = "wire::time")]
    pub effective_start_date: Option<Timestamp>,
    /// When its term ends.
    #[serde(default, deserialize_with = "wire::time")]
    pub commitment_end_date: Option<Timestamp>,
    /// Until when it can be cancelled.
    #[serde(default, deserialize_with = "wire::time")]
    pub cancellation_allowed_until_date: Option<Timestamp>,
    /// The subscription this is an add-on of.
    #[serde(default)]
    pub parent_subscription_id: Option<CspSubscriptionId>,
    /// The order that brought it.
    #[serde(default)]
    pub order_id: Option<String>,
    /// The reseller it is credited to, by Microsoft Partner Network id.
    #[serde(default, deserialize_with = "wire::text")]
    pub partner_id: Option<String>,
    /// Why it is suspended.
    #[serde(default)]
    pub suspension_reasons: Option<Vec<String>>,
    /// How many units can still be taken away, and until when.
    #[serde(default)]
    pub refundable_quantity: Option<RefundableQuantity>,
    /// What is paid back when it is cancelled.
    #[serde(default)]
    pub refund_options: Option<Vec<RefundOption>>,
    #[serde(skip)]
    pub(super) document: Map<String, Value>,
}

impl Subscription {
    /// The version this is; `None` where the service writes none.
    #[must_use]
    pub fn etag(&self) -> Option<Etag> {
        let etag = self.document.get("attributes")?.get("etag")?.as_str()?;
        Some(Etag::new(etag))
    }

    /// The product: the first part of the offer id of new commerce.
    #[must_use]
    pub fn product_id(&self) -> Option<&str> {
        let (product, _) = self.offer_id.as_deref()?.split_once(':')?;
        Some(product)
    }

    /// Everything the service answered, what this crate does not know included.
    #[must_use]
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }
}

impl<'de> Deserialize<'de> for Subscription {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Value::Object(Map::deserialize(deserializer)?);
        // The inherent function that `remote = "Self"` derives reads the fields.
        let subscription = Self::deserialize(&document).map_err(serde::de::Error::custom)?;
        let Value::Object(document) = document else { return Ok(subscription) };
        Ok(Self { document, ..subscription })
    }
}

/// How many units can be taken away.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RefundableQuantity {
    /// In all.
    #[serde(default)]
    pub total_quantity: u32,
    /// Purchase by purchase.
    #[serde(default)]
    pub details: Vec<RefundableUntil>,
}

/// Units that can be taken away for a while.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RefundableUntil {
    /// How many.
    #[serde(default)]
    pub quantity: u32,
    /// Until when.
    #[serde(default, deserialize_with = "wire::time")]
    pub allowed_until_date_time: Option<Timestamp>,
}

/// What is paid back.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RefundOption {
    /// `Full` or `Partial`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Until when.
    #[serde(default, deserialize_with = "wire::time")]
    pub expires_at: Option<Timestamp>,
}

open_enum! {
    /// Whether a subscription is in use.
    pub enum SubscriptionStatus {
        /// It is in use.
        Active = "active",
        /// It is cancelled for good.
        Deleted = "deleted",
        /// It was switched off.
        Disabled = "disabled",
        /// Its term is over.
        Expired = "expired",
        /// Nothing is said.
        None = "none",
        /// It is being set up.
        Pending = "pending",
        /// The customer cannot use it, the partner can resume it.
        Suspended = "suspended",
    }
}

open_enum! {
    /// When a subscription is paid.
    pub enum BillingCycle {
        /// Every year.
        Annual = "annual",
        /// Every month.
        Monthly = "monthly",
        /// Never.
        None = "none",
        /// Once.
        OneTime = "one_time",
        /// Every three years.
        Triennial = "triennial",
    }
}

open_enum! {
    /// How long a subscription runs before it is renewed.
    pub enum TermDuration {
        /// A month.
        OneMonth = "P1M",
        /// A year.
        OneYear = "P1Y",
        /// Three years.
        ThreeYears = "P3Y",
    }
}

open_enum! {
    /// What a quantity counts.
    pub enum UnitType {
        /// Licences.
        Licenses = "Licenses",
        /// Nothing: what is used is paid.
        None = "none",
        /// Usage.
        UsageBased = "Usage-based",
    }
}
