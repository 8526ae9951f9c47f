//! Access tokens: issuing them and checking them.

use jiff::Timestamp;
use uuid::Uuid;

use crate::call::Call;
use crate::reply::Reply;
use crate::world::World;

/// The resource a service expects a token to be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Compliance,
    Exchange,
    Graph,
    KeyVault,
    Office365Management,
    PartnerCenter,
    ResourceManager,
    Storage,
}

/// What a valid access token says.
#[derive(Clone, Debug)]
pub(crate) struct Claims {
    /// The tenant the token is for (`tid`).
    pub(crate) tenant: Uuid,
    /// The application it was issued to (`appid`).
    pub(crate) app_id: Uuid,
    /// The user (`oid`) for delegated tokens, the service principal's object id for app-only ones.
    pub(crate) object_id: Uuid,
    /// The user of a delegated token.
    pub(crate) user: Option<TokenUser>,
    /// Delegated permissions (`scp`).
    pub(crate) scopes: Vec<String>,
    /// Application permissions (`roles`).
    pub(crate) app_roles: Vec<String>,
    /// Template ids of directory roles, or of effective GDAP roles in a customer tenant (`wids`).
    pub(crate) directory_roles: Vec<Uuid>,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// The user behind a delegated token.
#[derive(Clone, Debug)]
pub(crate) struct TokenUser {
    pub(crate) id: Uuid,
    /// The tenant in which the user's account lives; differs from the token's tenant for GDAP access.
    pub(crate) home: Uuid,
    pub(crate) user_principal_name: String,
}

impl Claims {
    /// Returns whether this is an app-only token.
    pub(crate) fn is_app_only(&self) -> bool {
        self.user.is_none()
    }

    /// Returns whether a partner user acts in a customer tenant.
    pub(crate) fn is_delegated_admin(&self) -> bool {
        self.user
            .as_ref()
            .is_some_and(|user| user.home != self.tenant)
    }

    /// Returns whether the token carries one of the permissions, as scope or as app role, whichever it has.
    pub(crate) fn has_any(&self, names: &[&str]) -> bool {
        let held = if self.is_app_only() {
            &self.app_roles
        } else {
            &self.scopes
        };
        held.iter()
            .any(|held| names.iter().any(|name| held.eq_ignore_ascii_case(name)))
    }

    /// Returns whether the token carries one of the directory roles (by template id).
    pub(crate) fn has_any_role(&self, template_ids: &[Uuid]) -> bool {
        template_ids
            .iter()
            .any(|role| self.directory_roles.contains(role))
    }
}

/// Checks the bearer token of a call: present, genuine, unexpired, for this audience.
///
/// The refusal is the answer the service would give.
pub(crate) fn authorize(world: &World, call: &Call, audience: Audience) -> Result<Claims, Reply> {
    let _ = (world, call, audience);
    Err(Reply::empty(401))
}
