//! A key vault as Resource Manager shows it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::clock::plus;
use crate::world::{VAULT_DNS_SECONDS, Vault};

/// Members of [`Vault::extra`] that stand beside `properties`, not inside.
const OUTER: &[&str] = &["systemData", "tags"];

/// Writes a vault.
pub(super) fn full(vault: &Vault, now: Timestamp) -> Value {
    let mut properties = json!({
        "sku": {"family": "A", "name": "standard"},
        "tenantId": vault.tenant,
        "accessPolicies": [],
        "enabledForDeployment": false,
        "enabledForDiskEncryption": false,
        "enabledForTemplateDeployment": false,
        "enableSoftDelete": true,
        "softDeleteRetentionInDays": 90,
        "enableRbacAuthorization": true,
        "publicNetworkAccess": "Enabled",
        "vaultUri": format!("https://{}.vault.azure.net/", vault.name),
        "provisioningState": state(vault, now),
    });
    if let Some(members) = properties.as_object_mut() {
        for (name, value) in inner(&vault.extra) {
            members.insert(name.clone(), value.clone());
        }
    }
    let mut body = summary(vault);
    body["properties"] = properties;
    if let Some(data) = vault.extra.get("systemData") {
        body["systemData"] = data.clone();
    }
    body
}

/// Writes a vault as the list of all resources does, without properties.
pub(super) fn summary(vault: &Vault) -> Value {
    json!({
        "id": format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.KeyVault/vaults/{}",
            vault.subscription, vault.resource_group, vault.name
        ),
        "name": vault.name,
        "type": "Microsoft.KeyVault/vaults",
        "location": vault.location,
        "tags": vault.extra.get("tags").cloned().unwrap_or_else(|| json!({})),
    })
}

fn inner(extra: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    extra.iter().filter(|(name, _)| !OUTER.contains(&name.as_str()))
}

/// A vault made a moment ago still waits for its name in the DNS.
fn state(vault: &Vault, now: Timestamp) -> &'static str {
    let young = vault
        .extra
        .get("systemData")
        .and_then(|data| data["createdAt"].as_str()?.parse::<Timestamp>().ok())
        .is_some_and(|created| now < plus(created, VAULT_DNS_SECONDS));
    if young { "RegisteringDns" } else { "Succeeded" }
}
