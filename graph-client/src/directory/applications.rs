//! App registrations and their secrets.

use http::Method;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;

use bundle_core::catalog::RequiredResourceAccess;
use bundle_core::http::{Pager, Safety, odata_literal};
use bundle_core::ids::{AppId, KeyId, ObjectId};
use bundle_core::registration::{
    AddedSecret, AppRegistration, NewAppRegistration, PublicClientApplication, WebApplication,
};
use bundle_core::{Error, Result};

use crate::query::LARGEST_PAGE;
use crate::{Query, TenantGraph};

/// App registrations of a tenant, see [`TenantGraph::applications`].
#[derive(Clone, Debug)]
pub struct Applications(TenantGraph);

impl Applications {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Reads an app registration by object id.
    ///
    /// # Permissions
    /// `Application.Read.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such app registration.
    /// * any transport error, see [`Error`].
    ///
    /// Source: "Get application" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self, id: &ObjectId) -> Result<AppRegistration> {
        let request = self.0.call("graph.applications.get", Method::GET, &["applications", &id.to_string()]);
        self.0.fetch(request.query("$select", PROPERTIES)).await
    }

    /// Finds an app registration by application id; an absent one is `None`.
    ///
    /// # Permissions
    /// `Application.Read.All`.
    ///
    /// # Errors
    /// Any transport error, see [`Error`].
    ///
    /// Source: "Get application" (Microsoft Learn, Graph v1.0).
    pub async fn find(&self, application: &AppId) -> Result<Option<AppRegistration>> {
        let key = format!("applications(appId={})", odata_literal(&application.to_string()));
        let request = self.0.call("graph.applications.find", Method::GET, &[&key]);
        self.0.find(request.query("$select", PROPERTIES)).await
    }

    /// Lists app registrations. A selection of one's own must keep `appId`.
    ///
    /// # Permissions
    /// `Application.Read.All`.
    ///
    /// Source: "List applications" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self, query: &Query) -> Pager<AppRegistration> {
        let request = self.0.call("graph.applications.list", Method::GET, &["applications"]);
        self.0.list(query.apply(request, PROPERTIES, LARGEST_PAGE))
    }

    /// Lists the app registrations with a name; names are not unique.
    ///
    /// # Permissions
    /// `Application.Read.All`.
    ///
    /// Source: "List applications" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list_named(&self, name: &str) -> Pager<AppRegistration> {
        self.list(&Query::new().filter(format!("displayName eq {}", odata_literal(name))))
    }

    /// Creates an app registration. Names are not unique: look first, creating twice makes two.
    ///
    /// # Permissions
    /// `Application.ReadWrite.All`.
    ///
    /// # Errors
    /// Any transport error, see [`Error`].
    ///
    /// Source: "Create application" (Microsoft Learn, Graph v1.0).
    pub async fn create(&self, new: &NewAppRegistration) -> Result<AppRegistration> {
        let request = self.0.call("graph.applications.create", Method::POST, &["applications"]);
        self.0.fetch(request.json(new)?).await
    }

    /// Changes an app registration. Lists are replaced as a whole: read them before.
    ///
    /// # Permissions
    /// `Application.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such app registration.
    /// * any transport error, see [`Error`].
    ///
    /// Source: "Update application" (Microsoft Learn, Graph v1.0).
    pub async fn update(&self, id: &ObjectId, patch: &AppRegistrationPatch) -> Result<()> {
        let request = self.0.call("graph.applications.update", Method::PATCH, &["applications", &id.to_string()]);
        self.0.carry_out(request.json(patch)?.safety(Safety::Idempotent)).await
    }

    /// Deletes an app registration; it can be restored for 30 days. Service principals in other tenants stay, without
    /// use.
    ///
    /// # Permissions
    /// `Application.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such app registration.
    /// * any transport error, see [`Error`].
    ///
    /// Source: "Delete application" (Microsoft Learn, Graph v1.0).
    pub async fn delete(&self, id: &ObjectId) -> Result<()> {
        let request = self.0.call("graph.applications.delete", Method::DELETE, &["applications", &id.to_string()]);
        self.0.remove(request).await
    }

    /// Adds a secret that ends at `end` (whole seconds). Its text is answered this once, and works seconds to a
    /// minute later.
    ///
    /// # Permissions
    /// `Application.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such app registration, or not visible yet.
    /// * [`ErrorKind::PermissionDenied`](bundle_core::ErrorKind::PermissionDenied): a policy of the tenant forbids
    ///   secrets, or such long ones.
    /// * [`ErrorKind::OutcomeUnknown`](bundle_core::ErrorKind::OutcomeUnknown): a secret nobody has seen may be there.
    /// * any transport error, see [`Error`].
    ///
    /// Source: "application: addPassword" (Microsoft Learn, Graph v1.0).
    pub async fn add_password(&self, id: &ObjectId, name: &str, end: Timestamp) -> Result<AddedSecret> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            key_id: KeyId,
            secret_text: SecretString,
        }
        // The service keeps seven digits of a second, Rust nine; neither is wanted.
        let end = Timestamp::from_second(end.as_second())
            .map_err(|cause| Error::config("end: not a time the service can keep").with_source(cause))?;
        let segments = ["applications", &id.to_string(), "addPassword"];
        let request = self
            .0
            .call("graph.applications.add_password", Method::POST, &segments)
            .json(&json!({"passwordCredential": {"displayName": name, "endDateTime": end.to_string()}}))?;
        let answer: Answer = self.0.fetch(request).await?;
        Ok(AddedSecret::new(answer.key_id, answer.secret_text))
    }

    /// Removes a secret; it stops working within minutes.
    ///
    /// # Permissions
    /// `Application.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound) or
    ///   [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): no such app registration or secret.
    /// * any transport error, see [`Error`].
    ///
    /// Source: "application: removePassword" (Microsoft Learn, Graph v1.0).
    pub async fn remove_password(&self, id: &ObjectId, key: &KeyId) -> Result<()> {
        let segments = ["applications", &id.to_string(), "removePassword"];
        let request =
            self.0.call("graph.applications.remove_password", Method::POST, &segments).json(&json!({"keyId": key}))?;
        self.0.carry_out(request.safety(Safety::Idempotent)).await
    }
}

