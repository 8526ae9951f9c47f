//! What a new customer needs, and what comes back.

use bundle_core::{Error, Result, TenantId};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::address::Address;
use crate::customers::{CompanyProfile, RelationshipToPartner};
use crate::validation::{AddressValidation, check_domain};

/// A customer to be created, for [`Customers::create`](crate::Customers::create).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewCustomer {
    /// The registered name of the company.
    pub company_name: String,
    /// The first domain of the tenant, for example `contoso.onmicrosoft.com`.
    pub domain: String,
    /// The registered address of the company; person and telephone number belong to it.
    pub address: Address,
    /// Where the customer is reached.
    pub email: String,
    /// Language and country of what Microsoft sends, for example `en-US`.
    pub culture: String,
    /// The language, by its two letters.
    pub language: String,
    /// The number of the company in its register; some countries ask for it.
    pub organization_registration_number: Option<String>,
    /// The indirect reseller who sells to the customer, by Microsoft Partner Network id.
    pub associated_partner_id: Option<String>,
    /// Whether Microsoft sets up a GDAP relationship with its own choice of roles. Not by default: the roles of this
    /// bundle are others.
    pub enable_gdap_by_default: bool,
}

impl NewCustomer {
    /// A customer that is addressed in English.
    #[must_use]
    pub fn new(
        company_name: impl Into<String>,
        domain: impl Into<String>,
        email: impl Into<String>,
        address: Address,
    ) -> Self {
        Self {
            company_name: company_name.into(),
            domain: domain.into(),
            address,
            email: email.into(),
            culture: "en-US".to_owned(),
            language: "en".to_owned(),
            organization_registration_number: None,
            associated_partner_id: None,
            enable_gdap_by_default: false,
        }
    }

    /// Sets the culture, for example `de-DE`, and the language that begins it.
    #[must_use]
    pub fn culture(mut self, culture: impl Into<String>) -> Self {
        self.culture = culture.into();
        self.language = self.culture.split('-').next().unwrap_or_default().to_owned();
        self
    }

    /// Sets the number of the company in its register.
    #[must_use]
    pub fn organization_registration_number(mut self, number: impl Into<String>) -> Self {
        self.organization_registration_number = Some(number.into());
        self
    }

    /// Names the indirect reseller.
    #[must_use]
    pub fn associated_partner_id(mut self, id: impl Into<String>) -> Self {
        self.associated_partner_id = Some(id.into());
        self
    }

    /// Says whether Microsoft sets up a GDAP relationship.
    #[must_use]
    pub fn enable_gdap_by_default(mut self, enable: bool) -> Self {
        self.enable_gdap_by_default = enable;
        self
    }

    /// Looks whether everything is well formed.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config); the message names the field and its value.
    pub fn check(&self) -> Result<()> {
        if self.company_name.trim().is_empty() {
            return Err(Error::config("company_name: a customer needs one"));
        }
        check_domain(&self.domain)?;
        self.address.check()?;
        let is_email =
            |text: &str| text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        if !is_email(&self.email) || self.email.contains(char::is_whitespace) {
            return Err(Error::config(format!("email: {:?} is not an address like admin@contoso.com", self.email)));
        }
        let letters = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !letters(&self.language) {
            return Err(Error::config(format!("language: {:?} is not two letters like en", self.language)));
        }
        // Some cultures name a script between the two (sr-Latn-RS).
        let mut parts = self.culture.split('-');
        if !parts.next().is_some_and(letters) || !parts.next_back().is_some_and(letters) {
            return Err(Error::config(format!("culture: {:?} is not one like en-US", self.culture)));
        }
        Ok(())
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "enableGDAPByDefault": self.enable_gdap_by_default,
            "companyProfile": {"domain": self.domain},
            "billingProfile": {
                "culture": self.culture,
                "email": self.email,
                "language": self.language,
                "companyName": self.company_name,
                "defaultAddress": self.address,
            },
        });
        if let Some(number) = &self.organization_registration_number {
            body["companyProfile"]["organizationRegistrationNumber"] = json!(number);
        }
        if let Some(reseller) = &self.associated_partner_id {
            body["associatedPartnerId"] = json!(reseller);
        }
        body
    }
}

/// What [`Customers::check`](crate::Customers::check) found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomerCheck {
    /// Whether nobody has the domain.
    pub domain_is_free: bool,
    /// What the service holds of the address.
    pub address: AddressValidation,
}

impl CustomerCheck {
    /// Whether nothing speaks against creating the customer.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.domain_is_free && self.address.is_verified()
    }
}

/// A customer that was just created.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreatedCustomer {
    /// The id, which is the tenant.
    pub id: TenantId,
    /// The id in commerce.
    #[serde(default)]
    pub commerce_id: Option<String>,
    /// The company.
    #[serde(default)]
    pub company_profile: CompanyProfile,
    /// What the partner is to the customer; `none` for a moment.
    #[serde(default)]
    pub relationship_to_partner: Option<RelationshipToPartner>,
    /// The first administrator. Never answered again.
    #[serde(default)]
    pub user_credentials: Option<UserCredentials>,
}

/// How the first administrator of a new customer signs in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserCredentials {
    /// The name before the `@` of the tenant's domain.
    pub user_name: String,
    /// The password; shown nowhere.
    pub password: SecretString,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contoso() -> NewCustomer {
        let address = Address::new("1 Microsoft Way", "98052", "Redmond", "US").state("WA");
        NewCustomer::new("Contoso", "contoso.onmicrosoft.com", "admin@contoso.com", address)
    }

    #[test]
    fn wrong_value_is_named() {
        contoso().check().unwrap();
        contoso().culture("sr-Latn-RS").check().unwrap();
        for (wrong, field) in [
            (NewCustomer { company_name: " ".to_owned(), ..contoso() }, "company_name"),
            (NewCustomer { domain: "contoso".to_owned(), ..contoso() }, "domain"),
            (NewCustomer { email: "admin".to_owned(), ..contoso() }, "email"),
            (NewCustomer { email: "a b@contoso.com".to_owned(), ..contoso() }, "email"),
            (NewCustomer { address: Address::default(), ..contoso() }, "country"),
            (NewCustomer { language: "english".to_owned(), ..contoso() }, "language"),
            (NewCustomer { culture: "en".to_owned(), ..contoso() }, "culture"),
        ] {
            let error = wrong.check().unwrap_err();
            assert!(error.to_string().contains(&format!("{field}: ")), "{error}");
        }
    }

    #[test]
    fn optional_values_stand_where_the_service_reads_them() {
        let body = contoso().organization_registration_number("HRB 1").associated_partner_id("4711").body();
        assert_eq!(body["companyProfile"]["organizationRegistrationNumber"], "HRB 1");
        assert_eq!(body["associatedPartnerId"], "4711");
        let plain = contoso().culture("de-DE").body();
        assert_eq!(plain["billingProfile"]["language"], "de");
        assert!(plain.get("associatedPartnerId").is_none());
    }

    #[test]
    fn password_is_never_shown() {
        let created: CreatedCustomer = serde_json::from_value(json!({
            "id": "11111111-1111-4111-8111-111111111111",
            "userCredentials": {"userName": "admin", "password": "canary"},
        }))
        .unwrap();
        assert!(!format!("{created:?}").contains("canary"));
    }
}
