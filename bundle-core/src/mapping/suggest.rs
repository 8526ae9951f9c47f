//! Which organisation a customer probably is: pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::merge::MappedCustomer;
use super::name::PlainName;
use crate::ids::TenantId;

/// An organisation of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Organization {
    /// The platform's own id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The domains the platform knows it by.
    #[serde(default)]
    pub domains: Vec<String>,
    /// The tenant it is linked to.
    #[serde(default)]
    pub tenant_id: Option<TenantId>,
}

impl Organization {
    /// An organisation that is not linked.
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), domains: Vec::new(), tenant_id: None }
    }

    /// Names its domains.
    #[must_use]
    pub fn domains<I: IntoIterator<Item = S>, S: Into<String>>(mut self, domains: I) -> Self {
        self.domains = domains.into_iter().map(Into::into).collect();
        self
    }

    /// Names the tenant it is linked to.
    #[must_use]
    pub fn linked_to(mut self, tenant: TenantId) -> Self {
        self.tenant_id = Some(tenant);
        self
    }
}

/// What is linked, and what could be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MappingPlan {
    /// Customers with an organisation: the stored links, whatever names and domains say.
    pub linked: Vec<LinkedCustomer>,
    /// Customers without one, with the organisations they may be; without a candidate the list is empty.
    pub unlinked: Vec<CustomerSuggestions>,
    /// Organisations linked to a tenant that no source lists (any more), by id.
    pub orphans: Vec<String>,
}

/// A customer and its organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LinkedCustomer {
    /// The customer's tenant.
    pub tenant_id: TenantId,
    /// The organisations linked to it; more than one is for a person to sort out.
    pub organizations: Vec<String>,
    /// Its names: the customer's, and the organisations' that are not like it.
    pub renamed: Vec<String>,
    /// Domains of the customer that other organisations are known by: a domain has moved, the link has not.
    pub domains_elsewhere: Vec<String>,
}

/// A customer without an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerSuggestions {
    /// The customer's tenant.
    pub tenant_id: TenantId,
    /// The customer's name.
    pub name: String,
    /// The organisations it may be, the likeliest first, three at most.
    pub candidates: Vec<Suggestion>,
    /// Whether the first candidate is no safe choice: another is about as likely, or it is about as likely for another
    /// customer.
    pub ambiguous: bool,
}

/// An organisation a customer may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Suggestion {
    /// The organisation.
    pub organization: String,
    /// How likely, from 50 to 100.
    pub score: u8,
    /// Why.
    pub reasons: Vec<MatchReason>,
}

/// Why a customer may be an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum MatchReason {
    /// They have a domain in common.
    SameDomain {
        /// The domain.
        domain: String,
    },
    /// The names are the same but for legal form, case, accents and punctuation.
    SameName,
    /// The names are alike.
    SimilarName {
        /// How much, in percent.
        percent: u8,
    },
    /// The customer's initial domain (`contoso.onmicrosoft.com`) is the organisation's name.
    InitialDomainIsName,
}

impl fmt::Display for MatchReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameDomain { domain } => write!(f, "both have the domain {domain}"),
            Self::SameName => f.write_str("the names are the same"),
            Self::SimilarName { percent } => write!(f, "the names are {percent} % alike"),
            Self::InitialDomainIsName => f.write_str("the initial domain is the name"),
        }
    }
}

/// Suggests organisations for customers that have none.
///
/// A stored link holds, whatever has become of names and domains; what does not fit is told beside it. A linked
/// organisation is suggested to nobody else. Domains that everybody can have (`outlook.com`) say nothing.
///
/// ```
/// use bundle_core::TenantId;
/// use bundle_core::customer::Customer;
/// use bundle_core::mapping::{CustomerSources, Organization, merge_customers, suggest};
///
/// let tenant = TenantId::from_u128(1);
/// let sources = CustomerSources {
///     customers: Some(vec![Customer::new(tenant, "Contoso GmbH").domain("contoso.com")]),
///     ..CustomerSources::default()
/// };
/// let map = merge_customers(&sources);
/// let plan = suggest(&map.customers, &[Organization::new("17", "Contoso").domains(["contoso.com"])]);
/// assert_eq!((plan.unlinked[0].candidates[0].score, plan.unlinked[0].ambiguous), (100, false));
/// ```
#[must_use]
pub fn suggest(customers: &[MappedCustomer], organizations: &[Organization]) -> MappingPlan {
    let known: Vec<Known<'_>> = organizations.iter().map(Known::of).collect();
    let tenants: BTreeSet<TenantId> = customers.iter().map(|customer| customer.tenant_id).collect();
    let mut links: BTreeMap<TenantId, Vec<&Known<'_>>> = BTreeMap::new();
    let mut plan = MappingPlan::default();
    for organization in &known {
        match organization.organization.tenant_id {
            Some(tenant) if tenants.contains(&tenant) => links.entry(tenant).or_default().push(organization),
            Some(_) => plan.orphans.push(organization.organization.id.clone()),
            None => {}
        }
    }
    let free: Vec<&Known<'_>> = known.iter().filter(|known| known.organization.tenant_id.is_none()).collect();
    for customer in customers {
        match links.get(&customer.tenant_id) {
            Some(own) => plan.linked.push(linked(customer, own, &known)),
            None => plan.unlinked.push(candidates(customer, &free)),
        }
    }
    mark_contested(&mut plan.unlinked);
    plan
}