/// What [`AppRegistration`] holds.
const PROPERTIES: &str = "id,appId,displayName,signInAudience,requiredResourceAccess,passwordCredentials";

/// Changes to an app registration; what is `None` stays as it is, lists are replaced as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AppRegistrationPatch {
    /// The name shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Who may sign in: `AzureADMultipleOrgs` for partners.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_audience: Option<String>,
    /// Whether device code sign-ins are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_fallback_public_client: Option<bool>,
    /// Where browsers come back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web: Option<WebApplication>,
    /// Where native programs come back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_client: Option<PublicClientApplication>,
    /// The permissions it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_resource_access: Option<Vec<RequiredResourceAccess>>,
}

impl AppRegistrationPatch {
    /// No changes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the name shown.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// Changes who may sign in.
    #[must_use]
    pub fn sign_in_audience(mut self, audience: impl Into<String>) -> Self {
        self.sign_in_audience = Some(audience.into());
        self
    }

    /// Allows or forbids device code sign-ins.
    #[must_use]
    pub fn is_fallback_public_client(mut self, allowed: bool) -> Self {
        self.is_fallback_public_client = Some(allowed);
        self
    }

    /// Replaces the addresses browsers come back to.
    #[must_use]
    pub fn web(mut self, web: WebApplication) -> Self {
        self.web = Some(web);
        self
    }

    /// Replaces the addresses native programs come back to.
    #[must_use]
    pub fn public_client(mut self, public_client: PublicClientApplication) -> Self {
        self.public_client = Some(public_client);
        self
    }

    /// Replaces the permissions it asks for.
    #[must_use]
    pub fn required_resource_access(mut self, access: Vec<RequiredResourceAccess>) -> Self {
        self.required_resource_access = Some(access);
        self
    }
}
