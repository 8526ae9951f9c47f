//! Granular delegated admin privileges: relationships with customers, the requests that move them on, access assignments
//! and the operations behind slow changes.
//!
//! All of it is data of the partner's tenant, served by Graph. The models flows need are those of
//! [`bundle_core::gdap`].

mod access_assignments;
mod change;
mod client;
mod current;
mod customers;
mod many_assignments;
mod operations;
mod relationship_patch;
mod relationships;
mod requests;

pub use access_assignments::AccessAssignments;
pub use change::{Accepted, Change};
pub use client::GdapClient;
pub use customers::{
    DelegatedAdminCustomer, DelegatedAdminCustomerId, DelegatedAdminCustomers, ServiceManagementDetail,
};
pub use operations::{Operation, OperationId, OperationProgress, OperationStatus, OperationType, Operations};
pub use relationship_patch::RelationshipPatch;
pub use relationships::{RelationshipQuery, Relationships};
pub use requests::{RelationshipRequest, RequestAction, RequestId, RequestStatus, Requests};
