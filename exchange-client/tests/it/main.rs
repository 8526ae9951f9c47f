//! What is sent to Exchange Online, and what is made of its answers.
#![allow(clippy::unwrap_used)]

mod batch;
mod invoke;
mod mailboxes;
mod probe;
mod request;
mod support;