/// An organisation, made comparable.
struct Known<'a> {
    organization: &'a Organization,
    name: PlainName,
    domains: BTreeSet<String>,
}

impl<'a> Known<'a> {
    fn of(organization: &'a Organization) -> Self {
        let domains = organization.domains.iter().map(|domain| domain.trim().to_lowercase());
        let domains = domains.filter(|domain| !EVERYBODY.contains(&domain.as_str())).collect();
        Self { organization, name: PlainName::of(&organization.name), domains }
    }
}

fn linked(customer: &MappedCustomer, own: &[&Known<'_>], all: &[Known<'_>]) -> LinkedCustomer {
    let name = PlainName::of(&customer.name);
    let other = |known: &&&Known<'_>| name.likeness(&known.name) < ALIKE;
    let elsewhere = |domain: &&String| {
        all.iter().any(|known| {
            known.organization.tenant_id != Some(customer.tenant_id) && known.domains.contains(domain.as_str())
        })
    };
    LinkedCustomer {
        tenant_id: customer.tenant_id,
        organizations: own.iter().map(|known| known.organization.id.clone()).collect(),
        renamed: own.iter().filter(other).map(|known| known.organization.name.clone()).collect(),
        domains_elsewhere: customer.domains.iter().filter(elsewhere).cloned().collect(),
    }
}

fn candidates(customer: &MappedCustomer, free: &[&Known<'_>]) -> CustomerSuggestions {
    let name = PlainName::of(&customer.name);
    let mut candidates: Vec<Suggestion> = free.iter().filter_map(|known| score(customer, &name, known)).collect();
    candidates.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.organization.cmp(&b.organization)));
    candidates.truncate(SHOWN);
    let ambiguous = matches!(candidates.as_slice(), [first, second, ..] if first.score - second.score < MARGIN);
    CustomerSuggestions { tenant_id: customer.tenant_id, name: customer.name.clone(), candidates, ambiguous }
}

fn score(customer: &MappedCustomer, name: &PlainName, known: &Known<'_>) -> Option<Suggestion> {
    let mut reasons = Vec::new();
    // Names are anybody's; without a domain in common no match is certain.
    let (mut score, mut most) = (0_u8, NAME + MARGIN / 2);
    let initial = |domain: &&String| {
        let label = domain.strip_suffix(INITIAL).unwrap_or_default();
        !label.is_empty() && label == known.name.letters()
    };
    if let Some(domain) = customer.domains.iter().find(|domain| known.domains.contains(domain.as_str())) {
        reasons.push(MatchReason::SameDomain { domain: domain.clone() });
        (score, most) = (DOMAIN, 100);
    } else if customer.domains.iter().any(|domain| initial(&domain)) {
        reasons.push(MatchReason::InitialDomainIsName);
        score = NAME;
    }
    let likeness = name.likeness(&known.name);
    let percent = percent(likeness);
    if percent == 100 {
        reasons.push(MatchReason::SameName);
    } else if likeness >= ALIKE {
        reasons.push(MatchReason::SimilarName { percent });
    }
    let by_name = if likeness >= ALIKE { percent.saturating_sub(100 - NAME) } else { 0 };
    // Two reasons say more than the better one of them.
    let both = if score > 0 { by_name / 3 } else { 0 };
    let score = (score.max(by_name) + both).min(most);
    (score >= LEAST).then(|| Suggestion { organization: known.organization.id.clone(), score, reasons })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a likeness is from 0 to 1")]
fn percent(likeness: f64) -> u8 {
    (likeness * 100.0).floor() as u8
}

/// An organisation that is about as likely for two customers is safe for neither.
fn mark_contested(unlinked: &mut [CustomerSuggestions]) {
    let mut best: BTreeMap<String, Vec<(u8, usize)>> = BTreeMap::new();
    for (at, customer) in unlinked.iter().enumerate() {
        if let Some(first) = customer.candidates.first() {
            best.entry(first.organization.clone()).or_default().push((first.score, at));
        }
    }
    for mut rivals in best.into_values().filter(|rivals| rivals.len() > 1) {
        rivals.sort_unstable_by(|a, b| b.cmp(a));
        let (top, second) = (rivals[0].0, rivals[1].0);
        for (position, (_, at)) in rivals.into_iter().enumerate() {
            // The clear winner keeps it; whoever else has it first has no safe choice.
            unlinked[at].ambiguous |= position > 0 || top - second < MARGIN;
        }
    }
}

/// Names at least so alike are worth a look.
const ALIKE: f64 = 0.7;
/// What a domain in common is worth.
const DOMAIN: u8 = 85;
/// What the same name is worth.
const NAME: u8 = 80;
/// What is not worth showing.
const LEAST: u8 = 50;
/// How far ahead a candidate has to be to be the one.
const MARGIN: u8 = 10;
/// How many candidates are shown.
const SHOWN: usize = 3;
/// The end of the domain each tenant begins with.
const INITIAL: &str = ".onmicrosoft.com";
/// Domains of mail for everybody.
const EVERYBODY: [&str; 12] = [
    "aol.com",
    "gmail.com",
    "gmx.de",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "msn.com",
    "outlook.com",
    "t-online.de",
    "web.de",
    "yahoo.com",
];
