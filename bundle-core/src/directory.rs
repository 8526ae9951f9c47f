//! Directory objects the flows work with, and the ports that reach them.
//!
//! The models hold what the flows need; `graph-client` answers them and offers many more properties of its own.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::auth::TokenClaims;
use crate::error::Result;
use crate::ids::{AppId, GroupId, ObjectId, PermissionId, SkuId, TenantId, UserId};

/// A user, as far as set-up needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Account {
    /// The object id.
    pub id: UserId,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The name shown.
    #[serde(default)]
    pub display_name: Option<String>,
}

/// A tenant's own record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Organization {
    /// The tenant.
    pub id: TenantId,
    /// The name shown.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The domains of the tenant.
    #[serde(default)]
    pub verified_domains: Vec<VerifiedDomain>,
}

impl Organization {
    /// The domain the tenant was created with (`contoso.onmicrosoft.com`).
    #[must_use]
    pub fn initial_domain(&self) -> Option<&str> {
        self.verified_domains.iter().find(|domain| domain.is_initial).map(|domain| domain.name.as_str())
    }
}

/// A domain of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct VerifiedDomain {
    /// The name.
    pub name: String,
    /// Whether new users get it.
    #[serde(default)]
    pub is_default: bool,
    /// Whether the tenant was created with it.
    #[serde(default)]
    pub is_initial: bool,
}

/// A security group, as far as the flows need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RoleGroup {
    /// The object id.
    pub id: GroupId,
    /// The name; not unique in a directory.
    pub display_name: String,
}

/// A security group to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewRoleGroup {
    /// The name.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// The mail alias the service insists on: no spaces, at most 64 characters.
    pub mail_nickname: String,
    /// Whether it has a mailbox: never.
    pub mail_enabled: bool,
    /// Whether it grants access: always.
    pub security_enabled: bool,
    /// Whether directory roles can be assigned to it. Needs Entra ID P1 and cannot be changed later.
    pub is_assignable_to_role: bool,
    /// Who may see its members; groups that hold roles are private.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
}

impl NewRoleGroup {
    /// A security group.
    #[must_use]
    pub fn new(name: &str, description: &str, assignable_to_role: bool) -> Self {
        let mail_nickname =
            name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect::<String>();
        Self {
            display_name: name.to_owned(),
            description: description.to_owned(),
            mail_nickname,
            mail_enabled: false,
            security_enabled: true,
            is_assignable_to_role: assignable_to_role,
            visibility: assignable_to_role.then(|| "Private".to_owned()),
        }
    }
}

/// A service principal (enterprise application) with the permissions it offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServicePrincipal {
    /// The object id in this tenant.
    pub id: ObjectId,
    /// The application.
    pub app_id: AppId,
    /// The name shown.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The application permissions it offers.
    #[serde(default)]
    pub app_roles: Vec<OfferedPermission>,
    /// The delegated permissions it offers.
    #[serde(default)]
    pub oauth2_permission_scopes: Vec<OfferedPermission>,
}

/// A permission a resource offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OfferedPermission {
    /// The id.
    pub id: PermissionId,
    /// The name; absent for the default role of an application without roles.
    #[serde(default)]
    pub value: Option<String>,
    /// Whether it can be granted.
    #[serde(default = "yes")]
    pub is_enabled: bool,
}

fn yes() -> bool {
    true
}

/// An application permission granted to a service principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AppRoleAssignment {
    /// The service principal of the resource.
    pub resource_id: ObjectId,
    /// The permission.
    pub app_role_id: PermissionId,
}

/// An application permission to grant. All three are ids in the tenant at hand, the permission's aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewAppRoleAssignment {
    /// The service principal that gets the permission.
    pub principal_id: ObjectId,
    /// The service principal of the resource.
    pub resource_id: ObjectId,
    /// The permission.
    pub app_role_id: PermissionId,
}

impl NewAppRoleAssignment {
    /// Grants `app_role` of `resource` to `principal`.
    #[must_use]
    pub fn new(principal: ObjectId, resource: ObjectId, app_role: PermissionId) -> Self {
        Self { principal_id: principal, resource_id: resource, app_role_id: app_role }
    }
}

open_enum! {
    /// For whom a delegated permission grant holds.
    pub enum ConsentType {
        /// For every user of the tenant.
        AllPrincipals = "AllPrincipals",
        /// For one user.
        Principal = "Principal",
    }
}

/// A delegated permission grant (`oauth2PermissionGrant`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PermissionGrant {
    /// The id.
    pub id: crate::ids::PermissionGrantId,
    /// For whom it holds.
    pub consent_type: ConsentType,
    /// The service principal of the resource.
    pub resource_id: ObjectId,
    /// The names, separated by spaces; often with a leading space.
    #[serde(default)]
    pub scope: Option<String>,
}

/// A delegated permission grant to create, for all users of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewPermissionGrant {
    /// The service principal of the application.
    pub client_id: ObjectId,
    /// For whom it holds.
    pub consent_type: ConsentType,
    /// The service principal of the resource.
    pub resource_id: ObjectId,
    /// The names, separated by spaces; at most 8 000 characters.
    pub scope: String,
}

impl NewPermissionGrant {
    /// Grants the permissions in `scope` for all users.
    #[must_use]
    pub fn new(client: ObjectId, resource: ObjectId, scope: impl Into<String>) -> Self {
        Self { client_id: client, consent_type: ConsentType::AllPrincipals, resource_id: resource, scope: scope.into() }
    }
}

/// What an application is granted in one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Application permissions.
    pub app_roles: Vec<AppRoleAssignment>,
    /// Delegated permissions.
    pub permission_grants: Vec<PermissionGrant>,
}

