//! The client against a loopback server that checks every request as a whole.
#![allow(clippy::unwrap_used)]

mod app_role_assignments;
mod applications;
mod authentication;
mod batch;
mod client;
mod conditional_access;
mod contracts;
mod directory_roles;
mod groups;
mod offboarding;
mod permission_grants;
mod ports;
mod probe;
mod role_assignments;
mod service_principals;
mod support;
mod tenant_data;
mod users;
