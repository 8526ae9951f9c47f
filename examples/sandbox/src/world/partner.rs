//! What Partner Center keeps about a customer.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

/// The consent a partner gave to its application on behalf of a customer.
#[derive(Clone, Debug)]
pub struct PartnerConsent {
    /// The application (client) id.
    pub application_id: Uuid,
    /// The application's name, if it was sent.
    pub display_name: Option<String>,
    /// The resource application ids with the scopes, as they were sent.
    pub grants: Vec<(Uuid, String)>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What Partner Center keeps about the partner and its business.
#[derive(Clone, Debug, Default)]
pub struct PartnerCenter {
    /// What was changed in subscriptions, by their id.
    pub subscriptions: BTreeMap<Uuid, SubscriptionState>,
    /// The registration for events.
    pub webhook: Option<WebhookRegistration>,
    /// Test events that were asked for.
    pub test_events: BTreeMap<Uuid, TestEvent>,
    /// The audit records whose events have arrived.
    pub posted: BTreeSet<String>,
    /// What was done, oldest first.
    pub audit: Vec<AuditRecord>,
}

/// What can be changed in a subscription beside its quantity.
#[derive(Clone, Debug)]
pub struct SubscriptionState {
    /// Goes up with every change; the etag is made from it.
    pub version: u32,
    /// `active`, `suspended` or `deleted`.
    pub status: String,
    /// Whether it renews itself.
    pub auto_renew: bool,
    /// The name the partner gave it.
    pub friendly_name: Option<String>,
    /// When it is paid.
    pub billing_cycle: String,
}

impl Default for SubscriptionState {
    fn default() -> Self {
        Self {
            version: 1,
            status: "active".to_owned(),
            auto_renew: true,
            friendly_name: None,
            billing_cycle: "monthly".to_owned(),
        }
    }
}

/// Where events are posted to.
#[derive(Clone, Debug)]
pub struct WebhookRegistration {
    /// Who is registered.
    pub subscriber: Uuid,
    /// The address.
    pub url: String,
    /// The names of the events.
    pub events: Vec<String>,
    /// Whether the signature would come in a header of its own.
    pub own_header: bool,
    /// Since when; what happened before makes no events.
    pub since: Timestamp,
}

/// A test event and what became of it.
#[derive(Clone, Debug)]
pub struct TestEvent {
    /// When it was asked for.
    pub at: Timestamp,
    /// The attempts to post it.
    pub deliveries: Vec<Delivery>,
}

/// An attempt to post an event.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
    /// The status the address answered; `None` when it did not.
    pub status: Option<u16>,
}

impl Delivery {
    /// Whether the address took it.
    #[must_use]
    pub fn has_arrived(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Something that was done through Partner Center.
#[derive(Clone, Debug)]
pub struct AuditRecord {
    /// The id.
    pub id: String,
    /// What was done, for example `update_subscription`.
    pub operation: String,
    /// The kind of what was changed.
    pub resource_type: String,
    /// What it was, as JSON text.
    pub old_value: Option<String>,
    /// What it is, as JSON text.
    pub new_value: Option<String>,
    /// The customer it concerns.
    pub customer: Option<Uuid>,
    /// The user who did it.
    pub user: Option<String>,
    /// When.
    pub at: Timestamp,
}
