//! A tenant (directory) and what is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    AppRoleAssignment, Application, Group, Mailbox, PartnerConsent, PermissionGrant, PolicySet, RoleAssignment,
    ServicePrincipal, Subscription, User,
};

/// What a tenant is to the partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TenantKind {
    /// The partner's own tenant.
    Partner,
    /// A tenant of one of the partner's customers.
    Customer,
}

/// A domain of a tenant.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The domain name, in lower case.
    pub name: String,
    /// Whether this is the `onmicrosoft.com` domain the tenant was created with.
    pub is_initial: bool,
    /// Whether new users get this domain.
    pub is_default: bool,
    /// Whether the tenant proved that it owns the domain.
    pub is_verified: bool,
}

/// A product the tenant subscribed to.
#[derive(Clone, Debug)]
pub struct SubscribedSku {
    /// The product's GUID.
    pub sku_id: Uuid,
    /// The product's name, such as `O365_BUSINESS_PREMIUM`.
    pub sku_part_number: String,
    /// Seats that may be assigned.
    pub enabled: u32,
    /// The services in the product.
    pub service_plans: Vec<ServicePlan>,
}

/// A service contained in a product.
#[derive(Clone, Debug)]
pub struct ServicePlan {
    /// The plan's GUID.
    pub id: Uuid,
    /// The plan's name, such as `EXCHANGE_S_STANDARD`.
    pub name: String,
}

/// A directory with its users, groups, applications, policies, mailboxes and subscriptions.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The tenant id.
    pub id: Uuid,
    /// The organisation's name.
    pub display_name: String,
    /// The `onmicrosoft.com` domain.
    pub initial_domain: String,
    /// All domains, the initial one included.
    pub domains: Vec<Domain>,
    /// What the tenant is to the partner.
    pub kind: TenantKind,
    /// Whether the partner resells to this customer, so that Partner Center lists it.
    pub reseller: bool,
    /// How long after a lock the customer's administrator approves a relationship; `None` is never.
    pub approves_after: Option<Duration>,
    /// When the tenant was created.
    pub created_at: Timestamp,
    /// Users by object id.
    pub users: BTreeMap<Uuid, User>,
    /// Groups by object id.
    pub groups: BTreeMap<Uuid, Group>,
    /// Application registrations by object id.
    pub applications: BTreeMap<Uuid, Application>,
    /// Service principals by object id; add through [`Tenant::insert_service_principal`].
    pub service_principals: BTreeMap<Uuid, ServicePrincipal>,
    /// Application permissions granted in this tenant, by assignment id.
    pub app_role_assignments: BTreeMap<String, AppRoleAssignment>,
    /// Delegated permission grants, by grant id.
    pub grants: BTreeMap<String, PermissionGrant>,
    /// Directory role assignments, by assignment id.
    pub role_assignments: BTreeMap<String, RoleAssignment>,
    /// Conditional access policies.
    pub policies: PolicySet,
    /// Whether security defaults are on.
    pub security_defaults: bool,
    /// Products of the tenant.
    pub skus: Vec<SubscribedSku>,
    /// Exchange mailboxes by GUID.
    pub mailboxes: BTreeMap<Uuid, Mailbox>,
    /// Azure subscriptions by id.
    pub subscriptions: BTreeMap<Uuid, Subscription>,
    /// Content types of the Office 365 Management Activity API that were started.
    pub activity_feeds: BTreeSet<String>,
    /// Consents made through Partner Center, by application id.
    pub partner_consents: BTreeMap<Uuid, PartnerConsent>,
    /// Users, groups and applications in the recycle bin, as Graph shows them, by object id.
    pub deleted_items: BTreeMap<Uuid, Value>,
    /// Further properties of the organization object.
    pub extra: Map<String, Value>,
    principal_by_app: BTreeMap<Uuid, Uuid>,
}

impl Tenant {
    /// Creates an empty tenant with its initial domain, which is also the default one.
    #[must_use]
    pub fn new(id: Uuid, display_name: &str, initial_domain: &str, kind: TenantKind, created_at: Timestamp) -> Self {
        Self {
            id,
            display_name: display_name.to_owned(),
            initial_domain: initial_domain.to_owned(),
            domains: vec![Domain {
                name: initial_domain.to_owned(),
                is_initial: true,
                is_default: true,
                is_verified: true,
            }],
            kind,
            reseller: kind == TenantKind::Customer,
            approves_after: None,
            created_at,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            applications: BTreeMap::new(),
            service_principals: BTreeMap::new(),
            app_role_assignments: BTreeMap::new(),
            grants: BTreeMap::new(),
            role_assignments: BTreeMap::new(),
            policies: PolicySet::default(),
            security_defaults: false,
            skus: Vec::new(),
            mailboxes: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            activity_feeds: BTreeSet::new(),
            partner_consents: BTreeMap::new(),
            deleted_items: BTreeMap::new(),
            extra: Map::new(),
            principal_by_app: BTreeMap::new(),
        }
    }

