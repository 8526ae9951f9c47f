//! Azure subscriptions.

use std::collections::BTreeMap;

use bundle_core::http::Pager;
use bundle_core::ids::SubscriptionId;
use bundle_core::{Result, TenantId, open_enum};
use http::Method;
use serde::Deserialize;

use super::{ResourceManagerClient, api_version};
use crate::serde_ext::null_is_default;

/// The subscriptions of one tenant; from [`ResourceManagerClient::subscriptions`].
#[derive(Clone, Debug)]
pub struct SubscriptionsHandler {
    client: ResourceManagerClient,
}

impl SubscriptionsHandler {
    pub(super) fn new(client: ResourceManagerClient) -> Self {
        Self { client }
    }

    /// Lists the subscriptions of the tenant that are visible to the caller; none when it has no role on any.
    ///
    /// # Permissions
    /// Any Azure role on the subscription or something in it, for example "Reader".
    ///
    /// Source: "Subscriptions - List" (Microsoft Learn).
    #[must_use]
    pub fn list(&self) -> Pager<Subscription> {
        let path = ["subscriptions"];
        self.client.pages(self.client.start("azure.subscriptions.list", Method::GET, &path, api_version::SUBSCRIPTIONS))
    }

    /// Reads a subscription.
    ///
    /// # Permissions
    /// As [`SubscriptionsHandler::list`].
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such subscription, it belongs to another tenant,
    /// or it is not visible; else any transport error.
    ///
    /// Source: "Subscriptions - Get" (Microsoft Learn).
    pub async fn get(&self, subscription: &SubscriptionId) -> Result<Subscription> {
        let path = ["subscriptions", &subscription.to_string()];
        let request = self.client.start("azure.subscriptions.get", Method::GET, &path, api_version::SUBSCRIPTIONS);
        self.client.read(request).await
    }
}

/// An Azure subscription.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Subscription {
    /// The resource id, `/subscriptions/{subscription_id}`.
    pub id: String,
    /// The id.
    pub subscription_id: SubscriptionId,
    /// The tenant it belongs to.
    pub tenant_id: Option<TenantId>,
    /// The name.
    pub display_name: Option<String>,
    /// Whether it can be used.
    pub state: Option<SubscriptionState>,
    /// Why it is visible, for example `RoleBased`.
    pub authorization_source: Option<String>,
    /// Tenants that manage it through Azure Lighthouse.
    #[serde(default, deserialize_with = "null_is_default")]
    pub managed_by_tenants: Vec<ManagingTenant>,
    /// Tags.
    #[serde(default, deserialize_with = "null_is_default")]
    pub tags: BTreeMap<String, String>,
}

impl Subscription {
    /// Whether the subscription can be used: enabled, or only warned about a bill.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        use SubscriptionState::{Enabled, PastDue, Warned};
        matches!(self.state, None | Some(Enabled | PastDue | Warned))
    }
}

/// A tenant that manages a subscription.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ManagingTenant {
    /// The tenant.
    pub tenant_id: TenantId,
}

open_enum! {
    /// The state of a subscription.
    pub enum SubscriptionState {
        /// In use.
        Enabled = "Enabled",
        /// In use; a bill is overdue and the subscription will be disabled.
        Warned = "Warned",
        /// In use; a bill is due.
        PastDue = "PastDue",
        /// Read-only.
        Disabled = "Disabled",
        /// On its way out.
        Deleted = "Deleted",
    }
}
