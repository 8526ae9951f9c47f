//! What a partner left behind in a customer's tenant.

use async_trait::async_trait;

use bundle_core::directory::ServicePrincipal;
use bundle_core::http::{Pager, odata_literal};
use bundle_core::ids::{ObjectId, UserId};
use bundle_core::offboarding::{Guest, NotificationMails, ServicePrincipalUpkeep, TraceApi};
use bundle_core::{Result, TenantId};

use super::GraphPorts;
use crate::Query;

#[async_trait]
impl TraceApi for GraphPorts {
    async fn guests(&self, tenant: &TenantId, domains: &[String]) -> Result<Vec<Guest>> {
        let graph = self.graph.for_tenant(tenant);
        let mut guests: Vec<Guest> = Vec::new();
        for domains in domains.chunks(DOMAINS) {
            let ends: Vec<String> = domains
                .iter()
                .map(|domain| format!("endswith(mail,{})", odata_literal(&format!("@{domain}"))))
                .collect();
            let query = Query::new().filter(format!("userType eq 'Guest' and ({})", ends.join(" or "))).advanced();
            let mut listed: Pager<Guest> = graph.list(graph.users().list_request(&query, GUEST));
            while let Some(guest) = listed.try_next().await? {
                guests.push(guest);
            }
        }
        Ok(guests)
    }

    async fn find_guest(&self, tenant: &TenantId, id: &UserId) -> Result<Option<Guest>> {
        let graph = self.graph.for_tenant(tenant);
        graph.find(graph.users().find_request(&id.to_string(), GUEST)).await
    }

    async fn delete_guest(&self, tenant: &TenantId, id: &UserId) -> Result<()> {
        self.graph.for_tenant(tenant).users().delete(id).await
    }

    async fn notification_mails(&self, tenant: &TenantId) -> Result<NotificationMails> {
        self.graph.for_tenant(tenant).organization().notification_mails().await
    }

    async fn replace_notification_mails(&self, tenant: &TenantId, mails: &NotificationMails) -> Result<()> {
        self.graph.for_tenant(tenant).organization().replace_notification_mails(mails).await
    }
}

#[async_trait]
impl ServicePrincipalUpkeep for GraphPorts {
    async fn owned_service_principals(&self, tenant: &TenantId, owner: &TenantId) -> Result<Vec<ServicePrincipal>> {
        let graph = self.graph.for_tenant(tenant);
        let query = Query::new().filter(format!("appOwnerOrganizationId eq {owner}")).advanced();
        graph.list(graph.service_principals().list_request(&query, PRINCIPAL)).collect_all().await
    }

    async fn delete_service_principal(&self, tenant: &TenantId, id: &ObjectId) -> Result<()> {
        self.graph.for_tenant(tenant).service_principals().delete(id).await
    }
}

/// What is read of a guest.
const GUEST: &str = "id,mail";

/// What tells service principals apart.
const PRINCIPAL: &str = "id,appId,displayName";

/// How many domains one filter names: the service takes 15 conditions at most.
const DOMAINS: usize = 10;
