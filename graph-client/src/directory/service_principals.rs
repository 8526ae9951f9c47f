//! Service principals (enterprise applications).

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use bundle_core::Result;
use bundle_core::directory::{OfferedPermission, PermissionGrant};
use bundle_core::http::{Pager, Request, Safety, odata_literal};
use bundle_core::ids::{AppId, ObjectId};

use crate::query::LARGEST_PAGE;
use crate::{AppRoleAssignments, Query, TenantGraph};

/// Service principals of a tenant, see [`TenantGraph::service_principals`].
#[derive(Clone, Debug)]
pub struct ServicePrincipals(TenantGraph);

impl ServicePrincipals {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// The application permissions granted to a service principal.
    #[must_use]
    pub fn app_role_assignments(&self, client: &ObjectId) -> AppRoleAssignments {
        AppRoleAssignments::new(self.0.clone(), *client)
    }

    /// Reads a service principal by object id, with the permissions it offers.
    ///
    /// # Permissions
    /// `Application.Read.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such service principal.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Get servicePrincipal" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self, id: &ObjectId) -> Result<ServicePrincipal> {
        let segments = ["servicePrincipals", &id.to_string()];
        let request = self.0.call("graph.service_principals.get", Method::GET, &segments);
        self.0.fetch(request.query("$select", PROPERTIES)).await
    }

    /// Finds the service principal of an application, with the permissions it offers; an absent one is `None`.
    ///
    /// # Permissions
    /// `Application.Read.All`.
    ///
    /// # Errors
    /// Any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Get servicePrincipal" (Microsoft Learn, Graph v1.0).
    pub async fn find(&self, application: &AppId) -> Result<Option<ServicePrincipal>> {
        self.0.find(self.find_request(application, PROPERTIES)).await
    }

    pub(crate) fn find_request(&self, application: &AppId, properties: &str) -> Request {
        let key = format!("servicePrincipals(appId={})", odata_literal(&application.to_string()));
        self.0.call("graph.service_principals.find", Method::GET, &[&key]).query("$select", properties)
    }

    /// Lists service principals, without the permissions they offer: Microsoft Graph alone offers over a thousand.
    ///
    /// # Permissions
    /// `Application.Read.All`.
    ///
    /// Source: "List servicePrincipals" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self, query: &Query) -> Pager<ServicePrincipal> {
        self.0.list(self.list_request(query, LISTED))
    }

    pub(crate) fn list_request(&self, query: &Query, properties: &str) -> Request {
        let request = self.0.call("graph.service_principals.list", Method::GET, &["servicePrincipals"]);
        query.apply(request, properties, LARGEST_PAGE)
    }

    /// Creates the service principal of an application in this tenant.
    ///
    /// Repeated when the outcome is unknown: an application has one service principal in a tenant, so one created by
    /// the first attempt answers `Conflict`.
    ///
    /// # Permissions
    /// `Application.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): it is there already.
    /// * [`ErrorKind::NotPropagated`](bundle_core::ErrorKind::NotPropagated): the application was created a moment ago.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Create servicePrincipal" (Microsoft Learn, Graph v1.0).
    pub async fn create(&self, application: &AppId) -> Result<ServicePrincipal> {
        self.0.fetch(self.create_request(application)?).await
    }

    pub(crate) fn create_request(&self, application: &AppId) -> Result<Request> {
        let request = self.0.call("graph.service_principals.create", Method::POST, &["servicePrincipals"]);
        Ok(request.json(&json!({"appId": application}))?.safety(Safety::Idempotent))
    }

    /// Changes a service principal.
    ///
    /// # Permissions
    /// `Application.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such service principal.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Update servicePrincipal" (Microsoft Learn, Graph v1.0).
    pub async fn update(&self, id: &ObjectId, patch: &ServicePrincipalPatch) -> Result<()> {
        let segments = ["servicePrincipals", &id.to_string()];
        let request = self.0.call("graph.service_principals.update", Method::PATCH, &segments);
        self.0.carry_out(request.json(patch)?.safety(Safety::Idempotent)).await
    }

    /// Deletes a service principal with everything granted to it; it can be restored for 30 days.
    ///
    /// # Permissions
    /// `Application.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such service principal.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Delete servicePrincipal" (Microsoft Learn, Graph v1.0).
    pub async fn delete(&self, id: &ObjectId) -> Result<()> {
        let segments = ["servicePrincipals", &id.to_string()];
        self.0.remove(self.0.call("graph.service_principals.delete", Method::DELETE, &segments)).await
    }

    /// Lists the delegated permission grants in which a service principal is the client.
    ///
    /// # Permissions
    /// `DelegatedPermissionGrant.Read.All` or `Directory.Read.All`.
    ///
    /// Source: "List oauth2PermissionGrants of a service principal" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn permission_grants(&self, client: &ObjectId) -> Pager<PermissionGrant> {
        let segments = ["servicePrincipals", &client.to_string(), "oauth2PermissionGrants"];
        let request = self.0.call("graph.service_principals.permission_grants", Method::GET, &segments);
        self.0.list(Query::new().apply(request, "id,consentType,resourceId,scope", LARGEST_PAGE))
    }
}

/// A service principal (enterprise application).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServicePrincipal {
    /// The object id in this tenant.
    pub id: ObjectId,
    /// The application.
    #[serde(default)]
    pub app_id: Option<AppId>,
    /// The name shown.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Whether users and the application may sign in with it.
    #[serde(default)]
    pub account_enabled: Option<bool>,
    /// `Application`, `ManagedIdentity`, `Legacy` …
    #[serde(default)]
    pub service_principal_type: Option<String>,
    /// Marks; `WindowsAzureActiveDirectoryIntegratedApp` shows it under enterprise applications.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// The application permissions it offers.
    #[serde(default)]
    pub app_roles: Option<Vec<OfferedPermission>>,
    /// The delegated permissions it offers.
    #[serde(default)]
    pub oauth2_permission_scopes: Option<Vec<OfferedPermission>>,
    /// Everything else the service answered.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What [`ServicePrincipal`] holds.
const PROPERTIES: &str =
    "id,appId,displayName,accountEnabled,servicePrincipalType,tags,appRoles,oauth2PermissionScopes";

/// What listings answer.
const LISTED: &str = "id,appId,displayName,accountEnabled,servicePrincipalType,tags";

/// Changes to a service principal; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServicePrincipalPatch {
    /// Whether users and the application may sign in with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_enabled: Option<bool>,
    /// Whether only assigned users may sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_role_assignment_required: Option<bool>,
    /// Marks; replaced as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}

impl ServicePrincipalPatch {
    /// No changes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows or forbids sign-ins.
    #[must_use]
    pub fn account_enabled(mut self, enabled: bool) -> Self {
        self.account_enabled = Some(enabled);
        self
    }

    /// Says whether only assigned users may sign in.
    #[must_use]
    pub fn app_role_assignment_required(mut self, required: bool) -> Self {
        self.app_role_assignment_required = Some(required);
        self
    }

    /// Replaces the marks.
    #[must_use]
    pub fn tags<I: IntoIterator<Item = S>, S: Into<String>>(mut self, tags: I) -> Self {
        self.tags = Some(tags.into_iter().map(Into::into).collect());
        self
    }
}
