//! Does the Exchange integration work for a customer?

use async_trait::async_trait;
use bundle_core::shield::{Probe, ProbeOutcome};
use bundle_core::{ErrorKind, Integration, Result, TenantId};

use crate::client::ExchangeClient;

/// Reads the organization's configuration as the service account: that proves consent, the GDAP role and the licence in
/// one call. A customer without Exchange Online is [`ProbeOutcome::NotLicensed`].
#[derive(Clone, Debug)]
pub struct ExchangeProbe {
    client: ExchangeClient,
}

impl ExchangeProbe {
    /// A probe that asks through this client.
    #[must_use]
    pub fn new(client: ExchangeClient) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Probe for ExchangeProbe {
    fn integration(&self) -> Integration {
        Integration::Exchange
    }

    async fn probe(&self, customer: &TenantId) -> Result<ProbeOutcome> {
        match self.client.as_account().for_tenant(customer).organization_config().await {
            Ok(organization) => {
                let name = organization.display_name.filter(|name| !name.is_empty()).or(organization.name);
                let name = name.unwrap_or_else(|| customer.to_string());
                Ok(ProbeOutcome::Works(format!("organization {name}")))
            }
            Err(error) if error.kind() == ErrorKind::LicenseMissing => {
                Ok(ProbeOutcome::NotLicensed(error.message().to_owned()))
            }
            Err(error) => Err(error),
        }
    }
}
