//! Assignments of directory roles, tenant-wide or for a part of the directory.

use http::Method;
use serde::{Deserialize, Serialize};

use bundle_core::Result;
use bundle_core::http::{Pager, Safety};
use bundle_core::ids::{ObjectId, RoleTemplateId};

use crate::query::LARGEST_PAGE;
use crate::{Query, RoleAssignmentId, TenantGraph};

/// Role assignments of a tenant, see [`TenantGraph::role_assignments`].
#[derive(Clone, Debug)]
pub struct RoleAssignments(TenantGraph);

impl RoleAssignments {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Lists assignments, best with a filter on `principalId` or `roleDefinitionId`.
    ///
    /// # Permissions
    /// `RoleManagement.Read.Directory`.
    ///
    /// Source: "List unifiedRoleAssignments" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self, query: &Query) -> Pager<RoleAssignment> {
        let request = self.0.call("graph.role_assignments.list", Method::GET, &PATH);
        self.0.list(query.apply(request, "id,principalId,roleDefinitionId,directoryScopeId", LARGEST_PAGE))
    }

    /// Assigns a role. A new assignment takes effect within minutes, in tokens issued from then on.
    ///
    /// # Permissions
    /// `RoleManagement.ReadWrite.Directory`; as an account also the role Privileged Role Administrator.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): the principal has the role already.
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such role or principal, or not visible yet.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Create unifiedRoleAssignment" (Microsoft Learn, Graph v1.0).
    pub async fn create(&self, new: &NewRoleAssignment) -> Result<RoleAssignment> {
        let request = self.0.call("graph.role_assignments.create", Method::POST, &PATH).json(new)?;
        // A principal has a role in a scope once.
        self.0.fetch(request.safety(Safety::Idempotent)).await
    }

    /// Takes a role away.
    ///
    /// # Permissions
    /// `RoleManagement.ReadWrite.Directory`; as an account also the role Privileged Role Administrator.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such assignment.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Delete unifiedRoleAssignment" (Microsoft Learn, Graph v1.0).
    pub async fn delete(&self, id: &RoleAssignmentId) -> Result<()> {
        let [a, b, c] = PATH;
        self.0.remove(self.0.call("graph.role_assignments.delete", Method::DELETE, &[a, b, c, id.as_str()])).await
    }
}

/// A directory role assigned to a principal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RoleAssignment {
    /// The id.
    pub id: RoleAssignmentId,
    /// The user, group or service principal.
    pub principal_id: ObjectId,
    /// The role; for built-in roles the template.
    pub role_definition_id: RoleTemplateId,
    /// `/` for the whole tenant.
    #[serde(default)]
    pub directory_scope_id: Option<String>,
}

/// A directory role to assign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewRoleAssignment {
    /// The type, which the service asks for.
    #[serde(rename = "@odata.type")]
    odata_type: &'static str,
    /// The user, group or service principal.
    pub principal_id: ObjectId,
    /// The role.
    pub role_definition_id: RoleTemplateId,
    /// `/` for the whole tenant.
    pub directory_scope_id: String,
}

impl NewRoleAssignment {
    /// Assigns `role` to `principal` in the whole tenant.
    #[must_use]
    pub fn new(principal: ObjectId, role: RoleTemplateId) -> Self {
        Self {
            odata_type: "#microsoft.graph.unifiedRoleAssignment",
            principal_id: principal,
            role_definition_id: role,
            directory_scope_id: "/".to_owned(),
        }
    }
}

const PATH: [&str; 3] = ["roleManagement", "directory", "roleAssignments"];
