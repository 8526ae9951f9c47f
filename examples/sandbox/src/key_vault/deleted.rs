//! Deleting, recovering and purging secrets.

use serde_json::Value;

use super::state::{self, State};
use super::{Outcome, Place, answer, body, page};
use crate::call::Call;
use crate::reply::Reply;
use crate::world::World;

/// Deletes a secret; some seconds later it is among the deleted ones.
pub(super) fn delete(world: &mut World, place: &Place, name: &str) -> Outcome {
    let key = match state::find(world, place, name) {
        (key, State::Live) => key,
        (_, State::Deleting) => return Err(conflict(name, "ObjectIsBeingDeleted", "deleted")),
        (_, State::Recovering) => {
            return Err(conflict(name, "ObjectIsBeingRecovered", "recovered"));
        }
        (_, State::Deleted | State::Gone) => return Err(answer::not_found(name)),
    };
    let now = world.now();
    if let Some(secret) = world.vaults.get_mut(&place.vault).and_then(|vault| vault.secrets.get_mut(&key)) {
        secret.deleted_at = Some(now);
        secret.recovered_at = None;
    }
    shown(world, place, &key)
}

/// Lists the deleted secrets, without values.
pub(super) fn list(world: &World, call: &Call, place: &Place) -> Outcome {
    let vault = &world.vaults[&place.vault];
    let now = world.now();
    let items = vault
        .secrets
        .iter()
        .filter(|(_, secret)| state::of(vault, secret, now) == State::Deleted)
        .filter_map(|(name, secret)| {
            let item = body::item(vault, place, name, secret.versions.last()?, false);
            Some(body::deleted(item, vault, place, name, secret.deleted_at?))
        })
        .collect();
    page::reply(call, items)
}

/// Returns a deleted secret, once it is fully deleted.
pub(super) fn get(world: &World, place: &Place, name: &str) -> Outcome {
    let key = in_bin(world, place, name)?;
    shown(world, place, &key)
}

/// Removes a deleted secret for good, unless the vault protects it.
pub(super) fn purge(world: &mut World, place: &Place, name: &str) -> Outcome {
    let key = in_bin(world, place, name)?;
    if state::is_purge_protected(&world.vaults[&place.vault]) {
        return Err(answer::refuse_because(
            403,
            "Forbidden",
            "ForbiddenByPolicy",
            "Operation \"purge\" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.",
        ));
    }
    if let Some(vault) = world.vaults.get_mut(&place.vault) {
        vault.secrets.remove(&key);
    }
    Ok(Reply::empty(204))
}

/// Recovers a deleted secret; some seconds later it is readable again.
pub(super) fn recover(world: &mut World, place: &Place, name: &str) -> Outcome {
    let key = in_bin(world, place, name)?;
    let now = world.now();
    if let Some(secret) = world.vaults.get_mut(&place.vault).and_then(|vault| vault.secrets.get_mut(&key)) {
        secret.deleted_at = None;
        secret.recovered_at = Some(now);
    }
    let vault = &world.vaults[&place.vault];
    let version = vault.secrets[&key].versions.last().ok_or_else(|| answer::not_found(name))?;
    Ok(Reply::json(200, body::item(vault, place, &key, version, true)))
}

fn in_bin(world: &World, place: &Place, name: &str) -> Result<String, Box<Reply>> {
    match state::find(world, place, name) {
        (key, State::Deleted) => Ok(key),
        _ => Err(answer::refuse(404, "SecretNotFound", &format!("Deleted Secret not found: {name}"))),
    }
}

fn shown(world: &World, place: &Place, key: &str) -> Outcome {
    let vault = &world.vaults[&place.vault];
    let secret = &vault.secrets[key];
    let written: Option<Value> = secret
        .versions
        .last()
        .zip(secret.deleted_at)
        .map(|(version, at)| body::deleted(body::item(vault, place, key, version, true), vault, place, key, at));
    written.map(|body| Reply::json(200, body)).ok_or_else(|| answer::not_found(key))
}

fn conflict(name: &str, inner: &str, what: &str) -> Box<Reply> {
    answer::refuse_because(409, "Conflict", inner, &format!("Secret {name} is currently being {what}."))
}
