//! What is missing: a pure comparison of wanted and granted.

use super::{WantedGrants, WantedResource};
use crate::catalog::{Resource, ScopeString};
use crate::directory::{ConsentType, Grants, ServicePrincipal};
use crate::error::Result;
use crate::ids::{PermissionGrantId, PermissionId};

/// What is there in one tenant.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GrantSnapshot {
    /// The application's own service principal.
    pub client: Option<ServicePrincipal>,
    /// The service principals of the resources, where they exist.
    pub resources: Vec<(Resource, ServicePrincipal)>,
    /// What the application is granted.
    pub grants: Grants,
}

/// One write that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantStep {
    /// Create the application's service principal.
    CreateClient,
    /// Create the service principal of a resource.
    CreateResource(Resource),
    /// Grant an application permission.
    AssignAppRole {
        /// The resource that offers it.
        resource: Resource,
        /// Its name.
        name: &'static str,
        /// Its id.
        permission: PermissionId,
    },
    /// Grant delegated permissions for all users.
    GrantScopes {
        /// The resource that offers them.
        resource: Resource,
        /// The names that are new.
        added: Vec<String>,
        /// All names the grant has afterwards, other people's included.
        scope: ScopeString,
        /// The grant to change; `None` creates one.
        grant: Option<PermissionGrantId>,
    },
}

impl std::fmt::Display for GrantStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CreateClient => f.write_str("create the service principal of the application"),
            Self::CreateResource(resource) => write!(f, "create the service principal of {}", resource.name),
            Self::AssignAppRole { resource, name, .. } => {
                write!(f, "grant application permission {name} of {}", resource.name)
            }
            Self::GrantScopes { resource, added, .. } => {
                write!(f, "grant {} delegated permission(s) of {}: {}", added.len(), resource.name, added.join(" "))
            }
        }
    }
}

/// The writes that are missing in one tenant, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantPlan {
    /// The writes.
    pub steps: Vec<GrantStep>,
}

/// Compares what is wanted with what is granted.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config): what is granted and what is wanted together are longer than the
/// 8 000 characters one grant can hold.
pub fn plan(wanted: &WantedGrants, snapshot: &GrantSnapshot) -> Result<GrantPlan> {
    let mut steps = Vec::new();
    if snapshot.client.is_none() {
        steps.push(GrantStep::CreateClient);
    }
    for wanted in wanted.resources() {
        let existing = snapshot.resources.iter().find(|(resource, _)| *resource == wanted.resource);
        if existing.is_none() {
            steps.push(GrantStep::CreateResource(wanted.resource));
        }
        let service_principal = existing.map(|(_, service_principal)| service_principal);
        roles(wanted, service_principal, snapshot, &mut steps);
        scopes(wanted, service_principal, snapshot, &mut steps)?;
    }
    Ok(GrantPlan { steps })
}

fn roles(
    wanted: &WantedResource,
    resource: Option<&ServicePrincipal>,
    snapshot: &GrantSnapshot,
    steps: &mut Vec<GrantStep>,
) {
    let granted = |permission: &PermissionId| {
        resource.is_some_and(|resource| {
            let mut all = snapshot.grants.app_roles.iter();
            all.any(|granted| granted.resource_id == resource.id && granted.app_role_id == *permission)
        })
    };
    steps.extend(wanted.app_roles.iter().filter(|(_, permission)| !granted(permission)).map(|(name, permission)| {
        GrantStep::AssignAppRole { resource: wanted.resource, name, permission: *permission }
    }));
}

