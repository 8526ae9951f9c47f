//! Onboarding of customers: from nothing to shields, one customer at a time, as often as needed.
//!
//! [`Onboarding::advance`] looks at a customer, does what is missing and answers a [`CustomerReport`]. What has to be
//! waited for (people, propagation) is answered with a time to look again, never slept through. It may be interrupted
//! anywhere and run again: everything it does, it looks for first.

mod customer;
mod finding;
mod report;
mod settings;
mod stage;
mod state;

pub use customer::{Onboarding, PartnerView};
pub use finding::Finding;
pub use report::{CustomerOutcome, CustomerReport, WaitReason, Waiting};
pub(crate) use settings::Pace;
pub use settings::{OnboardingPorts, OnboardingSettings};
pub(crate) use stage::{is_fatal, is_inconclusive, is_refusal, is_settling};
pub use state::{CustomerState, OnboardingState};
