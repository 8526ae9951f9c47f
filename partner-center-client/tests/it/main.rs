//! What is sent to Partner Center and to Graph for GDAP, and what is made of the answers.
#![allow(clippy::unwrap_used)]

mod access_assignments;
mod application_consents;
mod customers;
mod operations;
mod ports;
mod probe;
mod raw;
mod relationships;
mod request;
mod requests;
mod support;
