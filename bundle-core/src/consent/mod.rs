//! Permissions in a tenant: what is wanted, what is granted, what is missing, and granting it; for one tenant, and kept up
//! for all customers ([`ConsentRun`]).
//!
//! Compared with what is granted, never with what the app registration asks for. Additive: a scope somebody else granted
//! stays.

mod apply;
mod diff;
mod offline;
mod plan;
mod push;
mod record;
mod report;
mod run;
mod visit;
mod wanted;
mod write;

pub(crate) use apply::look_from;
pub use apply::{GrantOutcome, apply, look};
pub use diff::{GrantDiff, PermissionNames, ResourceDiff, diff};
pub use plan::{GrantPlan, GrantSnapshot, GrantStep, plan};
pub(crate) use push::{Push, bootstrap, no_client};
pub use record::{ConsentConclusion, ConsentRecord, RefreshAges, RefreshDecision, RefreshReason, decide_refresh};
pub use report::{ConsentReport, ConsentState};
pub use run::{ConsentPorts, ConsentRecords, ConsentRun, ConsentSettings};
pub use wanted::{WantedGrants, WantedResource};
pub use write::PlannedWrite;
