//! Asking before sending whether a call can work.

use std::sync::Arc;

use http::Method;

use crate::auth::{AccessToken, Principal};
use crate::error::Error;
use crate::ids::TenantId;
use crate::service::Service;

/// Says before a call is sent whether it can work with the token at hand.
///
/// `CatalogGuard` of the module `preflight` answers from the permission tables (feature `catalog-endpoints`).
///
/// # Behavior
/// * [`CallGuard::refusal`] answers from memory: it is asked once per call, on the way of every call.
/// * It answers `None` for everything it is not sure about.
/// * The error is classified as the service's refusal would be; it tells what is missing and what would change it.
pub trait CallGuard: std::fmt::Debug + Send + Sync {
    /// Why the call cannot work; `None` when it may.
    fn refusal(&self, call: &GuardedCall<'_>) -> Option<Error>;
}

/// A call that is about to be sent.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GuardedCall<'a> {
    /// The service it goes to.
    pub service: Service,
    /// The name of the operation, for example `graph.users.list`.
    pub operation: &'static str,
    /// The HTTP method.
    pub method: &'a Method,
    /// Where it goes: the path below the service's base URL, for example `/v1.0/users`.
    pub path: &'a str,
    /// The tenant whose token it carries.
    pub tenant: &'a TenantId,
    /// Who acts.
    pub principal: Principal,
    /// The token.
    pub token: &'a AccessToken,
}

/// What is done about calls that cannot work.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Preflight {
    /// Nobody is asked.
    #[default]
    Off,
    /// They are sent all the same, and told as a `tracing` event at warn level.
    Warn(Arc<dyn CallGuard>),
    /// They are not sent; the call ends with the error of the guard.
    Refuse(Arc<dyn CallGuard>),
}

impl Preflight {
    /// Who is asked, if anybody.
    pub(super) fn guard(&self) -> Option<&dyn CallGuard> {
        match self {
            Self::Off => None,
            Self::Warn(guard) | Self::Refuse(guard) => Some(guard.as_ref()),
        }
    }
}
