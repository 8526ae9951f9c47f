//! Postal addresses.

use bundle_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// A postal address with the person it belongs to.
///
/// Source: "Utility resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Address {
    /// The country, by its two letters of ISO 3166.
    pub country: String,
    /// The region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The city.
    pub city: String,
    /// The state; checked by the service in the United States, Canada, China and Mexico.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Street and number.
    pub address_line1: String,
    /// What does not fit into the first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_line2: Option<String>,
    /// The postal code.
    pub postal_code: String,
    /// The given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
}

impl Address {
    /// An address by what every country has.
    #[must_use]
    pub fn new(
        address_line1: impl Into<String>,
        postal_code: impl Into<String>,
        city: impl Into<String>,
        country: impl Into<String>,
    ) -> Self {
        Self {
            address_line1: address_line1.into(),
            postal_code: postal_code.into(),
            city: city.into(),
            country: country.into(),
            ..Self::default()
        }
    }

    /// Sets the state.
    #[must_use]
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Names the person.
    #[must_use]
    pub fn person(mut self, first_name: impl Into<String>, last_name: impl Into<String>) -> Self {
        self.first_name = Some(first_name.into());
        self.last_name = Some(last_name.into());
        self
    }

    /// Sets the telephone number.
    #[must_use]
    pub fn phone_number(mut self, phone_number: impl Into<String>) -> Self {
        self.phone_number = Some(phone_number.into());
        self
    }

    /// Looks whether the address can be sent: the service alone knows whether it exists.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): a value is missing, or the country is not two letters; the
    /// message names the field.
    pub fn check(&self) -> Result<()> {
        check_country(&self.country)?;
        for (field, value) in
            [("address_line1", &self.address_line1), ("city", &self.city), ("postal_code", &self.postal_code)]
        {
            if value.trim().is_empty() {
                return Err(Error::config(format!("{field}: an address needs one")));
            }
        }
        let state = self.state.as_deref().unwrap_or_default();
        if STATES_MATTER.iter().any(|country| self.country.eq_ignore_ascii_case(country)) && state.trim().is_empty() {
            return Err(Error::config(format!("state: an address in {} needs one", self.country)));
        }
        Ok(())
    }
}

/// Refuses what is no country code.
pub(crate) fn check_country(country: &str) -> Result<()> {
    if country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(());
    }
    Err(Error::config(format!("country: {country:?} is not two letters like US")))
}

/// Where the service compares the state with a list.
///
/// Source: "Validate an address" (Microsoft Learn, Partner Center), read in the version of 2022-09.
const STATES_MATTER: [&str; 4] = ["CA", "CN", "MX", "US"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let good = Address::new("1 Microsoft Way", "98052", "Redmond", "US").state("WA");
        good.check().unwrap();
        Address::new("Unter den Linden 1", "10117", "Berlin", "DE").check().unwrap();
        for (wrong, field) in [
            (Address { country: "USA".to_owned(), ..good.clone() }, "country"),
            (Address { country: String::new(), ..good.clone() }, "country"),
            (Address { city: " ".to_owned(), ..good.clone() }, "city"),
            (Address { postal_code: String::new(), ..good.clone() }, "postal_code"),
            (Address { address_line1: String::new(), ..good.clone() }, "address_line1"),
            (Address { state: None, ..good }, "state"),
        ] {
            let error = wrong.check().unwrap_err();
            assert!(error.to_string().contains(&format!("{field}: ")), "{error}");
        }
    }
}
