//! Customers with a relationship in force.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::answer::{Answer, collection, object};
use super::super::cx::Cx;
use super::super::organization::fields;
use super::super::query::Query;
use super::super::schema::{DELEGATED_ADMIN_CUSTOMER as CUSTOMER, SERVICE_MANAGEMENT_DETAIL as DETAIL};
use super::{check_read, missing};
use crate::reply::Reply;
use crate::world::{RelationshipStatus, Tenant, World};

const SERVICES: [(&str, &str); 3] = [
    ("Azure Active Directory", "https://aad.portal.azure.com/"),
    ("Microsoft 365 Lighthouse", "https://lighthouse.microsoft.com/"),
    ("Teams", "https://admin.teams.microsoft.com/"),
];

pub(in crate::graph) fn list(world: &World, cx: &Cx<'_>) -> Answer {
    check_read(world, cx)?;
    let query = Query::list(cx.call, CUSTOMER)?;
    let ids = delegated(world, cx);
    let customers = ids.iter().filter_map(|id| world.tenant(id));
    Ok(collection(cx, &query, CUSTOMER, CUSTOMER.set, customers, |customer, _| view(customer)))
}

pub(in crate::graph) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    check_read(world, cx)?;
    let query = Query::one(cx.call, CUSTOMER)?;
    Ok(object(cx, 200, &query, CUSTOMER, CUSTOMER.set, view(existing(world, cx)?)))
}

pub(in crate::graph) fn services(world: &World, cx: &Cx<'_>) -> Answer {
    check_read(world, cx)?;
    let query = Query::list(cx.call, DETAIL)?;
    let customer = existing(world, cx)?;
    let fragment = format!("{}('{}')/serviceManagementDetails", CUSTOMER.set, customer.id);
    Ok(collection(cx, &query, DETAIL, &fragment, SERVICES.iter(), |(name, url), _| {
        fields(json!({
            "id": name.replace(' ', ""),
            "serviceName": name,
            "serviceManagementUrl": format!("{url}{}", customer.default_domain()),
        }))
    }))
}

fn delegated(world: &World, cx: &Cx<'_>) -> BTreeSet<Uuid> {
    world
        .relationships
        .values()
        .filter(|relationship| relationship.status(cx.now()) == RelationshipStatus::Active)
        .filter_map(|relationship| relationship.customer)
        .collect()
}

fn existing<'w>(world: &'w World, cx: &Cx<'_>) -> Result<&'w Tenant, Reply> {
    Uuid::parse_str(cx.id(2))
        .ok()
        .filter(|id| delegated(world, cx).contains(id))
        .and_then(|id| world.tenant(&id))
        .ok_or_else(|| missing("delegatedAdminCustomer", cx.id(2)))
}

fn view(customer: &Tenant) -> Map<String, Value> {
    fields(json!({"id": customer.id, "tenantId": customer.id, "displayName": customer.display_name}))
}
