//! Asking all integrations of a customer.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{Probe, ProbeOutcome, ShieldStatus, Shields, status_of};
use crate::error::Error;
use crate::ids::TenantId;
use crate::integration::Integration;

/// The shields of a customer with what was seen.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Raised {
    /// The shields.
    pub shields: Shields,
    /// What the probes that worked saw.
    pub evidence: Vec<(Integration, String)>,
    /// The errors of those that did not.
    pub errors: Vec<(Integration, Error)>,
}

/// Asks the probes of a customer, all at once, each once.
pub async fn raise(probes: &[Arc<dyn Probe>], customer: &TenantId) -> Raised {
    let answers =
        join_all(probes.iter().map(|probe| async { (probe.integration(), probe.probe(customer).await) })).await;
    let mut raised = Raised::default();
    for (integration, answer) in answers {
        let status = match answer {
            Ok(ProbeOutcome::Works(seen)) => {
                raised.evidence.push((integration, seen));
                ShieldStatus::Green
            }
            Ok(ProbeOutcome::NotLicensed(seen)) => {
                raised.evidence.push((integration, seen));
                ShieldStatus::NotLicensed
            }
            Err(error) => {
                let status = status_of(&error);
                raised.errors.push((integration, error));
                status
            }
        };
        raised.shields = raised.shields.with(integration, status);
    }
    raised
}
