//! Permissions in a tenant: what is wanted, what is granted, what is missing, and granting it.
//!
//! Compared with what is granted, never with what the app registration asks for. Additive: a scope somebody else granted
//! stays.

mod apply;
mod plan;
mod wanted;

pub(crate) use apply::look_from;
pub use apply::{GrantOutcome, apply, look};
pub use plan::{GrantPlan, GrantSnapshot, GrantStep, plan};
pub use wanted::{WantedGrants, WantedResource};
