//! Whether a domain is free and an address known.

use bundle_core::{Error, Result, open_enum};
use http::Method;
use serde::Deserialize;

use crate::address::Address;
use crate::client::PartnerCenterClient;

open_enum! {
    /// What the service holds of an address.
    ///
    /// Source: "Validate an address" (Microsoft Learn, Partner Center).
    pub enum AddressStatus {
        /// A suggestion that differs much: a person has to confirm it.
        InteractionRequired = "InteractionRequired",
        /// Several parts are incomplete.
        Multiple = "Multiple",
        /// It is wrong.
        None = "None",
        /// It could not be validated.
        NotValidated = "NotValidated",
        /// The building is incomplete.
        PremisesPartial = "PremisesPartial",
        /// The street is incomplete.
        StreetPartial = "StreetPartial",
        /// It exists.
        Verified = "Verified",
        /// It exists, and parcels arrive there.
        VerifiedShippable = "VerifiedShippable",
    }
}

/// What the service says about an address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AddressValidation {
    /// The verdict.
    pub status: AddressStatus,
    /// The address as it was asked for.
    #[serde(default)]
    pub original_address: Option<Address>,
    /// What was probably meant; up to three.
    #[serde(default)]
    pub suggested_addresses: Vec<Address>,
    /// What is wrong, in words.
    #[serde(default)]
    pub validation_message: Option<String>,
}

impl AddressValidation {
    /// Whether the address exists.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        matches!(self.status, AddressStatus::Verified | AddressStatus::VerifiedShippable)
    }
}

/// Asks about an address.
pub(crate) async fn address(client: &PartnerCenterClient, address: &Address) -> Result<AddressValidation> {
    address.check()?;
    let path = ["validations", "address"];
    let request = client.operation("partner-center.validations.address", Method::POST, &path);
    client.read(request.json(address)?).await
}

/// Asks whether a domain is taken: the service answers a status and nothing else.
pub(crate) async fn is_domain_taken(client: &PartnerCenterClient, domain: &str) -> Result<bool> {
    check_domain(domain)?;
    let request = client.operation("partner-center.domains.exists", Method::HEAD, &["domains", domain]).accept(404);
    Ok(client.send(request).await?.status() != 404)
}

/// Refuses what is no domain name.
pub(crate) fn check_domain(domain: &str) -> Result<()> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label) {
        return Ok(());
    }
    Err(Error::config(format!("domain: {domain:?} is not a domain like contoso.onmicrosoft.com")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_told_from_other_text() {
        for good in ["contoso.onmicrosoft.com", "a-1.example", "XN--MLLER-KVA.de"] {
            check_domain(good).unwrap();
        }
        for bad in ["", "contoso", ".com", "a..b", "-a.com", "a-.com", "a b.com", "https://a.com", "a.com/x", "ä.com"]
        {
            let error = check_domain(bad).unwrap_err();
            assert!(error.to_string().contains("domain: "), "{error}");
        }
        assert!(check_domain(&format!("{}.com", "a".repeat(64))).is_err());
    }
}
