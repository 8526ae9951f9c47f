//! What is sent to Partner Center and to Graph for GDAP, and what is made of the answers.
#![allow(clippy::unwrap_used)]

mod access_assignments;
mod agreements;
mod application_consents;
mod audit_records;
mod billing;
mod current;
mod customer_users;
mod customers;
mod delegated_customers;
mod every_csp_call;
mod every_gdap_call;
mod many_assignments;
mod new_customers;
mod offboarding;
mod operations;
mod partner_relationships;
mod ports;
mod probe;
mod profiles;
mod purchases;
mod raw;
mod relationships;
mod request;
mod requests;
mod service_requests;
mod subscriptions;
mod support;
mod webhooks;
