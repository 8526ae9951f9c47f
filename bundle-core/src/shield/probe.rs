//! The question a shield is made of.

use async_trait::async_trait;

use crate::error::Result;
use crate::ids::TenantId;
use crate::integration::Integration;

/// Asks one integration of one customer whether it works, with the cheapest call that proves it.
///
/// # Behavior
/// * It reads only.
/// * What works answers [`ProbeOutcome::Works`]; a service the customer does not have answers
///   [`ProbeOutcome::NotLicensed`]; everything else is the error as it came.
#[async_trait]
pub trait Probe: std::fmt::Debug + Send + Sync {
    /// The integration asked.
    fn integration(&self) -> Integration;

    /// Asks.
    async fn probe(&self, customer: &TenantId) -> Result<ProbeOutcome>;
}

/// The answer of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeOutcome {
    /// It works; the text says what was seen, for example `42 mailboxes`.
    Works(String),
    /// The customer does not have the service; the text says how that was seen.
    NotLicensed(String),
}
