//! Reading what is granted, and granting what is missing.

use futures_util::stream::{self, StreamExt as _};

use super::{GrantPlan, GrantSnapshot, GrantStep, WantedGrants};
use crate::catalog::Resource;
use crate::directory::{
    GrantApi, NewAppRoleAssignment, NewPermissionGrant, ScopeChange, ServicePrincipal, ServicePrincipalApi,
};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{AppId, ObjectId, TenantId};

/// Reads what an application is granted in a tenant.
///
/// # Errors
/// Any error of the ports.
pub async fn look(
    principals: &dyn ServicePrincipalApi,
    grants: &dyn GrantApi,
    tenant: &TenantId,
    application: &AppId,
    wanted: &WantedGrants,
) -> Result<GrantSnapshot> {
    let resources = wanted.resources().iter().map(|wanted| wanted.resource.app_id);
    let applications: Vec<AppId> = std::iter::once(*application).chain(resources).collect();
    let mut found = principals.service_principals(tenant, &applications).await?.into_iter();
    match found.next().flatten() {
        Some(client) => snapshot(grants, tenant, client, wanted, found).await,
        None => Ok(GrantSnapshot::default()),
    }
}

/// As [`look`], when the application's own service principal was read already.
pub(crate) async fn look_from(
    principals: &dyn ServicePrincipalApi,
    grants: &dyn GrantApi,
    tenant: &TenantId,
    client: ServicePrincipal,
    wanted: &WantedGrants,
) -> Result<GrantSnapshot> {
    let applications: Vec<AppId> = wanted.resources().iter().map(|wanted| wanted.resource.app_id).collect();
    let found = principals.service_principals(tenant, &applications).await?;
    snapshot(grants, tenant, client, wanted, found).await
}

/// Adds what the client is granted. `found` are the service principals of the resources wanted, in their order.
async fn snapshot(
    grants: &dyn GrantApi,
    tenant: &TenantId,
    client: ServicePrincipal,
    wanted: &WantedGrants,
    found: impl IntoIterator<Item = Option<ServicePrincipal>>,
) -> Result<GrantSnapshot> {
    let named = wanted.resources().iter().zip(found);
    let resources = named.filter_map(|(wanted, found)| found.map(|found| (wanted.resource, found))).collect();
    let granted = grants.grants(tenant, &client.id).await?;
    Ok(GrantSnapshot { client: Some(client), resources, grants: granted })
}

/// What became of a plan.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct GrantOutcome {
    /// The writes that were made or turned out to be there already.
    pub done: usize,
    /// The resources the tenant does not have: their permissions were left out.
    pub absent: Vec<Resource>,
    /// The writes that failed, each with its error.
    pub failed: Vec<(GrantStep, Error)>,
}

/// Makes the writes of a plan. What is there already counts as done; a failing write does not stop the others.
///
/// # Errors
/// An error that every further write would meet too: the account cannot act in the tenant at all.
pub async fn apply(
    principals: &dyn ServicePrincipalApi,
    grants: &dyn GrantApi,
    tenant: &TenantId,
    application: &AppId,
    snapshot: &GrantSnapshot,
    plan: &GrantPlan,
) -> Result<GrantOutcome> {
    let mut outcome = GrantOutcome::default();
    let client = match &snapshot.client {
        Some(client) => client.id,
        None => ensure(principals, tenant, application).await?.id,
    };
    let mut resources: Vec<(Resource, ObjectId)> =
        snapshot.resources.iter().map(|(resource, principal)| (*resource, principal.id)).collect();
    for step in &plan.steps {
        let GrantStep::CreateResource(resource) = step else { continue };
        match ensure(principals, tenant, &resource.app_id).await {
            Ok(principal) => {
                outcome.done += 1;
                resources.push((*resource, principal.id));
            }
            // A service the tenant has no licence for has no service principal there, and none can be made.
            Err(error) if is_absence(&error) => outcome.absent.push(*resource),
            Err(error) if is_final(&error) => return Err(error),
            Err(error) => {
                outcome.absent.push(*resource);
                outcome.failed.push((step.clone(), error));
            }
        }
    }

    let find = |resource: &Resource| resources.iter().find(|(own, _)| own == resource).map(|(_, id)| *id);
    let mut roles = Vec::new();
    let mut scopes = Vec::new();
    for step in &plan.steps {
        match step {
            GrantStep::AssignAppRole { resource, permission, .. } => {
                roles.extend(find(resource).map(|id| (step, NewAppRoleAssignment::new(client, id, *permission))));
            }
            GrantStep::GrantScopes { resource, scope, grant, .. } => scopes.extend(find(resource).map(|id| {
                let change = match grant {
                    Some(grant) => ScopeChange::Replace { grant: grant.clone(), scope: scope.to_string() },
                    None => ScopeChange::Create(NewPermissionGrant::new(client, id, scope.to_string())),
                };
                (step, change)
            })),
            _ => {}
        }
    }

    let (role_steps, roles): (Vec<_>, Vec<_>) = roles.into_iter().unzip();
    if !roles.is_empty() {
        for (step, result) in role_steps.into_iter().zip(grants.assign_app_roles(tenant, &roles).await?) {
            outcome.take(step, result)?;
        }
    }
    // Collected first: a future that holds a lazy iterator cannot be spawned (rust-lang/rust#110338).
    let writes = scopes.into_iter().map(|(step, change)| async move {
        let result = grants.grant_scope(tenant, &change).await;
        (step, result)
    });
    let writes: Vec<_> = writes.collect();
    let mut results = stream::iter(writes).buffer_unordered(PARALLEL_WRITES);
    while let Some((step, result)) = results.next().await {
        outcome.take(step, result)?;
    }
    Ok(outcome)
}

impl GrantOutcome {
    /// Counts what became of a write. What is there already is done.
    fn take(&mut self, step: &GrantStep, result: Result<()>) -> Result<()> {
        match result {
            Ok(()) => self.done += 1,
            Err(error) if error.kind() == ErrorKind::Conflict => self.done += 1,
            Err(error) if is_final(&error) => return Err(error),
            Err(error) => self.failed.push((step.clone(), error)),
        }
        Ok(())
    }
}

/// Creates a service principal, or finds the one somebody else has just made.
async fn ensure(
    principals: &dyn ServicePrincipalApi,
    tenant: &TenantId,
    application: &AppId,
) -> Result<ServicePrincipal> {
    match principals.create_service_principal(tenant, application).await {
        Err(error) if error.kind() == ErrorKind::Conflict => {
            principals.service_principal(tenant, application).await?.ok_or(error)
        }
        result => result,
    }
}

fn is_absence(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidRequest | ErrorKind::NotFound | ErrorKind::LicenseMissing)
}

/// Whether every further write would meet the same error.
fn is_final(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConditionalAccess
            | ErrorKind::ConsentRequired
            | ErrorKind::InvalidClient
            | ErrorKind::MfaRequired
            | ErrorKind::OutcomeUnknown
            | ErrorKind::ReauthenticationRequired
            | ErrorKind::RelationshipInactive
            | ErrorKind::Connection
            | ErrorKind::Throttled
            | ErrorKind::Timeout
            | ErrorKind::Unavailable
    )
}

/// How many delegated grants are written at a time: more conflict with each other on one service principal.
const PARALLEL_WRITES: usize = 4;
