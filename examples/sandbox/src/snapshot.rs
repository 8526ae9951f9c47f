//! A canonical picture of the world, for comparing how two runs ended.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::world::{AssignmentStatus, Tenant, World, resource_by_app_id, role_by_template};

/// Draws the picture: sorted, ids replaced by names, without times and secrets.
pub(crate) fn of(world: &World) -> Value {
    json!({
        "tenants": world.tenants.values().map(|found| (found.display_name.clone(), tenant(world, found))).collect::<Map<_, _>>(),
        "relationships": relationships(world),
        "vaults": world.vaults.values().map(|vault| {
            let secrets: Vec<&String> = vault
                .secrets
                .iter()
                .filter(|(_, secret)| secret.deleted_at.is_none())
                .map(|(name, _)| name)
                .collect();
            (vault.name.clone(), json!({"secrets": secrets}))
        }).collect::<Map<_, _>>(),
    })
}

fn tenant(world: &World, tenant: &Tenant) -> Value {
    let name = |id: &Uuid| name_in(tenant, id);
    json!({
        "reseller": tenant.reseller,
        "organization": tenant.extra,
        "users": sorted(tenant.users.values().map(|user| {
            json!({
                "userPrincipalName": user.user_principal_name,
                "userType": user.user_type,
                "accountEnabled": user.account_enabled,
                "perUserMfaState": user.mfa_state.as_str(),
                "mailbox": user.mailbox,
                "licences": user.assigned_licenses.len(),
            })
        })),
        "groups": sorted(tenant.groups.values().map(|group| {
            json!({
                "displayName": group.display_name,
                "isAssignableToRole": group.is_assignable_to_role,
                "members": sorted(group.members.iter().map(|member| json!(name(member)))),
            })
        })),
        "applications": sorted(tenant.applications.values().map(|application| {
            let access = sorted(application.required_resource_access.iter().map(|access| {
                let app_id = access["resourceAppId"].as_str().and_then(|id| Uuid::parse_str(id).ok());
                let resource = app_id.and_then(|id| resource_by_app_id(&id));
                json!({
                    "resource": resource.map(|resource| &resource.key),
                    "permissions": access["resourceAccess"].as_array().map_or(0, Vec::len),
                })
            }));
            json!({
                "displayName": application.display_name,
                "signInAudience": application.sign_in_audience,
                "redirectUris": application.web_redirect_uris.iter().chain(&application.public_redirect_uris).collect::<Vec<_>>(),
                "requiredResourceAccess": access,
                "passwords": application.passwords.len(),
                "keys": application.key_credentials.len(),
                "locked": application.service_principal_lock.is_some(),
            })
        })),
        "servicePrincipals": sorted(tenant.service_principals.values().map(|principal| {
            json!({"displayName": principal.display_name, "accountEnabled": principal.account_enabled})
        })),
        "grants": grants(tenant),
        "appRoleAssignments": app_roles(tenant),
        "roleAssignments": sorted(tenant.role_assignments.values().map(|assignment| {
            json!([name(&assignment.principal_id), role(&assignment.role_definition_id)])
        })),
        "conditionalAccess": sorted(tenant.policies.list().map(|policy| {
            json!({
                "displayName": policy.body["displayName"],
                "state": policy.body["state"],
                "users": policy.body["conditions"]["users"],
            })
        })),
        "partnerConsents": tenant.partner_consents.keys().map(|app_id| application_name(world, app_id)).collect::<Vec<_>>(),
    })
}

/// Delegated grants: client, resource and user, with the scopes sorted.
fn grants(tenant: &Tenant) -> Value {
    sorted(tenant.grants.values().map(|grant| {
        let mut scopes: Vec<&str> = grant.scope.split_whitespace().collect();
        scopes.sort_unstable();
        json!({
            "client": name_in(tenant, &grant.client_id),
            "resource": name_in(tenant, &grant.resource_id),
            "user": grant.principal_id.map(|user| name_in(tenant, &user)),
            "scopes": scopes,
        })
    }))
}

/// Application permissions: for each principal and resource the names, sorted.
fn app_roles(tenant: &Tenant) -> Value {
    let mut held: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for assignment in tenant.app_role_assignments.values() {
        let role = tenant
            .service_principals
            .get(&assignment.resource_id)
            .and_then(|resource| resource.resource()?.app_role_by_id(&assignment.app_role_id))
            .map_or_else(|| assignment.app_role_id.to_string(), |role| role.name.clone());
        let key = (name_in(tenant, &assignment.principal_id), name_in(tenant, &assignment.resource_id));
        held.entry(key).or_default().push(role);
    }
    sorted(held.into_iter().map(|((principal, resource), mut roles)| {
        roles.sort_unstable();
        json!({"principal": principal, "resource": resource, "roles": roles})
    }))
}

fn relationships(world: &World) -> Value {
    let now = world.now();
    sorted(world.relationships.values().map(|relationship| {
        let assignments = relationship
            .assignments
            .values()
            .filter(|assignment| {
                !matches!(assignment.status(now), AssignmentStatus::Deleted | AssignmentStatus::Deleting)
            })
            .map(|assignment| {
                json!({
                    "group": name_in(world.partner_tenant(), &assignment.group),
                    "roles": sorted(assignment.roles.iter().map(|id| json!(role(id)))),
                    "status": assignment.status(now).as_str(),
                })
            });
        json!({
            "displayName": relationship.display_name,
            "customer": relationship.customer.and_then(|id| Some(&world.tenant(&id)?.display_name)),
            "status": relationship.status(now).as_str(),
            "duration": relationship.duration,
            "autoExtendDuration": relationship.auto_extend_duration,
            "roles": sorted(relationship.roles.iter().map(|id| json!(role(id)))),
            "assignments": sorted(assignments),
        })
    }))
}

/// Names an object of a tenant.
fn name_in(tenant: &Tenant, id: &Uuid) -> String {
    if let Some(user) = tenant.users.get(id) {
        return user.user_principal_name.clone();
    }
    let group = tenant.groups.get(id).map(|group| &group.display_name);
    let principal = || tenant.service_principals.get(id).map(|principal| &principal.display_name);
    group.or_else(principal).map_or_else(|| "unknown".to_owned(), Clone::clone)
}

fn application_name(world: &World, app_id: &Uuid) -> String {
    world
        .find_application(app_id)
        .map_or_else(|| app_id.to_string(), |(_, application)| application.display_name.clone())
}

fn role(template_id: &Uuid) -> String {
    role_by_template(template_id).map_or_else(|| template_id.to_string(), |role| role.name.clone())
}

fn sorted(values: impl Iterator<Item = Value>) -> Value {
    let mut values: Vec<Value> = values.collect();
    values.sort_by_cached_key(Value::to_string);
    Value::Array(values)
}
