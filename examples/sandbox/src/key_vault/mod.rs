//! The Key Vault data plane.

mod access;
mod answer;
mod body;
mod deleted;
mod page;
mod secrets;
mod state;

use std::net::IpAddr;

use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::{Audience, authorize};
use crate::world::World;

/// What a handler answers; both sides end up on the wire.
type Outcome = Result<Reply, Box<Reply>>;

/// The first path segments of the data plane; anything else in front names a vault.
const COLLECTIONS: &[&str] =
    &["certificates", "deletedcertificates", "deletedkeys", "deletedsecrets", "keys", "secrets"];

/// Answers one request to this service.
pub(crate) fn handle(world: &mut World, call: &Call) -> Reply {
    let reply = route(world, call).unwrap_or_else(|refusal| *refusal);
    answer::with_service_headers(call, reply)
}

fn route(world: &mut World, call: &Call) -> Outcome {
    let (place, rest) = place(world, call)?;
    access::admit(world, call, &place)?;
    answer::check_version(call)?;
    let segments: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["secrets"]) => secrets::list(world, call, &place),
        ("GET", ["secrets", name]) => secrets::get(world, &place, name, None),
        ("PUT", ["secrets", name]) => secrets::set(world, call, &place, name),
        ("PATCH", ["secrets", name]) => secrets::update(world, call, &place, name, None),
        ("DELETE", ["secrets", name]) => deleted::delete(world, &place, name),
        ("GET", ["secrets", name, "versions"]) => secrets::versions(world, call, &place, name),
        ("GET", ["secrets", name, version]) => secrets::get(world, &place, name, Some(version)),
        ("PATCH", ["secrets", name, version]) => secrets::update(world, call, &place, name, Some(version)),
        ("GET", ["deletedsecrets"]) => deleted::list(world, call, &place),
        ("GET", ["deletedsecrets", name]) => deleted::get(world, &place, name),
        ("DELETE", ["deletedsecrets", name]) => deleted::purge(world, &place, name),
        ("POST", ["deletedsecrets", name, "recover"]) => deleted::recover(world, &place, name),
        ("GET", ["keys"]) => {
            let items = world.vaults[&place.vault].keys.values().cloned().collect();
            page::reply(call, items)
        }
        ("GET", ["certificates"]) => {
            let items = world.vaults[&place.vault].certificates.values().cloned().collect();
            page::reply(call, items)
        }
        ("GET", ["deletedkeys" | "deletedcertificates"]) => page::reply(call, Vec::new()),
        _ => Err(answer::refuse(
            405,
            "BadParameter",
            &format!("Method {} does not allow operation on this path.", call.method),
        )),
    }
}

/// The vault a request is for.
#[derive(Clone, Debug)]
struct Place {
    /// The key of the vault in the world; the vault is there.
    vault: String,
    /// What object ids and next links start with.
    base: String,
}

/// Finds the vault: by the first path segment, by the first label of the host, else by the token.
///
/// Ids are written in the form in which the vault was addressed, because clients take them apart.
fn place<'a>(world: &World, call: &'a Call) -> Result<(Place, &'a [String]), Box<Reply>> {
    let first = call.segments.first().map_or("", String::as_str);
    let by_path = !COLLECTIONS.contains(&first) && !first.is_empty();
    let (wanted, rest) =
        if by_path { (Some(first), &call.segments[1..]) } else { (host_label(&call.host), &call.segments[..]) };
    let vault = match wanted {
        Some(name) => world.vaults.keys().find(|key| key.eq_ignore_ascii_case(name)),
        None => default_vault(world, call),
    };
    let vault = vault.cloned().ok_or_else(|| {
        answer::refuse(404, "VaultNotFound", &format!("The vault '{}' wasn't found.", wanted.unwrap_or_default()))
    })?;
    let base = if by_path { format!("{}/{first}", call.base) } else { call.base.clone() };
    Ok((Place { vault, base }, rest))
}

/// Finds the vault of a request that names none: the first of the token's tenant, else the first of all.
fn default_vault<'a>(world: &'a World, call: &Call) -> Option<&'a String> {
    let tenant = authorize(world, call, Audience::KeyVault).ok().map(|claims| claims.tenant);
    world
        .vaults
        .iter()
        .find(|(_, vault)| Some(vault.tenant) == tenant)
        .or_else(|| world.vaults.iter().next())
        .map(|(key, _)| key)
}

/// Returns the first label of a host such as `contoso.localhost:4000`; an address or a bare name has none.
fn host_label(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if name.parse::<IpAddr>().is_ok() || name.starts_with('[') {
        return None;
    }
    name.split_once('.').map(|(label, _)| label)
}

#[cfg(test)]
mod tests {
    use super::host_label;

    #[test]
    fn vault_name_is_the_first_label_of_a_named_host() {
        assert_eq!(host_label("contoso.localhost:4000"), Some("contoso"));
        assert_eq!(host_label("contoso.vault.azure.net"), Some("contoso"));
        for bare in ["127.0.0.1:4000", "[::1]:4000", "localhost:4000"] {
            assert_eq!(host_label(bare), None, "{bare}");
        }
    }
}
