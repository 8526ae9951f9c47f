//! The tenant part of a login path.

use uuid::Uuid;

use super::error::LoginError;
use crate::world::World;

/// Which tenant an address of the login authority means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authority {
    /// `common`, `organizations` or `consumers`: the user's own.
    Home,
    Tenant(Uuid),
}

impl Authority {
    pub(crate) fn resolve(world: &World, segment: &str) -> Result<Self, LoginError> {
        if matches!(segment, "common" | "organizations" | "consumers") {
            return Ok(Self::Home);
        }
        if let Some(tenant) = world.find_tenant(segment) {
            return Ok(Self::Tenant(tenant.id));
        }
        if Uuid::parse_str(segment).is_err() && !segment.contains('.') {
            return Err(LoginError::invalid_request(
                900_023,
                format!(
                    "Specified tenant identifier '{segment}' is neither a valid DNS name, nor a valid external domain."
                ),
            ));
        }
        Err(LoginError::invalid_request(
            90002,
            format!(
                "Tenant '{segment}' not found. Check to make sure you have the correct tenant ID and are signing into \
                 the correct cloud. Check with your subscription administrator, this may happen if there are no active \
                 subscriptions for the tenant."
            ),
        ))
    }

    /// Returns the tenant, or the given home tenant where the path left it open.
    pub(crate) fn or_home(self, home: Uuid) -> Uuid {
        match self {
            Self::Home => home,
            Self::Tenant(tenant) => tenant,
        }
    }
}
