//! The requests a plan stands for.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::{GrantPlan, GrantSnapshot, GrantStep};
use crate::catalog::Resource;
use crate::ids::AppId;

/// One request to Microsoft Graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedWrite {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, without a version.
    pub path: String,
    /// The body.
    pub body: Value,
}

impl GrantPlan {
    /// The requests that make the plan's writes, in order. An id that does not exist yet is written as what it will be
    /// the id of, in braces: `{client}`, `{graph}`.
    #[must_use]
    pub fn writes(&self, application: &AppId, snapshot: &GrantSnapshot) -> Vec<PlannedWrite> {
        let client = snapshot.client.as_ref().map_or_else(|| "{client}".to_owned(), |client| client.id.to_string());
        let principal = |resource: &Resource| {
            let known = snapshot.resources.iter().find(|(known, _)| known == resource);
            known.map_or_else(|| format!("{{{}}}", resource.key), |(_, principal)| principal.id.to_string())
        };
        let create = |application: &AppId| PlannedWrite {
            method: "POST",
            path: "/servicePrincipals".to_owned(),
            body: json!({"appId": application}),
        };
        let write = |step: &GrantStep| match step {
            GrantStep::CreateClient => create(application),
            GrantStep::CreateResource(resource) => create(&resource.app_id),
            GrantStep::AssignAppRole { resource, permission, .. } => PlannedWrite {
                method: "POST",
                path: format!("/servicePrincipals/{client}/appRoleAssignments"),
                body: json!({"principalId": client, "resourceId": principal(resource), "appRoleId": permission}),
            },
            GrantStep::GrantScopes { scope, grant: Some(grant), .. } => PlannedWrite {
                method: "PATCH",
                path: format!("/oauth2PermissionGrants/{grant}"),
                body: json!({"scope": scope}),
            },
            GrantStep::GrantScopes { resource, scope, grant: None, .. } => PlannedWrite {
                method: "POST",
                path: "/oauth2PermissionGrants".to_owned(),
                body: json!({
                    "clientId": client, "consentType": "AllPrincipals", "resourceId": principal(resource), "scope": scope,
                }),
            },
        };
        self.steps.iter().map(write).collect()
    }
}

impl fmt::Display for PlannedWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.method, self.path, self.body)
    }
}
