//! Azure Resource Manager.

use crate::call::Call;
use crate::reply::Reply;
use crate::world::World;

/// Answers one request to this service.
pub(crate) fn handle(_world: &mut World, _call: &Call) -> Reply {
    Reply::empty(404)
}
