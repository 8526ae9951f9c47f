//! Access assignments: which group of the partner holds which role of a relationship.

use serde::{Deserialize, Serialize};

use super::AccessDetails;
use crate::error::{Error, Result};
use crate::ids::{AccessAssignmentId, Etag, GroupId, RoleTemplateId};

open_enum! {
    /// The state of an access assignment. Deleted ones stay listed.
    pub enum AccessAssignmentStatus {
        /// In force.
        Active = "active",
        /// Ended.
        Deleted = "deleted",
        /// Being ended.
        Deleting = "deleting",
        /// It could not be carried out.
        Error = "error",
        /// Being carried out; seconds to minutes.
        Pending = "pending",
    }
}

open_enum! {
    /// What holds the roles.
    pub enum AccessContainerType {
        /// A security group of the partner's tenant.
        SecurityGroup = "securityGroup",
    }
}

/// An access assignment of a relationship.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccessAssignment {
    /// The id.
    pub id: AccessAssignmentId,
    /// Who holds the roles.
    pub access_container: AccessContainer,
    /// The roles.
    #[serde(default)]
    pub access_details: AccessDetails,
    /// The state.
    pub status: AccessAssignmentStatus,
    /// The entity tag, for `If-Match`.
    #[serde(rename = "@odata.etag", default)]
    pub etag: Option<Etag>,
}

/// A group of the partner's tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessContainer {
    /// The object id of the group.
    pub access_container_id: GroupId,
    /// What kind of container it is.
    pub access_container_type: AccessContainerType,
}

/// An access assignment to create: one group, one role. Several roles on one group are accepted by the service but stay
/// pending or fail at random, so the type does not offer them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewAccessAssignment {
    /// The group.
    pub access_container: AccessContainer,
    /// The role.
    pub access_details: AccessDetails,
}

impl AccessAssignment {
    /// Whether the group has its roles, or is about to get them. Past assignments stay listed.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.status, AccessAssignmentStatus::Active | AccessAssignmentStatus::Pending)
    }

    /// The group.
    #[must_use]
    pub fn group(&self) -> GroupId {
        self.access_container.access_container_id
    }

    /// The roles, as template ids.
    pub fn roles(&self) -> impl Iterator<Item = RoleTemplateId> + '_ {
        self.access_details.roles()
    }
}

impl NewAccessAssignment {
    /// Gives one role to one group.
    #[must_use]
    pub fn new(group: GroupId, role: RoleTemplateId) -> Self {
        Self {
            access_container: AccessContainer {
                access_container_id: group,
                access_container_type: AccessContainerType::SecurityGroup,
            },
            access_details: AccessDetails::new([role]),
        }
    }

    /// Checks what keeps an assignment from working: a role GDAP does not take, or more than one.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the value.
    pub fn check(&self) -> Result<()> {
        self.access_details.check()?;
        let count = self.access_details.unified_roles.len();
        if count > 1 {
            return Err(Error::config(format!(
                "access assignment: {count} roles for group {}, one group holds one role",
                self.access_container.access_container_id
            )));
        }
        Ok(())
    }
}
