//! Journeys: the programs against the sandbox, from the first request to the exit code.

#![allow(clippy::unwrap_used)]

mod bad_input;
mod batch;
mod consent;
mod consent_scale;
mod csp;
mod doctor;
mod dry_run;
mod events;
mod five_customers;
mod gdap;
mod gdap_scale;
mod hostile;
mod hosts;
mod idempotence;
mod json;
mod mapping;
mod migration;
mod network;
mod offboard;
mod permissions;
mod resume;
mod resume_setup;
mod scale;
mod secrets;
mod sign_in;
mod support;
