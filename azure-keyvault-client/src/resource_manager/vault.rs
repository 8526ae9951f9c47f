//! Key vaults as resources.

use std::collections::BTreeMap;

use bundle_core::http::Pager;
use bundle_core::ids::SubscriptionId;
use bundle_core::{Error, Result, TenantId};
use http::Method;
use serde::Deserialize;

use super::{ResourceManagerClient, api_version};
use crate::serde_ext::null_is_default;

/// The key vaults of one subscription; from [`ResourceManagerClient::vaults`].
#[derive(Clone, Debug)]
pub struct VaultsHandler {
    client: ResourceManagerClient,
    subscription: SubscriptionId,
}

impl VaultsHandler {
    pub(super) fn new(client: ResourceManagerClient, subscription: SubscriptionId) -> Self {
        Self { client, subscription }
    }

    /// Lists the key vaults of the subscription that are visible to the caller.
    ///
    /// # Permissions
    /// An Azure role on the subscription or the vaults, for example "Reader" or "Key Vault Reader".
    ///
    /// Source: "Vaults - List By Subscription" (Microsoft Learn).
    #[must_use]
    pub fn list(&self) -> Pager<Vault> {
        let subscription = self.subscription.to_string();
        let path = ["subscriptions", &subscription, "providers", "Microsoft.KeyVault", "vaults"];
        self.client.pages(self.client.start("azure.vaults.list", Method::GET, &path, api_version::VAULTS))
    }

    /// Lists the key vaults of a resource group.
    ///
    /// # Permissions
    /// As [`VaultsHandler::list`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): not the name of a resource group.
    ///
    /// Source: "Vaults - List By Resource Group" (Microsoft Learn).
    pub fn list_in(&self, resource_group: &str) -> Result<Pager<Vault>> {
        let subscription = self.subscription.to_string();
        let path = group_path(&subscription, resource_group)?;
        Ok(self.client.pages(self.client.start("azure.vaults.list_in", Method::GET, &path, api_version::VAULTS)))
    }

    /// Reads a key vault.
    ///
    /// # Permissions
    /// As [`VaultsHandler::list`].
    ///
    /// # Errors
    /// * [`ErrorKind::Config`](bundle_core::ErrorKind::Config): not the name of a resource group or vault.
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such vault, group or subscription.
    /// * [`ErrorKind::PermissionDenied`](bundle_core::ErrorKind::PermissionDenied): no role on the vault.
    /// * any transport error, see [`Error`].
    ///
    /// Source: "Vaults - Get" (Microsoft Learn).
    pub async fn get(&self, resource_group: &str, name: &str) -> Result<Vault> {
        let subscription = self.subscription.to_string();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(Error::config(format!("vault: {name:?} is not the name of a vault")));
        }
        let mut path = group_path(&subscription, resource_group)?.to_vec();
        path.push(name);
        let request = self.client.start("azure.vaults.get", Method::GET, &path, api_version::VAULTS);
        self.client.read(request).await
    }
}

/// A key vault as Resource Manager shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Vault {
    /// The resource id.
    pub id: String,
    /// The name, unique in the cloud. [`ResourceManagerClient::vault_named`] opens the vault.
    pub name: String,
    /// The region.
    pub location: Option<String>,
    /// Tags.
    #[serde(default, deserialize_with = "null_is_default")]
    pub tags: BTreeMap<String, String>,
    /// How it is set up.
    pub properties: VaultProperties,
}

impl Vault {
    /// The resource group, as written in the resource id.
    #[must_use]
    pub fn resource_group(&self) -> Option<&str> {
        let mut segments = self.id.split('/');
        segments.find(|segment| segment.eq_ignore_ascii_case("resourceGroups"))?;
        segments.next()
    }
}

/// How a key vault is set up.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct VaultProperties {
    /// The tenant whose tokens it takes.
    pub tenant_id: Option<TenantId>,
    /// The product.
    pub sku: Option<VaultSku>,
    /// Where its data plane is; parses as a [`VaultUrl`](crate::VaultUrl).
    pub vault_uri: Option<String>,
    /// Whether Azure roles decide over its data; otherwise its access policies do.
    #[serde(default, deserialize_with = "null_is_default")]
    pub enable_rbac_authorization: bool,
    /// Whether deleted objects can be recovered; always so today.
    pub enable_soft_delete: Option<bool>,
    /// How many days a deleted object can be recovered.
    pub soft_delete_retention_in_days: Option<u32>,
    /// Whether purging is refused.
    pub enable_purge_protection: Option<bool>,
    /// `Enabled` or `Disabled`.
    pub public_network_access: Option<String>,
    /// `Succeeded`, or `RegisteringDns` while its name is not known everywhere.
    pub provisioning_state: Option<String>,
}

/// The product a key vault is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct VaultSku {
    /// `A`.
    pub family: String,
    /// `standard` or `premium`.
    pub name: String,
}

/// The vaults of a resource group, whose name must not change the path.
fn group_path<'a>(subscription: &'a str, group: &'a str) -> Result<[&'a str; 7]> {
    let valid = (1..=90).contains(&group.chars().count())
        && !group.ends_with('.')
        && group.chars().all(|c| c.is_alphanumeric() || "_-.()".contains(c));
    if !valid {
        return Err(Error::config(format!("resource group: {group:?} is not the name of a resource group")));
    }
    Ok(["subscriptions", subscription, "resourceGroups", group, "providers", "Microsoft.KeyVault", "vaults"])
}
