//! The partner's customers.

use bundle_core::customer::Customer;
use bundle_core::http::Pager;
use bundle_core::{Error, Result, TenantId, open_enum};
use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::PartnerCenterClient;
use crate::page;

/// Customers of the partner, reached by [`PartnerCenterClient::customers`].
#[derive(Clone, Debug)]
pub struct Customers {
    client: PartnerCenterClient,
}

impl Customers {
    pub(crate) fn new(client: PartnerCenterClient) -> Self {
        Self { client }
    }

    /// Lists customers, page after page.
    ///
    /// # Permissions
    /// The account is in `AdminAgents` or `SalesAgents`; the application alone is accepted too.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the filter cannot be written. The pager answers any error
    /// of the pipeline.
    ///
    /// Source: "Get a list of customers" (Microsoft Learn, Partner Center).
    pub fn list(&self, query: &CustomerQuery) -> Result<Pager<CustomerRecord>> {
        let mut request = self
            .client
            .operation("partner-center.customers.list", Method::GET, &["customers"])
            .query("size", &query.size.unwrap_or(PAGE_SIZE).to_string());
        if let Some(filter) = &query.filter {
            let json =
                serde_json::to_string(filter).map_err(|_| Error::config("the customer filter cannot be written"))?;
            request = request.query("filter", &json);
        }
        Ok(Pager::new(self.client.pipeline().clone(), request, page::collection))
    }

    /// Reads one customer.
    ///
    /// Domains are left out by the service when the partner has no GDAP relationship with the customer.
    ///
    /// # Permissions
    /// As [`Customers::list`].
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound) or
    /// [`ErrorKind::RelationshipInactive`](bundle_core::ErrorKind::RelationshipInactive): not a customer of this partner;
    /// any other error of the pipeline.
    ///
    /// Source: "Get a customer by ID" (Microsoft Learn, Partner Center).
    pub async fn get(&self, customer: &TenantId) -> Result<CustomerRecord> {
        let request = self
            .client
            .operation("partner-center.customers.get", Method::GET, &["customers", &customer.to_string()])
            .about(*customer);
        self.client.send(request).await?.json()
    }

    /// Reads one customer; `None` when the tenant is unknown to Partner Center.
    ///
    /// # Permissions
    /// As [`Customers::list`].
    ///
    /// # Errors
    /// Any error of the pipeline but an answer 404.
    pub async fn find(&self, customer: &TenantId) -> Result<Option<CustomerRecord>> {
        match self.get(customer).await {
            Ok(record) => Ok(Some(record)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Which customers to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomerQuery {
    /// Only these.
    pub filter: Option<CustomerFilter>,
    /// How many on one page; 500 when not set, which is also the most.
    pub size: Option<u32>,
}

impl CustomerQuery {
    /// All customers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Narrows the listing.
    #[must_use]
    pub fn filter(mut self, filter: CustomerFilter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Sets how many customers come on one page.
    #[must_use]
    pub fn size(mut self, size: u32) -> Self {
        self.size = Some(size);
        self
    }
}

/// A condition on customers, sent as JSON in the query.
///
/// Source: "Get a list of customers filtered by a search field" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct CustomerFilter {
    /// The field compared.
    pub field: CustomerField,
    /// What it is compared with; case does not matter.
    pub value: String,
    /// How it is compared.
    pub operator: FilterOperator,
}

impl CustomerFilter {
    /// A condition of any kind.
    #[must_use]
    pub fn new(field: CustomerField, operator: FilterOperator, value: impl Into<String>) -> Self {
        Self { field, value: value.into(), operator }
    }

    /// Company names that begin with `prefix`.
    #[must_use]
    pub fn company_name(prefix: impl Into<String>) -> Self {
        Self::new(CustomerField::CompanyName, FilterOperator::StartsWith, prefix)
    }

    /// Domains that begin with `prefix`.
    #[must_use]
    pub fn domain(prefix: impl Into<String>) -> Self {
        Self::new(CustomerField::Domain, FilterOperator::StartsWith, prefix)
    }
}

open_enum! {
    /// A field customers can be searched by.
    pub enum CustomerField {
        /// The name of the company.
        CompanyName = "CompanyName",
        /// The domain.
        Domain = "Domain",
        /// The indirect reseller.
        IndirectReseller = "IndirectReseller",
    }
}

open_enum! {
    /// How a field is compared.
    pub enum FilterOperator {
        /// The same text.
        Equals = "equals",
        /// The text begins so.
        StartsWith = "starts_with",
        /// The text holds it.
        Substring = "substring",
    }
}

open_enum! {
    /// What the partner is to the customer.
    ///
    /// Source: "Customer resources" (Microsoft Learn, Partner Center).
    pub enum RelationshipToPartner {
        /// An advisor.
        Advisor = "advisor",
        /// Microsoft itself in support.
        MicrosoftSupport = "microsoft_support",
        /// Nothing any more.
        None = "none",
        /// The reseller of record.
        Reseller = "reseller",
        /// A syndication partner.
        Syndication = "syndication",
    }
}

/// A customer as Partner Center answers it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerRecord {
    /// The id, which is the tenant.
    pub id: TenantId,
    /// The id in commerce; only from [`Customers::get`].
    #[serde(default)]
    pub commerce_id: Option<String>,
    /// The company.
    #[serde(default)]
    pub company_profile: CompanyProfile,
    /// What the partner is to the customer.
    #[serde(default)]
    pub relationship_to_partner: Option<RelationshipToPartner>,
    /// Whether the partner may administer the customer's tenant.
    #[serde(default)]
    pub allow_delegated_access: Option<bool>,
    /// The domains the customer brought.
    #[serde(default)]
    pub custom_domains: Option<Vec<String>>,
    /// The indirect reseller who sells to the customer.
    #[serde(default)]
    pub associated_partner_id: Option<String>,
}

impl CustomerRecord {
    /// The name of the company, else the tenant.
    #[must_use]
    pub fn name(&self) -> String {
        match self.company_profile.company_name.as_deref() {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => self.id.to_string(),
        }
    }
}

impl From<CustomerRecord> for Customer {
    fn from(record: CustomerRecord) -> Self {
        let name = record.name();
        let customer = Self::new(record.company_profile.tenant_id.unwrap_or(record.id), name);
        match record.company_profile.domain {
            Some(domain) => customer.domain(domain),
            None => customer,
        }
    }
}

/// The company of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CompanyProfile {
    /// The tenant.
    #[serde(default)]
    pub tenant_id: Option<TenantId>,
    /// The domain the tenant was created with.
    #[serde(default)]
    pub domain: Option<String>,
    /// The name.
    #[serde(default)]
    pub company_name: Option<String>,
}

/// The largest page the service answers.
const PAGE_SIZE: u32 = 500;
