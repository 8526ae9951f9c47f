//! The demonstration world: a partner, and customers in every state an onboarding meets.

mod customers;
mod partner;

use jiff::Timestamp;
use uuid::Uuid;

use crate::world::{
    Mailbox, MfaState, Secret, ServicePlan, SubscribedSku, Tenant, TenantKind, User, World, resource_named,
};

pub(crate) use crate::login::GRAPH_COMMAND_LINE_TOOLS;

/// How to sign in to the demonstration world.
#[derive(Clone, Debug)]
pub struct DemoAccess {
    /// The partner's tenant.
    pub partner_tenant: Uuid,
    /// The application (client) id of the partner's multi-tenant application.
    pub application: Uuid,
    /// Its client secret.
    pub client_secret: Secret,
    /// The object id of the service account.
    pub service_account: Uuid,
    /// The refresh token of the service account, for that application.
    pub refresh_token: Secret,
    /// The object id of the partner's administrator.
    pub administrator: Uuid,
    /// The refresh token of the administrator, for the Graph Command Line Tools.
    pub admin_refresh_token: Secret,
}

/// Creates the demonstration world with that many customers.
///
/// The partner is *Adatum Partner*. The first five customers are *Contoso* (no relationship, approves ten
/// minutes after a lock), *Fabrikam* (an active relationship without assignments, and a conditional access
/// policy that keeps the partner out), *Northwind* (like Contoso, without Exchange), *Tailspin* (never
/// approves) and *Wingtip* (a Microsoft-led relationship and one that lacks the Exchange role); the others
/// are like Contoso.
#[must_use]
pub fn world(customers: usize) -> World {
    let mut world = partner::world();
    for number in 1..=customers {
        customers::add(&mut world, number);
    }
    world
}

/// Returns the id of the demonstration's partner tenant.
#[must_use]
pub const fn partner_tenant() -> Uuid {
    Uuid::from_u128(0x9999_9999_9999_4999_8999_9999_9999_9999)
}

/// Returns the tenant id of a customer of the demonstration, counted from 1.
#[must_use]
pub fn customer_tenant(number: usize) -> Uuid {
    let number = number as u128;
    if number <= 5 {
        let repeated = 0x1111_1111_1111_1111_1111_1111_1111_1111 * number;
        Uuid::from_u128((repeated & !VERSION_BITS) | V4)
    } else {
        // The decimal digits of the number, so that the id reads like it, behind those of the five named customers.
        let digits = format!("{number:08}").bytes().fold(0_u128, |id, digit| (id << 4) | u128::from(digit - b'0'));
        Uuid::from_u128((0xc << 124) | (digits << 96) | V4 | digits)
    }
}

const VERSION_BITS: u128 = 0x0000_0000_0000_f000_f000_0000_0000_0000;
const V4: u128 = 0x0000_0000_0000_4000_8000_0000_0000_0000;

/// Adds an account, with a mailbox and a licence when the tenant has Exchange and a mailbox is wanted.
fn add_user(
    world: &mut World,
    tenant: &Uuid,
    name: &str,
    display_name: &str,
    mailbox: bool,
    created: Timestamp,
) -> Uuid {
    let (id, guid) = (world.new_id(), world.new_id());
    let Some(tenant) = world.tenant_mut(tenant) else {
        return id;
    };
    let address = format!("{name}@{}", tenant.default_domain());
    let mut user = User::new(id, &address, display_name, created);
    user.usage_location = Some("US".to_owned());
    user.password = Secret::new(format!("{}-password-{}", crate::sandbox::CANARY, id.simple()));
    user.mfa_state = MfaState::Enforced;
    if mailbox && tenant.has_service_plan("EXCHANGE_") {
        user.mailbox = true;
        user.mail = Some(address.clone());
        user.assigned_licenses = tenant.skus.first().map(|sku| sku.sku_id).into_iter().collect();
        tenant.mailboxes.insert(guid, Mailbox::new(guid, Some(id), &address, display_name));
    }
    tenant.users.insert(id, user);
    id
}

/// Adds the service principals of Microsoft's resources.
fn add_resources(world: &mut World, tenant: &Uuid, keys: &[&str]) {
    for resource in keys.iter().filter_map(|key| resource_named(key)) {
        world.ensure_service_principal(tenant, &resource.app_id);
    }
}

/// Finds the object id of a resource's service principal.
fn resource_in(world: &World, tenant: &Uuid, key: &str) -> Option<Uuid> {
    let app_id = resource_named(key)?.app_id;
    Some(world.tenant(tenant)?.service_principal_by_app_id(&app_id)?.id)
}

fn new_tenant(id: Uuid, name: &str, label: &str, kind: TenantKind, created: Timestamp) -> Tenant {
    Tenant::new(id, name, &format!("{label}.onmicrosoft.com"), kind, created)
}

/// Microsoft 365 Business Standard.
fn business_premium() -> SubscribedSku {
    sku(
        0xf245_ecc8_75af_4f8e_b61f_27d8_114d_e5f3,
        "O365_BUSINESS_PREMIUM",
        &[
            (0x9aaf_7827_d63c_4b61_89c3_182f_06f8_2e5c, "EXCHANGE_S_STANDARD"),
            (0xc769_9d2e_19aa_44de_8edf_1736_da08_8ca1, "SHAREPOINTSTANDARD"),
            (0x57ff_2da0_773e_42df_b2af_ffb7_a231_7929, "TEAMS1"),
        ],
    )
}

/// Microsoft Entra ID P1, which conditional access needs.
fn entra_p1() -> SubscribedSku {
    sku(
        0x078d_2b04_f1bd_4111_bbd4_b427_5b2d_f9c3,
        "AAD_PREMIUM",
        &[(0x4178_1fb2_bc02_4b7c_bd55_b576_c07b_b09d, "AAD_PREMIUM")],
    )
}

/// Power BI (free): a product without Exchange.
fn power_bi() -> SubscribedSku {
    sku(
        0xa403_ebcc_fae0_4ca2_8c8c_7a90_7fd6_c235,
        "POWER_BI_STANDARD",
        &[(0x2049_e525_b859_401b_b2a0_e0a3_1c4b_1fe4, "BI_AZURE_P0")],
    )
}

fn sku(id: u128, part_number: &str, plans: &[(u128, &str)]) -> SubscribedSku {
    SubscribedSku {
        sku_id: Uuid::from_u128(id),
        sku_part_number: part_number.to_owned(),
        enabled: 25,
        service_plans: plans
            .iter()
            .map(|(id, name)| ServicePlan { id: Uuid::from_u128(*id), name: (*name).to_owned() })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customer_ids_are_readable() {
        assert_eq!(customer_tenant(1).to_string(), "11111111-1111-4111-8111-111111111111");
        assert_eq!(customer_tenant(5).to_string(), "55555555-5555-4555-8555-555555555555");
        assert_eq!(customer_tenant(123).to_string(), "c0000123-0000-4000-8000-000000000123");
    }

    #[test]
    fn world_holds_the_partner_and_every_customer() {
        let world = world(8);
        assert_eq!(world.tenants.len(), 9);
        assert_eq!(world.relationships.len(), 3);
        assert_eq!(world.vaults.len(), 8);
    }
}
