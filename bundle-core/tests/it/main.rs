//! Integration tests of `bundle-core`.
#![allow(clippy::unwrap_used)]

mod batch;
mod batch_failures;
mod batch_service;
mod catalog;
mod claims;
mod client_certificate;
mod clouds;
mod coalesce;
mod device_code;
mod download;
mod faults;
mod federated;
mod file_store;
mod gate;
mod hosts;
mod limiter;
mod limits;
mod look_ahead;
mod managed_identity;
mod observe;
mod pager;
mod pains;
mod pipeline;
mod processes;
mod quota_service;
mod raw_tcp;
mod renewal;
mod retry;
mod rotation;
mod sign_in;
mod stores;
mod support;
mod tenant_id;
mod tokens;
mod transport;
