//! The partner's customers.

use bundle_core::customer::Customer;
use bundle_core::http::Pager;
use bundle_core::{Error, Result, TenantId, open_enum};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::address::Address;
use crate::client::PartnerCenterClient;
use crate::new_customer::{CreatedCustomer, CustomerCheck, NewCustomer};
use crate::validation;

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
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the page size is not 1 to 500, or the filter is empty. The
    /// pager answers any error of the pipeline.
    ///
    /// Source: "Get a list of customers" (Microsoft Learn, Partner Center).
    pub fn list(&self, query: &CustomerQuery) -> Result<Pager<CustomerRecord>> {
        let size = query.size.unwrap_or(PAGE_SIZE);
        if !(1..=PAGE_SIZE).contains(&size) {
            return Err(Error::config(format!("size: {size} is not 1 to {PAGE_SIZE}")));
        }
        let mut request = self
            .client
            .operation("partner-center.customers.list", Method::GET, &["customers"])
            .query("size", &size.to_string());
        if let Some(filter) = &query.filter {
            if filter.value.trim().is_empty() {
                return Err(Error::config(format!("filter: nothing to compare {} with", filter.field)));
            }
            let json =
                serde_json::to_string(filter).map_err(|_| Error::config("the customer filter cannot be written"))?;
            request = request.query("filter", &json);
        }
        Ok(self.client.pages(request))
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
        self.client.read(request).await
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

    /// Asks whether the domain and the address of a new customer would do, without creating anything.
    ///
    /// # Permissions
    /// As [`Customers::list`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): a value is not even well formed, see
    /// [`NewCustomer::check`]; any error of the pipeline.
    pub async fn check(&self, new: &NewCustomer) -> Result<CustomerCheck> {
        new.check()?;
        let domain_is_free = !validation::is_domain_taken(&self.client, &new.domain).await?;
        Ok(CustomerCheck { domain_is_free, address: validation::address(&self.client, &new.address).await? })
    }

    /// Creates a customer: a tenant, the reseller relationship with it, and its first administrator.
    ///
    /// The password of that administrator is answered this once. Ask [`Customers::check`] first: a customer whose
    /// address is wrong can often not be removed again.
    ///
    /// # Permissions
    /// The account is in `AdminAgents`; the application alone is accepted too.
    ///
    /// # Errors
    /// * [`ErrorKind::Config`](bundle_core::ErrorKind::Config): a value is not well formed; nothing is sent.
    /// * [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): the service takes the address or the
    ///   domain for wrong; the domain is taken.
    ///
    /// Source: "Create a customer" (Microsoft Learn, Partner Center).
    pub async fn create(&self, new: &NewCustomer) -> Result<CreatedCustomer> {
        new.check()?;
        let request = self.client.operation("partner-center.customers.create", Method::POST, &["customers"]);
        self.client.read(request.json(&new.body())?).await
    }

    /// Whether somebody has this domain; only `onmicrosoft.com` domains are known to the service.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): it is no domain; any other error of the pipeline.
    ///
    /// Source: "Verify domain availability" (Microsoft Learn, Partner Center).
    pub async fn is_domain_taken(&self, domain: &str) -> Result<bool> {
        validation::is_domain_taken(&self.client, domain).await
    }

    /// Asks whether the service knows the address.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): a value is missing or no country; any other error of the
    /// pipeline.
    ///
    /// Source: "Validate an address" (Microsoft Learn, Partner Center).
    pub async fn validate_address(&self, address: &Address) -> Result<validation::AddressValidation> {
        validation::address(&self.client, address).await
    }

    /// Ends the reseller relationship with a customer. The tenant stays; the partner no longer sells to it.
    ///
    /// All subscriptions have to be suspended before. Tokens cached for the customer are dropped. A repetition finds
    /// no customer any more.
    ///
    /// # Permissions
    /// Always the service account; it is in `AdminAgents`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): a subscription is active;
    /// [`ErrorKind::RelationshipInactive`](bundle_core::ErrorKind::RelationshipInactive) or
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): there is no relationship; any other error of the
    /// pipeline.
    ///
    /// Source: "Remove a reseller relationship with a customer" (Microsoft Learn, Partner Center).
    pub async fn remove_relationship(&self, customer: &TenantId) -> Result<()> {
        let path = ["customers", &customer.to_string()];
        let client = self.client.as_account();
        let request = client
            .operation("partner-center.customers.remove-relationship", Method::PATCH, &path)
            .about(*customer)
            .json(&json!({"relationshipToPartner": "none", "attributes": {"objectType": "Customer"}}))?;
        client.send(request).await?;
        client.pipeline().forget_tokens(customer).await;
        Ok(())
    }

    /// The link by which a tenant that is no customer yet accepts the partner as its reseller.
    ///
    /// # Permissions
    /// Always the service account.
    ///
    /// # Errors
    /// Any error of the pipeline.
    ///
    /// Source: "Retrieve a relationship request URL" (Microsoft Learn, Partner Center).
    pub async fn invitation(&self) -> Result<String> {
        let client = self.client.as_account();
        let path = ["customers", "relationshiprequests"];
        let request = client.operation("partner-center.customers.invitation", Method::GET, &path);
        client.read::<Invitation>(request).await.map(|invitation| invitation.url)
    }
}

#[derive(Deserialize)]
struct Invitation {
    url: String,
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
