//! Relationships: made by the partner, approved by the customer.

use bundle_core::gdap::{AccessDetails, CustomerParticipant, NewRelationship, Relationship, RelationshipStatus};
use bundle_core::http::{Pager, Safety, odata_literal};
use bundle_core::ids::{Etag, RelationshipId};
use bundle_core::time::Days;
use bundle_core::{Result, TenantId};
use http::Method;
use serde::Serialize;

use super::Change;
use super::client::{GdapClient, if_match};

/// The relationships of the partner, reached by [`GdapClient::relationships`].
#[derive(Clone, Debug)]
pub struct Relationships {
    client: GdapClient,
}

impl Relationships {
    pub(super) fn new(client: GdapClient) -> Self {
        Self { client }
    }

    /// Lists relationships, in every state unless the query names one.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "List delegatedAdminRelationships" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self, query: &RelationshipQuery) -> Pager<Relationship> {
        let mut request = self.client.start("graph.gdap.relationships.list", Method::GET, &[]);
        if let Some(filter) = query.filter() {
            request = request.query("$filter", &filter);
        }
        self.client.list(request.query("$top", &query.top.unwrap_or(PAGE_SIZE).to_string()))
    }

    /// Reads one relationship.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such relationship of this partner; any other error of
    /// the pipeline.
    ///
    /// Source: "Get delegatedAdminRelationship" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self, id: &RelationshipId) -> Result<Relationship> {
        let request = self.client.start("graph.gdap.relationships.get", Method::GET, &[id.as_str()]);
        self.client.send(request).await?.json()
    }

    /// Creates a relationship. For some moments it may not be readable, or not be in status `created`, yet.
    ///
    /// # Errors
    /// * [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest) or
    ///   [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): the name is taken, also by a relationship that has
    ///   ended, or a role is not offered.
    /// * [`ErrorKind::OutcomeUnknown`](bundle_core::ErrorKind::OutcomeUnknown): look for the name before repeating.
    ///
    /// Source: "Create delegatedAdminRelationship" (Microsoft Learn, Graph v1.0).
    pub async fn create(&self, new: &NewRelationship) -> Result<Relationship> {
        let request = self.client.start("graph.gdap.relationships.create", Method::POST, &[]);
        self.client.send(request.json(new)?).await?.json()
    }

    /// Changes a relationship that is still the version `etag` names.
    ///
    /// In status `created` everything may change; in status `active` only the auto-extension, and Global Administrator may
    /// be taken out of the roles. The latter is answered with [`Change::Accepted`].
    ///
    /// # Errors
    /// [`ErrorKind::PreconditionFailed`](bundle_core::ErrorKind::PreconditionFailed): it has changed since, read it again;
    /// [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): the status does not allow the change.
    ///
    /// Source: "Update delegatedAdminRelationship" (Microsoft Learn, Graph v1.0).
    pub async fn update(
        &self,
        id: &RelationshipId,
        etag: &Etag,
        patch: &RelationshipPatch,
    ) -> Result<Change<Relationship>> {
        let request = self.client.start("graph.gdap.relationships.update", Method::PATCH, &[id.as_str()]);
        let request = if_match(request, etag)?.json(patch)?.safety(Safety::Idempotent);
        Change::read(&self.client.send(request).await?)
    }

    /// Deletes a relationship in status `created`; later ones are terminated, see
    /// [`Requests::terminate`](super::Requests::terminate).
    ///
    /// # Errors
    /// [`ErrorKind::PreconditionFailed`](bundle_core::ErrorKind::PreconditionFailed): it has changed since, read it again;
    /// [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): it has left status `created`.
    ///
    /// Source: "Delete delegatedAdminRelationship" (Microsoft Learn, Graph v1.0).
    pub async fn delete(&self, id: &RelationshipId, etag: &Etag) -> Result<()> {
        let request = self.client.start("graph.gdap.relationships.delete", Method::DELETE, &[id.as_str()]);
        self.client.send(if_match(request, etag)?).await.map(drop)
    }
}

/// Which relationships to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelationshipQuery {
    /// Only those in this status.
    pub status: Option<RelationshipStatus>,
    /// Only those with this customer.
    pub customer: Option<TenantId>,
    /// How many on one page; 300 when not set, which is also the most.
    pub top: Option<u32>,
}

impl RelationshipQuery {
    /// All relationships.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those in this status.
    #[must_use]
    pub fn status(mut self, status: RelationshipStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Only those with this customer.
    #[must_use]
    pub fn customer(mut self, customer: TenantId) -> Self {
        self.customer = Some(customer);
        self
    }

    /// Sets how many come on one page.
    #[must_use]
    pub fn top(mut self, top: u32) -> Self {
        self.top = Some(top);
        self
    }

    fn filter(&self) -> Option<String> {
        let status = self.status.as_ref().map(|status| format!("status eq {}", odata_literal(status.as_str())));
        let customer =
            self.customer.map(|customer| format!("customer/tenantId eq {}", odata_literal(&customer.to_string())));
        let terms: Vec<String> = status.into_iter().chain(customer).collect();
        (!terms.is_empty()).then(|| terms.join(" and "))
    }
}

/// What to change about a relationship; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RelationshipPatch {
    /// The name; only in status `created`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// How long it lasts; only in status `created`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Days>,
    /// By how much it extends itself: 180 days, or zero for never. Refused while Global Administrator is in the roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_extend_duration: Option<Days>,
    /// The customer who may accept; only in status `created`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerParticipant>,
    /// All roles that remain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_details: Option<AccessDetails>,
}

impl RelationshipPatch {
    /// Changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// Sets how long it lasts.
    #[must_use]
    pub fn duration(mut self, duration: Days) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Sets by how much it extends itself.
    #[must_use]
    pub fn auto_extend_duration(mut self, duration: Days) -> Self {
        self.auto_extend_duration = Some(duration);
        self
    }

    /// Sets the customer who may accept.
    #[must_use]
    pub fn customer(mut self, customer: CustomerParticipant) -> Self {
        self.customer = Some(customer);
        self
    }

    /// Sets all roles that remain.
    #[must_use]
    pub fn access_details(mut self, details: AccessDetails) -> Self {
        self.access_details = Some(details);
        self
    }
}

/// The largest page the service answers.
const PAGE_SIZE: u32 = 300;
