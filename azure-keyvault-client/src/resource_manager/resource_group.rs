//! Resource groups.

use std::collections::BTreeMap;

use bundle_core::http::Pager;
use bundle_core::ids::SubscriptionId;
use http::Method;
use serde::Deserialize;

use super::{ResourceManagerClient, api_version};
use crate::serde_ext::null_is_default;

/// The resource groups of one subscription; from [`ResourceManagerClient::resource_groups`].
#[derive(Clone, Debug)]
pub struct ResourceGroupsHandler {
    client: ResourceManagerClient,
    subscription: SubscriptionId,
}

impl ResourceGroupsHandler {
    pub(super) fn new(client: ResourceManagerClient, subscription: SubscriptionId) -> Self {
        Self { client, subscription }
    }

    /// Lists the resource groups of the subscription that are visible to the caller.
    ///
    /// # Permissions
    /// An Azure role on the subscription or the groups, for example "Reader".
    ///
    /// Source: "Resource Groups - List" (Microsoft Learn).
    #[must_use]
    pub fn list(&self) -> Pager<ResourceGroup> {
        let path = ["subscriptions", &self.subscription.to_string(), "resourcegroups"];
        self.client.pages(self.client.start(
            "azure.resource_groups.list",
            Method::GET,
            &path,
            api_version::RESOURCE_GROUPS,
        ))
    }
}

/// A resource group.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourceGroup {
    /// The resource id.
    pub id: String,
    /// The name, unique in the subscription; letter case does not count.
    pub name: String,
    /// The region of the group itself.
    pub location: String,
    /// Tags.
    #[serde(default, deserialize_with = "null_is_default")]
    pub tags: BTreeMap<String, String>,
    /// The resource that manages the group.
    pub managed_by: Option<String>,
    /// Its state.
    #[serde(default, deserialize_with = "null_is_default")]
    pub properties: ResourceGroupProperties,
}

/// The state of a resource group.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourceGroupProperties {
    /// `Succeeded`, `Deleting` and so on.
    pub provisioning_state: Option<String>,
}
