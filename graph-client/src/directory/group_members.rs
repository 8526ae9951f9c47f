//! Members of a group.

use http::Method;
use serde_json::json;

use bundle_core::Result;
use bundle_core::http::{Pager, Safety};
use bundle_core::ids::{GroupId, ObjectId};

use crate::query::LARGEST_PAGE;
use crate::{DirectoryObject, Query, TenantGraph};

/// Members of one group, see [`Groups::members`](crate::Groups::members).
#[derive(Clone, Debug)]
pub struct GroupMembers {
    graph: TenantGraph,
    group: GroupId,
}

impl GroupMembers {
    pub(crate) fn new(graph: TenantGraph, group: GroupId) -> Self {
        Self { graph, group }
    }

    /// Lists the direct members: users, groups, devices, service principals. Only ids and types unless `query`
    /// selects more.
    ///
    /// # Permissions
    /// `GroupMember.Read.All`.
    ///
    /// Source: "List group members" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self, query: &Query) -> Pager<DirectoryObject> {
        let segments = ["groups", &self.group.to_string(), "members"];
        let request = self.graph.call("graph.groups.members.list", Method::GET, &segments);
        self.graph.list(query.apply(request, "id", LARGEST_PAGE))
    }

    /// Adds a member. Repeated when the outcome is unknown, so a member added by the first attempt may answer
    /// `Conflict`: it is there.
    ///
    /// # Permissions
    /// `GroupMember.ReadWrite.All`; for groups that hold roles `RoleManagement.ReadWrite.Directory`.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): it is a member already.
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such group or object, or not visible yet.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Add members" (Microsoft Learn, Graph v1.0).
    pub async fn add(&self, member: &ObjectId) -> Result<()> {
        let segments = ["groups", &self.group.to_string(), "members", "$ref"];
        let request = self
            .graph
            .call("graph.groups.members.add", Method::POST, &segments)
            .json(&json!({"@odata.id": self.graph.object_url(member)}))?;
        self.graph.carry_out(request.safety(Safety::Idempotent)).await
    }

    /// Removes a member from the group; the object itself stays.
    ///
    /// # Permissions
    /// `GroupMember.ReadWrite.All`; for groups that hold roles `RoleManagement.ReadWrite.Directory`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such member.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Remove member" (Microsoft Learn, Graph v1.0).
    pub async fn remove(&self, member: &ObjectId) -> Result<()> {
        // Without `$ref` the member itself would be deleted.
        let segments = ["groups", &self.group.to_string(), "members", &member.to_string(), "$ref"];
        self.graph.remove(self.graph.call("graph.groups.members.remove", Method::DELETE, &segments)).await
    }
}
