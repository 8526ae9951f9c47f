//! Bringing what one tenant grants to what is wanted: look, plan, apply, and remember what the tenant does not have.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{GrantOutcome, GrantPlan, WantedGrants, apply, look, look_from, plan};
use crate::catalog::Resource;
use crate::customer::ConsentGrant;
use crate::directory::{GrantApi, ServicePrincipal, ServicePrincipalApi};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{AppId, TenantId};

/// What is granted to whom, and where.
pub(crate) struct Push<'a> {
    pub(crate) principals: &'a dyn ServicePrincipalApi,
    pub(crate) grants: &'a dyn GrantApi,
    pub(crate) tenant: &'a TenantId,
    pub(crate) application: &'a AppId,
    pub(crate) wanted: &'a WantedGrants,
    pub(crate) now: Timestamp,
    /// How long a resource that could not be created in the tenant is not tried again.
    pub(crate) retry_absent: SignedDuration,
    pub(crate) dry_run: bool,
}

/// What was missing, and what became of it; nothing in a dry run.
pub(crate) struct Pushed {
    pub(crate) plan: GrantPlan,
    pub(crate) outcome: GrantOutcome,
}

impl Push<'_> {
    /// Grants what is missing. `client` is the application's service principal when it was read already; `absent` are
    /// the resources the tenant does not have, and when that was seen.
    ///
    /// # Errors
    /// [`ErrorKind::ConsentRequired`]: the application has no service principal. Any error of looking, and one of writing
    /// that every further write would meet.
    pub(crate) async fn run(
        &self,
        client: Option<ServicePrincipal>,
        absent: &mut BTreeMap<String, Timestamp>,
    ) -> Result<Pushed> {
        let Self { principals, grants, tenant, application, .. } = *self;
        absent.retain(|_, seen| self.now.duration_since(*seen) < self.retry_absent);
        let known = absent.keys().filter_map(|key| Resource::by_key(key));
        let wanted = known.fold(self.wanted.clone(), |wanted, resource| wanted.without(resource));
        let snapshot = match client {
            Some(client) => look_from(principals, grants, tenant, client, &wanted).await?,
            None => look(principals, grants, tenant, application, &wanted).await?,
        };
        if snapshot.client.is_none() {
            return Err(no_client(tenant));
        }
        let plan = plan(&wanted, &snapshot)?;
        if self.dry_run || plan.steps.is_empty() {
            return Ok(Pushed { plan, outcome: GrantOutcome::default() });
        }
        let outcome = apply(principals, grants, tenant, application, &snapshot, &plan).await?;
        absent.extend(outcome.absent.iter().map(|resource| (resource.key.to_owned(), self.now)));
        Ok(Pushed { plan, outcome })
    }
}

/// The application cannot be seen in a tenant it needs consent in.
pub(crate) fn no_client(tenant: &TenantId) -> Error {
    Error::new(ErrorKind::ConsentRequired, "the application has no service principal in the tenant")
        .with_tenant(*tenant)
}

/// What consent through Partner Center is asked for: with it the application grants itself the rest.
pub(crate) fn bootstrap() -> ConsentGrant {
    const SCOPES: [&str; 4] = [
        "Application.ReadWrite.All",
        "AppRoleAssignment.ReadWrite.All",
        "DelegatedPermissionGrant.ReadWrite.All",
        "Directory.ReadWrite.All",
    ];
    let scopes = SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
    ConsentGrant { resource: Resource::GRAPH.app_id, scopes }
}
