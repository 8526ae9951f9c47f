//! Microsoft Graph v1.0, with `beta` as an alias.
//!
//! A request runs through: version, token, route, then the handler of the resource, which checks
//! permissions and roles, query options or body against the type, and only then touches the world.

mod access;
mod answer;
mod app_roles;
mod applications;
mod batch;
mod body;
mod conditional_access;
mod credentials;
mod cx;
mod deleted;
mod filter;
mod gdap;
mod grants;
mod groups;
mod licenses;
mod memberships;
mod organization;
mod query;
mod role_assignments;
mod roles;
mod route;
mod schema;
mod service_principals;
mod users;

use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::{self, Audience};
use crate::world::World;
use answer::error;
use cx::Cx;

/// Answers one request to this service.
pub(crate) fn handle(world: &mut World, call: &Call) -> Reply {
    let reply = match call.segments.as_slice() {
        [version, path] if path == "$batch" && is_version(version) => {
            // The batch itself needs a good token; what the token may do is checked for each part.
            tokens::authorize(world, call, Audience::Graph)
                .and_then(|_| batch::handle(world, call, version))
                .unwrap_or_else(|refusal| refusal)
        }
        _ => serve(world, call),
    };
    answer::finish(call, reply)
}

/// Answers one request that is not a batch, without the headers every answer carries.
fn serve(world: &mut World, call: &Call) -> Reply {
    let Some((version, raw)) = call.segments.split_first().filter(|(version, _)| is_version(version)) else {
        let version = call.segments.first().map(String::as_str).unwrap_or_default();
        return error(400, "BadRequest", &format!("Invalid version: {version}"));
    };
    let claims = match tokens::authorize(world, call, Audience::Graph) {
        Ok(claims) => claims,
        Err(refusal) => return refusal,
    };
    let raw = route::keys_apart(raw);
    let route: Vec<String> = raw.iter().map(|segment| segment.to_lowercase()).collect();
    let cx = Cx { call, claims, version, route: &route, raw: &raw };
    route::dispatch(world, &cx).unwrap_or_else(|refusal| refusal)
}

fn is_version(segment: &str) -> bool {
    matches!(segment, "v1.0" | "beta")
}
