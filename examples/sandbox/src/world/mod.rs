//! The facts of the sandbox: tenants and what is in them, GDAP relationships, vaults, sign-ins.
//!
//! Every service reads and writes this one value behind one lock. Tests may arrange or inspect it
//! through [`Sandbox::world`](crate::Sandbox::world).

mod application;
mod azure;
mod consent;
mod delays;
mod gdap;
mod ids;
mod mailbox;
mod partner;
mod permissions;
mod policy;
mod principal;
mod role;
mod secret;
mod service_principal;
mod session;
mod storage;
mod tenant;

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

pub use application::{Application, PasswordCredential};
pub use azure::{ResourceGroup, Subscription, Vault, VaultSecret, VaultSecretVersion};
pub use delays::*;
pub use gdap::{
    AccessAssignment, AssignmentStatus, Relationship, RelationshipOperation, RelationshipRequest, RelationshipStatus,
};
pub use ids::IdSource;
pub use mailbox::Mailbox;
pub use partner::{
    AuditRecord, Delivery, PartnerCenter, PartnerConsent, SubscriptionState, TestEvent, WebhookRegistration,
};
pub use permissions::{Permission, Resource, Stock, resource_by_app_id, resource_by_uri, resource_named, stock};
pub use policy::{Policy, PolicySet};
pub use principal::{Group, MfaState, User};
pub use role::{RoleAssignment, RoleDefinition, role_by_template, role_definitions, role_named};
pub use secret::Secret;
pub use service_principal::{AppRoleAssignment, PermissionGrant, ServicePrincipal};
pub use session::{AuthorizationCode, DeviceCode, RefreshToken, Sessions};
pub use storage::{Blob, BlobContainer, StorageAccount, TableEntity};
pub use tenant::{Domain, ServicePlan, SubscribedSku, Tenant, TenantKind};

use crate::clock::VirtualClock;
use crate::demo::DemoAccess;
use crate::partner_center::{ConsentRate, Replays};

/// Everything the sandbox knows.
#[derive(Debug)]
pub struct World {
    /// The clock of this world.
    pub clock: VirtualClock,
    /// Where new object ids come from.
    pub ids: IdSource,
    /// The id of the partner's own tenant.
    pub partner: Uuid,
    /// Every tenant, by id.
    pub tenants: BTreeMap<Uuid, Tenant>,
    /// The partner's GDAP relationships, by id.
    pub relationships: BTreeMap<String, Relationship>,
    /// Key vaults of all tenants, by name (vault names are unique in the world).
    pub vaults: BTreeMap<String, Vault>,
    /// Storage accounts of all tenants, by name.
    pub storage_accounts: BTreeMap<String, StorageAccount>,
    /// Refresh tokens, authorization codes and device codes that were handed out.
    pub sessions: Sessions,
    /// How to sign in to the demonstration world, if this is one.
    pub demo: Option<DemoAccess>,
    /// Whether Exchange refuses a missing role with NUL bytes declared as gzip, as some of its servers do,
    /// instead of a JSON body.
    pub exchange_garbles_refusals: bool,
    /// What Partner Center keeps about the partner and its business.
    pub partner_center: PartnerCenter,
    /// What Partner Center answered to recent changes, by `MS-RequestId`.
    pub(crate) partner_replays: Replays,
    /// How fast applications ask Partner Center for consents.
    pub(crate) consent_rate: ConsentRate,
}

impl World {
    /// Creates a world with nothing but the given partner tenant, its clock standing at the present time.
    #[must_use]
    pub fn new(partner: Tenant) -> Self {
        Self::starting_at(partner, Timestamp::now())
    }

    /// Creates a world with nothing but the given partner tenant, its clock standing at the given time.
    #[must_use]
    pub fn starting_at(partner: Tenant, start: Timestamp) -> Self {
        let id = partner.id;
        Self {
            clock: VirtualClock::manual(start),
            ids: IdSource::new(),
            partner: id,
            tenants: BTreeMap::from([(id, partner)]),
            relationships: BTreeMap::new(),
            vaults: BTreeMap::new(),
            storage_accounts: BTreeMap::new(),
            sessions: Sessions::default(),
            demo: None,
            exchange_garbles_refusals: false,
            partner_center: PartnerCenter::default(),
            partner_replays: Replays::default(),
            consent_rate: ConsentRate::default(),
        }
    }

    /// Returns the present virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns a new object id.
    pub fn new_id(&mut self) -> Uuid {
        self.ids.next()
    }

    /// Returns the partner's tenant.
    ///
    /// # Panics
    /// When the partner's tenant was removed from `tenants`.
    #[must_use]
    pub fn partner_tenant(&self) -> &Tenant {
        self.tenants.get(&self.partner).expect("the partner tenant stays in the world")
    }

    /// Returns the partner's tenant for changes.
    ///
    /// # Panics
    /// When the partner's tenant was removed from `tenants`.
    pub fn partner_tenant_mut(&mut self) -> &mut Tenant {
        self.tenants.get_mut(&self.partner).expect("the partner tenant stays in the world")
    }

