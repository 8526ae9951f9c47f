//! Resource groups.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::subscriptions::subscription;
use super::{Outcome, Scope, answer};
use crate::call::Call;
use crate::reply::Reply;
use crate::world::{ResourceGroup, World};

/// Lists the resource groups of a subscription.
pub(super) fn list(world: &World, call: &Call, scope: &Scope) -> Outcome {
    let items = subscription(world, scope)?.resource_groups.values().map(|group| body(scope, group)).collect();
    answer::list(call, items)
}

/// Returns one resource group.
pub(super) fn get(world: &World, scope: &Scope, name: &str) -> Outcome {
    find(world, scope, name).map(|group| Reply::json(200, body(scope, group)))
}

/// Tells whether a resource group is there, without a body.
pub(super) fn head(world: &World, scope: &Scope, name: &str) -> Reply {
    Reply::empty(if find(world, scope, name).is_ok() { 204 } else { 404 })
}

/// Creates a resource group or changes its tags; its region stays.
pub(super) fn put(world: &mut World, call: &Call, scope: &Scope, name: &str) -> Outcome {
    let sent = call.json().unwrap_or_default();
    let Some(location) = sent["location"].as_str().filter(|location| !location.is_empty()) else {
        return Err(answer::refuse(400, "LocationRequired", "The location property is required for this definition."));
    };
    let Some(groups) = world
        .tenant_mut(&scope.tenant)
        .and_then(|tenant| tenant.subscriptions.get_mut(&scope.subscription))
        .map(|subscription| &mut subscription.resource_groups)
    else {
        return Err(answer::no_route(call));
    };
    let key = name.to_ascii_lowercase();
    let location = location.to_ascii_lowercase().replace(' ', "");
    let existing = groups.get(&key);
    if let Some(group) = existing.filter(|group| group.location != location) {
        return Err(answer::refuse(
            409,
            "InvalidResourceGroupLocation",
            &format!(
                "Invalid resource group location '{location}'. The Resource group already exists in location '{}'.",
                group.location
            ),
        ));
    }
    let status = if existing.is_some() { 200 } else { 201 };
    let group = ResourceGroup {
        name: existing.map_or_else(|| name.to_owned(), |group| group.name.clone()),
        location,
        tags: tags(&sent["tags"]),
    };
    let reply = Reply::json(status, body(scope, &group));
    groups.insert(key, group);
    Ok(reply)
}

/// Finds a resource group by name, in any letter case.
pub(super) fn find<'a>(world: &'a World, scope: &Scope, name: &str) -> Result<&'a ResourceGroup, Box<Reply>> {
    subscription(world, scope)?.resource_groups.get(&name.to_ascii_lowercase()).ok_or_else(|| {
        answer::refuse(404, "ResourceGroupNotFound", &format!("Resource group '{name}' could not be found."))
    })
}

/// Reads tags; values that are no text are left out.
pub(super) fn tags(value: &Value) -> BTreeMap<String, String> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

fn body(scope: &Scope, group: &ResourceGroup) -> Value {
    json!({
        "id": format!("/subscriptions/{}/resourceGroups/{}", scope.subscription, group.name),
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "tags": group.tags,
        "properties": {"provisioningState": "Succeeded"},
    })
}
