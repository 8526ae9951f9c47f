//! Agreements between Microsoft and the customers.

use bundle_core::http::Pager;
use bundle_core::{Error, Result, TenantId, open_enum};
use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::PartnerCenterClient;
use crate::wire;

/// The agreements there are, reached by [`PartnerCenterClient::agreements`].
#[derive(Clone, Debug)]
pub struct Agreements {
    client: PartnerCenterClient,
}

impl Agreements {
    pub(crate) fn new(client: PartnerCenterClient) -> Self {
        Self { client }
    }

    /// Lists the agreements of a kind, with their texts.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get agreement metadata for Microsoft Customer Agreement" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn list(&self, kind: &AgreementType) -> Pager<AgreementMetadata> {
        let request = self.client.operation("partner-center.agreements.list", Method::GET, &["agreements"]);
        self.client.pages(request.query("agreementType", kind.as_str()))
    }
}

/// What one customer has agreed to, reached by
/// [`PartnerCenterTenant::agreements`](crate::PartnerCenterTenant::agreements). The public cloud has it only.
///
/// # Permissions
/// Always the service account: the service refuses applications alone.
#[derive(Clone, Debug)]
pub struct CustomerAgreements {
    client: PartnerCenterClient,
    customer: TenantId,
}

impl CustomerAgreements {
    pub(crate) fn new(client: PartnerCenterClient, customer: TenantId) -> Self {
        Self { client, customer }
    }

    /// Lists what the customer has agreed to, as the partner confirmed it.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get confirmation of customer acceptance of Microsoft Customer Agreement" (Microsoft Learn, Partner
    /// Center).
    #[must_use]
    pub fn list(&self, kind: &AgreementType) -> Pager<Agreement> {
        let path = ["customers", &self.customer.to_string(), "agreements"];
        let request = self.client.operation("partner-center.customer-agreements.list", Method::GET, &path);
        self.client.pages(request.about(self.customer).query("agreementType", kind.as_str()))
    }

    /// Confirms that a person of the customer has agreed. Nothing can be sold before.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): the person lacks a name or a mail address;
    /// [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): the same is confirmed already; any other error of the
    /// pipeline.
    ///
    /// Source: "Confirm customer acceptance of the Microsoft Customer Agreement" (Microsoft Learn, Partner Center).
    pub async fn confirm(&self, template: &str, contact: &AgreementContact, agreed: Timestamp) -> Result<Agreement> {
        contact.check()?;
        if template.trim().is_empty() {
            return Err(Error::config("template: an agreement needs one"));
        }
        let path = ["customers", &self.customer.to_string(), "agreements"];
        let request = self.client.operation("partner-center.customer-agreements.confirm", Method::POST, &path);
        let body = json!({
            "primaryContact": contact,
            "templateId": template,
            "dateAgreed": agreed,
            "type": AgreementType::MicrosoftCustomerAgreement,
        });
        self.client.read(request.about(self.customer).json(&body)?).await
    }
}

open_enum! {
    /// A kind of agreement.
    pub enum AgreementType {
        /// The agreement customers of a partner make with Microsoft.
        MicrosoftCustomerAgreement = "MicrosoftCustomerAgreement",
    }
}

/// An agreement there is.
///
/// Source: "Agreement metadata resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AgreementMetadata {
    /// What [`CustomerAgreements::confirm`] takes.
    pub template_id: String,
    /// Its kind.
    #[serde(default)]
    pub agreement_type: Option<AgreementType>,
    /// Its text.
    #[serde(default)]
    pub agreement_link: Option<String>,
    /// The later, the higher.
    #[serde(default)]
    pub version_rank: Option<i64>,
}

/// An agreement a customer has made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Agreement {
    /// The agreement.
    #[serde(default)]
    pub template_id: Option<String>,
    /// Its kind.
    #[serde(default, rename = "type")]
    pub kind: Option<AgreementType>,
    /// When it was made.
    #[serde(default, deserialize_with = "wire::time")]
    pub date_agreed: Option<Timestamp>,
    /// Who made it.
    #[serde(default)]
    pub primary_contact: Option<AgreementContact>,
    /// The user of the partner who confirmed it.
    #[serde(default)]
    pub user_id: Option<String>,
}

/// A person who has agreed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AgreementContact {
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The mail address.
    pub email: String,
    /// The telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
}

impl AgreementContact {
    /// A person with name and mail address.
    #[must_use]
    pub fn new(first_name: impl Into<String>, last_name: impl Into<String>, email: impl Into<String>) -> Self {
        Self { first_name: first_name.into(), last_name: last_name.into(), email: email.into(), phone_number: None }
    }

    /// Sets the telephone number.
    #[must_use]
    pub fn phone_number(mut self, number: impl Into<String>) -> Self {
        self.phone_number = Some(number.into());
        self
    }

    fn check(&self) -> Result<()> {
        for (field, value) in [("first_name", &self.first_name), ("last_name", &self.last_name)] {
            if value.trim().is_empty() {
                return Err(Error::config(format!("{field}: an agreement needs one")));
            }
        }
        match self.email.split_once('@') {
            Some((name, host)) if !name.is_empty() && host.contains('.') => Ok(()),
            _ => Err(Error::config(format!("email: {:?} is not an address like ada@contoso.com", self.email))),
        }
    }
}
