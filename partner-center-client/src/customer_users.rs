//! The users of a customer, as Partner Center keeps them.

use bundle_core::http::{Pager, Request};
use bundle_core::ids::UserId;
use bundle_core::{Error, Result, TenantId, open_enum};
use http::Method;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::address::check_country;
use crate::client::PartnerCenterClient;
use crate::customer_licenses::UserLicenses;
use crate::wire;

/// The users of one customer, reached by [`PartnerCenterTenant::users`](crate::PartnerCenterTenant::users).
///
/// # Permissions
/// Always the service account: the service refuses applications alone. By GDAP it is Directory Reader, Global Reader or
/// User Administrator of the customer to read, User Administrator to write.
#[derive(Clone, Debug)]
pub struct CustomerUsers {
    client: PartnerCenterClient,
    customer: TenantId,
}

impl CustomerUsers {
    pub(crate) fn new(client: PartnerCenterClient, customer: TenantId) -> Self {
        Self { client, customer }
    }

    /// Lists the users.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get a list of all user accounts for a customer" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn list(&self) -> Pager<CustomerUser> {
        self.client.pages(self.request("partner-center.users.list", Method::GET, &[]).query("size", PAGE_SIZE))
    }

    /// Lists the users that were deleted within the last 30 days and can be restored.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "View deleted users for a customer" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn deleted(&self) -> Pager<CustomerUser> {
        let filter = json!({"Field": "UserState", "Value": "Inactive", "Operator": "equals"}).to_string();
        let request = self.request("partner-center.users.list-deleted", Method::GET, &[]);
        self.client.pages(request.query("size", PAGE_SIZE).query("filter", &filter))
    }

    /// Reads one user.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such user; any other error of the pipeline.
    ///
    /// Source: "Get a user account by ID" (Microsoft Learn, Partner Center).
    pub async fn get(&self, user: &UserId) -> Result<CustomerUser> {
        self.client.read(self.request("partner-center.users.get", Method::GET, &[&user.to_string()])).await
    }

    /// Creates a user.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): a value is missing, or the usage location is no country;
    /// [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): the principal name is taken; any other error of the
    /// pipeline.
    ///
    /// Source: "Create user accounts for a customer" (Microsoft Learn, Partner Center).
    pub async fn create(&self, new: &NewCustomerUser) -> Result<CustomerUser> {
        let request = self.request("partner-center.users.create", Method::POST, &[]);
        self.client.read(request.json(&new.body()?)?).await
    }

    /// Changes a user; what is not set stays as it is.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): nothing is changed, or the usage location is no country;
    /// any other error of the pipeline.
    ///
    /// Source: "Update user accounts for a customer", "Reset user password for a customer" (Microsoft Learn, Partner
    /// Center).
    pub async fn update(&self, user: &UserId, patch: &CustomerUserPatch) -> Result<CustomerUser> {
        let request = self.request("partner-center.users.update", Method::PATCH, &[&user.to_string()]);
        self.client.read(request.json(&patch.body()?)?).await
    }

    /// Deletes a user. It can be restored for 30 days.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such user; any other error of the pipeline.
    ///
    /// Source: "Delete a user account for a customer" (Microsoft Learn, Partner Center).
    pub async fn delete(&self, user: &UserId) -> Result<()> {
        let request = self.request("partner-center.users.delete", Method::DELETE, &[&user.to_string()]);
        self.client.send(request).await.map(drop)
    }

    /// Restores a deleted user. Its licences are not given back where there are none left.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): it is gone for good; any other error of the pipeline.
    ///
    /// Source: "Restore a deleted user for a customer" (Microsoft Learn, Partner Center).
    pub async fn restore(&self, user: &UserId) -> Result<()> {
        let body = json!({"state": "active", "attributes": {"objectType": "CustomerUser"}});
        let request = self.request("partner-center.users.restore", Method::PATCH, &[&user.to_string()]);
        self.client.send(request.json(&body)?).await.map(drop)
    }

    /// The licences of one user.
    #[must_use]
    pub fn licenses(&self, user: &UserId) -> UserLicenses {
        UserLicenses::new(self.client.clone(), self.customer, *user)
    }

    /// Lists the directory roles of one user.
    ///
    /// # Errors
    /// The pager answers any error of the pipeline.
    ///
    /// Source: "Get user roles for a customer" (Microsoft Learn, Partner Center).
    #[must_use]
    pub fn directory_roles(&self, user: &UserId) -> Pager<DirectoryRole> {
        let path = [&user.to_string(), "directoryroles"];
        self.client.pages(self.request("partner-center.users.directory-roles", Method::GET, &path))
    }

    fn request(&self, operation: &'static str, method: Method, rest: &[&str]) -> Request {
        let customer = self.customer.to_string();
        let segments = [&["customers", &customer, "users"], rest].concat();
        self.client.operation(operation, method, &segments).about(self.customer)
    }
}

