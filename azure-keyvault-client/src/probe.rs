//! Does the Azure integration work for a customer?

use async_trait::async_trait;
use bundle_core::error::Diagnosis;
use bundle_core::shield::{Probe, ProbeOutcome};
use bundle_core::{Error, ErrorKind, Integration, Result, TenantId};

use crate::AzureClient;
use crate::resource_manager::{ResourceManagerClient, Subscription, Vault};

/// Proves that the account reaches a customer's Azure: a subscription is visible, it has a vault, and the secrets of
/// that vault can be listed. No value is read.
///
/// * No visible subscription, or none that is enabled, is
///   [`NotLicensed`](ProbeOutcome::NotLicensed).
/// * Subscriptions without any vault are an error of kind [`ErrorKind::NotFound`]: an existing vault, even an empty
///   one, is what the integration starts from.
#[derive(Clone, Debug)]
pub struct AzureProbe {
    client: AzureClient,
}

impl AzureProbe {
    /// A probe that asks through this client.
    #[must_use]
    pub fn new(client: &AzureClient) -> Self {
        Self { client: client.as_account() }
    }
}

#[async_trait]
impl Probe for AzureProbe {
    fn integration(&self) -> Integration {
        Integration::Azure
    }

    async fn probe(&self, customer: &TenantId) -> Result<ProbeOutcome> {
        let arm = self.client.for_tenant(customer);
        let subscriptions = arm.subscriptions().list().collect_all().await?;
        if subscriptions.is_empty() {
            return Ok(ProbeOutcome::NotLicensed("no Azure subscription is visible".to_owned()));
        }
        let usable: Vec<&Subscription> = subscriptions.iter().filter(|one| one.is_usable()).collect();
        if usable.is_empty() {
            let found = counted(subscriptions.len(), "Azure subscription");
            return Ok(ProbeOutcome::NotLicensed(format!("{found} visible, none enabled")));
        }
        let Some(vault) = first_vault(&arm, &usable).await? else {
            return Err(no_vault(usable.len()).with_tenant(*customer));
        };
        let secrets = count_secrets(&arm, &vault).await?;
        let subscriptions = counted(usable.len(), "subscription");
        Ok(ProbeOutcome::Works(format!("{subscriptions}, vault {}, {secrets}", vault.name)))
    }
}

async fn first_vault(arm: &ResourceManagerClient, subscriptions: &[&Subscription]) -> Result<Option<Vault>> {
    for subscription in subscriptions {
        if let Some(vault) = arm.vaults(&subscription.subscription_id).list().try_next().await? {
            return Ok(Some(vault));
        }
    }
    Ok(None)
}

/// Counts the secrets of the first page.
async fn count_secrets(arm: &ResourceManagerClient, vault: &Vault) -> Result<String> {
    let mut secrets = arm.vault_named(&vault.name)?.secrets().list().await?;
    let mut count = 0;
    while count < PAGE && secrets.try_next().await?.is_some() {
        count += 1;
    }
    Ok(if count == PAGE { format!("{count} or more secrets") } else { counted(count, "secret") })
}

fn no_vault(subscriptions: usize) -> Error {
    let error =
        Error::new(ErrorKind::NotFound, format!("no key vault in {}", counted(subscriptions, "Azure subscription")))
            .with_operation("azure.probe");
    match Diagnosis::find("invalid-client-missing-key-vault") {
        Some(diagnosis) => error.with_diagnosis(diagnosis),
        None => error,
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// The size of a page of secrets.
const PAGE: usize = 25;
