//! Application permissions granted to a service principal.

use http::Method;
use serde::{Deserialize, Deserializer};

use bundle_core::Result;
use bundle_core::directory::NewAppRoleAssignment;
use bundle_core::http::{Pager, Request, Safety};
use bundle_core::ids::{ObjectId, PermissionId};

use crate::query::LARGEST_PAGE;
use crate::{AppRoleAssignmentId, Query, TenantGraph};

/// Application permissions of one service principal, see
/// [`ServicePrincipals::app_role_assignments`](crate::ServicePrincipals::app_role_assignments).
#[derive(Clone, Debug)]
pub struct AppRoleAssignments {
    graph: TenantGraph,
    client: ObjectId,
}

impl AppRoleAssignments {
    pub(crate) fn new(graph: TenantGraph, client: ObjectId) -> Self {
        Self { graph, client }
    }

    /// Lists the application permissions granted.
    ///
    /// # Permissions
    /// `Application.Read.All`.
    ///
    /// Source: "List appRoleAssignments granted to a service principal" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self) -> Pager<AssignedAppRole> {
        self.graph.list(self.list_request("id,appRoleId,principalId,resourceId,resourceDisplayName"))
    }

    pub(crate) fn list_request(&self, properties: &str) -> Request {
        let segments = ["servicePrincipals", &self.client.to_string(), "appRoleAssignments"];
        let request = self.graph.call("graph.app_role_assignments.list", Method::GET, &segments);
        Query::new().apply(request, properties, LARGEST_PAGE)
    }

    /// Grants an application permission of `resource`, a service principal too. It is in tokens issued from then on.
    ///
    /// Repeated when the outcome is unknown: a permission is granted once, so one granted by the first attempt
    /// answers `Conflict`.
    ///
    /// # Permissions
    /// `AppRoleAssignment.ReadWrite.All` and `Application.Read.All`; as an account also the role Privileged Role
    /// Administrator for permissions of Microsoft Graph.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): it is granted already.
    /// * [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): the resource offers no such permission.
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such service principal, or not visible yet.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Grant an appRoleAssignment to a service principal" (Microsoft Learn, Graph v1.0).
    pub async fn grant(&self, resource: &ObjectId, app_role: &PermissionId) -> Result<AssignedAppRole> {
        self.graph.fetch(self.grant_request(resource, app_role)?).await
    }

    pub(crate) fn grant_request(&self, resource: &ObjectId, app_role: &PermissionId) -> Result<Request> {
        let segments = ["servicePrincipals", &self.client.to_string(), "appRoleAssignments"];
        let request = self
            .graph
            .call("graph.app_role_assignments.grant", Method::POST, &segments)
            .json(&NewAppRoleAssignment::new(self.client, *resource, *app_role))?;
        Ok(request.safety(Safety::Idempotent))
    }

    /// Revokes an application permission.
    ///
    /// # Permissions
    /// `AppRoleAssignment.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such assignment.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Delete an appRoleAssignment from a service principal" (Microsoft Learn, Graph v1.0).
    pub async fn revoke(&self, id: &AppRoleAssignmentId) -> Result<()> {
        let segments = ["servicePrincipals", &self.client.to_string(), "appRoleAssignments", id.as_str()];
        self.graph.remove(self.graph.call("graph.app_role_assignments.revoke", Method::DELETE, &segments)).await
    }
}

/// An application permission granted to a service principal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AssignedAppRole {
    /// The id.
    pub id: AppRoleAssignmentId,
    /// The permission; `None` for the default access to an application without permissions.
    #[serde(deserialize_with = "unless_default")]
    pub app_role_id: Option<PermissionId>,
    /// The service principal that has it.
    pub principal_id: ObjectId,
    /// The service principal of the resource.
    pub resource_id: ObjectId,
    /// The name of the resource.
    #[serde(default)]
    pub resource_display_name: Option<String>,
}

/// Reads a permission id; all zeros stand for default access, which is no permission.
fn unless_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PermissionId>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_default_access(&text) {
        return Ok(None);
    }
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

pub(crate) fn is_default_access(app_role: &str) -> bool {
    app_role == "00000000-0000-0000-0000-000000000000"
}
