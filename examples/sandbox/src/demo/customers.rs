//! The customers of the demonstration.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, json};
use uuid::Uuid;

use super::partner::APPLICATION;
use super::{add_resources, add_user, business_premium, customer_tenant, entra_p1, new_tenant, power_bi, resource_in};
use crate::clock::{iso, plus};
use crate::sandbox::CANARY;
use crate::world::{
    AccessAssignment, Relationship, ResourceGroup, Secret, StorageAccount, Subscription, TenantKind, Vault,
    VaultSecret, VaultSecretVersion, World, resource_named, role_named, stock,
};

/// Adds a customer, counted from 1.
pub(super) fn add(world: &mut World, number: usize) {
    let id = customer_tenant(number);
    let named = ["Contoso", "Fabrikam", "Northwind", "Tailspin", "Wingtip"].get(number - 1);
    let name = named.map_or_else(|| format!("Customer {number:04}"), |name| (*name).to_owned());
    let label = name.to_ascii_lowercase().replace(' ', "");
    let created = plus(world.now(), -300 * DAY);
    let mut tenant = new_tenant(id, &name, &label, TenantKind::Customer, created);
    let northwind = number == 3;
    tenant.approves_after = (number != 4).then_some(Duration::from_secs(600));
    tenant.skus = if northwind { vec![power_bi()] } else { vec![business_premium()] };
    world.tenants.insert(id, tenant);
    add_resources(world, &id, &["graph", "azure-service-management", "azure-key-vault", "azure-storage"]);
    if !northwind {
        add_resources(world, &id, &["exchange", "office365-management"]);
    }
    for (user, display_name, mailbox) in
        [("admin", "Global Admin", false), ("megan", "Megan Bowen", true), ("alex", "Alex Wilber", true)]
    {
        add_user(world, &id, user, display_name, mailbox, created);
    }
    add_azure(world, &id, &label, created);
    match number {
        2 => fabrikam(world, &id),
        5 => wingtip(world, &id),
        _ => {}
    }
}

/// An active relationship without assignments, and a policy that keeps the partner's users out.
fn fabrikam(world: &mut World, id: &Uuid) {
    let now = world.now();
    add_relationship(world, id, "Fabrikam-GDAP", &GDAP_ROLES, plus(now, -30 * DAY));
    let policy = world.new_id();
    if let Some(tenant) = world.tenant_mut(id) {
        tenant.skus.push(entra_p1());
        let since = plus(now, -60 * DAY);
        let body = json!({
            "id": policy,
            "templateId": null,
            "displayName": "Block external access",
            "createdDateTime": iso(since),
            "modifiedDateTime": iso(since),
            "state": "enabled",
            "sessionControls": null,
            "conditions": {
                "clientAppTypes": ["all"],
                "applications": {"includeApplications": ["All"], "excludeApplications": [], "includeUserActions": []},
                "users": {
                    "includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": [],
                    "includeRoles": [], "excludeRoles": [],
                    "includeGuestsOrExternalUsers": null, "excludeGuestsOrExternalUsers": null,
                },
                "platforms": null, "locations": null, "userRiskLevels": [], "signInRiskLevels": [],
            },
            "grantControls": {
                "operator": "OR", "builtInControls": ["block"], "customAuthenticationFactors": [], "termsOfUse": [],
            },
        });
        tenant.policies.create(policy, body, since);
    }
    let Some(principal) = world.ensure_service_principal(id, &APPLICATION) else {
        return;
    };
    let (Some(graph), Some(offered)) = (resource_in(world, id, "graph"), resource_named("graph")) else {
        return;
    };
    for role in stock().application.iter().filter_map(|name| offered.app_role(name)) {
        world.grant_app_role(id, &principal, &graph, &role.id);
    }
}

