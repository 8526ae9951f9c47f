//! Operations: how slow changes of a relationship are getting on.

use std::time::{Duration, SystemTime};

use bundle_core::http::{Pager, retry_after};
use bundle_core::ids::RelationshipId;
use bundle_core::{Error, ErrorKind, Result, open_enum};
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::Instant;

use super::Accepted;
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
    /// [`ErrorKind::NotFound`]: no such operation; any other error of the pipeline.
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

    /// Looks once at how a change under way is getting on; nothing here sleeps.
    ///
    /// # Errors
    /// As [`Operations::get`]; [`ErrorKind::Decode`]: the service named no operation to look at.
    pub async fn check(&self, accepted: &Accepted) -> Result<OperationProgress> {
        let id = accepted.operation.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Decode, "the change was accepted, but no operation was named to watch")
        })?;
        let request = self.client.start(
            "graph.gdap.operations.get",
            Method::GET,
            &[self.relationship.as_str(), "operations", id.as_str()],
        );
        let response = self.client.send(with_later_enum_members(request)).await?;
        let operation: Operation = response.json()?;
        Ok(match operation.status {
            OperationStatus::Succeeded => OperationProgress::Succeeded(operation),
            OperationStatus::Failed | OperationStatus::Skipped => OperationProgress::Failed(operation),
            _ => OperationProgress::Running {
                look_after: retry_after(response.headers(), SystemTime::now())
                    .or(accepted.retry_after)
                    .unwrap_or(LOOK_AFTER),
                operation,
            },
        })
    }

    /// Waits until a change under way has ended well, looking as often as the service asks for, for `patience` at most.
    ///
    /// # Errors
    /// * [`ErrorKind::Timeout`]: it is still under way after `patience`; look again later with [`Operations::check`].
    /// * [`ErrorKind::InvalidRequest`]: it ended without its change.
    /// * as [`Operations::check`].
    pub async fn finish(&self, accepted: &Accepted, patience: Duration) -> Result<Operation> {
        let until = Instant::now() + patience;
        let mut wait = accepted.retry_after.unwrap_or(LOOK_AFTER);
        loop {
            if Instant::now() + wait > until {
                let error = Error::new(ErrorKind::Timeout, "the change is still under way");
                return Err(error.with_operation("graph.gdap.operations.get"));
            }
            tokio::time::sleep(wait).await;
            match self.check(accepted).await? {
                OperationProgress::Succeeded(operation) => return Ok(operation),
                OperationProgress::Failed(operation) => {
                    let text = format!("operation {} ended as {}", operation.id, operation.status);
                    let error = Error::new(ErrorKind::InvalidRequest, text);
                    return Err(error.with_operation("graph.gdap.operations.get"));
                }
                OperationProgress::Running { look_after, .. } => wait = look_after,
            }
        }
    }
}

/// How a change under way is getting on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperationProgress {
    /// It ended without its change.
    Failed(Operation),
    /// It is under way.
    Running {
        /// The operation as it is now.
        operation: Operation,
        /// When to look again.
        look_after: Duration,
    },
    /// It ended with its change.
    Succeeded(Operation),
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
        /// It was not carried out.
        Skipped = "skipped",
        /// It ended with its change.
        Succeeded = "succeeded",
    }
}

impl OperationStatus {
    /// Whether the operation has ended, well or not.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Skipped)
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

/// When to look again where the service does not say.
const LOOK_AFTER: Duration = Duration::from_secs(10);
