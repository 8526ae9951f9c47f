//! The Exchange Online admin API, and the Compliance host that redirects to it.

use crate::call::Call;
use crate::reply::Reply;
use crate::world::World;

/// Answers one request to this service.
pub(crate) fn handle(_world: &mut World, _call: &Call) -> Reply {
    Reply::empty(404)
}

/// Answers one request to the Security & Compliance host.
pub(crate) fn handle_compliance(_world: &mut World, _call: &Call) -> Reply {
    Reply::empty(404)
}
