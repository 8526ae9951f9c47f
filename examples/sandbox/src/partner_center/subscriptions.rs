//! What a customer subscribed to.

use serde_json::{Value, json};
use uuid::Uuid;

use super::access::{self, AGENTS, Caller};
use super::{Outcome, answer, parse_id};
use crate::call::Call;
use crate::clock::iso;
use crate::reply::Reply;
use crate::world::{SubscribedSku, Tenant, World};

/// Lists the subscriptions of a customer.
pub(super) fn list(world: &World, call: &Call, caller: &Caller, id: &str) -> Outcome {
    caller.require_group(world, AGENTS)?;
    let customer = access::customer(world, id)?;
    let items: Vec<Value> = customer.skus.iter().map(|sku| subscription(customer, sku)).collect();
    Ok(answer::collection(&items, own_uri(call), None))
}

/// Returns one subscription of a customer.
pub(super) fn get(world: &World, caller: &Caller, id: &str, subscription_id: &str) -> Outcome {
    caller.require_group(world, AGENTS)?;
    let customer = access::customer(world, id)?;
    let wanted = parse_id(subscription_id)?;
    customer
        .skus
        .iter()
        .find(|sku| subscription_id_of(customer, sku) == wanted)
        .map(|sku| Reply::json(200, subscription(customer, sku)))
        .ok_or_else(|| answer::refuse(404, "20003", "Subscription isn't found."))
}

/// Lists the products of a customer with their seats; only for a user with a delegated role there.
pub(super) fn skus(world: &World, call: &Call, caller: &Caller, id: &str) -> Outcome {
    let user = caller.user()?;
    let customer = access::customer(world, id)?;
    if world.gdap_roles(&customer.id, &user).is_empty() {
        return Err(answer::refuse(403, 900_308, "Insufficient privileges to complete the operation."));
    }
    let items: Vec<Value> = customer.skus.iter().map(|sku| subscribed(customer, sku)).collect();
    Ok(answer::collection(&items, own_uri(call), None))
}

fn subscription(customer: &Tenant, sku: &SubscribedSku) -> Value {
    let id = subscription_id_of(customer, sku);
    let since = iso(customer.created_at);
    json!({
        "id": id,
        "offerId": sku.sku_id,
        "offerName": sku.sku_part_number,
        "friendlyName": sku.sku_part_number,
        "quantity": sku.enabled,
        "unitType": "Licenses",
        "creationDate": since,
        "effectiveStartDate": since,
        "status": "active",
        "autoRenewEnabled": true,
        "isTrial": false,
        "billingType": "license",
        "billingCycle": "monthly",
        "termDuration": "P1Y",
        "isMicrosoftProduct": true,
        "publisherName": "Microsoft Corporation",
        "contractType": "subscription",
        "productType": {"id": "OnlineServicesNCE", "displayName": "Online Services NCE"},
        "links": {"self": {"uri": format!("/customers/{}/subscriptions/{id}", customer.id), "method": "GET", "headers": []}},
        "attributes": {"etag": format!("\"{}\"", id.simple()), "objectType": "Subscription"},
    })
}

fn subscribed(customer: &Tenant, sku: &SubscribedSku) -> Value {
    let consumed = customer.users.values().filter(|user| user.assigned_licenses.contains(&sku.sku_id)).count();
    let plans: Vec<Value> = sku
        .service_plans
        .iter()
        .map(|plan| {
            json!({"displayName": plan.name, "serviceName": plan.name, "id": plan.id, "capabilityStatus": "success", "targetType": "user"})
        })
        .collect();
    json!({
        "availableUnits": usize::try_from(sku.enabled).unwrap_or(usize::MAX).saturating_sub(consumed),
        "activeUnits": sku.enabled,
        "consumedUnits": consumed,
        "suspendedUnits": 0,
        "totalUnits": sku.enabled,
        "warningUnits": 0,
        "productSku": {"id": sku.sku_id, "name": sku.sku_part_number, "skuPartNumber": sku.sku_part_number, "targetType": "User", "licenseGroupId": "group1"},
        "servicePlans": plans,
        "capabilityStatus": "enabled",
        "attributes": {"objectType": "SubscribedSku"},
    })
}

/// Makes the id of a subscription from what identifies it, so that it is the same at every call.
fn subscription_id_of(customer: &Tenant, sku: &SubscribedSku) -> Uuid {
    let mixed = customer.id.as_u128().rotate_left(17) ^ sku.sku_id.as_u128();
    uuid::Builder::from_random_bytes(mixed.to_be_bytes()).into_uuid()
}

fn own_uri(call: &Call) -> &str {
    call.path.strip_prefix("/v1").unwrap_or(&call.path)
}
