//! Groups of the partner, and the state of any tenant.

use async_trait::async_trait;
use serde::Deserialize;
use serde::Serialize;

use bundle_core::auth::{Principal, TokenClaims};
use bundle_core::conditional_access::{ConditionalAccessPolicy, PolicyApi, PolicyUsers};
use bundle_core::directory::{Account, GroupApi, NewRoleGroup, Organization, RoleGroup, SubscribedSku, TenantApi};
use bundle_core::http::{Pager, odata_literal};
use bundle_core::ids::{GroupId, ObjectId, PolicyId, UserId};
use bundle_core::mapping::{Contract, ContractApi};
use bundle_core::{Result, TenantId};

use super::GraphPorts;
use crate::Query;

#[async_trait]
impl GroupApi for GraphPorts {
    async fn groups_starting_with(&self, prefix: &str) -> Result<Vec<RoleGroup>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Listed {
            #[serde(flatten)]
            group: RoleGroup,
            security_enabled: Option<bool>,
        }
        let query = Query::new().filter(format!("startswith(displayName,{})", odata_literal(prefix)));
        let graph = self.partner();
        let mut listed: Pager<Listed> =
            graph.list(graph.groups().list_request(&query, "id,displayName,securityEnabled"));
        let mut groups = Vec::new();
        while let Some(item) = listed.try_next().await? {
            // Distribution lists may have such names too.
            if item.security_enabled != Some(false) {
                groups.push(item.group);
            }
        }
        Ok(groups)
    }

    async fn create_group(&self, new: &NewRoleGroup, member: &UserId) -> Result<RoleGroup> {
        #[derive(Serialize)]
        struct WithMember<'a> {
            #[serde(flatten)]
            group: &'a NewRoleGroup,
            #[serde(rename = "members@odata.bind")]
            members: [String; 1],
        }
        let graph = self.partner();
        let members = [graph.object_url(&ObjectId::new(*member.as_uuid()))];
        graph.fetch(graph.groups().create_request(&WithMember { group: new, members })?).await
    }

    async fn members(&self, group: &GroupId) -> Result<Vec<UserId>> {
        let members = self.partner().groups().members(group).list(&Query::new()).collect_all().await?;
        Ok(members.iter().filter(|member| member.is_user()).map(|member| UserId::new(*member.id.as_uuid())).collect())
    }

    async fn add_member(&self, group: &GroupId, user: &UserId) -> Result<()> {
        self.partner().groups().members(group).add(&ObjectId::new(*user.as_uuid())).await
    }
}

#[async_trait]
impl TenantApi for GraphPorts {
    async fn me(&self) -> Result<Account> {
        self.partner().me().get().await
    }

    async fn token_claims(&self, tenant: &TenantId) -> Result<Option<TokenClaims>> {
        self.graph.token_claims(tenant, Principal::Account).await
    }

    async fn organization(&self, tenant: &TenantId) -> Result<Organization> {
        self.graph.for_tenant(tenant).organization().get().await
    }

    async fn licenses(&self, tenant: &TenantId) -> Result<Vec<SubscribedSku>> {
        self.graph.for_tenant(tenant).licenses().list().collect_all().await
    }
}

#[async_trait]
impl ContractApi for GraphPorts {
    async fn contracts(&self) -> Result<Vec<Contract>> {
        self.partner().contracts().list().collect_all().await
    }
}

#[async_trait]
impl PolicyApi for GraphPorts {
    async fn policies(&self, tenant: &TenantId, principal: Principal) -> Result<Vec<ConditionalAccessPolicy>> {
        self.graph.for_tenant(tenant).acting_as(principal).conditional_access().list().collect_all().await
    }

    async fn replace_users(
        &self,
        tenant: &TenantId,
        principal: Principal,
        policy: &PolicyId,
        users: &PolicyUsers,
    ) -> Result<()> {
        self.graph.for_tenant(tenant).acting_as(principal).conditional_access().update_users(policy, users).await
    }
}
