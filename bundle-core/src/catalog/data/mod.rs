//! The tables. Written by the golden tests from `tests/fixtures/catalog`; do not edit them by hand:
//! `UPDATE_CATALOG=1 cargo test -p bundle-core` rewrites them. Operations, presets and risks are written by hand.

#[cfg(feature = "catalog")]
mod coverage;
#[cfg(feature = "catalog")]
mod graph_permissions;
mod operations;
mod presets;
#[cfg(feature = "catalog")]
mod risks;
mod roles;
mod stock;
#[cfg(feature = "catalog")]
mod stock_facts;
#[cfg(feature = "catalog")]
mod tasks;

#[cfg(feature = "catalog")]
pub(crate) use coverage::COVERAGE;
#[cfg(feature = "catalog")]
pub(crate) use graph_permissions::GRAPH_PERMISSIONS;
pub(crate) use operations::OPERATIONS;
pub(crate) use presets::PRESETS;
#[cfg(feature = "catalog")]
pub(crate) use risks::RISKS;
pub(crate) use roles::DIRECTORY_ROLES;
pub use roles::GDAP_ROLES;
pub use stock::STOCK;
#[cfg(feature = "catalog")]
pub(crate) use stock_facts::STOCK_FACTS;
#[cfg(feature = "catalog")]
pub(crate) use tasks::DIRECTORY_TASKS;