/// A licence a tenant has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SubscribedSku {
    /// The product.
    pub sku_id: SkuId,
    /// The product's short name, for example `O365_BUSINESS_PREMIUM`.
    #[serde(default)]
    pub sku_part_number: Option<String>,
    /// `Enabled`, `Warning`, `Suspended`, `Deleted` or `LockedOut`.
    #[serde(default)]
    pub capability_status: Option<String>,
    /// The services in it.
    #[serde(default)]
    pub service_plans: Vec<ServicePlan>,
}

/// A service within a licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServicePlan {
    /// The short name, for example `EXCHANGE_S_STANDARD`.
    #[serde(default)]
    pub service_plan_name: Option<String>,
    /// `Success`, `Disabled`, `PendingInput`, `PendingActivation` …
    #[serde(default)]
    pub provisioning_status: Option<String>,
}

/// The partner's own tenant: who is signed in, and its groups.
///
/// # Behavior
/// * [`GroupApi::groups_starting_with`] compares names without regard to case and answers all pages.
/// * [`GroupApi::members`] answers direct members that are users.
/// * [`GroupApi::create_group`] creates the group and its membership in one step: a group made a moment ago may not be
///   found yet.
/// * [`GroupApi::add_member`] answers `Conflict` for a member that is there already.
#[async_trait]
pub trait GroupApi: std::fmt::Debug + Send + Sync {
    /// Lists the security groups whose names begin with `prefix`.
    async fn groups_starting_with(&self, prefix: &str) -> Result<Vec<RoleGroup>>;

    /// Creates a security group with one user in it.
    async fn create_group(&self, new: &NewRoleGroup, member: &UserId) -> Result<RoleGroup>;

    /// Lists the users in a group.
    async fn members(&self, group: &GroupId) -> Result<Vec<UserId>>;

    /// Adds a user to a group.
    async fn add_member(&self, group: &GroupId, user: &UserId) -> Result<()>;
}

/// Who is signed in, and the state of a tenant.
///
/// # Behavior
/// * All reads are made as the service account.
/// * [`TenantApi::licenses`] of a tenant without licences is empty.
#[async_trait]
pub trait TenantApi: std::fmt::Debug + Send + Sync {
    /// The service account in its home tenant.
    async fn me(&self) -> Result<Account>;

    /// What the account's token in `tenant` says about itself.
    async fn token_claims(&self, tenant: &TenantId) -> Result<Option<TokenClaims>>;

    /// The tenant's own record.
    async fn organization(&self, tenant: &TenantId) -> Result<Organization>;

    /// The licences of the tenant.
    async fn licenses(&self, tenant: &TenantId) -> Result<Vec<SubscribedSku>>;
}

/// Service principals of any tenant, reached as the service account.
///
/// # Behavior
/// * An absent service principal is `None`, not an error.
/// * [`ServicePrincipalApi::service_principal`] leaves the offered permissions out: Graph's own fill a megabyte.
/// * Creating what is there already answers `Conflict`.
#[async_trait]
pub trait ServicePrincipalApi: std::fmt::Debug + Send + Sync {
    /// Finds the service principal of an application.
    async fn service_principal(&self, tenant: &TenantId, application: &AppId) -> Result<Option<ServicePrincipal>>;

    /// Finds the service principals of several applications; the answers come in the order asked for. One after the
    /// other unless the implementer knows better.
    async fn service_principals(
        &self,
        tenant: &TenantId,
        applications: &[AppId],
    ) -> Result<Vec<Option<ServicePrincipal>>> {
        let mut found = Vec::with_capacity(applications.len());
        for application in applications {
            found.push(self.service_principal(tenant, application).await?);
        }
        Ok(found)
    }

    /// Finds the service principal of a resource with the permissions it offers.
    async fn resource(&self, tenant: &TenantId, application: &AppId) -> Result<Option<ServicePrincipal>>;

    /// Creates the service principal of an application.
    async fn create_service_principal(&self, tenant: &TenantId, application: &AppId) -> Result<ServicePrincipal>;
}

/// What service principals are granted, in any tenant, reached as the service account.
///
/// # Behavior
/// * Granting what is there already answers `Conflict`.
/// * Of several application permissions one that cannot be granted does not stop the others.
/// * [`GrantApi::grants`] answers all pages of both kinds.
#[async_trait]
pub trait GrantApi: std::fmt::Debug + Send + Sync {
    /// Lists what a service principal is granted.
    async fn grants(&self, tenant: &TenantId, client: &ObjectId) -> Result<Grants>;

    /// Grants an application permission.
    async fn assign_app_role(&self, tenant: &TenantId, new: &NewAppRoleAssignment) -> Result<()>;

    /// Grants application permissions and answers the outcome of each, in their order; an error stands for all of them.
    /// One after the other unless the implementer knows better.
    async fn assign_app_roles(&self, tenant: &TenantId, new: &[NewAppRoleAssignment]) -> Result<Vec<Result<()>>> {
        let mut outcomes = Vec::with_capacity(new.len());
        for new in new {
            outcomes.push(self.assign_app_role(tenant, new).await);
        }
        Ok(outcomes)
    }

    /// Creates a delegated permission grant, or replaces the scope of one.
    async fn grant_scope(&self, tenant: &TenantId, change: &ScopeChange) -> Result<()>;
}

/// A change to the delegated permissions on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScopeChange {
    /// There is no grant yet.
    Create(NewPermissionGrant),
    /// The scope of a grant becomes this one, as a whole.
    Replace {
        /// The grant.
        grant: crate::ids::PermissionGrantId,
        /// All names, separated by spaces.
        scope: String,
    },
}
