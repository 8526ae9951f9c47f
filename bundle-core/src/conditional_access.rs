//! Conditional Access: which policies of a customer shut the partner out, and the exclusion that lets it in.

mod exclusion;
mod policy;

use async_trait::async_trait;

use crate::auth::Principal;
use crate::error::Result;
use crate::ids::{PolicyId, TenantId};

pub use exclusion::{Exclusion, exclusion};
pub use policy::{
    ConditionalAccessPolicy, ExternalTenants, GrantControls, GuestsOrExternalUsers, PolicyConditions, PolicyState,
    PolicyUsers,
};

/// Conditional Access policies of a tenant.
///
/// # Behavior
/// * [`PolicyApi::policies`] answers all pages, with everything [`PolicyUsers`] holds.
/// * [`PolicyApi::replace_users`] sends the whole `conditions.users` object and nothing else.
/// * Both act as `principal`: a policy that shuts the account out does not shut the application out.
#[async_trait]
pub trait PolicyApi: std::fmt::Debug + Send + Sync {
    /// Lists the policies.
    async fn policies(&self, tenant: &TenantId, principal: Principal) -> Result<Vec<ConditionalAccessPolicy>>;

    /// Replaces the users a policy applies to.
    async fn replace_users(
        &self,
        tenant: &TenantId,
        principal: Principal,
        policy: &PolicyId,
        users: &PolicyUsers,
    ) -> Result<()>;
}
