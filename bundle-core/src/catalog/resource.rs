//! The resource applications whose permissions the bundle asks for.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cloud::Cloud;
use crate::ids::AppId;
use crate::service::Service;

/// A resource application: a first-party application of Microsoft that owns permissions.
///
/// Its application id is the same in every tenant. Compared, sorted and serialized by [`Resource::key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Resource {
    /// The name used in state files and in qualified permission names, for example `graph`.
    pub key: &'static str,
    /// Microsoft's name of the application.
    pub name: &'static str,
    /// The application id.
    pub app_id: AppId,
    /// The identifier in the public cloud; [`Resource::audience`] is that of any cloud.
    pub uri: &'static str,
    /// The service whose tokens carry these permissions. Azure Storage has two with one audience; this names blobs.
    pub service: Service,
}

impl Resource {
    /// Key Vault's data plane.
    pub const KEY_VAULT: Self = Self {
        key: "azure-key-vault",
        name: "Azure Key Vault",
        app_id: AppId::from_u128(0xcfa8b339_82a2_471a_a3c9_0fc0be7a4093),
        uri: "https://vault.azure.net",
        service: Service::KeyVault,
    };

    /// Azure Resource Manager.
    pub const AZURE_SERVICE_MANAGEMENT: Self = Self {
        key: "azure-service-management",
        name: "Azure Service Management (Azure Resource Manager)",
        app_id: AppId::from_u128(0x797f4846_ba00_4fd7_ba43_dac1f8f63013),
        uri: "https://management.azure.com",
        service: Service::ResourceManager,
    };

    /// Azure Storage: blobs and tables.
    pub const STORAGE: Self = Self {
        key: "azure-storage",
        name: "Azure Storage",
        app_id: AppId::from_u128(0xe406a681_f3d4_42a8_90b6_c2b029497af1),
        uri: "https://storage.azure.com",
        service: Service::Blob,
    };

    /// Exchange Online.
    pub const EXCHANGE: Self = Self {
        key: "exchange",
        name: "Office 365 Exchange Online",
        app_id: AppId::from_u128(0x00000002_0000_0ff1_ce00_000000000000),
        uri: "https://outlook.office365.com",
        service: Service::Exchange,
    };

    /// Microsoft Graph.
    pub const GRAPH: Self = Self {
        key: "graph",
        name: "Microsoft Graph",
        app_id: AppId::from_u128(0x00000003_0000_0000_c000_000000000000),
        uri: "https://graph.microsoft.com",
        service: Service::Graph,
    };

    /// The Office 365 Management Activity API.
    pub const OFFICE365_MANAGEMENT: Self = Self {
        key: "office365-management",
        name: "Office 365 Management APIs",
        app_id: AppId::from_u128(0xc5393580_f805_4401_95e8_94b7a6ef2fc2),
        uri: "https://manage.office.com",
        service: Service::Office365Management,
    };

    /// Partner Center.
    pub const PARTNER_CENTER: Self = Self {
        key: "partner-center",
        name: "Microsoft Partner Center",
        app_id: AppId::from_u128(0xfa3d9a0c_3fb0_42cc_9193_47c7ecd2edbd),
        uri: "https://api.partnercenter.microsoft.com",
        service: Service::PartnerCenter,
    };

    /// All resources, sorted by key.
    pub const ALL: [Self; 7] = [
        Self::KEY_VAULT,
        Self::AZURE_SERVICE_MANAGEMENT,
        Self::STORAGE,
        Self::EXCHANGE,
        Self::GRAPH,
        Self::OFFICE365_MANAGEMENT,
        Self::PARTNER_CENTER,
    ];

    /// Finds the resource with this application id.
    #[must_use]
    pub fn by_app_id(app_id: &AppId) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.app_id == *app_id)
    }

    /// Finds the resource with this key.
    #[must_use]
    pub fn by_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.key == key)
    }

    /// The identifier in `cloud`: what stands before the names of its scopes, without a slash of its own.
    #[must_use]
    pub fn audience(self, cloud: &Cloud) -> &str {
        cloud.audience(self.service)
    }
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for Resource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key)
    }
}

impl<'de> Deserialize<'de> for Resource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer, |key| {
            Self::by_key(key).ok_or_else(|| format!("{key:?} is no resource of the catalog"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_sorted_and_found_by_id_and_key() {
        assert!(Resource::ALL.is_sorted());
        for resource in Resource::ALL {
            assert_eq!(Resource::by_app_id(&resource.app_id), Some(resource));
            assert_eq!(Resource::by_key(resource.key), Some(resource));
        }
        assert_eq!(Resource::by_app_id(&AppId::from_u128(1)), None);
        assert_eq!(Resource::by_key("Graph"), None);
    }

    #[test]
    fn identifier_is_the_audience_of_the_public_cloud_and_changes_with_the_cloud() {
        for resource in Resource::ALL {
            assert_eq!(resource.audience(&Cloud::public()), resource.uri);
        }
        assert_eq!(Resource::GRAPH.audience(&Cloud::china()), "https://microsoftgraph.chinacloudapi.cn");
    }

    #[test]
    fn json_is_the_key() {
        assert_eq!(serde_json::to_string(&Resource::STORAGE).unwrap(), "\"azure-storage\"");
        assert_eq!(serde_json::from_str::<Resource>("\"graph\"").unwrap(), Resource::GRAPH);
        assert!(serde_json::from_str::<Resource>("\"sharepoint\"").unwrap_err().to_string().contains("sharepoint"));
    }
}
