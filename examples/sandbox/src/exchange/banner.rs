//! The discovery of the Compliance host of a tenant's region.

use super::cmdlets::Host;
use super::{Outcome, Place, access, error};
use crate::call::Call;
use crate::reply::Reply;
use crate::world::World;

pub(super) fn is_banner(segment: &str) -> bool {
    segment.get(.."EXOBanner(".len()).is_some_and(|start| start.eq_ignore_ascii_case("EXOBanner("))
}

/// Redirects to the host of the region, which in the sandbox is the host that was asked.
///
/// A client reads the host of `Location` and must not follow it: the same answer waits there.
pub(super) fn redirect(world: &World, call: &Call, place: &Place<'_>) -> Outcome {
    if place.host == Host::Exchange {
        return Err(error::no_route());
    }
    access::admit(world, call, place)?;
    let query = call.query("Version").map(|version| format!("?Version={version}")).unwrap_or_default();
    Ok(Reply::empty(302).with_header("Location", format!("{}{}{query}", call.base, call.path)))
}
