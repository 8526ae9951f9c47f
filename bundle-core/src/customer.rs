//! Customers as Partner Center knows them, and the consent an application gets in their tenants.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::ids::{AppId, TenantId};

/// A customer of the partner. The tenant is the only key; names and domains change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Customer {
    /// The customer's tenant.
    pub tenant_id: TenantId,
    /// The company's name.
    pub name: String,
    /// The company's domain, for people to recognise it.
    #[serde(default)]
    pub domain: Option<String>,
}

impl Customer {
    /// A customer by tenant and name.
    #[must_use]
    pub fn new(tenant_id: TenantId, name: impl Into<String>) -> Self {
        Self { tenant_id, name: name.into(), domain: None }
    }

    /// Names the domain.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }
}

/// Delegated permissions on one resource, for [`ConsentApi::consent`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentGrant {
    /// The resource.
    pub resource: AppId,
    /// The names of the delegated permissions.
    pub scopes: Vec<String>,
}

/// The partner's customers in Partner Center.
///
/// # Behavior
/// * [`CustomerApi::customers`] answers all pages.
/// * An absent customer is `NotFound`.
#[async_trait]
pub trait CustomerApi: std::fmt::Debug + Send + Sync {
    /// Lists the customers.
    async fn customers(&self) -> Result<Vec<Customer>>;

    /// Reads one customer.
    async fn customer(&self, tenant: &TenantId) -> Result<Customer>;
}

/// Consent to the partner's application in a customer's tenant, through Partner Center.
///
/// # Behavior
/// * Consent that is there already answers `Conflict`; to revoke one that is not there, `NotFound`.
/// * Consent takes effect seconds to minutes later; tokens issued before do not carry it.
#[async_trait]
pub trait ConsentApi: std::fmt::Debug + Send + Sync {
    /// Removes the consent: the application's service principal in the customer's tenant, with all it is granted.
    async fn revoke(&self, customer: &TenantId, application: &AppId) -> Result<()>;

    /// Consents to the application: creates its service principal in the customer's tenant, and one delegated
    /// permission grant for each resource.
    async fn consent(&self, customer: &TenantId, application: &AppId, grants: &[ConsentGrant]) -> Result<()>;
}
