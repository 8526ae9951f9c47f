//! Who the partner is, in Microsoft's books.

use bundle_core::{Result, TenantId};
use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::address::Address;
use crate::client::PartnerCenterClient;
use crate::wire;

/// The partner's own profiles, reached by [`PartnerCenterClient::profiles`].
///
/// # Permissions
/// Always the service account: the service refuses applications alone.
#[derive(Clone, Debug)]
pub struct Profiles {
    client: PartnerCenterClient,
}

impl Profiles {
    pub(crate) fn new(client: PartnerCenterClient) -> Self {
        Self { client }
    }

    /// Reads who the partner is.
    ///
    /// # Errors
    /// Any error of the pipeline.
    ///
    /// Source: "Get an organization profile" (Microsoft Learn, Partner Center).
    pub async fn organization(&self) -> Result<OrganizationProfile> {
        self.read("partner-center.profiles.organization", "organization").await
    }

    /// Reads the business as it is registered.
    ///
    /// # Errors
    /// Any error of the pipeline.
    ///
    /// Source: "Get legal business profile" (Microsoft Learn, Partner Center).
    pub async fn legal_business(&self) -> Result<LegalBusinessProfile> {
        self.read("partner-center.profiles.legal-business", "legalbusiness").await
    }

    /// Reads the membership in Microsoft's partner programme.
    ///
    /// # Errors
    /// Any error of the pipeline.
    ///
    /// Source: "Get a Microsoft Partner Network profile" (Microsoft Learn, Partner Center).
    pub async fn mpn(&self) -> Result<MpnProfile> {
        self.read("partner-center.profiles.mpn", "mpn").await
    }

    /// Reads where customers find help.
    ///
    /// # Errors
    /// Any error of the pipeline.
    ///
    /// Source: "Get a support profile" (Microsoft Learn, Partner Center).
    pub async fn support(&self) -> Result<SupportProfile> {
        self.read("partner-center.profiles.support", "support").await
    }

    /// Reads whom Microsoft sends its invoices.
    ///
    /// # Errors
    /// Any error of the pipeline.
    ///
    /// Source: "Get a billing profile" (Microsoft Learn, Partner Center).
    pub async fn billing(&self) -> Result<PartnerBillingProfile> {
        self.read("partner-center.profiles.billing", "billing").await
    }

    async fn read<T: DeserializeOwned>(&self, operation: &'static str, profile: &str) -> Result<T> {
        self.client.read(self.client.operation(operation, Method::GET, &["profiles", profile])).await
    }
}

/// Who the partner is.
///
/// Source: "Profile resources" (Microsoft Learn, Partner Center), as all profiles here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OrganizationProfile {
    /// The partner's tenant.
    #[serde(default)]
    pub tenant_id: Option<TenantId>,
    /// The name.
    #[serde(default)]
    pub company_name: Option<String>,
    /// The domain.
    #[serde(default)]
    pub domain: Option<String>,
    /// Where the partner is reached.
    #[serde(default)]
    pub email: Option<String>,
    /// The language.
    #[serde(default)]
    pub language: Option<String>,
    /// Language and country.
    #[serde(default)]
    pub culture: Option<String>,
    /// The address.
    #[serde(default)]
    pub default_address: Option<Address>,
}

/// The business as it is registered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LegalBusinessProfile {
    /// The name.
    #[serde(default)]
    pub company_name: Option<String>,
    /// The address.
    #[serde(default)]
    pub address: Option<Address>,
    /// How far Microsoft's check of the partner is, for example `authorized`.
    #[serde(default)]
    pub vetting_status: Option<String>,
}

/// The membership in Microsoft's partner programme.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MpnProfile {
    /// The id.
    #[serde(default, deserialize_with = "wire::text")]
    pub mpn_id: Option<String>,
    /// The name.
    #[serde(default)]
    pub partner_name: Option<String>,
}

/// Where customers find help.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SupportProfile {
    /// By mail.
    #[serde(default)]
    pub email: Option<String>,
    /// By telephone.
    #[serde(default)]
    pub telephone: Option<String>,
    /// On the web.
    #[serde(default)]
    pub website: Option<String>,
}

/// Whom Microsoft sends its invoices.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PartnerBillingProfile {
    /// The name.
    #[serde(default)]
    pub company_name: Option<String>,
    /// The address.
    #[serde(default)]
    pub address: Option<Address>,
    /// The number for taxes.
    #[serde(default)]
    pub tax_id: Option<String>,
    /// The day of the month invoices are made.
    #[serde(default)]
    pub billing_day: Option<u8>,
    /// The currency.
    #[serde(default)]
    pub billing_currency: Option<String>,
}
