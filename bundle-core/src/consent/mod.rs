//! Permissions in a tenant: what is wanted, what is granted, what is missing, and granting it.
//!
//! Compared with what is granted, never with what the app registration asks for. Additive: a scope somebody else granted
//! stays.

mod apply;
mod diff;
mod offline;
mod plan;
mod push;
mod wanted;
mod write;

pub(crate) use apply::look_from;
pub use apply::{GrantOutcome, apply, look};
pub use diff::{GrantDiff, PermissionNames, ResourceDiff, diff};
pub use plan::{GrantPlan, GrantSnapshot, GrantStep, plan};
pub(crate) use push::{Push, bootstrap, no_client};
pub use wanted::{WantedGrants, WantedResource};
pub use write::PlannedWrite;