    /// Returns the domain new users get.
    #[must_use]
    pub fn default_domain(&self) -> &str {
        self.domains.iter().find(|domain| domain.is_default).map_or(&self.initial_domain, |domain| &domain.name)
    }

    /// Returns whether the tenant owns the domain (any letter case).
    #[must_use]
    pub fn has_domain(&self, name: &str) -> bool {
        self.domains.iter().any(|domain| domain.is_verified && domain.name.eq_ignore_ascii_case(name))
    }

    /// Finds a user by principal name (any letter case).
    #[must_use]
    pub fn user_by_name(&self, user_principal_name: &str) -> Option<&User> {
        self.users.values().find(|user| user.user_principal_name.eq_ignore_ascii_case(user_principal_name))
    }

    /// Finds the first group with that display name.
    #[must_use]
    pub fn group_named(&self, display_name: &str) -> Option<&Group> {
        self.groups.values().find(|group| group.display_name == display_name)
    }

    /// Finds an application registration by its application (client) id.
    #[must_use]
    pub fn application_by_app_id(&self, app_id: &Uuid) -> Option<&Application> {
        self.applications.values().find(|application| application.app_id == *app_id)
    }

    /// Finds a service principal by its application (client) id.
    #[must_use]
    pub fn service_principal_by_app_id(&self, app_id: &Uuid) -> Option<&ServicePrincipal> {
        self.service_principals.get(self.principal_by_app.get(app_id)?)
    }

    /// Adds a service principal.
    pub fn insert_service_principal(&mut self, principal: ServicePrincipal) {
        self.principal_by_app.insert(principal.app_id, principal.id);
        self.service_principals.insert(principal.id, principal);
    }

    /// Removes a service principal with the grants and role assignments it takes part in.
    pub fn remove_service_principal(&mut self, id: &Uuid) -> Option<ServicePrincipal> {
        let removed = self.service_principals.remove(id)?;
        self.principal_by_app.remove(&removed.app_id);
        self.grants.retain(|_, grant| grant.client_id != *id && grant.resource_id != *id);
        self.app_role_assignments
            .retain(|_, assignment| assignment.principal_id != *id && assignment.resource_id != *id);
        self.role_assignments.retain(|_, assignment| assignment.principal_id != *id);
        Some(removed)
    }

    /// Returns whether a principal is a member of a group, directly or through nested groups.
    #[must_use]
    pub fn is_member(&self, group: &Uuid, principal: &Uuid) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![*group];
        while let Some(id) = open.pop() {
            let Some(group) = self.groups.get(&id).filter(|_| seen.insert(id)) else {
                continue;
            };
            if group.members.contains(principal) {
                return true;
            }
            open.extend(group.members.iter().filter(|member| self.groups.contains_key(member)));
        }
        false
    }

    /// Returns whether a principal is a member of the group with that display name.
    #[must_use]
    pub fn is_member_of_named(&self, group: &str, principal: &Uuid) -> bool {
        self.group_named(group).is_some_and(|group| self.is_member(&group.id, principal))
    }

    /// Returns the template ids of the directory roles a principal of this tenant holds,
    /// directly or through role-assignable groups. Sorted, without repeats.
    #[must_use]
    pub fn directory_roles(&self, principal: &Uuid) -> Vec<Uuid> {
        let mut roles: Vec<Uuid> = self
            .role_assignments
            .values()
            .filter(|assignment| {
                assignment.principal_id == *principal || self.is_member(&assignment.principal_id, principal)
            })
            .map(|assignment| assignment.role_definition_id)
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// Returns whether one of the tenant's products contains a service plan whose name starts with the prefix.
    #[must_use]
    pub fn has_service_plan(&self, prefix: &str) -> bool {
        self.skus.iter().flat_map(|sku| &sku.service_plans).any(|plan| plan.name.starts_with(prefix))
    }

    /// Returns the application permissions (app role ids) a service principal holds on a resource.
    #[must_use]
    pub fn app_roles_granted(&self, principal: &Uuid, resource: &Uuid) -> Vec<Uuid> {
        self.app_role_assignments
            .values()
            .filter(|assignment| assignment.principal_id == *principal && assignment.resource_id == *resource)
            .map(|assignment| assignment.app_role_id)
            .collect()
    }

    /// Returns the delegated permissions granted to a client on a resource for a user, as of a time. Sorted, without repeats.
    ///
    /// Grants for all principals count, and those for this user; a grant that is not effective yet does not.
    #[must_use]
    pub fn scopes_granted(&self, client: &Uuid, resource: &Uuid, user: Option<&Uuid>, now: Timestamp) -> Vec<String> {
        let mut scopes: Vec<String> = self
            .grants
            .values()
            .filter(|grant| grant.client_id == *client && grant.resource_id == *resource)
            .filter(|grant| grant.effective_at <= now)
            .filter(|grant| grant.principal_id.is_none() || grant.principal_id.as_ref() == user)
            .flat_map(|grant| grant.scope.split_whitespace().map(str::to_owned))
            .collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }
}
