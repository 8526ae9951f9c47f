//! Service principals and what they are granted, in any tenant.

use async_trait::async_trait;
use serde_json::Value;

use bundle_core::directory::{
    AppRoleAssignment, GrantApi, Grants, NewAppRoleAssignment, ScopeChange, ServicePrincipal, ServicePrincipalApi,
};
use bundle_core::http::Pager;
use bundle_core::ids::{AppId, ObjectId};
use bundle_core::{Error, ErrorKind, Result, TenantId};

use super::GraphPorts;
use crate::TenantGraph;
use crate::directory::app_role_assignments::is_default_access;

#[async_trait]
impl ServicePrincipalApi for GraphPorts {
    async fn service_principal(&self, tenant: &TenantId, application: &AppId) -> Result<Option<ServicePrincipal>> {
        let graph = self.graph.for_tenant(tenant);
        graph.find(graph.service_principals().find_request(application, IDENTITY)).await
    }

    async fn service_principals(
        &self,
        tenant: &TenantId,
        applications: &[AppId],
    ) -> Result<Vec<Option<ServicePrincipal>>> {
        let graph = self.graph.for_tenant(tenant);
        let principals = graph.service_principals();
        let requests: Vec<_> = applications.iter().map(|app| principals.find_request(app, IDENTITY)).collect();
        let mut found = Vec::with_capacity(requests.len());
        for answer in graph.batch().requests(requests).send().await? {
            found.push(match answer {
                Ok(answer) => Some(answer.json()?),
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            });
        }
        Ok(found)
    }

    async fn resource(&self, tenant: &TenantId, application: &AppId) -> Result<Option<ServicePrincipal>> {
        let graph = self.graph.for_tenant(tenant);
        graph.find(graph.service_principals().find_request(application, OFFERS)).await
    }

    async fn create_service_principal(&self, tenant: &TenantId, application: &AppId) -> Result<ServicePrincipal> {
        let graph = self.graph.for_tenant(tenant);
        graph.fetch(graph.service_principals().create_request(application)?).await
    }
}

#[async_trait]
impl GrantApi for GraphPorts {
    async fn grants(&self, tenant: &TenantId, client: &ObjectId) -> Result<Grants> {
        let graph = self.graph.for_tenant(tenant);
        Ok(Grants {
            app_roles: app_roles(&graph, client).await?,
            permission_grants: graph.service_principals().permission_grants(client).collect_all().await?,
        })
    }

    async fn assign_app_role(&self, tenant: &TenantId, new: &NewAppRoleAssignment) -> Result<()> {
        let principals = self.graph.for_tenant(tenant).service_principals();
        principals.app_role_assignments(&new.principal_id).grant(&new.resource_id, &new.app_role_id).await.map(drop)
    }

    async fn assign_app_roles(&self, tenant: &TenantId, new: &[NewAppRoleAssignment]) -> Result<Vec<Result<()>>> {
        let graph = self.graph.for_tenant(tenant);
        let principals = graph.service_principals();
        let mut requests = Vec::with_capacity(new.len());
        for new in new {
            let roles = principals.app_role_assignments(&new.principal_id);
            requests.push(roles.grant_request(&new.resource_id, &new.app_role_id)?);
        }
        let mut outcomes: Vec<Result<()>> = requests.iter().map(|_| Ok(())).collect();
        // One batch at a time: grants to one service principal conflict with each other.
        let mut answers = graph.batch().requests(requests).concurrency(1).stream()?;
        while let Some((position, answer)) = answers.next().await {
            outcomes[position] = answer.map(drop);
        }
        Ok(outcomes)
    }

    async fn grant_scope(&self, tenant: &TenantId, change: &ScopeChange) -> Result<()> {
        let grants = self.graph.for_tenant(tenant).permission_grants();
        match change {
            ScopeChange::Create(new) => grants.create(new).await.map(drop),
            ScopeChange::Replace { grant, scope } => grants.update_scope(grant, scope).await,
            other => Err(Error::config(format!("this version cannot carry out {other:?}"))),
        }
    }
}

/// The application permissions of a client. Default access to an application is no permission and left out.
async fn app_roles(graph: &TenantGraph, client: &ObjectId) -> Result<Vec<AppRoleAssignment>> {
    let request = graph.service_principals().app_role_assignments(client).list_request("id,appRoleId,resourceId");
    let mut listed: Pager<Value> = graph.list(request);
    let mut roles = Vec::new();
    while let Some(item) = listed.try_next().await? {
        if item["appRoleId"].as_str().is_some_and(is_default_access) {
            continue;
        }
        roles.push(serde_json::from_value(item).map_err(|_| {
            Error::new(ErrorKind::Decode, "an application permission cannot be read")
                .with_operation("graph.app_role_assignments.list")
                .with_tenant(*graph.tenant())
        })?);
    }
    Ok(roles)
}

/// What tells service principals apart.
const IDENTITY: &str = "id,appId,displayName";

/// What a resource offers; that of Microsoft Graph is large.
const OFFERS: &str = "id,appId,displayName,appRoles,oauth2PermissionScopes";
