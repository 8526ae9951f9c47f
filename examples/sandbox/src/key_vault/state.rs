//! Where a secret is between alive and gone.

use jiff::Timestamp;

use super::{Place, answer};
use crate::clock::plus;
use crate::reply::Reply;
use crate::world::{VAULT_SECONDS, Vault, VaultSecret, World};

/// The state of a secret at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Deleted, can be recovered or purged.
    Deleted,
    /// Deleted a moment ago, not in the recycle bin yet.
    Deleting,
    /// Past the time in which it could be recovered, or never there.
    Gone,
    Live,
    /// Recovered a moment ago, not readable yet.
    Recovering,
}

/// Returns how many days a deleted secret of the vault can be recovered.
pub(super) fn retention_days(vault: &Vault) -> i64 {
    vault.extra.get("softDeleteRetentionInDays").and_then(serde_json::Value::as_i64).unwrap_or(90)
}

/// Returns whether deleted secrets of the vault stay until their time is over.
pub(super) fn is_purge_protected(vault: &Vault) -> bool {
    vault.extra.get("enablePurgeProtection") == Some(&serde_json::Value::Bool(true))
}

/// Returns until when a secret deleted at a time can be recovered.
pub(super) fn purge_at(vault: &Vault, deleted: Timestamp) -> Timestamp {
    plus(deleted, retention_days(vault) * 86_400)
}

/// Returns the state of a secret.
pub(super) fn of(vault: &Vault, secret: &VaultSecret, now: Timestamp) -> State {
    match (secret.deleted_at, secret.recovered_at) {
        (Some(deleted), _) if now < plus(deleted, VAULT_SECONDS) => State::Deleting,
        (Some(deleted), _) if now < purge_at(vault, deleted) => State::Deleted,
        (Some(_), _) => State::Gone,
        (None, Some(recovered)) if now < plus(recovered, VAULT_SECONDS) => State::Recovering,
        (None, _) => State::Live,
    }
}

/// Finds the key of a secret, names being the same in any letter case, with its state.
pub(super) fn find(world: &World, place: &Place, name: &str) -> (String, State) {
    let vault = &world.vaults[&place.vault];
    let found = vault
        .secrets
        .get_key_value(name)
        .or_else(|| vault.secrets.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)));
    match found {
        Some((key, secret)) => (key.clone(), of(vault, secret, world.now())),
        None => (name.to_owned(), State::Gone),
    }
}

/// Finds a secret that can be used, or refuses.
pub(super) fn live(world: &World, place: &Place, name: &str) -> Result<String, Box<Reply>> {
    match find(world, place, name) {
        (key, State::Live) => Ok(key),
        _ => Err(answer::not_found(name)),
    }
}
