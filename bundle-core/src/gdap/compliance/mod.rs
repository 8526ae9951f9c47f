//! How the partner stands with each customer: which roles it really has, over all relationships, and what is wrong.
//!
//! [`compliance`] is pure: facts in, report out. Whoever wants to know why a user has a role asks [`access_paths`].

mod finding;
mod judge;
mod path;
mod report;

pub use finding::{ComplianceFinding, ComplianceIssue};
pub use judge::{ComplianceSettings, compliance};
pub use path::{AccessPath, access_paths};
pub use report::{ComplianceReport, CustomerCompliance, RelationshipSummary, RoleStanding, RoleState, Verdict};
