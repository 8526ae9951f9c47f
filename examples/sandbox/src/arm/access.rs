//! Who may manage Azure resources of a tenant.

use uuid::{Uuid, uuid};

use crate::tokens::Claims;
use crate::world::World;

const GLOBAL_ADMINISTRATOR: Uuid = uuid!("62e90394-69f5-4237-9190-012177145e10");

/// Returns whether the bearer of a token may use the subscriptions and vaults of the token's tenant.
///
/// A reseller's `AdminAgents` group is owner of the customer's subscriptions as a foreign principal,
/// whatever roles the relationship carries; a tenant's own administrators and applications may too.
pub(crate) fn may_manage(world: &World, claims: &Claims) -> bool {
    let Some(user) = &claims.user else {
        return true;
    };
    let agent = user.home == world.partner && world.partner_tenant().is_member_of_named("AdminAgents", &user.id);
    agent || (user.home == claims.tenant && claims.has_any_role(&[GLOBAL_ADMINISTRATOR]))
}
