//! App registrations, their secrets and the accounts behind them, in the partner's own tenant.

use async_trait::async_trait;
use jiff::Timestamp;

use bundle_core::Result;
use bundle_core::account::NewAccount;
use bundle_core::catalog::RequiredResourceAccess;
use bundle_core::directory::Account;
use bundle_core::http::odata_literal;
use bundle_core::ids::{AppId, KeyId, ObjectId, RoleTemplateId, UserId};
use bundle_core::registration::{
    AccountApi, AddedSecret, AppRegistration, ApplicationApi, NewAppRegistration, PerUserMfaState, RoleApi, SecretApi,
};

use super::GraphPorts;
use crate::directory::me::ACCOUNT_PROPERTIES;
use crate::{AppRegistrationPatch, NewRoleAssignment, Query};

#[async_trait]
impl ApplicationApi for GraphPorts {
    async fn find_application(&self, application: &AppId) -> Result<Option<AppRegistration>> {
        self.partner().applications().find(application).await
    }

    async fn applications_named(&self, name: &str) -> Result<Vec<AppRegistration>> {
        self.partner().applications().list_named(name).collect_all().await
    }

    async fn create_application(&self, new: &NewAppRegistration) -> Result<AppRegistration> {
        self.partner().applications().create(new).await
    }

    async fn replace_required_access(&self, id: &ObjectId, access: &[RequiredResourceAccess]) -> Result<()> {
        let patch = AppRegistrationPatch::new().required_resource_access(access.to_vec());
        self.partner().applications().update(id, &patch).await
    }
}

#[async_trait]
impl SecretApi for GraphPorts {
    async fn add_secret(&self, application: &ObjectId, name: &str, end: Timestamp) -> Result<AddedSecret> {
        self.partner().applications().add_password(application, name, end).await
    }

    async fn remove_secret(&self, application: &ObjectId, key: &KeyId) -> Result<()> {
        self.partner().applications().remove_password(application, key).await
    }
}

#[async_trait]
impl AccountApi for GraphPorts {
    async fn find_account(&self, user_principal_name: &str) -> Result<Option<Account>> {
        let graph = self.partner();
        graph.find(graph.users().find_request(user_principal_name, ACCOUNT_PROPERTIES)).await
    }

    async fn create_account(&self, new: &NewAccount) -> Result<Account> {
        let graph = self.partner();
        graph.fetch(graph.users().create_request(new)?).await
    }

    async fn mfa_state(&self, user: &UserId) -> Result<PerUserMfaState> {
        self.partner().authentication().mfa_state(user).await
    }

    async fn enforce_mfa(&self, user: &UserId) -> Result<()> {
        self.partner().authentication().set_mfa_state(user, PerUserMfaState::Enforced).await
    }
}

#[async_trait]
impl RoleApi for GraphPorts {
    async fn roles(&self, user: &UserId) -> Result<Vec<RoleTemplateId>> {
        let query = Query::new().filter(format!("principalId eq {}", odata_literal(&user.to_string())));
        let assignments = self.partner().role_assignments().list(&query).collect_all().await?;
        let tenant_wide = assignments.iter().filter(|one| one.directory_scope_id.as_deref() == Some("/"));
        Ok(tenant_wide.map(|one| one.role_definition_id).collect())
    }

    async fn assign_role(&self, user: &UserId, role: &RoleTemplateId) -> Result<()> {
        let new = NewRoleAssignment::new(ObjectId::new(*user.as_uuid()), *role);
        self.partner().role_assignments().create(&new).await.map(drop)
    }
}
