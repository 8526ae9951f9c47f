//! Groups.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use bundle_core::Result;
use bundle_core::http::{Pager, Request, Safety};
use bundle_core::ids::GroupId;

use crate::query::LARGEST_PAGE;
use crate::{GroupMembers, Query, TenantGraph};

/// Groups of a tenant, see [`TenantGraph::groups`].
#[derive(Clone, Debug)]
pub struct Groups(TenantGraph);

impl Groups {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// The members of a group.
    #[must_use]
    pub fn members(&self, group: &GroupId) -> GroupMembers {
        GroupMembers::new(self.0.clone(), *group)
    }

    /// Lists groups. Names are not unique, so a listing by name may hold several.
    ///
    /// # Permissions
    /// `Group.Read.All`.
    ///
    /// Source: "List groups" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self, query: &Query) -> Pager<Group> {
        self.0.list(self.list_request(query, PROPERTIES))
    }

    pub(crate) fn list_request(&self, query: &Query, properties: &str) -> Request {
        query.apply(self.0.call("graph.groups.list", Method::GET, &["groups"]), properties, LARGEST_PAGE)
    }

    /// Finds a group by object id; an absent one is `None`.
    ///
    /// # Permissions
    /// `Group.Read.All`.
    ///
    /// # Errors
    /// Any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Get group" (Microsoft Learn, Graph v1.0).
    pub async fn find(&self, id: &GroupId) -> Result<Option<Group>> {
        let request = self.0.call("graph.groups.find", Method::GET, &["groups", &id.to_string()]);
        self.0.find(request.query("$select", PROPERTIES)).await
    }

    /// Creates a group. Names are not unique: look first, creating twice makes two.
    ///
    /// A new group may be unknown to parts of the service for some minutes.
    ///
    /// # Permissions
    /// `Group.ReadWrite.All`; for groups that hold roles also `RoleManagement.ReadWrite.Directory`.
    ///
    /// # Errors
    /// * [`ErrorKind::LicenseMissing`](bundle_core::ErrorKind::LicenseMissing): groups that hold roles need Microsoft
    ///   Entra ID P1.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Create group" (Microsoft Learn, Graph v1.0).
    pub async fn create(&self, new: &NewGroup) -> Result<Group> {
        self.0.fetch(self.create_request(new)?).await
    }

    pub(crate) fn create_request<B: Serialize + ?Sized>(&self, new: &B) -> Result<Request> {
        self.0.call("graph.groups.create", Method::POST, &["groups"]).json(new)
    }

    /// Changes a group.
    ///
    /// # Permissions
    /// `Group.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such group.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Update group" (Microsoft Learn, Graph v1.0).
    pub async fn update(&self, id: &GroupId, patch: &GroupPatch) -> Result<()> {
        let request = self.0.call("graph.groups.update", Method::PATCH, &["groups", &id.to_string()]);
        self.0.carry_out(request.json(patch)?.safety(Safety::Idempotent)).await
    }

    /// Deletes a group. Security groups are gone at once, Microsoft 365 groups can be restored for 30 days.
    ///
    /// # Permissions
    /// `Group.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such group.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Delete group" (Microsoft Learn, Graph v1.0).
    pub async fn delete(&self, id: &GroupId) -> Result<()> {
        let request = self.0.call("graph.groups.delete", Method::DELETE, &["groups", &id.to_string()]);
        self.0.remove(request).await
    }
}

/// A group.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Group {
    /// The object id.
    pub id: GroupId,
    /// The name; not unique in a directory.
    #[serde(default)]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether it has a mailbox.
    #[serde(default)]
    pub mail_enabled: Option<bool>,
    /// The mail alias.
    #[serde(default)]
    pub mail_nickname: Option<String>,
    /// Whether it grants access.
    #[serde(default)]
    pub security_enabled: Option<bool>,
    /// Whether directory roles can be assigned to it; null is no.
    #[serde(default)]
    pub is_assignable_to_role: Option<bool>,
    /// `Unified` for Microsoft 365 groups, `DynamicMembership` for rules.
    #[serde(default)]
    pub group_types: Option<Vec<String>>,
    /// `Private`, `Public` or `HiddenMembership`.
    #[serde(default)]
    pub visibility: Option<String>,
    /// Everything else the service answered.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What [`Group`] holds.
const PROPERTIES: &str =
    "id,displayName,description,mailEnabled,mailNickname,securityEnabled,isAssignableToRole,groupTypes,visibility";

/// A group to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewGroup {
    /// The name.
    pub display_name: String,
    /// The mail alias the service insists on: no spaces, at most 64 characters.
    pub mail_nickname: String,
    /// Whether it has a mailbox.
    pub mail_enabled: bool,
    /// Whether it grants access.
    pub security_enabled: bool,
    /// `Unified` for Microsoft 365 groups, nothing for security groups.
    pub group_types: Vec<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether directory roles can be assigned to it; cannot be changed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_assignable_to_role: Option<bool>,
    /// `Private` or `Public`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
}

impl NewGroup {
    /// A security group.
    #[must_use]
    pub fn security(name: impl Into<String>, mail_nickname: impl Into<String>) -> Self {
        Self {
            display_name: name.into(),
            mail_nickname: mail_nickname.into(),
            mail_enabled: false,
            security_enabled: true,
            group_types: Vec::new(),
            description: None,
            is_assignable_to_role: None,
            visibility: None,
        }
    }

    /// A Microsoft 365 group, with a mailbox.
    #[must_use]
    pub fn microsoft_365(name: impl Into<String>, mail_nickname: impl Into<String>) -> Self {
        Self {
            mail_enabled: true,
            security_enabled: false,
            group_types: vec!["Unified".to_owned()],
            ..Self::security(name, mail_nickname)
        }
    }

    /// Says what the group is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Lets directory roles be assigned to the group; it is private then.
    #[must_use]
    pub fn assignable_to_role(mut self) -> Self {
        self.is_assignable_to_role = Some(true);
        self.visibility = Some("Private".to_owned());
        self
    }

    /// Sets who may see and join it.
    #[must_use]
    pub fn visibility(mut self, visibility: impl Into<String>) -> Self {
        self.visibility = Some(visibility.into());
        self
    }
}

/// Changes to a group; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GroupPatch {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl GroupPatch {
    /// No changes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the name.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// Changes what it is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}
