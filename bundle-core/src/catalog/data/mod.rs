//! The tables. Written by the golden tests from `tests/fixtures/catalog`; do not edit them by hand:
//! `UPDATE_CATALOG=1 cargo test -p bundle-core` rewrites them.

mod roles;
mod stock;

pub(crate) use roles::DIRECTORY_ROLES;
pub use roles::GDAP_ROLES;
pub use stock::STOCK;
