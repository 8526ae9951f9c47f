//! Key vaults: list, read, create, change.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Outcome, Scope, answer, groups, vault_body};
use crate::call::Call;
use crate::clock::iso_ticks;
use crate::reply::Reply;
use crate::world::{Vault, World};

/// From this version on a new vault uses role-based access unless the caller says otherwise.
const RBAC_BY_DEFAULT: &str = "2026-02-01";

/// Lists the vaults of a subscription, or of one resource group.
pub(super) fn list(world: &World, call: &Call, scope: &Scope, group: Option<&str>) -> Outcome {
    if let Some(group) = group {
        groups::find(world, scope, group)?;
    }
    let items = world
        .vaults
        .values()
        .filter(|vault| vault.subscription == scope.subscription)
        .filter(|vault| group.is_none_or(|group| vault.resource_group.eq_ignore_ascii_case(group)))
        .map(|vault| vault_body::full(vault, world.now()))
        .collect();
    answer::list(call, items)
}

/// Returns one vault.
pub(super) fn get(world: &World, scope: &Scope, group: &str, name: &str) -> Outcome {
    groups::find(world, scope, group)?;
    let key = find(world, scope, group, name)?;
    Ok(Reply::json(200, vault_body::full(&world.vaults[&key], world.now())))
}

/// Creates a vault, or replaces the properties of an existing one.
pub(super) fn put(world: &mut World, call: &Call, scope: &Scope, group: &str, name: &str) -> Outcome {
    let group = groups::find(world, scope, group)?.name.clone();
    let sent = call.json().unwrap_or_default();
    let properties = check(call, &sent, scope, name)?;
    let existing = key_of(world, name);
    if let Some(key) = &existing {
        let vault = &world.vaults[key];
        if vault.subscription != scope.subscription || !vault.resource_group.eq_ignore_ascii_case(&group) {
            return Err(answer::refuse(
                409,
                "VaultAlreadyExists",
                &format!(
                    "The vault name '{name}' is already in use. Vault names are globally unique so it is possible that the name is already taken."
                ),
            ));
        }
    }
    let now = world.now();
    let mut extra: Map<String, Value> = properties
        .iter()
        .filter(|(name, value)| {
            !value.is_null() && !["tenantId", "createMode", "vaultUri", "provisioningState"].contains(&name.as_str())
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    extra.insert("enableRbacAuthorization".to_owned(), json!(uses_rbac(call, properties)));
    extra.insert("tags".to_owned(), json!(groups::tags(&sent["tags"])));
    let key = existing.unwrap_or_else(|| name.to_owned());
    let created = world.vaults.get(&key).map_or_else(
        || Some(json!({"createdAt": iso_ticks(now), "lastModifiedAt": iso_ticks(now)})),
        |vault| vault.extra.get("systemData").cloned(),
    );
    if let Some(data) = created {
        extra.insert("systemData".to_owned(), data);
    }
    let vault = world.vaults.entry(key).or_insert_with(|| Vault {
        name: name.to_owned(),
        tenant: scope.tenant,
        subscription: scope.subscription,
        resource_group: group,
        location: location(&sent),
        secrets: BTreeMap::new(),
        keys: BTreeMap::new(),
        certificates: BTreeMap::new(),
        extra: Map::new(),
    });
    vault.extra = extra;
    Ok(Reply::json(200, vault_body::full(vault, now)))
}

/// Changes the tags and the properties that were sent.
pub(super) fn patch(world: &mut World, call: &Call, scope: &Scope, group: &str, name: &str) -> Outcome {
    let key = find(world, scope, group, name)?;
    let now = world.now();
    let sent = call.json().unwrap_or_default();
    refuse_unprotecting(&sent["properties"])?;
    let Some(vault) = world.vaults.get_mut(&key) else {
        return Err(answer::no_route(call));
    };
    if sent["tags"].is_object() {
        vault.extra.insert("tags".to_owned(), json!(groups::tags(&sent["tags"])));
    }
    for (name, value) in sent["properties"].as_object().into_iter().flatten() {
        if name != "tenantId" && !value.is_null() {
            vault.extra.insert(name.clone(), value.clone());
        }
    }
    Ok(Reply::json(200, vault_body::full(vault, now)))
}

/// Tells whether a vault name is free.
pub(super) fn check_name(world: &World, call: &Call) -> Outcome {
    let sent = call.json().unwrap_or_default();
    let name = sent["name"].as_str().unwrap_or_default();
    let body = if !is_valid(name) {
        json!({"nameAvailable": false, "reason": "AccountNameInvalid", "message": invalid_name(name)})
    } else if key_of(world, name).is_some() {
        json!({"nameAvailable": false, "reason": "AlreadyExists", "message": format!("The vault name '{name}' is already in use.")})
    } else {
        json!({"nameAvailable": true})
    };
    Ok(Reply::json(200, body))
}

fn find(world: &World, scope: &Scope, group: &str, name: &str) -> Result<String, Box<Reply>> {
    key_of(world, name)
        .filter(|key| {
            let vault = &world.vaults[key];
            vault.subscription == scope.subscription && vault.resource_group.eq_ignore_ascii_case(group)
        })
        .ok_or_else(|| {
            answer::refuse(
                404,
                "ResourceNotFound",
                &format!("The Resource 'Microsoft.KeyVault/vaults/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"),
            )
        })
}

fn key_of(world: &World, name: &str) -> Option<String> {
    if world.vaults.contains_key(name) {
        return Some(name.to_owned());
    }
    world.vaults.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned()
}

/// Checks what a new vault needs and returns its properties.
fn check<'a>(call: &Call, sent: &'a Value, scope: &Scope, name: &str) -> Result<&'a Map<String, Value>, Box<Reply>> {
    let bad = |message: &str| answer::refuse(400, "BadRequest", message);
    if !is_valid(name) {
        return Err(answer::refuse(400, "VaultNameNotValid", &invalid_name(name)));
    }
    if location(sent).is_empty() {
        return Err(answer::refuse(400, "LocationRequired", "The location property is required for this definition."));
    }
    let properties = sent["properties"].as_object().ok_or_else(|| bad("The parameter properties is not specified."))?;
    let tenant = properties.get("tenantId").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok());
    if tenant != Some(scope.tenant) {
        return Err(bad("The parameter tenantId is not specified or isn't the tenant of the subscription."));
    }
    let sku = sent["properties"]["sku"].clone();
    let known = ["standard", "premium"]
        .iter()
        .any(|known| sku["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(known)));
    if !known || sku["family"].as_str() != Some("A") {
        return Err(bad("The parameter sku is not specified or isn't valid."));
    }
    refuse_unprotecting(&sent["properties"])?;
    if !uses_rbac(call, properties) && !properties.get("accessPolicies").is_some_and(Value::is_array) {
        return Err(bad("The parameter accessPolicies is not specified."));
    }
    Ok(properties)
}

fn refuse_unprotecting(properties: &Value) -> Result<(), Box<Reply>> {
    if properties["enablePurgeProtection"] == false {
        return Err(answer::refuse(
            400,
            "BadRequest",
            "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.",
        ));
    }
    Ok(())
}

fn uses_rbac(call: &Call, properties: &Map<String, Value>) -> bool {
    properties
        .get("enableRbacAuthorization")
        .and_then(Value::as_bool)
        .unwrap_or_else(|| call.query("api-version").is_some_and(|version| version >= RBAC_BY_DEFAULT))
}

fn location(sent: &Value) -> String {
    sent["location"].as_str().unwrap_or_default().to_ascii_lowercase().replace(' ', "")
}

/// Vault names have 3 to 24 letters, digits and hyphens and start with a letter.
fn is_valid(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.contains("--")
}

fn invalid_name(name: &str) -> String {
    format!(
        "The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens."
    )
}