fn scopes(
    wanted: &WantedResource,
    resource: Option<&ServicePrincipal>,
    snapshot: &GrantSnapshot,
    steps: &mut Vec<GrantStep>,
) -> Result<()> {
    if wanted.scopes.is_empty() {
        return Ok(());
    }
    let existing = resource.and_then(|resource| {
        let mut all = snapshot.grants.permission_grants.iter();
        all.find(|grant| grant.resource_id == resource.id && grant.consent_type == ConsentType::AllPrincipals)
    });
    let granted: ScopeString = existing.and_then(|grant| grant.scope.as_deref()).unwrap_or_default().parse()?;
    let added: Vec<String> = wanted.scopes.missing_from(&granted).into_iter().map(str::to_owned).collect();
    if !added.is_empty() {
        steps.push(GrantStep::GrantScopes {
            resource: wanted.resource,
            added,
            scope: granted.union(&wanted.scopes)?,
            grant: existing.map(|grant| grant.id.clone()),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Selection;
    use serde_json::{Value, json};

    fn principal(n: u128, app: crate::ids::AppId) -> ServicePrincipal {
        serde_json::from_value(json!({"id": crate::ids::ObjectId::from_u128(n), "appId": app})).unwrap()
    }

    fn snapshot(grants: &Value, roles: &Value) -> GrantSnapshot {
        GrantSnapshot {
            client: Some(principal(1, crate::ids::AppId::from_u128(9))),
            resources: vec![(Resource::GRAPH, principal(2, Resource::GRAPH.app_id))],
            grants: Grants {
                app_roles: serde_json::from_value(roles.clone()).unwrap(),
                permission_grants: serde_json::from_value(grants.clone()).unwrap(),
            },
        }
    }

    fn wanted() -> WantedGrants {
        WantedGrants::of(&Selection::stock(&[]).for_customer()).unwrap()
    }

    #[test]
    fn everything_is_missing_in_a_new_tenant() {
        let plan = plan(&wanted(), &GrantSnapshot::default()).unwrap();
        assert_eq!(plan.steps[0], GrantStep::CreateClient);
        assert!(plan.steps.contains(&GrantStep::CreateResource(Resource::GRAPH)));
        assert!(plan.steps.len() > 140, "{}", plan.steps.len());
    }

    #[test]
    fn nothing_is_missing_where_all_is_granted() {
        let wanted = wanted();
        let resource = crate::ids::ObjectId::from_u128(2);
        let graph = &wanted.resources().iter().find(|wanted| wanted.resource == Resource::GRAPH).unwrap();
        let roles: Vec<_> =
            graph.app_roles.iter().map(|(_, id)| json!({"resourceId": resource, "appRoleId": id})).collect();
        let scope = graph.scopes.to_string().to_uppercase();
        let grants = json!([{"id": "g", "consentType": "AllPrincipals", "resourceId": resource, "scope": scope}]);
        let only_graph = wanted.without(Resource::OFFICE365_MANAGEMENT);
        let plan = plan(&only_graph, &snapshot(&grants, &json!(roles))).unwrap();
        assert_eq!(plan.steps, []);
    }

    #[test]
    fn foreign_scopes_stay_and_user_grants_are_not_touched() {
        let resource = crate::ids::ObjectId::from_u128(2);
        let grants = json!([
            {"id": "u", "consentType": "Principal", "resourceId": resource, "scope": "User.Read"},
            {"id": "g", "consentType": "AllPrincipals", "resourceId": resource, "scope": " Foreign.Scope User.Read"}
        ]);
        let plan = plan(&wanted(), &snapshot(&grants, &json!([]))).unwrap();
        let change = plan.steps.iter().find_map(|step| match step {
            GrantStep::GrantScopes { resource: Resource { key: "graph", .. }, scope, grant, added } => {
                Some((scope, grant, added))
            }
            _ => None,
        });
        let (scope, grant, added) = change.unwrap();
        assert!(scope.contains("Foreign.Scope"));
        assert_eq!(grant.as_ref().unwrap().as_str(), "g");
        assert!(!added.iter().any(|name| name == "User.Read"));
    }

    #[test]
    fn retired_permissions_are_dropped_by_name() {
        let mut wanted = wanted();
        let offered: ServicePrincipal = serde_json::from_value(json!({
            "id": crate::ids::ObjectId::from_u128(2), "appId": Resource::GRAPH.app_id,
            "appRoles": [], "oauth2PermissionScopes": [
                {"id": PermissionId::from_u128(5), "value": "User.Read", "isEnabled": true}]
        }))
        .unwrap();
        let dropped = wanted.retain_offered(Resource::GRAPH, &offered);
        assert!(dropped.iter().any(|name| name.starts_with("User.Read.All ")), "{dropped:?}");
        let graph = wanted.resources().iter().find(|wanted| wanted.resource == Resource::GRAPH).unwrap();
        assert!(graph.app_roles.is_empty());
        assert!(graph.scopes.contains("User.Read") && graph.scopes.contains("openid"));
    }
}
