//! Who may call: the token, the multifactor claim, the agent groups and the customer.

use uuid::Uuid;

use super::{answer, parse_id};
use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::{Audience, Claims, authorize};
use crate::world::{Tenant, World};

/// The groups whose members may see customers.
pub(super) const AGENTS: &[&str] = &["AdminAgents", "HelpdeskAgents", "SalesAgents"];
/// The group whose members may act for customers.
pub(super) const ADMIN_AGENTS: &[&str] = &["AdminAgents"];

/// A caller whose token was accepted.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) claims: Claims,
}

impl Caller {
    /// Returns the user, or refuses: this call needs a token of an application and a user.
    pub(super) fn user(&self) -> Result<Uuid, Box<Reply>> {
        self.claims.user.as_ref().map(|user| user.id).ok_or_else(|| {
            answer::refuse(
                403,
                900_329,
                "The request does not support application-only authentication. Use an App+User token.",
            )
        })
    }

    /// Refuses a user who is in none of the groups; application-only callers pass.
    pub(super) fn require_group(&self, world: &World, groups: &[&str]) -> Result<(), Box<Reply>> {
        let Some(user) = &self.claims.user else {
            return Ok(());
        };
        let partner = world.partner_tenant();
        if groups.iter().any(|group| partner.is_member_of_named(group, &user.id)) {
            return Ok(());
        }
        Err(answer::refuse(
            403,
            "900150",
            "The supplied role does not have the rights to perform the requested operation.",
        ))
    }
}

/// Accepts a token of the partner tenant; a user must have passed multifactor authentication.
pub(super) fn caller(world: &World, call: &Call) -> Result<Caller, Box<Reply>> {
    let claims = authorize(world, call, Audience::PartnerCenter)?;
    if claims.tenant != world.partner {
        return Err(answer::refuse(401, "400", "Access denied."));
    }
    if !claims.is_app_only() && !claims.has_any(&["user_impersonation"]) {
        return Err(answer::refuse(401, "400", "Access denied."));
    }
    if !claims.is_app_only() && !claims.mfa {
        return Err(answer::refuse(401, "401", "Authentication failed. MFA required"));
    }
    Ok(Caller { claims })
}

/// Finds a customer the partner resells to.
pub(super) fn customer<'a>(world: &'a World, id: &str) -> Result<&'a Tenant, Box<Reply>> {
    let id = parse_id(id)?;
    let Some(tenant) = world.tenant(&id) else {
        return Err(answer::refuse(404, "60003", "Tenant isn't found."));
    };
    if !tenant.reseller {
        return Err(answer::refuse(
            403,
            "20002",
            &format!("The partner ID {} has no commerce relationship with the customer ID {id}.", world.partner),
        ));
    }
    Ok(tenant)
}