    /// Finds a tenant by its id.
    #[must_use]
    pub fn tenant(&self, id: &Uuid) -> Option<&Tenant> {
        self.tenants.get(id)
    }

    /// Finds a tenant by its id, for changes.
    pub fn tenant_mut(&mut self, id: &Uuid) -> Option<&mut Tenant> {
        self.tenants.get_mut(id)
    }

    /// Finds a tenant by its id or by one of its verified domains.
    #[must_use]
    pub fn find_tenant(&self, id_or_domain: &str) -> Option<&Tenant> {
        if let Ok(id) = Uuid::parse_str(id_or_domain) {
            return self.tenants.get(&id);
        }
        self.tenants.values().find(|tenant| tenant.has_domain(id_or_domain))
    }

    /// Finds the application registration with that application (client) id, and its home tenant.
    #[must_use]
    pub fn find_application(&self, app_id: &Uuid) -> Option<(&Tenant, &Application)> {
        let in_tenant = |tenant: &'_ Tenant| tenant.application_by_app_id(app_id).is_some();
        // Nearly every registration lives in the partner tenant, so it is looked at first.
        let tenant = Some(self.partner_tenant())
            .filter(|tenant| in_tenant(tenant))
            .or_else(|| self.tenants.values().find(|tenant| in_tenant(tenant)))?;
        Some((tenant, tenant.application_by_app_id(app_id)?))
    }

    /// Finds the user with that principal name, and the user's home tenant.
    #[must_use]
    pub fn find_user(&self, user_principal_name: &str) -> Option<(&Tenant, &User)> {
        let (_, domain) = user_principal_name.rsplit_once('@')?;
        let tenant = self.tenants.values().find(|tenant| tenant.has_domain(domain))?;
        Some((tenant, tenant.user_by_name(user_principal_name)?))
    }

    /// Returns the template ids of the roles a partner user effectively holds in a customer tenant through GDAP.
    ///
    /// A role counts when an active relationship with the customer has an active assignment of it to a
    /// group the user is a member of, directly or through nested groups. Sorted, without repeats.
    #[must_use]
    pub fn gdap_roles(&self, customer: &Uuid, user: &Uuid) -> Vec<Uuid> {
        let now = self.now();
        let partner = self.partner_tenant();
        let mut roles: Vec<Uuid> = self
            .relationships
            .values()
            .filter(|relationship| relationship.customer == Some(*customer))
            .filter(|relationship| relationship.status(now) == RelationshipStatus::Active)
            .flat_map(|relationship| {
                relationship
                    .assignments
                    .values()
                    .filter(|assignment| partner.is_member(&assignment.group, user))
                    .flat_map(|assignment| assignment.effective_roles(now))
                    .filter(|role| relationship.roles.contains(role))
                    .copied()
            })
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// Creates a service principal for an application in a tenant unless it is there, and returns its object id.
    ///
    /// Works for first-party resources and for every application registered in some tenant; `None` when
    /// nobody knows the application or the tenant.
    pub fn ensure_service_principal(&mut self, tenant: &Uuid, app_id: &Uuid) -> Option<Uuid> {
        let found = self.tenants.get(tenant)?;
        if let Some(existing) = found.service_principal_by_app_id(app_id) {
            return Some(existing.id);
        }
        let (display_name, owner) = if let Some(resource) = resource_by_app_id(app_id) {
            (resource.display_name.clone(), MICROSOFT_TENANT)
        } else if *app_id == crate::login::GRAPH_COMMAND_LINE_TOOLS {
            ("Microsoft Graph Command Line Tools".to_owned(), MICROSOFT_TENANT)
        } else {
            let (owner, application) = self.find_application(app_id)?;
            (application.display_name.clone(), owner.id)
        };
        let id = self.ids.next();
        let created_at = self.now();
        let mut principal = ServicePrincipal::new(id, *app_id, &display_name, created_at);
        principal.app_owner_tenant = owner;
        self.tenants.get_mut(tenant)?.insert_service_principal(principal);
        Some(id)
    }

    /// Approves a relationship on behalf of a customer, at the present time.
    ///
    /// Returns whether the relationship was waiting for approval and is now approved.
    pub fn approve_relationship(&mut self, relationship: &str, customer: &Uuid) -> bool {
        let now = self.now();
        let Some(relationship) = self.relationships.get_mut(relationship) else {
            return false;
        };
        if relationship.status(now) != RelationshipStatus::ApprovalPending
            || relationship.customer.is_some_and(|named| named != *customer)
        {
            return false;
        }
        relationship.customer = Some(*customer);
        relationship.approved_at = Some(now);
        true
    }
}

/// The tenant that owns Microsoft's own applications (`appOwnerOrganizationId` of their service principals).
pub const MICROSOFT_TENANT: Uuid = Uuid::from_u128(0xf8cdef31_a31e_4b4a_93e4_5f571e91255a);
