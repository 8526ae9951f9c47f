//! Does Microsoft Graph work for a customer?

use async_trait::async_trait;

use bundle_core::directory::Organization;
use bundle_core::shield::{Probe, ProbeOutcome};
use bundle_core::{Error, ErrorKind, Integration, Result, TenantId};

use crate::GraphClient;

/// The probe of the Graph integration: reads the customer's own record as the service account.
#[derive(Clone, Debug)]
pub struct GraphProbe(GraphClient);

impl GraphProbe {
    /// A probe that asks with this client.
    #[must_use]
    pub fn new(graph: GraphClient) -> Self {
        Self(graph)
    }
}

#[async_trait]
impl Probe for GraphProbe {
    fn integration(&self) -> Integration {
        Integration::Graph
    }

    async fn probe(&self, customer: &TenantId) -> Result<ProbeOutcome> {
        let record = self.0.for_tenant(customer).organization();
        let organization: Organization = record.read(OPERATION, "id,displayName").await?;
        if organization.id != *customer {
            // A token that was answered for another tenant would make every later call act on the wrong customer.
            let message = format!("the token reached tenant {} instead", organization.id);
            return Err(Error::new(ErrorKind::Decode, message).with_operation(OPERATION).with_tenant(*customer));
        }
        let name = organization.display_name.unwrap_or_else(|| organization.id.to_string());
        Ok(ProbeOutcome::Works(format!("organization {name}")))
    }
}

const OPERATION: &str = "graph.probe";
