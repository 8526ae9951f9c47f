//! Secrets as the data plane shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Place, state};
use crate::world::{Vault, VaultSecretVersion};

/// Writes a version with its value.
pub(super) fn bundle(vault: &Vault, place: &Place, name: &str, version: &VaultSecretVersion) -> Value {
    let mut body = properties(vault, version);
    body["id"] = json!(format!("{}/secrets/{name}/{}", place.base, version.version));
    body["value"] = json!(version.value.expose());
    body
}

/// Writes a version without its value, its id naming the version only in a list of versions.
pub(super) fn item(vault: &Vault, place: &Place, name: &str, version: &VaultSecretVersion, versioned: bool) -> Value {
    let mut body = properties(vault, version);
    body["id"] = json!(if versioned {
        format!("{}/secrets/{name}/{}", place.base, version.version)
    } else {
        format!("{}/secrets/{name}", place.base)
    });
    body
}

/// Adds what only a deleted secret has.
pub(super) fn deleted(mut body: Value, vault: &Vault, place: &Place, name: &str, at: Timestamp) -> Value {
    body["recoveryId"] = json!(format!("{}/deletedsecrets/{name}", place.base));
    body["deletedDate"] = json!(at.as_second());
    body["scheduledPurgeDate"] = json!(state::purge_at(vault, at).as_second());
    body
}

fn properties(vault: &Vault, version: &VaultSecretVersion) -> Value {
    let days = state::retention_days(vault);
    let mut attributes = json!({
        "enabled": version.enabled,
        "created": version.created_at.as_second(),
        "updated": version.updated_at.as_second(),
        "recoveryLevel": recovery_level(days, state::is_purge_protected(vault)),
        "recoverableDays": days,
    });
    for (name, time) in [("nbf", version.not_before), ("exp", version.expires)] {
        if let Some(time) = time {
            attributes[name] = json!(time.as_second());
        }
    }
    let mut body = json!({"attributes": attributes, "tags": version.tags});
    if let Some(kind) = &version.content_type {
        body["contentType"] = json!(kind);
    }
    body
}

const fn recovery_level(days: i64, protected: bool) -> &'static str {
    match (days < 90, protected) {
        (false, false) => "Recoverable+Purgeable",
        (false, true) => "Recoverable",
        (true, false) => "CustomizedRecoverable+Purgeable",
        (true, true) => "CustomizedRecoverable",
    }
}
