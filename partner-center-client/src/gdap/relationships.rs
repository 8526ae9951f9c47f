//! Relationships: made by the partner, approved by the customer.

use bundle_core::gdap::{NewRelationship, Relationship, RelationshipStatus};
use bundle_core::http::{Pager, Safety, odata_literal};
use bundle_core::ids::{Etag, RelationshipId};
use bundle_core::{ErrorKind, Result, TenantId};
use http::Method;

use super::client::{GdapClient, if_match};
use super::current::{on_current, version};
use super::{Change, RelationshipPatch};

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
        self.client.list(request.query("$top", &query.top.unwrap_or(PAGE_SIZE).clamp(1, PAGE_SIZE).to_string()))
    }

    /// Reads one relationship.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: no such relationship of this partner; any other error of
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
    /// * [`ErrorKind::Config`]: see [`NewRelationship::check`]; nothing was sent.
    /// * [`ErrorKind::InvalidRequest`] or [`ErrorKind::Conflict`]: the name is taken, also by a relationship that has
    ///   ended, or a role is not offered.
    /// * [`ErrorKind::OutcomeUnknown`]: look for the name before repeating.
    ///
    /// Source: "Create delegatedAdminRelationship" (Microsoft Learn, Graph v1.0).
    pub async fn create(&self, new: &NewRelationship) -> Result<Relationship> {
        new.check()?;
        let request = self.client.start("graph.gdap.relationships.create", Method::POST, &[]);
        self.client.send(request.json(new)?).await?.json()
    }

    /// Changes a relationship that is still the version `etag` names.
    ///
    /// In status `created` everything may change; in status `active` only the auto-extension, and Global Administrator may
    /// be taken out of the roles. The latter is answered with [`Change::Accepted`].
    ///
    /// # Errors
    /// [`ErrorKind::PreconditionFailed`]: it has changed since, read it again; [`ErrorKind::InvalidRequest`]: the status
    /// does not allow the change; [`ErrorKind::Config`]: see [`RelationshipPatch::check`], nothing was sent.
    ///
    /// Source: "Update delegatedAdminRelationship" (Microsoft Learn, Graph v1.0).
    pub async fn update(
        &self,
        id: &RelationshipId,
        etag: &Etag,
        patch: &RelationshipPatch,
    ) -> Result<Change<Relationship>> {
        patch.check()?;
        let request = self.client.start("graph.gdap.relationships.update", Method::PATCH, &[id.as_str()]);
        let request = if_match(request, etag)?.json(patch)?.safety(Safety::Idempotent);
        Change::read(&self.client.send(request).await?)
    }

    /// Reads a relationship, lets `decide` say what to change about it, and changes that. When somebody else has changed
    /// it in between, it is read and decided once more. `None` changes nothing.
    ///
    /// # Errors
    /// As [`Relationships::get`] and [`Relationships::update`]; any error of `decide`.
    pub async fn change<F>(&self, id: &RelationshipId, decide: F) -> Result<Change<Relationship>>
    where
        F: Fn(&Relationship) -> Result<Option<RelationshipPatch>> + Send + Sync,
    {
        let read = || self.get(id);
        on_current(read, |relationship: Relationship| {
            let patch = decide(&relationship);
            async move {
                match patch? {
                    Some(patch) => self.update(id, version(relationship.etag.as_ref())?, &patch).await,
                    None => Ok(Change::Done(relationship)),
                }
            }
        })
        .await
    }

    /// Deletes a relationship in status `created`; later ones are terminated, see
    /// [`Requests::terminate`](super::Requests::terminate).
    ///
    /// # Errors
    /// [`ErrorKind::PreconditionFailed`]: it has changed since, read it again; [`ErrorKind::InvalidRequest`]: it has left
    /// status `created`.
    ///
    /// Source: "Delete delegatedAdminRelationship" (Microsoft Learn, Graph v1.0).
    pub async fn delete(&self, id: &RelationshipId, etag: &Etag) -> Result<()> {
        let request = self.client.start("graph.gdap.relationships.delete", Method::DELETE, &[id.as_str()]);
        self.client.send(if_match(request, etag)?).await.map(drop)
    }

    /// Deletes a relationship in status `created`, as it is now. One that is not there any more is fine.
    ///
    /// # Errors
    /// As [`Relationships::delete`]; `PreconditionFailed` only when it changes again and again.
    pub async fn remove(&self, id: &RelationshipId) -> Result<()> {
        let read = || self.get(id);
        let deleted = on_current(read, |relationship: Relationship| async move {
            self.delete(id, version(relationship.etag.as_ref())?).await
        });
        match deleted.await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
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
    /// How many on one page; 300 when not set, which is also the most: what is beyond 1 to 300 is sent as the nearer.
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

/// The largest page the service answers.
const PAGE_SIZE: u32 = 300;
