//! What is granted, read from answers that were saved.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::GrantSnapshot;
use crate::catalog::{Permission, PermissionKind, Resource, ScopeString};
use crate::directory::{AppRoleAssignment, Grants, PermissionGrant, ServicePrincipal};
use crate::error::{Error, Result};
use crate::ids::{AppId, ObjectId};

impl GrantSnapshot {
    /// Reads the answers of `GET /servicePrincipals/{id}/appRoleAssignments` and
    /// `GET /oauth2PermissionGrants?$filter=clientId eq '{id}'` as Graph wrote them: with `value` around them or as the
    /// bare list.
    ///
    /// They name resources by ids of the tenant only, so each resource is told by the name beside an assignment, by the
    /// ids of its app roles, or by the names of its scopes. One that cannot be told is left alone.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): a text is not such an answer, is only the first page of one, or
    /// the two are about different applications.
    pub fn from_answers(app_role_assignments: &str, permission_grants: &str) -> Result<Self> {
        let assignments: Vec<SavedAssignment> = read("appRoleAssignments", app_role_assignments)?;
        let grants: Vec<SavedGrant> = read("oauth2PermissionGrants", permission_grants)?;
        let mut clients: Vec<ObjectId> = assignments.iter().filter_map(|saved| saved.principal_id).collect();
        clients.extend(grants.iter().filter_map(|saved| saved.client_id));
        clients.sort();
        clients.dedup();
        if let [first, second, ..] = clients.as_slice() {
            return Err(Error::config(format!("grants: they are of several applications, {first} and {second}")));
        }

        let mut told: BTreeMap<ObjectId, Resource> = BTreeMap::new();
        for saved in &assignments {
            let resource = || {
                let name = saved.resource_display_name.as_deref()?;
                Resource::ALL.into_iter().find(|resource| resource.name.eq_ignore_ascii_case(name))
            };
            let by_role =
                || Permission::by_id(&saved.grant.app_role_id, PermissionKind::Application).map(|found| found.resource);
            if let Some(resource) = resource().or_else(by_role) {
                told.entry(saved.grant.resource_id).or_insert(resource);
            }
        }
        for saved in &grants {
            let taken = |resource: &Resource| told.values().any(|known| known == resource);
            if !told.contains_key(&saved.grant.resource_id)
                && let Some(resource) = by_scopes(saved.grant.scope.as_deref().unwrap_or_default(), taken)
            {
                told.insert(saved.grant.resource_id, resource);
            }
        }
        let resources = told.into_iter().map(|(id, resource)| Ok((resource, principal(id, resource.app_id)?)));
        // The application's id is not in the answers.
        let client = clients.first().map(|id| principal(*id, AppId::from_u128(1))).transpose()?;
        Ok(Self {
            client,
            resources: resources.collect::<Result<_>>()?,
            grants: Grants {
                app_roles: assignments.into_iter().map(|saved| saved.grant).collect(),
                permission_grants: grants.into_iter().map(|saved| saved.grant).collect(),
            },
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SavedAssignment {
    #[serde(default)]
    principal_id: Option<ObjectId>,
    #[serde(default)]
    resource_display_name: Option<String>,
    #[serde(flatten)]
    grant: AppRoleAssignment,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SavedGrant {
    #[serde(default)]
    client_id: Option<ObjectId>,
    #[serde(flatten)]
    grant: PermissionGrant,
}

fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<Vec<T>> {
    let wrong = |cause: serde_json::Error| Error::config(format!("{name}: this is no answer of Graph: {cause}"));
    let mut answer: Value = serde_json::from_str(text).map_err(wrong)?;
    if answer.get("@odata.nextLink").is_some() {
        return Err(Error::config(format!("{name}: this is one page of several, save all of them as one list")));
    }
    if let Some(list) = answer.get_mut("value") {
        answer = list.take();
    }
    serde_json::from_value(answer).map_err(wrong)
}

/// The resource that offers all of these scopes, those every resource has aside; one whose id is known is no other.
fn by_scopes(scope: &str, taken: impl Fn(&Resource) -> bool) -> Option<Resource> {
    let names: ScopeString = scope.parse().ok()?;
    let own: Vec<&str> =
        names.iter().filter(|name| !["openid", "profile", "email", "offline_access"].contains(name)).collect();
    let offers =
        |resource: &Resource, name: &str| Permission::find(*resource, name, PermissionKind::Delegated).is_some();
    let known = |resource: &Resource| own.iter().filter(|name| offers(resource, name)).count();
    let mut fits = Resource::ALL.into_iter().filter(|resource| !taken(resource));
    let fits: Vec<Resource> = fits.by_ref().filter(|resource| known(resource) * 2 > own.len()).collect();
    // Four resources have a scope `user_impersonation`.
    match fits.as_slice() {
        [resource] => Some(*resource),
        _ => None,
    }
}

fn principal(id: ObjectId, application: AppId) -> Result<ServicePrincipal> {
    serde_json::from_value(json!({"id": id, "appId": application}))
        .map_err(|cause| Error::config(format!("service principal: {cause}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Selection;
    use crate::consent::{WantedGrants, diff};

    const CLIENT: &str = "11111111-1111-4111-8111-111111111111";
    const GRAPH: &str = "22222222-2222-4222-8222-222222222222";
    const OTHER: &str = "33333333-3333-4333-8333-333333333333";

    fn snapshot() -> GrantSnapshot {
        let role = Permission::find(Resource::GRAPH, "User.Read.All", PermissionKind::Application).unwrap().id;
        let roles = json!({"value": [
            {"principalId": CLIENT, "resourceId": GRAPH, "resourceDisplayName": "Microsoft Graph", "appRoleId": role},
            {"principalId": CLIENT, "resourceId": OTHER, "appRoleId": "44444444-4444-4444-8444-444444444444"},
        ]});
        let grants = json!([
            {"id": "g", "clientId": CLIENT, "consentType": "AllPrincipals", "resourceId": GRAPH,
             "scope": " Mail.Send Foreign.Scope openid"},
        ]);
        GrantSnapshot::from_answers(&roles.to_string(), &grants.to_string()).unwrap()
    }

    #[test]
    fn answers_are_compared_with_a_selection() {
        let selection = Selection::owned_app().with(["Mail.Send", "Mail.Read", "User.Read.All"]).unwrap();
        let diff = diff(&WantedGrants::of(&selection).unwrap(), &snapshot()).unwrap();
        let [graph] = diff.resources.as_slice() else { panic!("{diff}") };
        assert_eq!(graph.missing.delegated, ["Mail.Read", "User.Read.All"]);
        assert_eq!(graph.missing.application, ["Mail.Read", "Mail.Send"]);
        assert_eq!(graph.granted.application, ["User.Read.All"]);
        assert_eq!(graph.surplus.delegated, ["Foreign.Scope", "openid"]);
        assert_eq!(diff.foreign.len(), 1);
        assert!(!diff.is_complete());

        let writes = diff.plan.writes(&AppId::from_u128(9), &snapshot());
        assert_eq!(writes.len(), 3);
        assert!(writes[0].to_string().starts_with(&format!("POST /servicePrincipals/{CLIENT}/appRoleAssignments {{")));
        assert_eq!(writes[2].path, "/oauth2PermissionGrants/g");
        assert_eq!(writes[2].body, json!({"scope": "Foreign.Scope Mail.Read Mail.Send openid User.Read.All"}));
    }

    #[test]
    fn writes_of_a_new_tenant_name_what_does_not_exist_yet() {
        let wanted = WantedGrants::of(&Selection::owned_app().with(["Mail.Send"]).unwrap()).unwrap();
        let nothing = GrantSnapshot::from_answers("[]", r#"{"value":[]}"#).unwrap();
        let writes = diff(&wanted, &nothing).unwrap().plan.writes(&AppId::from_u128(9), &nothing);
        let paths: Vec<&str> = writes.iter().map(|write| write.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/servicePrincipals",
                "/servicePrincipals",
                "/servicePrincipals/{client}/appRoleAssignments",
                "/oauth2PermissionGrants"
            ]
        );
        assert_eq!(writes[3].body["resourceId"], "{graph}");
    }

    #[test]
    fn resource_without_a_name_is_told_by_roles_and_scopes() {
        let grants = json!([{"id": "g", "consentType": "AllPrincipals", "resourceId": OTHER, "scope": "Exchange.Manage"},
            {"id": "h", "consentType": "AllPrincipals", "resourceId": GRAPH, "scope": "user_impersonation"}]);
        let snapshot = GrantSnapshot::from_answers("[]", &grants.to_string()).unwrap();
        let [(resource, principal)] = snapshot.resources.as_slice() else { panic!("{snapshot:?}") };
        assert_eq!((*resource, principal.id.to_string().as_str()), (Resource::EXCHANGE, OTHER));
    }

    #[test]
    fn what_is_no_whole_answer_is_refused() {
        let told = |roles: &str, grants: &str| GrantSnapshot::from_answers(roles, grants).unwrap_err().to_string();
        assert!(told("x", "[]").contains("appRoleAssignments"));
        assert!(told("[]", r#"{"value":{}}"#).contains("oauth2PermissionGrants"));
        assert!(told(r#"{"value":[],"@odata.nextLink":"https://x"}"#, "[]").contains("one page of several"));
        let grants = json!([
            {"id": "g", "clientId": CLIENT, "consentType": "AllPrincipals", "resourceId": GRAPH},
            {"id": "h", "clientId": OTHER, "consentType": "AllPrincipals", "resourceId": GRAPH}]);
        assert!(told("[]", &grants.to_string()).contains("several applications"));
    }
}
