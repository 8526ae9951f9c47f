//! core

#[macro_use]
mod macros;

pub mod cloud;
pub mod error;
pub mod ids;
pub mod integration;
pub mod service;

pub use cloud::Cloud;
pub use error::{Error, ErrorKind, Result};
pub use ids::TenantId;
pub use integration::Integration;
pub use service::Service;
