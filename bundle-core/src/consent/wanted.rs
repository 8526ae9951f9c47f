//! What an application should be granted, resource by resource.

use sha2::{Digest as _, Sha256};

use crate::catalog::{PermissionKind, Resource, ScopeString, Selection};
use crate::directory::{ServicePrincipal, ServicePrincipalApi};
use crate::error::Result;
use crate::ids::{PermissionId, TenantId};

/// What an application should be granted on every resource of a selection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedGrants {
    resources: Vec<WantedResource>,
}

/// What an application should be granted on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WantedResource {
    /// The resource.
    pub resource: Resource,
    /// The delegated permissions.
    pub scopes: ScopeString,
    /// The application permissions.
    pub app_roles: Vec<(&'static str, PermissionId)>,
}

impl WantedGrants {
    /// Everything a selection holds.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): the delegated permissions on one resource are longer than the
    /// 8 000 characters a grant can hold; the message has the exact numbers.
    pub fn of(selection: &Selection) -> Result<Self> {
        let resources = selection
            .resources()
            .into_iter()
            .map(|resource| {
                Ok(WantedResource {
                    resource,
                    scopes: selection.scope_string(resource)?,
                    app_roles: selection.application(resource),
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self { resources })
    }

    /// The resources.
    #[must_use]
    pub fn resources(&self) -> &[WantedResource] {
        &self.resources
    }

    /// The same without one resource: the tenant does not have the service.
    #[must_use]
    pub fn without(&self, resource: Resource) -> Self {
        Self { resources: self.resources.iter().filter(|wanted| wanted.resource != resource).cloned().collect() }
    }

    /// A short text that is the same for the same permissions, in whatever order: to see that they changed.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for WantedResource { resource, scopes, app_roles } in &self.resources {
            lines.push(format!("{}\n", resource.app_id));
            lines.extend(scopes.iter().map(|scope| format!("{} {}\n", resource.app_id, scope.to_ascii_lowercase())));
            lines.extend(app_roles.iter().map(|(_, id)| format!("{} {id}\n", resource.app_id)));
        }
        lines.sort_unstable();
        let digest = Sha256::digest(lines.concat());
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Asks a tenant what its resources offer, and drops what they do not; says what was dropped. They offer the same
    /// everywhere, so one tenant stands for all.
    ///
    /// # Errors
    /// Any error of the port.
    pub async fn drop_retired(
        &mut self,
        principals: &dyn ServicePrincipalApi,
        tenant: &TenantId,
    ) -> Result<Vec<String>> {
        let mut dropped = Vec::new();
        let resources: Vec<Resource> = self.resources.iter().map(|wanted| wanted.resource).collect();
        for resource in resources {
            if let Some(offered) = principals.resource(tenant, &resource.app_id).await? {
                dropped.extend(self.retain_offered(resource, &offered));
            }
        }
        Ok(dropped)
    }

    /// Drops what a resource does not offer (any more) and says what was dropped. Asking for a retired permission fails
    /// the whole request.
    pub fn retain_offered(&mut self, resource: Resource, offered: &ServicePrincipal) -> Vec<String> {
        let mut dropped = Vec::new();
        for wanted in self.resources.iter_mut().filter(|wanted| wanted.resource == resource) {
            wanted.app_roles.retain(|(name, id)| {
                let known = offered.app_roles.iter().any(|role| role.id == *id && role.is_enabled);
                if !known {
                    dropped.push(format!("{name} ({:?})", PermissionKind::Application));
                }
                known
            });
            let (known, unknown): (Vec<&str>, Vec<&str>) = wanted.scopes.iter().partition(|name| {
                is_open_id(name)
                    || offered.oauth2_permission_scopes.iter().any(|scope| {
                        scope.is_enabled && scope.value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(name))
                    })
            });
            dropped.extend(unknown.iter().map(|name| format!("{name} ({:?})", PermissionKind::Delegated)));
            if !unknown.is_empty() {
                // Fewer names than before: they fit where all of them did.
                wanted.scopes = ScopeString::try_new(known).unwrap_or_default();
            }
        }
        dropped
    }
}

/// The OpenID scopes belong to every resource; some do not list them.
fn is_open_id(name: &str) -> bool {
    matches!(name, "openid" | "profile" | "email" | "offline_access")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_tells_permissions_apart_and_their_order_not() {
        let of = |names: &[&str]| {
            let core = Selection::core().with(names).unwrap();
            WantedGrants::of(&core.for_customer()).unwrap()
        };
        let one = of(&["Mail.Send", "User.Read.All"]);
        let mut turned = of(&["User.Read.All", "Mail.Send"]);
        turned.resources.reverse();
        assert_eq!(one.fingerprint(), turned.fingerprint());
        assert_eq!(one.fingerprint().len(), 32);
        assert_ne!(one.fingerprint(), of(&["Mail.Send"]).fingerprint());
        assert_ne!(one.fingerprint(), one.without(Resource::GRAPH).fingerprint());
    }
}
