//! Moving customers from an application they consented to long ago to the one the bundle works through.
//!
//! The permissions of a legacy registration are fixed, so customers consent to a new application instead. Until the last
//! step both applications work side by side: a customer is moved (an onboarding through the new application), the new one
//! is proven by its shields, and only where it is proven the legacy one is removed, and its secrets after the last
//! customer. Until then [`Migration::roll_back`] takes the new one back.

mod legacy;
mod plan;
mod run;
mod settings;

pub use legacy::{LegacyApplication, legacy_named};
pub use plan::{MigrationStep, plan_migration, plan_rollback, plan_secrets};
pub use run::{Migration, MigrationPorts, MigrationReport};
pub use settings::MigrationSettings;
