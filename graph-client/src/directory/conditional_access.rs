//! Conditional Access policies.

use http::Method;
use serde::Serialize;
use serde_json::json;

use bundle_core::Result;
use bundle_core::conditional_access::{ConditionalAccessPolicy, PolicyState, PolicyUsers};
use bundle_core::http::{Pager, Request, Safety};
use bundle_core::ids::PolicyId;

use crate::TenantGraph;

/// Conditional Access policies of a tenant, see [`TenantGraph::conditional_access`].
///
/// The service allows one request per second and tenant and throttles without saying how long; the pipeline backs off
/// by itself.
#[derive(Clone, Debug)]
pub struct ConditionalAccess(TenantGraph);

impl ConditionalAccess {
    pub(crate) fn new(graph: TenantGraph) -> Self {
        Self(graph)
    }

    /// Lists the policies.
    ///
    /// # Permissions
    /// `Policy.Read.All`; as an account also a role that reads policies, for example Security Reader.
    ///
    /// Source: "List policies" (Microsoft Learn, Graph v1.0, Conditional Access).
    #[must_use]
    pub fn list(&self) -> Pager<ConditionalAccessPolicy> {
        self.0.list(self.0.call("graph.conditional_access.list", Method::GET, &PATH))
    }

    /// Reads a policy.
    ///
    /// # Permissions
    /// `Policy.Read.All`.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such policy.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Get conditionalAccessPolicy" (Microsoft Learn, Graph v1.0).
    pub async fn get(&self, id: &PolicyId) -> Result<ConditionalAccessPolicy> {
        self.0.fetch(self.one("graph.conditional_access.get", Method::GET, id)).await
    }

    /// Creates a policy. Names are not unique: creating twice makes two.
    ///
    /// # Permissions
    /// `Policy.ReadWrite.ConditionalAccess` and `Policy.Read.All`; as an account also the role Conditional Access
    /// Administrator.
    ///
    /// # Errors
    /// * [`ErrorKind::LicenseMissing`](bundle_core::ErrorKind::LicenseMissing): the tenant has no Microsoft Entra ID P1.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Create conditionalAccessPolicy" (Microsoft Learn, Graph v1.0).
    pub async fn create(&self, new: &NewConditionalAccessPolicy) -> Result<ConditionalAccessPolicy> {
        self.0.fetch(self.0.call("graph.conditional_access.create", Method::POST, &PATH).json(new)?).await
    }

    /// Replaces the users a policy applies to, as a whole; the other conditions stay. Takes effect within minutes, for
    /// tokens in use within an hour.
    ///
    /// # Permissions
    /// `Policy.ReadWrite.ConditionalAccess` and `Policy.Read.All`; as an account also the role Conditional Access
    /// Administrator or Security Administrator.
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such policy.
    /// * [`ErrorKind::InvalidRequest`](bundle_core::ErrorKind::InvalidRequest): the users contradict each other, or
    ///   Microsoft manages the policy.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Update conditionalAccessPolicy" (Microsoft Learn, Graph v1.0).
    pub async fn update_users(&self, id: &PolicyId, users: &PolicyUsers) -> Result<()> {
        let request = self.one("graph.conditional_access.update_users", Method::PATCH, id);
        let request = request.json(&json!({"conditions": {"users": users}}))?;
        self.0.carry_out(request.safety(Safety::Idempotent)).await
    }

    /// Changes the name or state of a policy.
    ///
    /// # Permissions
    /// As [`ConditionalAccess::update_users`].
    ///
    /// # Errors
    /// As [`ConditionalAccess::update_users`].
    ///
    /// Source: "Update conditionalAccessPolicy" (Microsoft Learn, Graph v1.0).
    pub async fn update(&self, id: &PolicyId, patch: &ConditionalAccessPolicyPatch) -> Result<()> {
        let request = self.one("graph.conditional_access.update", Method::PATCH, id);
        self.0.carry_out(request.json(patch)?.safety(Safety::Idempotent)).await
    }

    /// Deletes a policy.
    ///
    /// # Permissions
    /// As [`ConditionalAccess::create`].
    ///
    /// # Errors
    /// * [`ErrorKind::NotFound`](bundle_core::ErrorKind::NotFound): no such policy.
    /// * any transport error, see [`Error`](bundle_core::Error).
    ///
    /// Source: "Delete conditionalAccessPolicy" (Microsoft Learn, Graph v1.0).
    pub async fn delete(&self, id: &PolicyId) -> Result<()> {
        self.0.remove(self.one("graph.conditional_access.delete", Method::DELETE, id)).await
    }

    fn one(&self, operation: &'static str, method: Method, id: &PolicyId) -> Request {
        let [a, b, c] = PATH;
        self.0.call(operation, method, &[a, b, c, id.as_str()])
    }
}

const PATH: [&str; 3] = ["identity", "conditionalAccess", "policies"];

/// A policy to create.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewConditionalAccessPolicy {
    /// The name.
    pub display_name: String,
    /// Whether it acts.
    pub state: PolicyState,
    /// When it applies.
    pub conditions: NewPolicyConditions,
    /// What it demands.
    pub grant_controls: NewGrantControls,
}

/// When a policy to create applies.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewPolicyConditions {
    /// To whom.
    pub users: PolicyUsers,
    /// To which applications.
    pub applications: PolicyApplications,
    /// To which kinds of clients; `all`.
    pub client_app_types: Vec<String>,
}

/// To which applications a policy applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PolicyApplications {
    /// `All`, `Office365` or application ids.
    pub include_applications: Vec<String>,
    /// `Office365` or application ids.
    pub exclude_applications: Vec<String>,
}

/// What a policy to create demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewGrantControls {
    /// `OR` or `AND`.
    pub operator: String,
    /// `block`, `mfa`, `compliantDevice` …
    pub built_in_controls: Vec<String>,
}

impl NewConditionalAccessPolicy {
    /// A policy for all applications and clients that demands `control` of `users`. It only reports, so nobody is shut
    /// out before somebody has looked.
    #[must_use]
    pub fn new(name: impl Into<String>, users: PolicyUsers, control: impl Into<String>) -> Self {
        let applications =
            PolicyApplications { include_applications: vec!["All".to_owned()], ..PolicyApplications::default() };
        Self {
            display_name: name.into(),
            state: PolicyState::ReportOnly,
            conditions: NewPolicyConditions { users, applications, client_app_types: vec!["all".to_owned()] },
            grant_controls: NewGrantControls { operator: "OR".to_owned(), built_in_controls: vec![control.into()] },
        }
    }

    /// Sets whether it acts.
    #[must_use]
    pub fn state(mut self, state: PolicyState) -> Self {
        self.state = state;
        self
    }
}

/// Changes to a policy; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ConditionalAccessPolicyPatch {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Whether it acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<PolicyState>,
}

impl ConditionalAccessPolicyPatch {
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

    /// Changes whether it acts.
    #[must_use]
    pub fn state(mut self, state: PolicyState) -> Self {
        self.state = Some(state);
        self
    }
}
