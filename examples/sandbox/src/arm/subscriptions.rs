//! Tenants, subscriptions, their regions and what is in them.

use serde_json::{Value, json};

use super::{Outcome, Scope, answer, may_manage, vault_body};
use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::Claims;
use crate::world::{Subscription, World};

/// Lists the tenants the token's user can see: the one the token is for.
pub(super) fn tenants(world: &World, call: &Call, claims: &Claims) -> Outcome {
    let items = world
        .tenant(&claims.tenant)
        .map(|tenant| {
            json!({
                "id": format!("/tenants/{}", tenant.id),
                "tenantId": tenant.id,
                "displayName": tenant.display_name,
                "defaultDomain": tenant.default_domain(),
                "tenantCategory": "Home",
            })
        })
        .into_iter()
        .collect();
    answer::list(call, items)
}

/// Lists the subscriptions of the token's tenant; a caller without a role sees none.
pub(super) fn list(world: &World, call: &Call, claims: &Claims) -> Outcome {
    let items = world
        .tenant(&claims.tenant)
        .filter(|_| may_manage(world, claims))
        .into_iter()
        .flat_map(|tenant| tenant.subscriptions.values())
        .map(|subscription| body(world, claims.tenant == world.partner, subscription, &claims.tenant))
        .collect::<Vec<Value>>();
    let count = items.len();
    let mut reply = answer::list(call, items)?;
    if let crate::reply::Body::Json(body) = &mut reply.body {
        body["count"] = json!({"type": "Total", "value": count});
    }
    Ok(reply)
}

/// Returns one subscription.
pub(super) fn get(world: &World, scope: &Scope) -> Outcome {
    let found = subscription(world, scope)?;
    Ok(Reply::json(200, body(world, scope.tenant == world.partner, found, &scope.tenant)))
}

/// Lists the regions a subscription may use.
pub(super) fn locations(call: &Call, scope: &Scope) -> Outcome {
    let items = [("westeurope", "West Europe"), ("northeurope", "North Europe"), ("eastus", "East US")]
        .into_iter()
        .map(|(name, display_name)| {
            json!({
                "id": format!("/subscriptions/{}/locations/{name}", scope.subscription),
                "name": name,
                "type": "Region",
                "displayName": display_name,
                "regionalDisplayName": display_name,
                "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
            })
        })
        .collect();
    answer::list(call, items)
}

/// Lists resources; `$filter=resourceType eq '…'` is understood.
pub(super) fn resources(world: &World, call: &Call, scope: &Scope) -> Outcome {
    let wanted = match call.query("$filter") {
        None => None,
        Some(filter) => Some(resource_type(filter).ok_or_else(|| {
            answer::refuse(
                400,
                "InvalidFilterInQueryString",
                &format!("Invalid $filter '{filter}' specified in the query string."),
            )
        })?),
    };
    let vaults =
        world.vaults.values().filter(|vault| vault.subscription == scope.subscription).map(vault_body::summary);
    let items = vaults
        .chain(subscription(world, scope)?.resources.values().cloned())
        .filter(|item| {
            wanted
                .as_ref()
                .is_none_or(|wanted| item["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case(wanted)))
        })
        .collect();
    answer::list(call, items)
}

/// Finds the subscription of a scope.
pub(super) fn subscription<'a>(world: &'a World, scope: &Scope) -> Result<&'a Subscription, Box<Reply>> {
    world.tenant(&scope.tenant).and_then(|tenant| tenant.subscriptions.get(&scope.subscription)).ok_or_else(|| {
        answer::refuse(
            404,
            "SubscriptionNotFound",
            &format!("The subscription '{}' could not be found.", scope.subscription),
        )
    })
}

fn body(world: &World, own: bool, subscription: &Subscription, tenant: &uuid::Uuid) -> Value {
    let managers = if own { Vec::new() } else { vec![json!({"tenantId": world.partner})] };
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "authorizationSource": "RoleBased",
        "managedByTenants": managers,
        "subscriptionId": subscription.id,
        "tenantId": tenant,
        "displayName": subscription.display_name,
        "state": subscription.state,
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "CSP_2015-05-01",
            "spendingLimit": "Off",
        },
    })
}

fn resource_type(filter: &str) -> Option<String> {
    let (property, value) = filter.split_once(" eq ")?;
    property.trim().eq_ignore_ascii_case("resourceType").then(|| value.trim().trim_matches('\'').to_owned())
}