/// A Microsoft-led relationship assigned to the admin agents, and one of the partner's that lacks the Exchange role.
fn wingtip(world: &mut World, id: &Uuid) {
    let now = world.now();
    let since = plus(now, -60 * DAY);
    let led = add_relationship(world, id, "MLT_99999999_55555555_0a1b2c3d", &MICROSOFT_LED_ROLES, since);
    let agents = world.partner_tenant().group_named("AdminAgents").map(|group| group.id);
    let assignment = world.new_id();
    if let (Some(agents), Some(led)) = (agents, world.relationships.get_mut(&led)) {
        led.duration = "P365D".to_owned();
        let roles = led.roles.clone();
        led.assignments.insert(assignment, AccessAssignment::new(assignment, agents, roles, since));
    }
    let without_exchange: Vec<&str> = GDAP_ROLES.into_iter().filter(|role| *role != "Exchange Administrator").collect();
    add_relationship(world, id, "Wingtip GDAP", &without_exchange, plus(now, -30 * DAY));
}

fn add_relationship(world: &mut World, customer: &Uuid, name: &str, roles: &[&str], active_since: Timestamp) -> String {
    let id = format!("{}-{}", world.new_id(), world.partner);
    let roles = roles.iter().filter_map(|role| role_named(role)).map(|role| role.template_id).collect();
    let mut relationship = Relationship::new(id.clone(), name, Some(*customer), roles, active_since);
    relationship.activate_since(active_since);
    world.relationships.insert(id.clone(), relationship);
    id
}

/// Adds a subscription with one resource group, an empty storage account and a key vault holding two secrets.
fn add_azure(world: &mut World, tenant: &Uuid, label: &str, created: Timestamp) {
    let id = world.new_id();
    let group = ResourceGroup { name: "rg-main".to_owned(), location: "westeurope".to_owned(), tags: BTreeMap::new() };
    if let Some(tenant) = world.tenant_mut(tenant) {
        let subscription = Subscription {
            id,
            display_name: format!("{} Azure", tenant.display_name),
            state: "Enabled".to_owned(),
            resource_groups: BTreeMap::from([("rg-main".to_owned(), group)]),
            resources: BTreeMap::new(),
        };
        tenant.subscriptions.insert(id, subscription);
    }
    let account = format!("{label}storage");
    world.storage_accounts.insert(
        account.clone(),
        StorageAccount {
            name: account,
            tenant: *tenant,
            subscription: id,
            containers: BTreeMap::new(),
            tables: BTreeMap::new(),
        },
    );
    let secrets = ["backup-password", "line-of-business-key"]
        .into_iter()
        .map(|name| (name.to_owned(), secret(world, label, name, created)))
        .collect();
    let name = format!("{label}-vault");
    world.vaults.insert(
        name.clone(),
        Vault {
            name,
            tenant: *tenant,
            subscription: id,
            resource_group: "rg-main".to_owned(),
            location: "westeurope".to_owned(),
            secrets,
            keys: BTreeMap::new(),
            certificates: BTreeMap::new(),
            extra: Map::new(),
        },
    );
}

fn secret(world: &mut World, label: &str, name: &str, created: Timestamp) -> VaultSecret {
    VaultSecret {
        versions: vec![VaultSecretVersion {
            version: world.ids.next_text(),
            value: Secret::new(format!("{CANARY}-{label}-{name}")),
            content_type: None,
            tags: BTreeMap::new(),
            enabled: true,
            not_before: None,
            expires: None,
            created_at: created,
            updated_at: created,
        }],
        ..VaultSecret::default()
    }
}

/// The roles of the bundle's relationships.
const GDAP_ROLES: [&str; 12] = [
    "Application Administrator",
    "Authentication Policy Administrator",
    "Cloud App Security Administrator",
    "Cloud Device Administrator",
    "Exchange Administrator",
    "Intune Administrator",
    "Privileged Authentication Administrator",
    "Privileged Role Administrator",
    "Security Administrator",
    "SharePoint Administrator",
    "Teams Administrator",
    "User Administrator",
];

/// The roles of the relationships Microsoft made in 2023.
const MICROSOFT_LED_ROLES: [&str; 9] = [
    "Directory Readers",
    "Directory Writers",
    "Global Reader",
    "Helpdesk Administrator",
    "License Administrator",
    "Privileged Authentication Administrator",
    "Privileged Role Administrator",
    "Service Support Administrator",
    "User Administrator",
];

const DAY: i64 = 86_400;
