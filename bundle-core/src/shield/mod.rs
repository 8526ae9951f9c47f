//! Shields: does an integration work for a customer, or why not.
//!
//! A [`Probe`] asks one integration of one customer; [`raise`] asks all of them and turns the answers into
//! [`Shields`] with evidence.

mod probe;
mod raise;
mod status;

pub use probe::{Probe, ProbeOutcome};
pub use raise::{Raised, raise};
pub use status::{ShieldStatus, Shields, status_of};
