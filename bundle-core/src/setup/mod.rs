//! Set-up of the partner's own tenant: what every customer's onboarding rests on.
//!
//! [`Bootstrap`] makes the service account, the application and its secret, as an administrator. From then on
//! [`PartnerSetup`], as the service account, looks at the service account, the `AdminAgents` group, the role groups and the application, plans
//! what is missing and does it. It can be run again at any time.

mod bootstrap;
mod partner;
mod plan;

pub use bootstrap::{Bootstrap, BootstrapPorts, BootstrapReport, BootstrapSettings, SecretKeeper};
pub(crate) use partner::create_role_group;
pub use partner::{PartnerSetup, SetupPorts, SetupReport};
pub(crate) use plan::{ADMIN_AGENTS, GROUP_DESCRIPTION, RESERVED_GROUPS};
pub use plan::{SetupSettings, SetupSnapshot, SetupStep, plan};

use crate::error::{ErrorKind, Result};

/// Already there is done.
pub(crate) fn done(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
        result => result,
    }
}
