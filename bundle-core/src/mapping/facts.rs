//! Where customers are listed.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::customer::{Customer, CustomerApi};
use crate::error::Result;
use crate::gdap::{Relationship, RelationshipApi};
use crate::ids::TenantId;
use crate::onboarding::Finding;

/// A list of customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum CustomerSource {
    /// The customers of Partner Center: those with a reseller relationship.
    PartnerCenter,
    /// The contracts in the partner's directory; not filled for customers with GDAP alone.
    Contracts,
    /// The GDAP relationships.
    Relationships,
}

impl CustomerSource {
    /// All sources, the one whose names are the newest first.
    pub const ALL: [Self; 3] = [Self::PartnerCenter, Self::Contracts, Self::Relationships];
}

/// A contract in the partner's directory.
///
/// Source: "contract resource type" (Microsoft Learn, Graph v1.0).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Contract {
    /// The customer's tenant.
    pub customer_id: TenantId,
    /// The customer's name when the contract was made or last synchronised.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The customer's default domain at that time.
    #[serde(default)]
    pub default_domain_name: Option<String>,
    /// `SyndicationPartner`, `BreadthPartner`, `ResellerPartner` or what comes after them.
    #[serde(default)]
    pub contract_type: Option<String>,
}

impl Contract {
    /// A contract with a customer.
    #[must_use]
    pub fn new(customer: TenantId) -> Self {
        Self { customer_id: customer, display_name: None, default_domain_name: None, contract_type: None }
    }
}

/// The contracts in the partner's directory.
///
/// # Behavior
/// * [`ContractApi::contracts`] answers all pages.
#[async_trait]
pub trait ContractApi: std::fmt::Debug + Send + Sync {
    /// Lists the contracts.
    async fn contracts(&self) -> Result<Vec<Contract>>;
}

/// What the sources of customers are read through.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a program names every port")]
pub struct MappingPorts {
    /// The customers of Partner Center.
    pub customers: Arc<dyn CustomerApi>,
    /// The contracts of the directory.
    pub contracts: Arc<dyn ContractApi>,
    /// The GDAP relationships.
    pub relationships: Arc<dyn RelationshipApi>,
}

impl MappingPorts {
    /// Reads all sources, one after the other. One that cannot be read is a [`SourceGap`], so that a partner without the
    /// reseller programme or without a permission still gets the others; never is a part of a list taken for the whole.
    ///
    /// # Permissions
    /// Those of the ports: a role in Partner Center, `Directory.Read.All`, `DelegatedAdminRelationship.Read.All`.
    pub async fn read(&self) -> CustomerSources {
        let mut sources = CustomerSources::default();
        match self.customers.customers().await {
            Ok(found) => sources.customers = Some(found),
            Err(error) => sources.gap(CustomerSource::PartnerCenter, &error),
        }
        match self.contracts.contracts().await {
            Ok(found) => sources.contracts = Some(found),
            Err(error) => sources.gap(CustomerSource::Contracts, &error),
        }
        match self.relationships.relationships().await {
            Ok(found) => sources.relationships = Some(found),
            Err(error) => sources.gap(CustomerSource::Relationships, &error),
        }
        sources
    }
}

/// What the sources answered; `None` was not read.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "callers fill it from lists of their own too")]
pub struct CustomerSources {
    /// The customers of Partner Center.
    pub customers: Option<Vec<Customer>>,
    /// The contracts of the directory.
    pub contracts: Option<Vec<Contract>>,
    /// The GDAP relationships.
    pub relationships: Option<Vec<Relationship>>,
    /// Why sources could not be read.
    pub gaps: Vec<SourceGap>,
}

impl CustomerSources {
    /// Whether a source was read.
    #[must_use]
    pub fn has(&self, source: CustomerSource) -> bool {
        match source {
            CustomerSource::PartnerCenter => self.customers.is_some(),
            CustomerSource::Contracts => self.contracts.is_some(),
            CustomerSource::Relationships => self.relationships.is_some(),
        }
    }

    fn gap(&mut self, source: CustomerSource, error: &crate::Error) {
        self.gaps.push(SourceGap { source, finding: Finding::of(error) });
    }
}

/// A source that could not be read: customers may be missing from the map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SourceGap {
    /// The source.
    pub source: CustomerSource,
    /// Why, and what to do.
    pub finding: Finding,
}
