#![doc = include_str!("../README.md")]

#[macro_use]
mod macros;

pub mod auth;
pub mod catalog;
pub mod cloud;
pub mod conditional_access;
pub mod consent;
pub mod customer;
pub mod directory;
pub mod doctor;
pub mod error;
pub mod gdap;
pub mod http;
pub mod ids;
pub mod integration;
pub mod onboarding;
#[cfg(feature = "catalog-endpoints")]
pub mod preflight;
mod redact;
pub mod registration;
pub mod service;
pub mod setup;
pub mod shield;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;

pub use cloud::Cloud;
pub use error::{Error, ErrorKind, Result};
pub use ids::TenantId;
pub use integration::Integration;
pub use service::Service;
