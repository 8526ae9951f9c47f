//! Set-up of the partner's own tenant: what every customer's onboarding rests on.
//!
//! [`PartnerSetup`] looks at the service account, the `AdminAgents` group, the role groups and the application, plans
//! what is missing and does it. It can be run again at any time.

mod partner;
mod plan;

pub use partner::{PartnerSetup, SetupPorts, SetupReport};
pub use plan::{SetupSettings, SetupSnapshot, SetupStep, plan};
