//! Delegated permission grants (`oauth2PermissionGrant`).

use http::Method;
use serde::Deserialize;
use serde_json::json;

use bundle_core::Result;
use bundle_core::directory::{NewPermissionGrant, PermissionGrant};
use bundle_core::http::{Pager, Safety};
use bundle_core::ids::{ObjectId, PermissionGrantId, UserId};

use crate::query::LARGEST_PAGE;
use crate::{Query, TenantGraph};

/// Delegated permission grants of a tenant, see [`TenantGraph::permission_grants`].
#[derive(Clone, Debug)]
pub struct PermissionGrants(TenantGraph);

impl PermissionGrants {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Lists the grants of all applications; those of one are
    /// [`ServicePrincipals::permission_grants`](crate::ServicePrincipals::permission_grants).
    ///
    /// # Permissions
    /// `DelegatedPermissionGrant.Read.All` or `Directory.Read.All`.
    ///
    /// Source: "List oauth2PermissionGrants" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn list(&self, query: &Query) -> Pager<ListedPermissionGrant> {
        let request = self.0.call("graph.permission_grants.list", Method::GET, &["oauth2PermissionGrants"]);
        self.0.list(query.apply(request, "id,clientId,consentType,principalId,resourceId,scope", LARGEST_PAGE))
    }

    /// Creates a grant for all users. There is one for each application and resource: what it lacks later is added
    /// with [`PermissionGrants::update_scope`].
    ///
    /// Repeated when the outcome is unknown; a grant created by the first attempt answers `Conflict`.
    ///
    /// # Permissions
    /// `DelegatedPermissionGrant.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::Conflict`](bundle_core::ErrorKind::Conflict): there is a grant already.
    /// * [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): the scope is longer than 8 000
    ///   characters or names an unknown permission.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Create oAuth2PermissionGrant" (Microsoft Learn, Graph v1.0).
    pub async fn create(&self, new: &NewPermissionGrant) -> Result<PermissionGrant> {
        let request = self.0.call("graph.permission_grants.create", Method::POST, &["oauth2PermissionGrants"]);
        self.0.fetch(request.json(new)?.safety(Safety::Idempotent)).await
    }

    /// Replaces the scope of a grant as a whole: names that are left out are revoked.
    ///
    /// # Permissions
    /// `DelegatedPermissionGrant.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such grant.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Update oAuth2PermissionGrant" (Microsoft Learn, Graph v1.0).
    pub async fn update_scope(&self, id: &PermissionGrantId, scope: &str) -> Result<()> {
        let segments = ["oauth2PermissionGrants", id.as_str()];
        let request = self.0.call("graph.permission_grants.update", Method::PATCH, &segments);
        self.0.carry_out(request.json(&json!({"scope": scope}))?.safety(Safety::Idempotent)).await
    }

    /// Deletes a grant: revokes all permissions in it.
    ///
    /// # Permissions
    /// `DelegatedPermissionGrant.ReadWrite.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such grant.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Delete oAuth2PermissionGrant" (Microsoft Learn, Graph v1.0).
    pub async fn delete(&self, id: &PermissionGrantId) -> Result<()> {
        let segments = ["oauth2PermissionGrants", id.as_str()];
        self.0.remove(self.0.call("graph.permission_grants.delete", Method::DELETE, &segments)).await
    }
}

/// A grant with the parties a listing of all applications needs to tell apart.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ListedPermissionGrant {
    /// The service principal of the application.
    pub client_id: ObjectId,
    /// The user, when it holds for one user only.
    #[serde(default)]
    pub principal_id: Option<UserId>,
    /// The grant itself.
    #[serde(flatten)]
    pub grant: PermissionGrant,
}
