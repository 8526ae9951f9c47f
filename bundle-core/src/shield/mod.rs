//! Shields: does an integration work for a customer, or why not.

mod probe;

pub use probe::{Probe, ProbeOutcome};
