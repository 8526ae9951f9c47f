//! Integration tests of `bundle-core`.
#![allow(clippy::unwrap_used)]

mod catalog;
