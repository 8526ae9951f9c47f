//! Granting permissions, however it comes about: bootstrap, sign-in, administrator, Partner Center.

use jiff::Timestamp;
use uuid::Uuid;

use super::{AppRoleAssignment, PermissionGrant, World};

impl World {
    /// Grants delegated permissions to a client on a resource, adding to a grant that is there.
    ///
    /// `client` and `resource` are object ids of service principals in the tenant; `user` is `None` for all
    /// principals. Returns whether something was added.
    pub fn grant_scopes<'a>(
        &mut self,
        tenant: &Uuid,
        client: &Uuid,
        resource: &Uuid,
        user: Option<&Uuid>,
        scopes: impl IntoIterator<Item = &'a str>,
        effective_at: Timestamp,
    ) -> bool {
        let created_at = self.clock.now();
        let id = self.ids.next_key();
        let Some(tenant) = self.tenants.get_mut(tenant) else {
            return false;
        };
        let held = tenant.grants.values_mut().find(|grant| {
            grant.client_id == *client && grant.resource_id == *resource && grant.principal_id.as_ref() == user
        });
        if let Some(grant) = held {
            let mut words: Vec<String> = grant.scope.split_whitespace().map(str::to_owned).collect();
            let before = words.len();
            for scope in scopes {
                if !words.iter().any(|word| word.eq_ignore_ascii_case(scope)) {
                    words.push(scope.to_owned());
                }
            }
            grant.scope = words.join(" ");
            return words.len() > before;
        }
        let words: Vec<&str> = scopes.into_iter().collect();
        if words.is_empty() {
            return false;
        }
        tenant.grants.insert(
            id.clone(),
            PermissionGrant {
                id,
                client_id: *client,
                principal_id: user.copied(),
                resource_id: *resource,
                scope: words.join(" "),
                created_at,
                effective_at,
            },
        );
        true
    }

    /// Gives a service principal an application permission on a resource; returns whether it was new.
    ///
    /// `principal` and `resource` are object ids of service principals in the tenant.
    pub fn grant_app_role(&mut self, tenant: &Uuid, principal: &Uuid, resource: &Uuid, app_role: &Uuid) -> bool {
        let created_at = self.clock.now();
        let id = self.ids.next_key();
        let Some(tenant) = self.tenants.get_mut(tenant) else {
            return false;
        };
        let held = tenant.app_role_assignments.values().any(|held| {
            held.principal_id == *principal && held.resource_id == *resource && held.app_role_id == *app_role
        });
        if !held {
            tenant.app_role_assignments.insert(
                id.clone(),
                AppRoleAssignment {
                    id,
                    principal_id: *principal,
                    principal_type: "ServicePrincipal".to_owned(),
                    resource_id: *resource,
                    app_role_id: *app_role,
                    created_at,
                },
            );
        }
        !held
    }
}
