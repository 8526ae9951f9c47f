#![doc = include_str!("../README.md")]

#[macro_use]
mod macros;

pub mod account;
pub mod auth;
#[cfg(feature = "flows")]
pub mod catalog;
pub mod cloud;
#[cfg(feature = "flows")]
pub mod conditional_access;
#[cfg(feature = "flows")]
pub mod consent;
#[cfg(feature = "flows")]
pub mod customer;
#[cfg(feature = "flows")]
pub mod directory;
#[cfg(feature = "flows")]
pub mod doctor;
pub mod error;
#[cfg(feature = "flows")]
pub mod gdap;
pub mod http;
pub mod ids;
pub mod integration;
#[cfg(feature = "flows")]
pub mod mapping;
#[cfg(feature = "flows")]
pub mod migration;
#[cfg(feature = "flows")]
pub mod offboarding;
#[cfg(feature = "flows")]
pub mod onboarding;
#[cfg(feature = "catalog-endpoints")]
pub mod preflight;
mod redact;
#[cfg(feature = "flows")]
pub mod registration;
pub mod service;
#[cfg(feature = "flows")]
pub mod setup;
#[cfg(feature = "flows")]
pub mod shield;
#[cfg(feature = "flows")]
pub mod step;
#[cfg(feature = "testing")]
pub mod testing;
#[doc(hidden)]
pub mod text;
#[cfg(feature = "flows")]
pub mod time;

pub use cloud::Cloud;
pub use error::{Error, ErrorKind, Result};
pub use ids::TenantId;
pub use integration::Integration;
pub use service::Service;
