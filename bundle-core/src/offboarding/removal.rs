//! Removing an application from a customer's tenant.

use super::api::ServicePrincipalUpkeep;
use crate::customer::ConsentApi;
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
    consent: &dyn ConsentApi,
    principals: &dyn ServicePrincipalUpkeep,
    tenant: &TenantId,
    application: &AppId,
    principal: Option<&ObjectId>,
) -> Result<Removed> {
    match (Removed::of(consent.revoke(tenant, application).await), principal) {
        (Ok(Removed::Now), _) => Ok(Removed::Now),
        // It may work in a moment, and Partner Center then forgets the consent too.
        (Err(error), _) if error.is_retryable() || error.kind() == ErrorKind::OutcomeUnknown => Err(error),
        (_, Some(principal)) => Removed::of(principals.delete_service_principal(tenant, principal).await),
        (revoked, None) => revoked,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::customer::ConsentGrant;
    use crate::directory::ServicePrincipal;
    use crate::error::Error;

    /// A customer whose service principal can be deleted, and what Partner Center answers.
    #[derive(Debug)]
    struct Customer {
        partner_center: Option<ErrorKind>,
        principal: Mutex<bool>,
    }

    #[async_trait]
    impl ConsentApi for Customer {
        async fn revoke(&self, _: &TenantId, _: &AppId) -> Result<()> {
            self.partner_center.map_or(Ok(()), |kind| Err(Error::new(kind, "refused")))
        }

        async fn consent(&self, _: &TenantId, _: &AppId, _: &[ConsentGrant]) -> Result<()> {
            unreachable!("a removal consents to nothing")
        }
    }

    #[async_trait]
    impl ServicePrincipalUpkeep for Customer {
        async fn owned_service_principals(&self, _: &TenantId, _: &TenantId) -> Result<Vec<ServicePrincipal>> {
            Ok(Vec::new())
        }

        async fn delete_service_principal(&self, _: &TenantId, _: &ObjectId) -> Result<()> {
            let was_there = std::mem::take(&mut *self.principal.lock().unwrap());
            was_there.then_some(()).ok_or_else(|| Error::new(ErrorKind::NotFound, "absent"))
        }
    }

    async fn removed(partner_center: Option<ErrorKind>, seen: bool, there: bool) -> Result<Removed, ErrorKind> {
        let customer = Customer { partner_center, principal: Mutex::new(there) };
        let principal = ObjectId::from_u128(3);
        let (tenant, application) = (TenantId::from_u128(1), AppId::from_u128(2));
        let principal = seen.then_some(&principal);
        let removed = remove_application(&customer, &customer, &tenant, &application, principal).await;
        removed.map_err(|error| error.kind())
    }

    #[tokio::test]
    async fn what_partner_center_refuses_is_deleted_in_the_tenant() {
        use ErrorKind as Kind;
        assert_eq!(removed(None, false, true).await, Ok(Removed::Now));
        for refusal in [Kind::NotFound, Kind::PermissionDenied, Kind::RelationshipInactive] {
            assert_eq!(removed(Some(refusal), true, true).await, Ok(Removed::Now), "{refusal:?}");
            assert_eq!(removed(Some(refusal), true, false).await, Ok(Removed::Before), "{refusal:?}");
        }
        assert_eq!(removed(Some(Kind::NotFound), false, true).await, Ok(Removed::Before));
        assert_eq!(removed(Some(Kind::PermissionDenied), false, true).await, Err(Kind::PermissionDenied));
        // It may pass, and Partner Center forgets the consent too.
        assert_eq!(removed(Some(Kind::Unavailable), true, true).await, Err(Kind::Unavailable));
    }
}
