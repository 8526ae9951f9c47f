//! What a customer subscribed to.

use serde_json::{Value, json};
use uuid::Uuid;

use super::access::{self, AGENTS, Caller};
use super::{Outcome, answer, audit, parse_id};
use crate::call::Call;
use crate::clock::{iso, plus};
use crate::reply::Reply;
use crate::world::{SubscribedSku, SubscriptionState, Tenant, World};

/// The most licences of one subscription.
const MOST: u64 = 300;
/// How long licences can be taken back after a purchase: seven days.
const TAKE_BACK_SECONDS: i64 = 7 * 24 * 3600;

/// Lists the subscriptions of a customer.
pub(super) fn list(world: &World, call: &Call, caller: &Caller, id: &str) -> Outcome {
    caller.require_group(world, AGENTS)?;
    let customer = access::customer(world, id)?;
    let items: Vec<Value> = customer.skus.iter().map(|sku| subscription(world, customer, sku)).collect();
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
        .map(|sku| Reply::json(200, subscription(world, customer, sku)))
        .ok_or_else(absent)
}

/// Changes a subscription: takes the whole resource, and resets what is left out.
pub(super) fn update(world: &mut World, call: &Call, caller: &Caller, id: &str, subscription_id: &str) -> Outcome {
    caller.require_group(world, AGENTS)?;
    let customer = access::customer(world, id)?;
    let wanted = parse_id(subscription_id)?;
    let at = customer.skus.iter().position(|sku| subscription_id_of(customer, sku) == wanted).ok_or_else(absent)?;
    let sku = &customer.skus[at];
    let old = subscription(world, customer, sku);
    let state = state_of(world, wanted);
    let body = call.json().unwrap_or_default();
    let change = Change::read(&body, &old)?;
    change.check(&state, sku, plus(customer.created_at, TAKE_BACK_SECONDS) >= world.now())?;
    let customer = customer.id;
    let next = SubscriptionState {
        version: state.version + 1,
        status: change.status,
        auto_renew: body["autoRenewEnabled"].as_bool().unwrap_or_default(),
        friendly_name: body["friendlyName"].as_str().map(str::to_owned),
        billing_cycle: body["billingCycle"].as_str().unwrap_or("none").to_owned(),
    };
    world.partner_center.subscriptions.insert(wanted, next);
    if let Some(tenant) = world.tenant_mut(&customer) {
        tenant.skus[at].enabled = change.quantity;
    }
    let tenant = access::customer(world, id)?;
    let new = subscription(world, tenant, &tenant.skus[at]);
    let done = audit::Done {
        operation: "update_subscription",
        resource: "subscription",
        old: Some(old.to_string()),
        new: Some(new.to_string()),
    };
    audit::record(world, caller, customer, done);
    Ok(Reply::json(200, new))
}

/// Whether anything the customer subscribed to is in use.
pub(super) fn any_active(world: &World, customer: &Tenant) -> bool {
    customer.skus.iter().any(|sku| state_of(world, subscription_id_of(customer, sku)).status == "active")
}

/// What a change asks for.
struct Change {
    quantity: u32,
    status: String,
}

impl Change {
    fn read(body: &Value, old: &Value) -> Result<Self, Box<Reply>> {
        let invalid = |what: &str| answer::refuse(400, "3000", &format!("The property '{what}' isn't valid."));
        if body["id"] != old["id"] {
            return Err(invalid("id"));
        }
        if body["attributes"].get("etag").is_some_and(|etag| *etag != old["attributes"]["etag"]) {
            return Err(answer::refuse(400, "2055", "The etag of the resource is no longer valid."));
        }
        let quantity = body["quantity"].as_u64().ok_or_else(|| invalid("quantity"))?;
        if !(1..=MOST).contains(&quantity) {
            return Err(answer::refuse(400, "2002", "The quantity is out of range."));
        }
        let status = body["status"].as_str().unwrap_or_default().to_ascii_lowercase();
        if !["active", "suspended", "deleted"].contains(&status.as_str()) {
            return Err(invalid("status"));
        }
        Ok(Self { quantity: u32::try_from(quantity).map_err(|_| invalid("quantity"))?, status })
    }

    fn check(&self, state: &SubscriptionState, sku: &SubscribedSku, may_take_back: bool) -> Result<(), Box<Reply>> {
        if state.status == "deleted" {
            return Err(answer::refuse(400, "2011", "A deleted subscription can't be updated."));
        }
        if self.quantity != sku.enabled && state.status == "suspended" && self.status == "suspended" {
            return Err(answer::refuse(400, "2001", "The quantity of a suspended subscription can't be changed."));
        }
        if self.quantity < sku.enabled && !may_take_back {
            return Err(answer::refuse(400, 800_090, "Subscription quantity cannot be decreased."));
        }
        Ok(())
    }
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

fn absent() -> Box<Reply> {
    answer::refuse(404, "20003", "Subscription isn't found.")
}

fn state_of(world: &World, id: Uuid) -> SubscriptionState {
    world.partner_center.subscriptions.get(&id).cloned().unwrap_or_default()
}

fn subscription(world: &World, customer: &Tenant, sku: &SubscribedSku) -> Value {
    let id = subscription_id_of(customer, sku);
    let state = state_of(world, id);
    let since = iso(customer.created_at);
    json!({
        "id": id,
        "offerId": sku.sku_id,
        "offerName": sku.sku_part_number,
        "friendlyName": state.friendly_name.as_ref().unwrap_or(&sku.sku_part_number),
        "quantity": sku.enabled,
        "unitType": "Licenses",
        "creationDate": since,
        "effectiveStartDate": since,
        "status": state.status,
        "autoRenewEnabled": state.auto_renew,
        "isTrial": false,
        "billingType": "license",
        "billingCycle": state.billing_cycle,
        "termDuration": "P1Y",
        "isMicrosoftProduct": true,
        "publisherName": "Microsoft Corporation",
        "contractType": "subscription",
        "productType": {"id": "OnlineServicesNCE", "displayName": "Online Services NCE"},
        "links": {"self": {"uri": format!("/customers/{}/subscriptions/{id}", customer.id), "method": "GET", "headers": []}},
        "attributes": {"etag": format!("\"{}-{}\"", id.simple(), state.version), "objectType": "Subscription"},
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
