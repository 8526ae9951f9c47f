//! This crate's part in the flows of `bundle-core`.

use async_trait::async_trait;
use bundle_core::customer::{ConsentApi, ConsentGrant, Customer, CustomerApi};
use bundle_core::gdap::{
    AccessAssignment, AssignmentApi, NewAccessAssignment, NewRelationship, Relationship, RelationshipApi,
};
use bundle_core::ids::{AppId, RelationshipId};
use bundle_core::{ErrorKind, Result, TenantId};

use crate::client::PartnerCenterClient;
use crate::customers::CustomerQuery;
use crate::gdap::{GdapClient, RelationshipQuery};

#[async_trait]
impl CustomerApi for PartnerCenterClient {
    async fn customers(&self) -> Result<Vec<Customer>> {
        let records = self.customers().list(&CustomerQuery::new())?.collect_all().await?;
        Ok(records.into_iter().map(Customer::from).collect())
    }

    async fn customer(&self, tenant: &TenantId) -> Result<Customer> {
        match self.customers().get(tenant).await {
            Ok(record) => Ok(record.into()),
            // Partner Center has several codes for a tenant it does not know; the port promises one kind.
            Err(error) if error.status() == Some(404) => Err(error.with_kind(ErrorKind::NotFound)),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl ConsentApi for PartnerCenterClient {
    async fn consent(&self, customer: &TenantId, application: &AppId, grants: &[ConsentGrant]) -> Result<()> {
        self.application_consents(customer).grant(application, grants).await
    }
}

#[async_trait]
impl RelationshipApi for GdapClient {
    async fn relationships(&self) -> Result<Vec<Relationship>> {
        self.relationships().list(&RelationshipQuery::new()).collect_all().await
    }

    async fn relationship(&self, id: &RelationshipId) -> Result<Relationship> {
        self.relationships().get(id).await
    }

    async fn create_relationship(&self, new: &NewRelationship) -> Result<Relationship> {
        self.relationships().create(new).await
    }

    async fn lock_for_approval(&self, relationship: &Relationship) -> Result<()> {
        // Without the entity tag: the service itself touches a relationship for a moment after its creation.
        self.requests(&relationship.id).lock_for_approval(None).await.map(drop)
    }
}

#[async_trait]
impl AssignmentApi for GdapClient {
    async fn assignments(&self, relationship: &RelationshipId) -> Result<Vec<AccessAssignment>> {
        self.access_assignments(relationship).list().collect_all().await
    }

    async fn assignments_of(&self, relationships: &[RelationshipId]) -> Result<Vec<Result<Vec<AccessAssignment>>>> {
        self.access_assignments_of(relationships).await
    }

    async fn assign(&self, relationship: &RelationshipId, new: &NewAccessAssignment) -> Result<AccessAssignment> {
        self.access_assignments(relationship).create(new).await
    }
}
