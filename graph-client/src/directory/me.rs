//! The signed-in user.

use http::Method;

use bundle_core::Result;
use bundle_core::directory::Account;

use crate::TenantGraph;

/// The signed-in user, see [`TenantGraph::me`].
#[derive(Clone, Debug)]
pub struct Me(TenantGraph);

impl Me {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Reads the signed-in user. Only in its home tenant: in a customer's tenant the account is no object, and the
    /// application has none anywhere.
    ///
    /// # Permissions
    /// `User.Read`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): the account belongs to another tenant.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Get a user" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self) -> Result<Account> {
        let request = self.0.call("graph.me.get", Method::GET, &["me"]).query("$select", ACCOUNT_PROPERTIES);
        self.0.fetch(request).await
    }
}

/// What [`Account`] holds.
pub(crate) const ACCOUNT_PROPERTIES: &str = "id,userPrincipalName,displayName";
