#![doc = include_str!("../../README.md")]
//!
//! # This crate
//!
//! What the example programs share: how they are told where and as whom to work, and how they show what they did.
//!
//! The programs compose the clients into the ports of `bundle-core`'s flows; `connect` is the place where that happens
//! and the first file to read for embedding the bundle.

pub mod clock;
pub mod connect;
pub mod endpoints;
pub mod exit;
pub mod files;
pub mod inputs;
pub mod keeper;
pub mod onboard;
pub mod progress;
pub mod state_file;
pub mod table;
