//! Azure subscriptions, resource groups and key vaults.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Secret;

/// An Azure subscription.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The subscription id.
    pub id: Uuid,
    /// The name shown.
    pub display_name: String,
    /// `Enabled`, `Disabled`, ...
    pub state: String,
    /// Resource groups by name in lower case.
    pub resource_groups: BTreeMap<String, ResourceGroup>,
    /// Other resources as Resource Manager shows them, by resource id in lower case.
    pub resources: BTreeMap<String, Value>,
}

/// A resource group.
#[derive(Clone, Debug)]
pub struct ResourceGroup {
    /// The name, in the letter case it was made with.
    pub name: String,
    /// The Azure region.
    pub location: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A key vault.
#[derive(Clone, Debug)]
pub struct Vault {
    /// The name, unique in the world.
    pub name: String,
    /// The tenant it trusts.
    pub tenant: Uuid,
    /// The subscription it is in.
    pub subscription: Uuid,
    /// The name of the resource group it is in.
    pub resource_group: String,
    /// The Azure region.
    pub location: String,
    /// Secrets by name.
    pub secrets: BTreeMap<String, VaultSecret>,
    /// Keys as the data plane shows them, by name.
    pub keys: BTreeMap<String, Value>,
    /// Certificates as the data plane shows them, by name.
    pub certificates: BTreeMap<String, Value>,
    /// Further properties, as Resource Manager shows them.
    pub extra: Map<String, Value>,
}

/// A secret of a vault with its versions.
#[derive(Clone, Debug, Default)]
pub struct VaultSecret {
    /// The versions, oldest first; the last one is current.
    pub versions: Vec<VaultSecretVersion>,
    /// When the secret was deleted; it can be recovered until it is purged.
    pub deleted_at: Option<Timestamp>,
    /// When the secret was last recovered; it is readable some seconds later.
    pub recovered_at: Option<Timestamp>,
}

/// One version of a secret.
#[derive(Clone, Debug)]
pub struct VaultSecretVersion {
    /// 32 hexadecimal digits.
    pub version: String,
    /// The value.
    pub value: Secret,
    /// The content type, if any.
    pub content_type: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Whether the value may be read.
    pub enabled: bool,
    /// Not valid before.
    pub not_before: Option<Timestamp>,
    /// Not valid after.
    pub expires: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
