//! Secrets and their versions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::state::{self, State};
use super::{Outcome, Place, answer, body, page};
use crate::call::Call;
use crate::reply::Reply;
use crate::world::{Secret, VaultSecretVersion, World};

/// The most bytes a value has.
const LARGEST_VALUE: usize = 25_600;
/// The most tags, and the most characters of a tag's name or value.
const MOST_TAGS: usize = 15;
const LONGEST_TAG: usize = 256;
const LONGEST_NAME: usize = 127;

/// Lists secrets, each by its current version, without values.
pub(super) fn list(world: &World, call: &Call, place: &Place) -> Outcome {
    let vault = &world.vaults[&place.vault];
    let now = world.now();
    let items = vault
        .secrets
        .iter()
        .filter(|(_, secret)| state::of(vault, secret, now) == State::Live)
        .filter_map(|(name, secret)| Some(body::item(vault, place, name, secret.versions.last()?, false)))
        .collect();
    page::reply(call, items)
}

/// Lists the versions of a secret, oldest first, without values.
pub(super) fn versions(world: &World, call: &Call, place: &Place, name: &str) -> Outcome {
    let vault = &world.vaults[&place.vault];
    let items = match state::live(world, place, name) {
        Ok(key) => {
            vault.secrets[&key].versions.iter().map(|version| body::item(vault, place, &key, version, true)).collect()
        }
        // The service answers an empty list for a secret it does not know.
        Err(_) => Vec::new(),
    };
    page::reply(call, items)
}

/// Returns the value of a version, the current one unless named.
pub(super) fn get(world: &World, place: &Place, name: &str, version: Option<&str>) -> Outcome {
    let vault = &world.vaults[&place.vault];
    let key = state::live(world, place, name)?;
    let versions = &vault.secrets[&key].versions;
    let found = match version {
        None => versions.last().ok_or_else(|| answer::not_found(name))?,
        Some(wanted) => versions
            .iter()
            .find(|version| version.version.eq_ignore_ascii_case(wanted))
            .ok_or_else(|| answer::not_found(&format!("{name}/{wanted}")))?,
    };
    if !found.enabled {
        return Err(answer::refuse_because(
            403,
            "Forbidden",
            "SecretDisabled",
            "Operation get is not allowed on a disabled secret.",
        ));
    }
    Ok(Reply::json(200, body::bundle(vault, place, &key, found)))
}

/// Sets a secret: a new version becomes the current one.
pub(super) fn set(world: &mut World, call: &Call, place: &Place, name: &str) -> Outcome {
    check_name(name)?;
    let sent = call.json().unwrap_or_default();
    let Some(value) = sent["value"].as_str() else {
        return Err(answer::refuse(400, "BadParameter", "Property value is required"));
    };
    if value.len() > LARGEST_VALUE {
        return Err(answer::refuse(400, "BadParameter", "Property value exceeds the maximum length of 25600 bytes."));
    }
    let (key, state) = state::find(world, place, name);
    refuse_conflict(name, state)?;
    let now = world.now();
    let mut version = VaultSecretVersion {
        version: world.ids.next_text(),
        value: Secret::new(value),
        content_type: None,
        tags: BTreeMap::new(),
        enabled: true,
        not_before: None,
        expires: None,
        created_at: now,
        updated_at: now,
    };
    change(&mut version, &sent, now)?;
    let Some(vault) = world.vaults.get_mut(&place.vault) else {
        return Err(answer::not_found(name));
    };
    let secret = vault.secrets.entry(key.clone()).or_default();
    if state == State::Gone {
        secret.versions.clear();
        secret.deleted_at = None;
    }
    secret.versions.push(version);
    let vault = &world.vaults[&place.vault];
    let written = vault.secrets[&key].versions.last().ok_or_else(|| answer::not_found(name))?;
    Ok(Reply::json(200, body::bundle(vault, place, &key, written)))
}

/// Changes the properties of a version; the value stays.
pub(super) fn update(world: &mut World, call: &Call, place: &Place, name: &str, version: Option<&str>) -> Outcome {
    let key = state::live(world, place, name)?;
    let sent = call.json().unwrap_or_default();
    if !sent["value"].is_null() {
        return Err(answer::refuse(400, "BadParameter", "The value of a secret can't be updated."));
    }
    let now = world.now();
    let found = world
        .vaults
        .get_mut(&place.vault)
        .and_then(|vault| vault.secrets.get_mut(&key))
        .and_then(|secret| match version {
            None => secret.versions.last_mut(),
            Some(wanted) => secret.versions.iter_mut().find(|version| version.version.eq_ignore_ascii_case(wanted)),
        })
        .ok_or_else(|| answer::not_found(name))?;
    let mut changed = found.clone();
    change(&mut changed, &sent, now)?;
    *found = changed.clone();
    let vault = &world.vaults[&place.vault];
    Ok(Reply::json(200, body::item(vault, place, &key, &changed, true)))
}

fn refuse_conflict(name: &str, state: State) -> Result<(), Box<Reply>> {
    let (inner, text) = match state {
        State::Live | State::Gone => return Ok(()),
        State::Deleting => ("ObjectIsBeingDeleted", "is currently being deleted"),
        State::Deleted => (
            "ObjectIsDeletedButRecoverable",
            "is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged",
        ),
        State::Recovering => ("ObjectIsBeingRecovered", "is currently being recovered"),
    };
    Err(answer::refuse_because(409, "Conflict", inner, &format!("Secret {name} {text}.")))
}

/// Takes over the properties that were sent; tags are replaced as a whole.
fn change(version: &mut VaultSecretVersion, sent: &Value, now: Timestamp) -> Result<(), Box<Reply>> {
    let bad = |text: &str| answer::refuse(400, "BadParameter", text);
    if let Some(kind) = sent["contentType"].as_str() {
        version.content_type = Some(kind.to_owned());
    }
    if let Some(tags) = sent["tags"].as_object() {
        version.tags = tags
            .iter()
            .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect::<Option<_>>()
            .ok_or_else(|| bad("The value of a tag must be text."))?;
        let too_long = |text: &String| text.chars().count() > LONGEST_TAG;
        if version.tags.len() > MOST_TAGS || version.tags.iter().any(|(name, value)| too_long(name) || too_long(value))
        {
            return Err(bad("A secret has at most 15 tags of at most 256 characters."));
        }
    }
    let attributes = &sent["attributes"];
    if let Some(enabled) = attributes["enabled"].as_bool() {
        version.enabled = enabled;
    }
    let time = |name: &str| attributes[name].as_i64().and_then(|second| Timestamp::from_second(second).ok());
    version.not_before = time("nbf").or(version.not_before);
    version.expires = time("exp").or(version.expires);
    version.updated_at = now;
    Ok(())
}

fn check_name(name: &str) -> Result<(), Box<Reply>> {
    let valid = (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if valid {
        return Ok(());
    }
    Err(answer::refuse(400, "BadParameter", &format!("The request URI contains an invalid name: {name}")))
}
