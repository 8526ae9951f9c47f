//! Does the CSP integration work for a customer?

use async_trait::async_trait;
use bundle_core::error::Diagnosis;
use bundle_core::shield::{Probe, ProbeOutcome};
use bundle_core::{Error, ErrorKind, Integration, Result, TenantId};

use crate::client::PartnerCenterClient;
use crate::customers::RelationshipToPartner;

/// Asks Partner Center for the customer: that proves the account's sign-in, its group in the partner's tenant and the
/// reseller relationship in one call.
///
/// A customer without a relationship is an error of kind [`ErrorKind::RelationshipInactive`].
#[derive(Clone, Debug)]
pub struct CspProbe {
    client: PartnerCenterClient,
}

impl CspProbe {
    /// A probe that asks through this client.
    #[must_use]
    pub fn new(client: PartnerCenterClient) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Probe for CspProbe {
    fn integration(&self) -> Integration {
        Integration::Csp
    }

    async fn probe(&self, customer: &TenantId) -> Result<ProbeOutcome> {
        let record = match self.client.customers().get(customer).await {
            Ok(record) => record,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(no_relationship(error)),
            Err(error) => return Err(error),
        };
        let name = record.name();
        match record.relationship_to_partner {
            Some(RelationshipToPartner::None) | None => {
                let message = format!("the reseller relationship with {name} has ended");
                let error = Error::new(ErrorKind::RelationshipInactive, message);
                Err(no_relationship(error.with_operation("partner-center.customers.get").with_tenant(*customer)))
            }
            Some(relationship) => Ok(ProbeOutcome::Works(format!("{relationship} of {name}"))),
        }
    }
}

fn no_relationship(error: Error) -> Error {
    let error = error.with_kind(ErrorKind::RelationshipInactive);
    match Diagnosis::find("reseller-relationship-missing") {
        Some(diagnosis) => error.with_diagnosis(diagnosis),
        None => error,
    }
}
