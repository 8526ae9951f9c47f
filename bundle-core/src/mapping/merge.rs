//! The customers of all sources as one list: pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::facts::{CustomerSource, CustomerSources, SourceGap};
use super::name::PlainName;
use crate::gdap::{Relationship, RelationshipStatus};
use crate::ids::TenantId;

/// The customers of all sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerMap {
    /// The customers, by name.
    pub customers: Vec<MappedCustomer>,
    /// Sources that could not be read; customers may be missing.
    pub gaps: Vec<SourceGap>,
}

/// A customer as the sources tell of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MappedCustomer {
    /// The customer's tenant, the key of all links.
    pub tenant_id: TenantId,
    /// The name of the source whose names are the newest; the tenant id when none names it.
    pub name: String,
    /// The domains of all sources, in lower case.
    pub domains: Vec<String>,
    /// What each source says.
    pub seen: Vec<SeenCustomer>,
    /// What the sources tell differently.
    pub differences: Vec<Difference>,
}

/// What one source says of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SeenCustomer {
    /// The source.
    pub source: CustomerSource,
    /// The name there.
    pub name: Option<String>,
    /// The domain there, in lower case.
    pub domain: Option<String>,
}

/// Something the sources tell differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "difference", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Difference {
    /// A source that was read does not list the customer.
    NotListed {
        /// The source.
        source: CustomerSource,
    },
    /// It has other names elsewhere: it was renamed, relationships keep the name they were made with.
    Names {
        /// The other names.
        others: Vec<String>,
    },
    /// There are relationships, and none is in force.
    NoRelationshipInForce,
    /// Another customer has the same domain in some source: the domain has moved between tenants.
    SharedDomain {
        /// The domain.
        domain: String,
        /// The other tenants.
        tenants: Vec<TenantId>,
    },
}

/// Merges the sources by tenant id. Open invitations without a customer count for nothing.
///
/// A missing domain is no difference: Partner Center leaves domains out, and relationships have none.
#[must_use]
pub fn merge_customers(sources: &CustomerSources) -> CustomerMap {
    let mut merged: BTreeMap<TenantId, Vec<SeenCustomer>> = BTreeMap::new();
    let mut see = |tenant: TenantId, source, name: Option<&str>, domain: Option<&str>| {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let seen = merged.entry(tenant).or_default();
        // A customer has several relationships; the newest comes first and names it.
        if !seen.iter().any(|seen| seen.source == source) {
            let domain = domain.and_then(text).map(|domain| domain.to_lowercase());
            seen.push(SeenCustomer { source, name: name.and_then(text), domain });
        }
    };
    for customer in sources.customers.iter().flatten() {
        see(customer.tenant_id, CustomerSource::PartnerCenter, Some(&customer.name), customer.domain.as_deref());
    }
    for contract in sources.contracts.iter().flatten() {
        let (name, domain) = (contract.display_name.as_deref(), contract.default_domain_name.as_deref());
        see(contract.customer_id, CustomerSource::Contracts, name, domain);
    }
    let mut relationships: Vec<&Relationship> = sources.relationships.iter().flatten().collect();
    relationships
        .sort_by_key(|relationship| (!in_force(relationship), std::cmp::Reverse(relationship.created_date_time)));
    let mut active = BTreeSet::new();
    for relationship in relationships {
        if let Some(customer) = &relationship.customer {
            see(customer.tenant_id, CustomerSource::Relationships, customer.display_name.as_deref(), None);
            if in_force(relationship) {
                active.insert(customer.tenant_id);
            }
        }
    }
    let owners = owners(&merged);
    let mut customers: Vec<_> = merged
        .into_iter()
        .map(|(tenant_id, seen)| {
            let name = seen.iter().find_map(|seen| seen.name.clone()).unwrap_or_else(|| tenant_id.to_string());
            let domains: BTreeSet<String> = seen.iter().filter_map(|seen| seen.domain.clone()).collect();
            let mut differences = missing(sources, &seen);
            differences.extend(renamed(&name, &seen));
            if seen.iter().any(|seen| seen.source == CustomerSource::Relationships) && !active.contains(&tenant_id) {
                differences.push(Difference::NoRelationshipInForce);
            }
            differences.extend(shared(tenant_id, &domains, &owners));
            MappedCustomer { tenant_id, name, domains: domains.into_iter().collect(), seen, differences }
        })
        .collect();
    customers.sort_by_cached_key(|customer| (customer.name.to_lowercase(), customer.tenant_id));
    CustomerMap { customers, gaps: sources.gaps.clone() }
}

fn in_force(relationship: &Relationship) -> bool {
    relationship.status == RelationshipStatus::Active
}

fn missing(sources: &CustomerSources, seen: &[SeenCustomer]) -> Vec<Difference> {
    let absent = |source: &CustomerSource| sources.has(*source) && !seen.iter().any(|seen| seen.source == *source);
    CustomerSource::ALL.into_iter().filter(absent).map(|source| Difference::NotListed { source }).collect()
}

/// Names that differ in more than legal form, case and punctuation.
fn renamed(name: &str, seen: &[SeenCustomer]) -> Option<Difference> {
    let plain = PlainName::of(name);
    let mut others: Vec<String> = Vec::new();
    for other in seen.iter().filter_map(|seen| seen.name.as_ref()) {
        if PlainName::of(other) != plain && !others.contains(other) {
            others.push(other.clone());
        }
    }
    (!others.is_empty()).then_some(Difference::Names { others })
}

type Owners = BTreeMap<String, BTreeSet<TenantId>>;

/// The tenants of each domain.
fn owners(merged: &BTreeMap<TenantId, Vec<SeenCustomer>>) -> Owners {
    let mut owners = Owners::new();
    for (tenant, seen) in merged {
        for domain in seen.iter().filter_map(|seen| seen.domain.as_ref()) {
            owners.entry(domain.clone()).or_default().insert(*tenant);
        }
    }
    owners
}

fn shared<'a>(
    tenant: TenantId,
    domains: &'a BTreeSet<String>,
    owners: &'a Owners,
) -> impl Iterator<Item = Difference> + 'a {
    domains.iter().filter_map(move |domain| {
        let tenants: Vec<_> = owners.get(domain)?.iter().copied().filter(|other| *other != tenant).collect();
        (!tenants.is_empty()).then(|| Difference::SharedDomain { domain: domain.clone(), tenants })
    })
}
