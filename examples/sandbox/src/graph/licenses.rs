//! Products of the tenant and the licences of its users.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access;
use super::answer::{Answer, bad_request, collection, not_found, object};
use super::cx::Cx;
use super::organization::fields;
use super::query::{Query, Want};
use super::schema::{LICENSE_DETAILS, SUBSCRIBED_SKU, USER};
use super::users::{find, view};
use crate::reply::Reply;
use crate::world::{SubscribedSku, Tenant, World};

pub(super) fn subscribed_skus(world: &World, cx: &Cx<'_>) -> Answer {
    access::SUBSCRIBED_SKUS.check(cx)?;
    let query = Query::list(cx.call, SUBSCRIBED_SKU)?;
    let tenant = cx.tenant(world)?;
    Ok(collection(cx, &query, SUBSCRIBED_SKU, SUBSCRIBED_SKU.set, tenant.skus.iter(), |sku, _| sku_view(tenant, sku)))
}

pub(super) fn license_details(world: &World, cx: &Cx<'_>) -> Answer {
    access::USERS_READ.check(cx)?;
    let query = Query::list(cx.call, LICENSE_DETAILS)?;
    let tenant = cx.tenant(world)?;
    let user = find(tenant, cx.id(1))?;
    let skus = tenant.skus.iter().filter(|sku| user.assigned_licenses.contains(&sku.sku_id));
    let fragment = format!("users('{}')/licenseDetails", cx.id(1));
    Ok(collection(cx, &query, LICENSE_DETAILS, &fragment, skus, |sku, _| {
        fields(json!({
            "id": sku.sku_id.simple().to_string(),
            "skuId": sku.sku_id,
            "skuPartNumber": sku.sku_part_number,
            "servicePlans": plans(sku),
        }))
    }))
}

pub(super) fn assign_license(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::LICENSES_ASSIGN.check(cx)?;
    let body = fields(cx.json()?);
    let (Some(add), Some(remove)) =
        (body.get("addLicenses").and_then(Value::as_array), body.get("removeLicenses").and_then(Value::as_array))
    else {
        return Err(bad_request(
            "One or more parameters of the operation 'assignLicense' are missing from the request payload. The missing parameters are: addLicenses, removeLicenses.",
        ));
    };
    let tenant = cx.tenant(world)?;
    let user = find(tenant, cx.id(1))?;
    if !add.is_empty() && user.usage_location.is_none() {
        return Err(bad_request("License assignment cannot be done for user with invalid usage location."));
    }
    let mut licenses = user.assigned_licenses.clone();
    for removed in remove {
        let sku = guid(removed)?;
        licenses.retain(|license| *license != sku);
    }
    for added in add {
        let sku = guid(&added["skuId"])?;
        let product = tenant.skus.iter().find(|product| product.sku_id == sku);
        let seats = product.map_or(0, |product| product.enabled as usize);
        let used = tenant.users.values().filter(|user| user.assigned_licenses.contains(&sku)).count();
        if licenses.contains(&sku) {
            continue;
        }
        if product.is_none() {
            return Err(bad_request(&format!("License {sku} does not correspond to a valid company License.")));
        }
        if used >= seats {
            return Err(bad_request(&format!("Subscription with SKU {sku} does not have any available licenses.")));
        }
        licenses.push(sku);
    }
    let id = user.id;
    let user = cx.tenant_mut(world)?.users.get_mut(&id).ok_or_else(|| not_found(cx.id(1)))?;
    user.assigned_licenses = licenses;
    Ok(object(cx, 200, &Query::default(), USER, USER.set, view(user, &Want::ALL)))
}

fn sku_view(tenant: &Tenant, sku: &SubscribedSku) -> Map<String, Value> {
    let consumed = tenant.users.values().filter(|user| user.assigned_licenses.contains(&sku.sku_id)).count();
    fields(json!({
        "id": format!("{}_{}", tenant.id, sku.sku_id),
        "accountId": tenant.id,
        "accountName": tenant.display_name,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": consumed,
        "prepaidUnits": {"enabled": sku.enabled, "suspended": 0, "warning": 0, "lockedOut": 0},
        "servicePlans": plans(sku),
        "skuId": sku.sku_id,
        "skuPartNumber": sku.sku_part_number,
        "subscriptionIds": [sku.sku_id],
    }))
}

fn plans(sku: &SubscribedSku) -> Vec<Value> {
    sku.service_plans
        .iter()
        .map(|plan| {
            json!({
                "servicePlanId": plan.id,
                "servicePlanName": plan.name,
                "provisioningStatus": "Success",
                "appliesTo": "User",
            })
        })
        .collect()
}

fn guid(value: &Value) -> Result<Uuid, Reply> {
    let text = value.as_str().unwrap_or_default();
    Uuid::parse_str(text).map_err(|_| bad_request(&format!("Invalid GUID: {text}")))
}
