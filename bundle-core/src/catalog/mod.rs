//! The bundle's stock permissions and what a partner selects of them.
//!
//! [`STOCK`] is the table of all permissions the four integrations ask for, by resource application. A [`Selection`]
//! is what one partner asks for: the stock of some integrations with edits, never without the core permissions. From
//! it come the manifest of the app registration ([`RequiredResourceAccess`]), the scope strings of permission grants
//! ([`ScopeString`]) and the scopes of consent links ([`consent_scopes`]), all within Microsoft's limits before
//! anything is sent.
//!
//! ```
//! use bundle_core::Integration;
//! use bundle_core::catalog::{Resource, Selection};
//!
//! # fn main() -> bundle_core::Result<()> {
//! let selection = Selection::stock(&[Integration::Graph, Integration::Exchange]).without(["Chat.Create"])?;
//! assert_eq!(selection.delegated(Resource::EXCHANGE), ["Exchange.Manage"]);
//! assert!(selection.clone().without(["Application.ReadWrite.All"]).is_err(), "core permissions stay");
//! assert!(selection.scope_string(Resource::GRAPH)?.as_str().len() < 8_000);
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "catalog")]
mod access_scheme;
mod admin_consent;
mod consent;
#[cfg(feature = "catalog")]
mod coverage;
pub(crate) mod data;
#[cfg(feature = "catalog-endpoints")]
mod endpoint;
#[cfg(feature = "catalog")]
mod graph_permission;
mod impact;
#[cfg(feature = "catalog-endpoints")]
mod least_privilege;
mod manifest;
mod nearest;
mod operation;
mod permission;
mod preset;
#[cfg(feature = "catalog-endpoints")]
mod requirement;
mod resolve;
mod resource;
#[cfg(feature = "catalog")]
mod risk;
mod rows;
mod scope;
mod selection;
#[cfg(feature = "catalog")]
mod stock_facts;
#[cfg(feature = "catalog")]
mod task;

#[cfg(feature = "catalog")]
pub use access_scheme::AccessScheme;
pub use admin_consent::{AdminConsent, ConsentLink};
pub use consent::{consent_scopes, consent_scopes_in_full};
#[cfg(feature = "catalog")]
pub use coverage::{Confidence, Coverage, gdap_roles_for};
pub use data::STOCK;
#[cfg(feature = "catalog-endpoints")]
pub use endpoint::{Endpoint, PermissionSet};
#[cfg(feature = "catalog")]
pub use graph_permission::{GraphPermission, PermissionFacts, PermissionStatus};
pub use impact::{Impact, StoppedOperation, impact};
#[cfg(feature = "catalog-endpoints")]
pub use least_privilege::{LeastPrivilege, NeededPermission, least_privilege};
pub use manifest::{
    MANIFEST_PERMISSION_LIMIT, MANIFEST_RESOURCE_LIMIT, RequiredResourceAccess, ResourceAccess, ResourceAccessType,
};
pub use operation::{BundleOperation, MissingPermission, OperationClass, OperationRequest};
pub use permission::{Permission, PermissionKind, StockPermission};
pub use preset::Preset;
#[cfg(feature = "catalog-endpoints")]
pub use requirement::{Operation, Requirement, Way};
pub use resource::Resource;
#[cfg(feature = "catalog")]
pub use risk::{PermissionRisk, Risk, RiskGrade, permission_risk, risk};
pub use scope::{DELEGATION_SCOPE_LIMIT, ScopeString};
pub use selection::Selection;
#[cfg(feature = "catalog")]
pub use stock_facts::{OwnedAppMark, StockFacts};
#[cfg(feature = "catalog")]
pub use task::{DirectoryTask, TaskSource};

pub(crate) use data::DIRECTORY_ROLES;
pub(crate) use nearest::{compare_names, nearest};
