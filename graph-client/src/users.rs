//! Users.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use bundle_core::Result;
use bundle_core::account::{NewAccount, PasswordProfile};
use bundle_core::http::{Pager, Request, Safety, odata_literal};
use bundle_core::ids::UserId;

use crate::query::LARGEST_PAGE;
use crate::{DirectoryObject, Query, TenantGraph};

/// Users of a tenant, see [`TenantGraph::users`].
#[derive(Clone, Debug)]
pub struct Users(TenantGraph);

impl Users {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Reads a user by object id.
    ///
    /// # Permissions
    /// `User.Read.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such user.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Get a user" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self, id: &UserId) -> Result<User> {
        let request = self.0.call("graph.users.get", Method::GET, &["users", &id.to_string()]);
        self.0.fetch(request.query("$select", PROPERTIES)).await
    }

    /// Finds a user by sign-in name; an absent one is `None`.
    ///
    /// # Permissions
    /// `User.Read.All`.
    ///
    /// # Errors
    /// Any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Get a user" (Microsoft Learn, Graph v1.0).
    pub async fn find(&self, user_principal_name: &str) -> Result<Option<User>> {
        self.0.find(self.find_request(user_principal_name, PROPERTIES)).await
    }

    pub(crate) fn find_request(&self, user_principal_name: &str, properties: &str) -> Request {
        let operation = "graph.users.find";
        let request = if user_principal_name.starts_with('$') {
            // A segment that begins with a dollar sign is read as a system resource.
            let key = format!("users({})", odata_literal(user_principal_name));
            self.0.call(operation, Method::GET, &[&key])
        } else {
            self.0.call(operation, Method::GET, &["users", user_principal_name])
        };
        request.query("$select", properties)
    }

    /// Lists users.
    ///
    /// # Permissions
    /// `User.Read.All`; `User.ReadBasic.All` for names and addresses only.
    ///
    /// Source: "List users" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self, query: &Query) -> Pager<User> {
        self.0.list(self.list_request(query, PROPERTIES))
    }

    pub(crate) fn list_request(&self, query: &Query, properties: &str) -> Request {
        let request = self.0.call("graph.users.list", Method::GET, &["users"]);
        query.apply(request, properties, LARGEST_PAGE)
    }

    /// Creates a user. Not repeated when the outcome is unknown: the sign-in name could be somebody else's by then.
    ///
    /// # Permissions
    /// `User.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): the sign-in name is taken.
    /// * [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): the domain is not verified, or the
    ///   password is too weak.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Create user" (Microsoft Learn, Graph v1.0).
    pub async fn create(&self, new: &NewAccount) -> Result<User> {
        self.0.fetch(self.create_request(new)?).await
    }

    pub(crate) fn create_request(&self, new: &NewAccount) -> Result<Request> {
        self.0.call("graph.users.create", Method::POST, &["users"]).json(new)
    }

    /// Changes a user.
    ///
    /// # Permissions
    /// `User.ReadWrite.All`; for the password `User-PasswordProfile.ReadWrite.All` and a role above the user's.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such user.
    /// * [`ErrorKind::PermissionDenied`](bundle_core::ErrorKind::PermissionDenied): the user holds a role the caller
    ///   does not outrank.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Update user" (Microsoft Learn, Graph v1.0).
    pub async fn update(&self, id: &UserId, patch: &UserPatch) -> Result<()> {
        let request = self.0.call("graph.users.update", Method::PATCH, &["users", &id.to_string()]);
        // Every property is set to a value, so a second time changes nothing more.
        self.0.carry_out(request.json(patch)?.safety(Safety::Idempotent)).await
    }

    /// Deletes a user; it can be restored for 30 days.
    ///
    /// # Permissions
    /// `User.DeleteRestore.All` or `User.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such user.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Delete a user" (Microsoft Learn, Graph v1.0).
    pub async fn delete(&self, id: &UserId) -> Result<()> {
        let request = self.0.call("graph.users.delete", Method::DELETE, &["users", &id.to_string()]);
        self.0.remove(request).await
    }

    /// Lists the groups, directory roles and administrative units a user is a direct member of.
    ///
    /// The types are mixed, so nothing is selected unless `query` says so.
    ///
    /// # Permissions
    /// `GroupMember.Read.All` and `User.Read.All`; roles need `RoleManagement.Read.Directory`.
    ///
    /// Source: "List a user's direct memberships" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn member_of(&self, id: &UserId, query: &Query) -> Pager<DirectoryObject> {
        let request = self.0.call("graph.users.member_of", Method::GET, &["users", &id.to_string(), "memberOf"]);
        self.0.list(query.apply(request, "", LARGEST_PAGE))
    }
}

/// A user.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// The object id.
    pub id: UserId,
    /// The sign-in name.
    #[serde(default)]
    pub user_principal_name: Option<String>,
    /// The name shown.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The primary mail address.
    #[serde(default)]
    pub mail: Option<String>,
    /// Whether the user may sign in.
    #[serde(default)]
    pub account_enabled: Option<bool>,
    /// `Member` or `Guest`.
    #[serde(default)]
    pub user_type: Option<String>,
    /// The country licences are used in, two letters.
    #[serde(default)]
    pub usage_location: Option<String>,
    /// Everything else the service answered.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What [`User`] holds.
const PROPERTIES: &str = "id,userPrincipalName,displayName,mail,accountEnabled,userType,usageLocation";

/// Changes to a user; what is `None` stays as it is.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserPatch {
    /// Whether the user may sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_enabled: Option<bool>,
    /// The name shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// A new password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_profile: Option<PasswordProfile>,
    /// The country licences are used in, two letters; needed before a licence can be assigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_location: Option<String>,
}

impl UserPatch {
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

    /// Changes the name shown.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// Sets a new password.
    #[must_use]
    pub fn password_profile(mut self, profile: PasswordProfile) -> Self {
        self.password_profile = Some(profile);
        self
    }

    /// Sets the country licences are used in.
    #[must_use]
    pub fn usage_location(mut self, country: impl Into<String>) -> Self {
        self.usage_location = Some(country.into());
        self
    }
}
