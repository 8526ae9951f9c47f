#![doc = include_str!("../../README.md")]
//!
//! # This crate
//!
//! What the example programs share: how they are told where and as whom to work, and how they show what they did.
//!
//! The programs compose the clients into the ports of `bundle-core`'s flows; `connect` is the place where that happens
//! and the first file to read for embedding the bundle.

/// Writes a line to standard error. Where nobody reads it any more, as behind `head`, the work goes on without.
#[macro_export]
macro_rules! note {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

pub mod clock;
pub mod connect;
pub mod connection_args;
pub mod consent;
pub mod doctor;
pub mod endpoints;
pub mod exit;
pub mod files;
pub mod gdap;
pub mod inputs;
pub mod keeper;
pub mod migrate;
pub mod onboard;
pub mod permissions;
pub mod progress;
pub mod state_file;
pub mod table;
