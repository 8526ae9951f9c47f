//! The organization of a tenant.

use bundle_core::{Error, ErrorKind, Result};
use serde::Deserialize;

use crate::client::ExchangeTenant;
use crate::cmdlet::Cmdlet;

impl ExchangeTenant {
    /// Reads the organization's configuration (`Get-OrganizationConfig`). It is the cheapest call that proves access.
    ///
    /// # Errors
    /// As [`ExchangeTenant::invoke`].
    ///
    /// Source: "Get-OrganizationConfig" (Microsoft Learn, Exchange PowerShell).
    pub async fn organization_config(&self) -> Result<OrganizationConfig> {
        let cmdlet = Cmdlet::new("Get-OrganizationConfig").select(["Name", "DisplayName", "IsDehydrated"]);
        let mut pager = self.named_rows(OPERATION, &cmdlet)?;
        pager.try_next().await?.ok_or_else(|| {
            Error::new(ErrorKind::Decode, "the answer holds no organization")
                .with_operation(OPERATION)
                .with_tenant(*self.tenant())
        })
    }
}

/// The configuration of an organization, as far as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct OrganizationConfig {
    /// The name, which is the domain the tenant was created with.
    #[serde(default)]
    pub name: Option<String>,
    /// The name shown.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Whether the tenant still runs on the shared defaults; some cmdlets then need `Enable-OrganizationCustomization`
    /// first.
    #[serde(default)]
    pub is_dehydrated: Option<bool>,
}

const OPERATION: &str = "exchange.organization-config.get";