/// A user of a customer.
///
/// Source: "User resources" (Microsoft Learn, Partner Center).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerUser {
    /// The id, the object id in the directory.
    pub id: UserId,
    /// The name to sign in with.
    #[serde(default)]
    pub user_principal_name: Option<String>,
    /// The given name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// The family name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// The name shown.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Where licences are used; without it none can be given.
    #[serde(default)]
    pub usage_location: Option<String>,
    /// The id in the directory the user is synchronised from.
    #[serde(default)]
    pub immutable_id: Option<String>,
    /// Whether it is deleted.
    #[serde(default)]
    pub state: Option<UserState>,
    /// When it was deleted.
    #[serde(default, deserialize_with = "wire::time")]
    pub soft_deletion_time: Option<Timestamp>,
    /// When it was synchronised.
    #[serde(default, deserialize_with = "wire::time")]
    pub last_directory_sync_time: Option<Timestamp>,
}

open_enum! {
    /// Whether a user is deleted.
    pub enum UserState {
        /// It is not.
        Active = "active",
        /// It is, and can be restored.
        Inactive = "inactive",
    }
}

/// A directory role of a customer's tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DirectoryRole {
    /// The id of the role in the tenant.
    pub id: String,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
}

/// A user to be created.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewCustomerUser {
    /// The name to sign in with.
    pub user_principal_name: String,
    /// The name shown.
    pub display_name: String,
    /// Where licences are used, by the two letters of the country.
    pub usage_location: String,
    /// The first password.
    pub password: SecretString,
    /// Whether the user has to choose another password at the first sign-in. By default it has to.
    pub force_change_password: bool,
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
}

impl NewCustomerUser {
    /// A user with what each one needs.
    #[must_use]
    pub fn new(
        user_principal_name: impl Into<String>,
        display_name: impl Into<String>,
        usage_location: impl Into<String>,
        password: SecretString,
    ) -> Self {
        Self {
            user_principal_name: user_principal_name.into(),
            display_name: display_name.into(),
            usage_location: usage_location.into(),
            password,
            force_change_password: true,
            first_name: None,
            last_name: None,
        }
    }

    /// Sets given and family name.
    #[must_use]
    pub fn person(mut self, first_name: impl Into<String>, last_name: impl Into<String>) -> Self {
        self.first_name = Some(first_name.into());
        self.last_name = Some(last_name.into());
        self
    }

    /// Says whether the user has to choose another password.
    #[must_use]
    pub fn force_change_password(mut self, force: bool) -> Self {
        self.force_change_password = force;
        self
    }

    fn body(&self) -> Result<Value> {
        let name = &self.user_principal_name;
        if !name.split_once('@').is_some_and(|(user, domain)| !user.is_empty() && domain.contains('.')) {
            return Err(Error::config(format!("user_principal_name: {name:?} is not one like ada@contoso.com")));
        }
        if self.display_name.trim().is_empty() {
            return Err(Error::config("display_name: a user needs one"));
        }
        if self.password.expose_secret().is_empty() {
            return Err(Error::config("password: a user needs one"));
        }
        check_country(&self.usage_location)?;
        let mut body = json!({
            "userPrincipalName": name,
            "displayName": self.display_name,
            "usageLocation": self.usage_location,
            "passwordProfile": profile(&self.password, self.force_change_password),
        });
        for (field, value) in [("firstName", &self.first_name), ("lastName", &self.last_name)] {
            if let Some(value) = value {
                body[field] = json!(value);
            }
        }
        Ok(body)
    }
}

/// What changes in a user.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CustomerUserPatch {
    /// The name shown.
    pub display_name: Option<String>,
    /// Where licences are used.
    pub usage_location: Option<String>,
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// A new password, and whether the user has to choose another one at the next sign-in.
    pub password: Option<(SecretString, bool)>,
}

impl CustomerUserPatch {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name shown.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// Sets where licences are used.
    #[must_use]
    pub fn usage_location(mut self, country: impl Into<String>) -> Self {
        self.usage_location = Some(country.into());
        self
    }

    /// Sets given and family name.
    #[must_use]
    pub fn person(mut self, first_name: impl Into<String>, last_name: impl Into<String>) -> Self {
        self.first_name = Some(first_name.into());
        self.last_name = Some(last_name.into());
        self
    }

    /// Sets a new password.
    #[must_use]
    pub fn password(mut self, password: SecretString, force_change: bool) -> Self {
        self.password = Some((password, force_change));
        self
    }

    fn body(&self) -> Result<Value> {
        if let Some(country) = &self.usage_location {
            check_country(country)?;
        }
        let mut body = Map::new();
        for (field, value) in [
            ("displayName", &self.display_name),
            ("usageLocation", &self.usage_location),
            ("firstName", &self.first_name),
            ("lastName", &self.last_name),
        ] {
            if let Some(value) = value {
                body.insert(field.to_owned(), json!(value));
            }
        }
        if let Some((password, force)) = &self.password {
            body.insert("passwordProfile".to_owned(), profile(password, *force));
        }
        if body.is_empty() {
            return Err(Error::config("patch: nothing is to be changed in the user"));
        }
        body.insert("attributes".to_owned(), json!({"objectType": "CustomerUser"}));
        Ok(Value::Object(body))
    }
}

fn profile(password: &SecretString, force_change: bool) -> Value {
    json!({"password": password.expose_secret(), "forceChangePassword": force_change})
}

/// The largest page the service answers.
const PAGE_SIZE: &str = "500";
