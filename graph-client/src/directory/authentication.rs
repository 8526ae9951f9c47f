//! How users authenticate.

use http::Method;
use serde::{Deserialize, Serialize};

use bundle_core::Result;
use bundle_core::http::{Request, Response, Safety};
use bundle_core::ids::UserId;
use bundle_core::registration::PerUserMfaState;

use crate::TenantGraph;
use crate::tenant::{BETA, V1};

/// Authentication of users, see [`TenantGraph::authentication`].
#[derive(Clone, Debug)]
pub struct Authentication(TenantGraph);

impl Authentication {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Reads whether multifactor authentication is demanded of a user by its own setting.
    ///
    /// # Permissions
    /// `Policy.Read.All`; as an account also the role Authentication Policy Administrator.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such user.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Get authentication states" (Microsoft Learn).
    pub async fn mfa_state(&self, user: &UserId) -> Result<PerUserMfaState> {
        let [stable, beta] = self.requirements("graph.users.mfa.get", &Method::GET, user);
        let requirements: Requirements = self.send(stable, beta).await?.json()?;
        Ok(requirements.per_user_mfa_state)
    }

    /// Sets whether multifactor authentication is demanded of a user by its own setting.
    ///
    /// # Permissions
    /// `Policy.ReadWrite.AuthenticationMethod`; as an account also the role Authentication Policy Administrator.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such user.
    /// * [`ErrorKind::PermissionDenied`](bundle_core::ErrorKind::PermissionDenied): permission or role is missing.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Update authentication states" (Microsoft Learn).
    pub async fn set_mfa_state(&self, user: &UserId, state: PerUserMfaState) -> Result<()> {
        let requirements = Requirements { per_user_mfa_state: state };
        let write = |request: Request| request.json(&requirements).map(|request| request.safety(Safety::Idempotent));
        let [stable, beta] = self.requirements("graph.users.mfa.update", &Method::PATCH, user);
        self.send(write(stable)?, write(beta)?).await.map(drop)
    }

    /// The same request to v1.0 and to beta.
    fn requirements(&self, operation: &'static str, method: &Method, user: &UserId) -> [Request; 2] {
        let segments = ["users", &user.to_string(), "authentication", "requirements"];
        [V1, BETA].map(|version| self.0.versioned(operation, method.clone(), version, &segments))
    }

    /// Sends to v1.0, and to beta where v1.0 does not know the path: it answers there, but its metadata does not name
    /// it, so clouds may differ. An unknown path is a 400, an unknown user a 404 that beta answers again.
    async fn send(&self, stable: Request, beta: Request) -> Result<Response> {
        match self.0.send(stable).await {
            Err(error) if matches!(error.status(), Some(400 | 404)) => self.0.send(beta).await,
            other => other,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Requirements {
    per_user_mfa_state: PerUserMfaState,
}
