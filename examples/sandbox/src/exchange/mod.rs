//! The Exchange Online admin API, and the Compliance host that redirects to it.

mod access;
mod anchor;
mod banner;
mod batch;
mod cmdlets;
mod error;
mod filter;
mod hashtable;
mod invoke;
mod page;

use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::Audience;
use crate::world::World;

use cmdlets::Host;

/// What a handler answers; both sides end up on the wire.
type Outcome = Result<Reply, Box<Reply>>;

/// Answers one request to this service.
pub(crate) fn handle(world: &mut World, call: &Call) -> Reply {
    answer(world, call, Host::Exchange)
}

/// Answers one request to the Security & Compliance host.
pub(crate) fn handle_compliance(world: &mut World, call: &Call) -> Reply {
    answer(world, call, Host::Compliance)
}

impl Host {
    fn audience(self) -> Audience {
        match self {
            Self::Compliance => Audience::Compliance,
            Self::Exchange => Audience::Exchange,
        }
    }
}

fn answer(world: &mut World, call: &Call, host: Host) -> Reply {
    let reply = route(world, call, host).unwrap_or_else(|refusal| *refusal);
    let id = call.request_id.to_string();
    reply
        .with_header("request-id", id.clone())
        .with_header("client-request-id", call.header("client-request-id").unwrap_or(&id))
        .with_header("X-CalculatedBETarget", "sandbox.prod.outlook.com")
        .with_header("Rate-Limit-Remaining", "1000")
}

fn route(world: &mut World, call: &Call, host: Host) -> Outcome {
    let (method, segments) = call.route();
    let [root, version, tenant, rest @ ..] = segments.as_slice() else {
        return Err(error::no_route());
    };
    if !root.eq_ignore_ascii_case("adminapi")
        || !["beta", "v1.0"].iter().any(|known| version.eq_ignore_ascii_case(known))
    {
        return Err(error::no_route());
    }
    let place = Place { host, version, tenant };
    match (method, rest) {
        ("POST", [name]) if name.eq_ignore_ascii_case("InvokeCommand") => invoke::invoke(world, call, &place),
        ("POST", [name]) if name.eq_ignore_ascii_case("$batch") => batch::run(world, call, &place),
        ("GET", [name]) if name.eq_ignore_ascii_case("EXOModuleFile") => invoke::module_file(world, call, &place),
        ("GET", [name]) if banner::is_banner(name) => banner::redirect(world, call, &place),
        (_, [name])
            if ["InvokeCommand", "$batch", "EXOModuleFile"].iter().any(|known| name.eq_ignore_ascii_case(known)) =>
        {
            Err(error::no_method())
        }
        _ => Err(error::no_route()),
    }
}

/// What the path of a call names.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    host: Host,
    version: &'a str,
    /// The tenant as it was written: an id or a domain.
    tenant: &'a str,
}
