//! This crate's part in the flows of `bundle-core`.

use async_trait::async_trait;
use bundle_core::customer::{ConsentApi, ConsentGrant, Customer, CustomerApi};
use bundle_core::gdap::{
    AccessAssignment, AccessDetails, AssignmentApi, AssignmentUpkeep, NewAccessAssignment, NewRelationship,
    Relationship, RelationshipApi, RelationshipStatus, RelationshipUpkeep,
};
use bundle_core::ids::{AccessAssignmentId, AppId, RelationshipId, RoleTemplateId};
use bundle_core::offboarding::{ResellerApi, ResellerLink};
use bundle_core::time::Days;
use bundle_core::{Error, ErrorKind, Result, TenantId};

use crate::client::PartnerCenterClient;
use crate::customers::{CustomerQuery, RelationshipToPartner};
use crate::gdap::{GdapClient, RelationshipPatch, RelationshipQuery};
use crate::subscriptions::SubscriptionStatus;

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
    async fn revoke(&self, customer: &TenantId, application: &AppId) -> Result<()> {
        self.application_consents(customer).revoke(application).await
    }

    async fn consent(&self, customer: &TenantId, application: &AppId, grants: &[ConsentGrant]) -> Result<()> {
        self.application_consents(customer).grant(application, grants).await
    }
}

#[async_trait]
impl ResellerApi for PartnerCenterClient {
    async fn reseller_link(&self, customer: &TenantId) -> Result<Option<ResellerLink>> {
        let record = match self.customers().find(customer).await {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(None),
            // What it answers about a tenant the partner does not sell to.
            Err(error) if error.kind() == ErrorKind::RelationshipInactive => return Ok(None),
            Err(error) => return Err(error),
        };
        if record.relationship_to_partner == Some(RelationshipToPartner::None) {
            return Ok(None);
        }
        let mut active = 0;
        let mut subscriptions = self.for_tenant(customer).subscriptions().list();
        while let Some(subscription) = subscriptions.try_next().await? {
            active += usize::from(subscription.status == Some(SubscriptionStatus::Active));
        }
        Ok(Some(ResellerLink::new(active)))
    }

    async fn end_reseller_link(&self, customer: &TenantId) -> Result<()> {
        match self.customers().remove_relationship(customer).await {
            // An earlier attempt has ended it.
            Err(error) if error.kind() == ErrorKind::RelationshipInactive => Err(error.with_kind(ErrorKind::NotFound)),
            result => result,
        }
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

#[async_trait]
impl RelationshipUpkeep for GdapClient {
    async fn switch_auto_extend(&self, id: &RelationshipId, on: bool) -> Result<()> {
        let decide = |relationship: &Relationship| {
            if relationship.extends_itself() == on {
                return Ok(None);
            }
            if on && relationship.access_details.has_global_administrator() {
                let name = &relationship.display_name;
                return Err(Error::config(format!(
                    "auto-extend: {name:?} has Global Administrator and cannot extend itself"
                )));
            }
            let extension = if on { NewRelationship::EXTENSION } else { Days::ZERO };
            Ok(Some(RelationshipPatch::new().auto_extend_duration(extension)))
        };
        self.relationships().change(id, decide).await.map(drop)
    }

    async fn remove_global_administrator(&self, id: &RelationshipId) -> Result<()> {
        let decide = |relationship: &Relationship| {
            if !relationship.access_details.has_global_administrator() {
                return Ok(None);
            }
            let left = relationship.roles().filter(|role| *role != RoleTemplateId::GLOBAL_ADMINISTRATOR);
            let left = AccessDetails::new(left);
            if left.unified_roles.is_empty() {
                let name = &relationship.display_name;
                return Err(Error::config(format!("roles: Global Administrator is the only role of {name:?}")));
            }
            Ok(Some(RelationshipPatch::new().access_details(left)))
        };
        self.relationships().change(id, decide).await.map(drop)
    }

    async fn terminate(&self, id: &RelationshipId) -> Result<()> {
        use RelationshipStatus as Status;
        let is_over = |status: &Status| {
            matches!(status, Status::TerminationRequested | Status::Terminating | Status::Terminated | Status::Expired)
        };
        if is_over(&self.relationships().get(id).await?.status) {
            return Ok(());
        }
        match self.requests(id).terminate().await {
            Ok(_) => Ok(()),
            // Somebody was faster, or the answer got lost: the status tells.
            Err(error) => match self.relationships().get(id).await {
                Ok(relationship) if is_over(&relationship.status) => Ok(()),
                _ => Err(error),
            },
        }
    }

    async fn delete(&self, id: &RelationshipId) -> Result<()> {
        self.relationships().remove(id).await
    }
}

#[async_trait]
impl AssignmentUpkeep for GdapClient {
    async fn replace_role(
        &self,
        relationship: &RelationshipId,
        assignment: &AccessAssignmentId,
        role: &RoleTemplateId,
    ) -> Result<()> {
        self.access_assignments(relationship).replace_role(assignment, role).await.map(drop)
    }

    async fn unassign(&self, relationship: &RelationshipId, assignment: &AccessAssignmentId) -> Result<()> {
        self.access_assignments(relationship).remove(assignment).await
    }
}
