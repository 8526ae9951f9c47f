//! Tests of the sandbox over loopback.
#![allow(clippy::unwrap_used)]

mod azure;
mod exchange;
mod faults;
mod graph;
mod graph_directory;
mod graph_gdap;
mod login;
mod partner_center;
mod stage;
mod storage;
mod support;
