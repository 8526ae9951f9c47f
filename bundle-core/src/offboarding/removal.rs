//! Removing an application from a customer's tenant.

use super::api::{ConsentUpkeep, ServicePrincipalUpkeep};
use crate::error::{ErrorKind, Result};
use crate::ids::{AppId, ObjectId, TenantId};

/// What became of something that was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removed {
    Now,
    Before,
}

impl Removed {
    /// Absent is removed.
    pub(crate) fn of(result: Result<()>) -> Result<Self> {
        match result {
            Ok(()) => Ok(Self::Now),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::Before),
            Err(error) => Err(error),
        }
    }
}

/// Takes the consent to a partner's application back in Partner Center; where that is refused, as it is for customers the
/// partner does not sell to, deletes the service principal, when it was seen.
pub(crate) async fn remove_application(
    consent: &dyn ConsentUpkeep,
    principals: &dyn ServicePrincipalUpkeep,
    tenant: &TenantId,
    application: &AppId,
    principal: Option<&ObjectId>,
) -> Result<Removed> {
    match (Removed::of(consent.revoke_consent(tenant, application).await), principal) {
        (Ok(Removed::Now), _) => Ok(Removed::Now),
        // It may work in a moment, and Partner Center then forgets the consent too.
        (Err(error), _) if error.is_retryable() || error.kind() == ErrorKind::OutcomeUnknown => Err(error),
        (_, Some(principal)) => Removed::of(principals.delete_service_principal(tenant, principal).await),
        (revoked, None) => revoked,
    }
}
