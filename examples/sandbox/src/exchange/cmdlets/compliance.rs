//! Cmdlets of the Compliance host: no tenant of the sandbox has labels or policies of that kind.

use super::{Output, Run};
use crate::exchange::error;
use crate::reply::Reply;
use crate::world::World;

/// Lists nothing; an object asked for by name is not found.
pub(super) fn none(_world: &mut World, run: &Run<'_>) -> Result<Output, Box<Reply>> {
    match run.text("Identity") {
        Some(identity) => Err(error::not_found(identity)),
        None => Ok(Output::default()),
    }
}
