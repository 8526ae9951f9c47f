//! Directory roles as objects with members: only roles that were activated once exist here.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use bundle_core::Result;
use bundle_core::http::{Pager, Safety, odata_literal};
use bundle_core::ids::{ObjectId, RoleTemplateId};

use crate::{DirectoryObject, TenantGraph};

/// Activated directory roles of a tenant, see [`TenantGraph::directory_roles`].
///
/// To assign a role, [`RoleAssignments`](crate::RoleAssignments) needs no activation.
#[derive(Clone, Debug)]
pub struct DirectoryRoles(TenantGraph);

impl DirectoryRoles {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Lists the activated roles.
    ///
    /// # Permissions
    /// `RoleManagement.Read.Directory`.
    ///
    /// Source: "List directoryRoles" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self) -> Pager<DirectoryRole> {
        let request = self.0.call("graph.directory_roles.list", Method::GET, &["directoryRoles"]);
        self.0.list(request.query("$select", "id,displayName,roleTemplateId"))
    }

    /// Activates a role.
    ///
    /// # Permissions
    /// `RoleManagement.ReadWrite.Directory`.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): it is active already.
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such role template.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Activate directoryRole" (Microsoft Learn, Graph v1.0).
    pub async fn activate(&self, role: &RoleTemplateId) -> Result<DirectoryRole> {
        let request = self
            .0
            .call("graph.directory_roles.activate", Method::POST, &["directoryRoles"])
            .json(&json!({"roleTemplateId": role}))?
            .safety(Safety::Idempotent);
        self.0.fetch(request).await
    }

    /// Lists the members of an activated role.
    ///
    /// # Permissions
    /// `RoleManagement.Read.Directory`.
    ///
    /// Source: "List members of a directory role" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn members(&self, role: &RoleTemplateId) -> Pager<DirectoryObject> {
        let segments = [&*by_template(role), "members"];
        let request = self.0.call("graph.directory_roles.members.list", Method::GET, &segments);
        self.0.list(request.query("$select", "id"))
    }

    /// Adds a member to an activated role.
    ///
    /// # Permissions
    /// `RoleManagement.ReadWrite.Directory`.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): it is a member already.
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): the role is not active, or no such object.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Add directory role member" (Microsoft Learn, Graph v1.0).
    pub async fn add_member(&self, role: &RoleTemplateId, member: &ObjectId) -> Result<()> {
        let segments = [&*by_template(role), "members", "$ref"];
        let request = self
            .0
            .call("graph.directory_roles.members.add", Method::POST, &segments)
            .json(&json!({"@odata.id": self.0.object_url(member)}))?;
        self.0.carry_out(request.safety(Safety::Idempotent)).await
    }

    /// Removes a member from an activated role; the object itself stays.
    ///
    /// # Permissions
    /// `RoleManagement.ReadWrite.Directory`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such member.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Remove directory role member" (Microsoft Learn, Graph v1.0).
    pub async fn remove_member(&self, role: &RoleTemplateId, member: &ObjectId) -> Result<()> {
        let segments = [&*by_template(role), "members", &member.to_string(), "$ref"];
        self.0.remove(self.0.call("graph.directory_roles.members.remove", Method::DELETE, &segments)).await
    }
}

/// An activated directory role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DirectoryRole {
    /// The object id in this tenant.
    pub id: ObjectId,
    /// The template; the same in every tenant.
    pub role_template_id: RoleTemplateId,
    /// The name shown.
    #[serde(default)]
    pub display_name: Option<String>,
}

/// The key by which a role is known in every tenant.
fn by_template(role: &RoleTemplateId) -> String {
    format!("directoryRoles(roleTemplateId={})", odata_literal(&role.to_string()))
}
