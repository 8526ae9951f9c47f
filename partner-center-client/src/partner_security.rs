//! Multifactor authentication, as Partner Center asks it of partners.

use bundle_core::Result;
use http::{HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use serde::Deserialize;

use crate::client::PartnerCenterClient;
use crate::wire;

/// Whether the partner's requests are made with multifactor authentication, reached by
/// [`PartnerCenterClient::partner_security`].
///
/// # Permissions
/// Always the service account; it is in `AdminAgents`.
#[derive(Clone, Debug)]
pub struct PartnerSecurity {
    client: PartnerCenterClient,
}

impl PartnerSecurity {
    pub(crate) fn new(client: PartnerCenterClient) -> Self {
        Self { client }
    }

    /// Asks whether the token of the account says that it was got with multifactor authentication; `None` when the
    /// service does not say.
    ///
    /// A request of any kind is answered so when it carries the header `ValidateMfa: true`.
    ///
    /// # Errors
    /// [`ErrorKind::MfaRequired`](bundle_core::ErrorKind::MfaRequired): it was not, and the service takes no more
    /// requests without; any other error of the pipeline.
    ///
    /// Source: "Partner security requirements" (Microsoft Learn, Partner Center).
    pub async fn is_mfa_compliant(&self) -> Result<Option<bool>> {
        let request = self
            .client
            .operation("partner-center.partner-security.validate-mfa", Method::GET, &["customers"])
            .query("size", "1")
            .header(VALIDATE_MFA, HeaderValue::from_static("true"));
        let response = self.client.send(request).await?;
        Ok(response.header(&IS_MFA_COMPLIANT).and_then(|text| text.trim().to_ascii_lowercase().parse().ok()))
    }

    /// Reads how many requests of each application were made with multifactor authentication.
    ///
    /// # Errors
    /// Any error of the pipeline.
    ///
    /// Source: "Partner security requirements status" (Microsoft Learn, Partner Center).
    pub async fn mfa_adoption(&self) -> Result<Vec<MfaAdoption>> {
        let operation = "partner-center.partner-security.mfa-adoption";
        self.client.read(self.client.operation(operation, Method::GET, &["applicationmfaadoptionstatus"])).await
    }
}

/// How an application signs in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MfaAdoption {
    /// The application.
    #[serde(default)]
    pub application_id: Option<String>,
    /// Its name.
    #[serde(default)]
    pub application_name: Option<String>,
    /// The day.
    #[serde(default, deserialize_with = "wire::time")]
    pub login_date: Option<Timestamp>,
    /// Its requests that day with multifactor authentication.
    #[serde(default)]
    pub mfa_compliant_request_count: u64,
    /// All its requests that day.
    #[serde(default)]
    pub total_request_count: u64,
}

const VALIDATE_MFA: HeaderName = HeaderName::from_static("validatemfa");
const IS_MFA_COMPLIANT: HeaderName = HeaderName::from_static("ismfacompliant");
