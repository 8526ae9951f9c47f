//! Leaving a customer: what the partner left behind in the tenant, its applications, its relationships.
//!
//! [`Offboarding`] looks, [`plan_offboarding`] lists the steps in the order in which they can be taken, and each step has
//! a result of its own. A step that is refused stops no other; only what would take away the means to try again waits for
//! errors that may pass. Run again at any time, it goes on where it stopped; what is gone already is done.

mod api;
mod facts;
mod plan;
mod removal;
mod run;
mod settings;
mod steps;

pub use api::{Guest, NotificationMails, ResellerApi, ResellerLink, ServicePrincipalUpkeep, TraceApi};
pub use facts::{Looked, OffboardFacts, RelationshipOwner};
pub use plan::plan_offboarding;
pub(crate) use removal::{Removed, remove_application};
pub use run::{OffboardReport, OffboardView, Offboarding, OffboardingPorts};
pub use settings::OffboardSettings;
pub use steps::{ApplicationOwner, OffboardStep};
