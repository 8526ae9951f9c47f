#![doc = include_str!("../README.md")]

pub mod clock;
pub mod demo;
pub mod faults;
pub mod log;
pub mod sandbox;
pub mod snapshot;
pub mod world;

mod arm;
mod call;
mod control;
mod exchange;
mod graph;
mod key_vault;
mod login;
mod office365;
mod partner_center;
mod post;
mod relay;
mod reply;
mod server;
mod storage;
mod tokens;

pub use clock::VirtualClock;
pub use faults::{Fault, Faults};
pub use log::{Log, LogEntry};
pub use sandbox::{Sandbox, SandboxOptions, Service};
pub use world::World;
