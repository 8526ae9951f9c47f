//! Resource Manager: the subscriptions of a tenant, and what is in them.
//!
//! Start with a [`ResourceManagerClient`], one per tenant.

pub mod api_version;
mod client;
mod operation;
mod resource_group;
mod subscription;
mod vault;

pub use client::ResourceManagerClient;
pub use operation::{Operation, OperationProgress};
pub use resource_group::{ResourceGroup, ResourceGroupProperties, ResourceGroupsHandler};
pub use subscription::{ManagingTenant, Subscription, SubscriptionState, SubscriptionsHandler};
pub use vault::{Vault, VaultProperties, VaultSku, VaultsHandler};
