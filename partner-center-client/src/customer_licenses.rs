//! The licences of a customer and of its users.

use bundle_core::http::Pager;
use bundle_core::ids::{SkuId, UserId};
use bundle_core::{Error, Result, TenantId, open_enum};
use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::client::PartnerCenterClient;

/// The licences a customer has, reached by
/// [`PartnerCenterTenant::subscribed_skus`](crate::PartnerCenterTenant::subscribed_skus).
///
/// # Permissions
/// Always the service account; by GDAP it is Directory Reader, Global Reader or License Administrator of the customer.
#[derive(Clone, Debug)]
pub struct SubscribedSkus {
    client: PartnerCenterClient,
    customer: TenantId,
}

impl SubscribedSkus {
    pub(crate) fn new(client: PartnerCenterClient, customer: TenantId) -> Self {
        Self { client, customer }
    }

    /// Lists the licences of one group, with how many are free.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get a list of available licenses by license group" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn list(&self, group: &LicenseGroup) -> Pager<CustomerSku> {
        let path = ["customers", &self.customer.to_string(), "subscribedskus"];
        let request = self.client.operation("partner-center.subscribed-skus.list", Method::GET, &path);
        self.client.pages(request.about(self.customer).query("licenseGroupIds", group.as_str()))
    }
}

/// The licences of one user, reached by [`CustomerUsers::licenses`](crate::CustomerUsers::licenses).
///
/// # Permissions
/// Always the service account; by GDAP it is License Administrator, User Administrator or Directory Writer of the
/// customer to change them.
#[derive(Clone, Debug)]
pub struct UserLicenses {
    client: PartnerCenterClient,
    customer: TenantId,
    user: UserId,
}

impl UserLicenses {
    pub(crate) fn new(client: PartnerCenterClient, customer: TenantId, user: UserId) -> Self {
        Self { client, customer, user }
    }

    /// Lists the licences the user has of one group.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Check which licenses are assigned to a user by license group" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn list(&self, group: &LicenseGroup) -> Pager<UserLicense> {
        let path = ["customers", &self.customer.to_string(), "users", &self.user.to_string(), "licenses"];
        let request = self.client.operation("partner-center.user-licenses.list", Method::GET, &path);
        self.client.pages(request.about(self.customer).query("licenseGroupIds", group.as_str()))
    }

    /// Gives licences to the user and takes others away, all or nothing. The user needs a usage location.
    ///
    /// # Errors
    /// * [`ErrorKind::Config`](bundle_core::ErrorKind::Config): nothing is to be changed, or a licence is given and
    ///   taken.
    /// * [`ErrorKind::LicenseMissing`](bundle_core::ErrorKind::LicenseMissing): none is left.
    /// * [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): licences of two groups in one request,
    ///   no usage location, or plans that exclude each other.
    ///
    /// Source: "Assign licenses to a user" (Microsoft Learn, Partner Center).
    pub async fn update(&self, update: &LicenseUpdate) -> Result<()> {
        update.check()?;
        let given: Vec<_> =
            update.assign.iter().map(|(sku, excluded)| json!({"skuId": sku, "excludedPlans": excluded})).collect();
        let body = json!({"licensesToAssign": given, "licensesToRemove": update.remove});
        let path = ["customers", &self.customer.to_string(), "users", &self.user.to_string(), "licenseupdates"];
        let request = self.client.operation("partner-center.user-licenses.update", Method::POST, &path);
        self.client.send(request.about(self.customer).json(&body)?).await.map(drop)
    }
}

/// Licences to give to a user and to take away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LicenseUpdate {
    /// Licences to give, with the ids of the service plans that are left out.
    pub assign: Vec<(SkuId, Vec<String>)>,
    /// Licences to take away.
    pub remove: Vec<SkuId>,
}

impl LicenseUpdate {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a licence with all its plans.
    #[must_use]
    pub fn assign(self, sku: SkuId) -> Self {
        self.assign_without(sku, Vec::<String>::new())
    }

    /// Gives a licence without some of its service plans.
    #[must_use]
    pub fn assign_without(mut self, sku: SkuId, plans: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.assign.push((sku, plans.into_iter().map(Into::into).collect()));
        self
    }

    /// Takes a licence away.
    #[must_use]
    pub fn remove(mut self, sku: SkuId) -> Self {
        self.remove.push(sku);
        self
    }

    fn check(&self) -> Result<()> {
        if self.assign.is_empty() && self.remove.is_empty() {
            return Err(Error::config("update: no licence is to be given or taken away"));
        }
        match self.assign.iter().find(|(sku, _)| self.remove.contains(sku)) {
            Some((sku, _)) => Err(Error::config(format!("update: licence {sku} is to be given and taken away"))),
            None => Ok(()),
        }
    }
}

open_enum! {
    /// Licences that can be changed together.
    pub enum LicenseGroup {
        /// Those that Microsoft Entra manages: Microsoft 365 and the like.
        Group1 = "group1",
        /// Minecraft for education.
        Group2 = "group2",
    }
}

/// A product the customer has licences of.
///
/// Source: "License resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerSku {
    /// The product.
    pub product_sku: ProductSku,
    /// Licences nobody has; negative where more are given than there are.
    #[serde(default)]
    pub available_units: i64,
    /// Licences that can be given.
    #[serde(default)]
    pub active_units: i64,
    /// Licences that are given.
    #[serde(default)]
    pub consumed_units: i64,
    /// Licences out of use.
    #[serde(default)]
    pub suspended_units: i64,
    /// All licences.
    #[serde(default)]
    pub total_units: i64,
    /// Licences that are about to end.
    #[serde(default)]
    pub warning_units: i64,
    /// For example `Enabled`.
    #[serde(default)]
    pub capability_status: Option<String>,
    /// What is in the product.
    #[serde(default)]
    pub service_plans: Vec<CustomerServicePlan>,
}

/// A licence of a user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserLicense {
    /// The product.
    pub product_sku: ProductSku,
    /// What is in the product, with what the user has of it.
    #[serde(default)]
    pub service_plans: Vec<CustomerServicePlan>,
}

/// A product as licences name it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProductSku {
    /// The id.
    pub id: SkuId,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// The name Microsoft uses, for example `SPB`.
    #[serde(default)]
    pub sku_part_number: Option<String>,
    /// Whom it is for, for example `User`.
    #[serde(default)]
    pub target_type: Option<String>,
    /// What it is changed with.
    #[serde(default)]
    pub license_group_id: Option<LicenseGroup>,
}

/// A service in a product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerServicePlan {
    /// The id, which [`LicenseUpdate::assign_without`] takes.
    pub id: String,
    /// The name.
    #[serde(default)]
    pub service_name: Option<String>,
    /// The name for people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// For example `Success` or `Disabled`.
    #[serde(default)]
    pub capability_status: Option<String>,
}
