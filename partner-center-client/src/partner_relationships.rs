//! Relationships with other partners: who sells for whom.

use bundle_core::http::Pager;
use bundle_core::{TenantId, open_enum};
use http::Method;
use serde::Deserialize;

use crate::client::PartnerCenterClient;

/// Relationships between partners, reached by [`PartnerCenterClient::partner_relationships`] and, for those that concern
/// one customer, by [`PartnerCenterTenant::partner_relationships`](crate::PartnerCenterTenant::partner_relationships).
#[derive(Clone, Debug)]
pub struct PartnerRelationships {
    client: PartnerCenterClient,
    customer: Option<TenantId>,
}

impl PartnerRelationships {
    pub(crate) fn new(client: PartnerCenterClient) -> Self {
        Self { client, customer: None }
    }

    pub(crate) fn of_customer(client: PartnerCenterClient, customer: TenantId) -> Self {
        Self { client, customer: Some(customer) }
    }

    /// Lists the partners this one has the relationship with: a provider asks for
    /// [`IndirectCloudSolutionProviderOf`](PartnerRelationshipType::IndirectCloudSolutionProviderOf) and gets its
    /// resellers.
    ///
    /// # Permissions
    /// The account is in `AdminAgents`; the application alone is accepted too.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get a list of indirect resellers", "Get indirect resellers of a customer" (Microsoft Learn, Partner
    /// Center).
    #[must_use]
    pub fn list(&self, kind: &PartnerRelationshipType) -> Pager<PartnerRelationship> {
        let operation = "partner-center.partner-relationships.list";
        let request = match &self.customer {
            None => self.client.operation(operation, Method::GET, &["relationships"]),
            Some(customer) => {
                let id = customer.to_string();
                self.client.operation(operation, Method::GET, &["customers", &id, "relationships"]).about(*customer)
            }
        };
        self.client.pages(request.query("relationship_type", kind.as_str()))
    }
}

open_enum! {
    /// What one partner is to another.
    pub enum PartnerRelationshipType {
        /// The provider of resellers.
        IndirectCloudSolutionProviderOf = "IsIndirectCloudSolutionProviderOf",
        /// A reseller of providers.
        IndirectResellerOf = "IsIndirectResellerOf",
    }
}

/// Another partner.
///
/// Source: "Relationships resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PartnerRelationship {
    /// The tenant of the other partner.
    pub id: TenantId,
    /// Its country.
    #[serde(default)]
    pub location: Option<String>,
    /// Its Microsoft Partner Network id, in older answers.
    #[serde(default, deserialize_with = "crate::wire::text")]
    pub mpn_id: Option<String>,
    /// Its partner id, in newer answers.
    #[serde(default, deserialize_with = "crate::wire::text")]
    pub partner_id: Option<String>,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is to this partner.
    #[serde(default)]
    pub relationship_type: Option<String>,
    /// For example `active`.
    #[serde(default)]
    pub state: Option<String>,
}
