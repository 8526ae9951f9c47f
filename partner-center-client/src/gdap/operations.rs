//! Operations: how slow changes of a relationship are getting on.

use bundle_core::http::Pager;
use bundle_core::ids::RelationshipId;
use bundle_core::{Result, open_enum};
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::client::{GdapClient, with_later_enum_members};

bundle_core::opaque_id! {
    /// An operation of a relationship.
    OperationId
}

/// The operations of one relationship, reached by [`GdapClient::operations`].
#[derive(Clone, Debug)]
pub struct Operations {
    client: GdapClient,
    relationship: RelationshipId,
}

impl Operations {
    pub(super) fn new(client: GdapClient, relationship: RelationshipId) -> Self {
        Self { client, relationship }
    }

    /// Lists the operations, past ones included.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "List operations" of a delegatedAdminRelationship (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self) -> Pager<Operation> {
        let request =
            self.client.start("graph.gdap.operations.list", Method::GET, &[self.relationship.as_str(), "operations"]);
        self.client.list(with_later_enum_members(request))
    }

    /// Reads one operation; it has ended when its status is `succeeded` or `failed`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such operation; any other error of the pipeline.
    ///
    /// Source: "Get delegatedAdminRelationshipOperation" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self, id: &OperationId) -> Result<Operation> {
        let request = self.client.start(
            "graph.gdap.operations.get",
            Method::GET,
            &[self.relationship.as_str(), "operations", id.as_str()],
        );
        self.client.send(with_later_enum_members(request)).await?.json()
    }
}

open_enum! {
    /// What an operation changes.
    pub enum OperationType {
        /// The roles of an access assignment.
        AccessAssignmentUpdate = "delegatedAdminAccessAssignmentUpdate",
        /// The relationship.
        RelationshipUpdate = "delegatedAdminRelationshipUpdate",
    }
}

open_enum! {
    /// The state of an operation.
    pub enum OperationStatus {
        /// It ended without its change.
        Failed = "failed",
        /// It waits.
        NotStarted = "notStarted",
        /// It is under way.
        Running = "running",
        /// It ended with its change.
        Succeeded = "succeeded",
    }
}

impl OperationStatus {
    /// Whether the operation has ended, well or not.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// An operation of a relationship.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Operation {
    /// The id.
    pub id: OperationId,
    /// What it changes.
    #[serde(default)]
    pub operation_type: Option<OperationType>,
    /// The state.
    pub status: OperationStatus,
    /// What was sent, as a JSON text.
    #[serde(default)]
    pub data: Option<String>,
    /// When it began.
    #[serde(default)]
    pub created_date_time: Option<Timestamp>,
    /// When it last moved on.
    #[serde(default)]
    pub last_modified_date_time: Option<Timestamp>,
}
