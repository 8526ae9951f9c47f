//! Where the service carries a cmdlet out: the value of `X-AnchorMailbox`.

use bundle_core::{Error, Result, TenantId};
use http::HeaderValue;

/// The mailbox a cmdlet is routed to.
///
/// Nothing but routing depends on it; a wrong one costs a detour or fails with `ErrorIncorrectRoutingHint`. The account
/// of a partner has no mailbox in the customer's tenant, so its own name is never right there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anchor {
    /// A mailbox of the customer, by user principal name or address. Cmdlets that work inside one mailbox (folder
    /// permissions, folder statistics, inbox rules) are best routed there.
    Mailbox(String),
    /// The system mailbox of the tenant, which every tenant has.
    #[default]
    Organization,
    /// The value as it is.
    Value(String),
}

impl Anchor {
    /// The mailbox with this user principal name or address.
    #[must_use]
    pub fn mailbox(address: impl Into<String>) -> Self {
        Self::Mailbox(address.into())
    }

    /// The header of a cmdlet in a tenant.
    pub(crate) fn header(&self, tenant: &TenantId, cmdlet: &str) -> Result<HeaderValue> {
        let value = match self {
            // An object id is no routing hint; the service would look for it in the wrong place.
            Self::Mailbox(address) if !address.contains('@') => {
                return Err(Error::config(format!("anchor: {address:?} is not a user principal name or address")));
            }
            Self::Mailbox(address) => format!("UPN:{address}"),
            Self::Organization if cmdlet.eq_ignore_ascii_case("Set-AdminAuditLogConfig") => {
                format!("APP:SystemMailbox{{{AUDIT_LOG}}}@{tenant}")
            }
            Self::Organization => return Ok(organization(tenant)),
            Self::Value(value) => value.clone(),
        };
        HeaderValue::from_str(&value).map_err(|_| Error::config(format!("anchor: {value:?} cannot stand in a header")))
    }
}

/// The header that leads to the system mailbox of a tenant.
pub(crate) fn organization(tenant: &TenantId) -> HeaderValue {
    HeaderValue::from_str(&format!("APP:SystemMailbox{{{ORGANIZATION}}}@{tenant}"))
        .expect("a GUID in braces and a tenant id are a valid header value")
}

/// The same in every tenant.
const ORGANIZATION: &str = "bb558c35-97f1-4cb9-8ff7-d53741dc928c";
/// Where the configuration of the audit log is kept.
const AUDIT_LOG: &str = "8cc370d3-822a-4ab8-a926-bb94bd0641a9";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchor_follows_the_cmdlet_and_the_caller() {
        let tenant: TenantId = "22222222-2222-4222-8222-222222222222".parse().unwrap();
        for (anchor, cmdlet, expected) in [
            (
                Anchor::default(),
                "Get-Mailbox",
                "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@22222222-2222-4222-8222-222222222222",
            ),
            (
                Anchor::default(),
                "set-adminauditlogconfig",
                "APP:SystemMailbox{8cc370d3-822a-4ab8-a926-bb94bd0641a9}@22222222-2222-4222-8222-222222222222",
            ),
            (Anchor::mailbox("alex@contoso.com"), "Get-InboxRule", "UPN:alex@contoso.com"),
            (Anchor::Value("MBX:1@2".into()), "Get-Mailbox", "MBX:1@2"),
        ] {
            assert_eq!(anchor.header(&tenant, cmdlet).unwrap(), expected);
        }
        for wrong in [Anchor::mailbox("22222222-2222-4222-8222-222222222222"), Anchor::Value("a\nb".into())] {
            assert!(wrong.header(&tenant, "Get-Mailbox").unwrap_err().to_string().contains("anchor"));
        }
    }
}
