//! The smallest set of permissions for a list of operations.

mod cover;

use std::collections::BTreeSet;

use serde::Serialize;

use super::access_scheme::AccessScheme;
use super::endpoint::breadth;
use super::graph_permission::GraphPermission;
use super::permission::PermissionKind;
use super::requirement::{Operation, Way, only_reads};
use super::resource::Resource;
use cover::{Candidate, Cover, cover};

/// The permissions that are enough for a list of operations, as one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeastPrivilege {
    /// The kind asked for.
    pub kind: PermissionKind,
    /// The permissions, sorted by resource and name.
    pub permissions: Vec<NeededPermission>,
    /// Whether it is proven that fewer or lesser permissions are not enough. Long lists are searched greedily: then no
    /// permission can be left out, but another set may be smaller.
    pub is_exact: bool,
    /// The operations that cannot be done as this kind.
    pub unsupported: Vec<String>,
    /// The operations the tables do not have, or whose rights are not permissions.
    pub unknown: Vec<String>,
}

/// A permission that is needed, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NeededPermission {
    /// The resource that offers it.
    pub resource: Resource,
    /// Its name.
    pub name: &'static str,
    /// How much it lets its holder do, 1 to 5, where Microsoft graded it.
    pub privilege_level: Option<u8>,
    /// The operations it is for.
    pub operations: Vec<String>,
}

/// Finds the smallest set of permissions that is enough for all operations.
///
/// The choice is among the permissions Microsoft calls the least privileged ones of any of the operations (where none is
/// called so, the accepted one that lets its holder do the least): a broad permission is taken only where one of the operations needs it, and
/// then serves the others too. Of sets of one size the one with lower levels of privilege wins, then the one that
/// writes less, then the one that fewer endpoints accept. What Microsoft does not offer (yet) is never chosen.
///
/// ```
/// use bundle_core::catalog::{PermissionKind, least_privilege};
///
/// # fn main() -> bundle_core::Result<()> {
/// let operations = ["GET /users".parse()?, "PATCH /users/1".parse()?, "GET /groups".parse()?];
/// let least = least_privilege(&operations, PermissionKind::Delegated);
/// let names: Vec<&str> = least.permissions.iter().map(|permission| permission.name).collect();
/// assert_eq!(names, ["GroupMember.Read.All", "User.ReadWrite.All"]);
/// assert!(least.is_exact);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn least_privilege(operations: &[Operation], kind: PermissionKind) -> LeastPrivilege {
    let (mut unsupported, mut unknown) = (Vec::new(), Vec::new());
    let mut wanted: Vec<(String, Resource, Vec<Way>)> = Vec::new();
    for operation in operations {
        let name = operation.to_string();
        let Some(requirement) = operation.requirement() else {
            push_once(&mut unknown, name);
            continue;
        };
        match requirement.ways(kind) {
            None => push_once(&mut unknown, name),
            Some([]) => push_once(&mut unsupported, name),
            Some(_) if wanted.iter().any(|(known, ..)| *known == name) => {}
            Some(ways) => wanted.push((name, requirement.resource, ways.to_vec())),
        }
    }

    let eligible: BTreeSet<Key> =
        wanted.iter().flat_map(|(_, resource, ways)| first_choice(*resource, ways, kind)).collect();
    let keys: Vec<Key> = eligible.into_iter().collect();
    let at = |resource: Resource, name: &str| keys.iter().position(|key| key.0 == resource && key.1 == name);
    let candidates: Vec<Candidate> = keys.iter().map(|key| candidate(*key, kind)).collect();
    // Each way to do each operation, as the permissions it takes.
    let ways: Vec<Vec<Vec<usize>>> = wanted
        .iter()
        .map(|(_, resource, ways)| {
            let one = |way: &Way| -> Vec<Vec<usize>> {
                let Some(first) = at(*resource, way.permission) else { return Vec::new() };
                if way.also.is_empty() {
                    return vec![vec![first]];
                }
                way.also.iter().filter_map(|also| Some(vec![first, at(*resource, also)?])).collect()
            };
            ways.iter().flat_map(one).collect()
        })
        .collect();
    let Cover { chosen, is_exact } = cover(&candidates, &ways);

    let serves = |permission: usize| {
        let uses = |ways: &&Vec<Vec<usize>>| {
            ways.iter().any(|way| way.contains(&permission) && way.iter().all(|one| chosen.contains(one)))
        };
        wanted.iter().zip(&ways).filter(|(_, ways)| uses(ways)).map(|((name, ..), _)| name.clone()).collect()
    };
    let permissions = chosen.iter().map(|permission| NeededPermission {
        resource: keys[*permission].0,
        name: keys[*permission].1,
        privilege_level: level(keys[*permission], kind),
        operations: serves(*permission),
    });
    LeastPrivilege { kind, permissions: permissions.collect(), is_exact, unsupported, unknown }
}

type Key = (Resource, &'static str);

/// The permissions an operation brings into the choice: those Microsoft calls the least; where it names none, the one
/// that lets its holder do the least.
fn first_choice(resource: Resource, ways: &[Way], kind: PermissionKind) -> Vec<Key> {
    let least = |way: &&Way| {
        let candidate = candidate((resource, way.permission), kind);
        (candidate.writes, candidate.level, candidate.breadth)
    };
    let named: Vec<&Way> = ways.iter().filter(|way| way.is_least).collect();
    let chosen = if named.is_empty() { ways.iter().min_by_key(least).into_iter().collect() } else { named };
    let names = chosen.into_iter().flat_map(|way| std::iter::once(way.permission).chain(way.also.iter().copied()));
    names.map(|name| (resource, name)).collect()
}

fn candidate(key: Key, kind: PermissionKind) -> Candidate {
    Candidate { level: level(key, kind).unwrap_or(UNGRADED), writes: !only_reads(key.1), breadth: breadth(key.1) }
}

fn level((resource, name): Key, kind: PermissionKind) -> Option<u8> {
    if resource != Resource::GRAPH {
        return None;
    }
    GraphPermission::find(name)?.privilege_level(AccessScheme::from(kind))
}

fn push_once(list: &mut Vec<String>, name: String) {
    if !list.contains(&name) {
        list.push(name);
    }
}

/// What an ungraded permission counts as.
const UNGRADED: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(operations: &[&str], kind: PermissionKind) -> (Vec<&'static str>, LeastPrivilege) {
        let operations: Vec<Operation> = operations.iter().map(|text| text.parse().unwrap()).collect();
        let least = least_privilege(&operations, kind);
        (least.permissions.iter().map(|permission| permission.name).collect(), least)
    }

    #[test]
    fn one_operation_needs_what_microsoft_calls_the_least() {
        assert_eq!(of(&["GET /users"], PermissionKind::Application).0, ["User.ReadBasic.All"]);
        assert_eq!(of(&["GET /me"], PermissionKind::Delegated).0, ["User.Read"]);
        assert_eq!(of(&["exchange.invoke"], PermissionKind::Application).0.len(), 1);
    }

    #[test]
    fn a_permission_that_is_needed_anyway_serves_the_others() {
        let (names, least) = of(&["GET /users", "PATCH /users/{id}", "GET /users/{id}"], PermissionKind::Delegated);
        assert_eq!(names, ["User.ReadWrite.All"]);
        assert_eq!(least.permissions[0].operations, ["GET /users", "PATCH /users/{id}", "GET /users/{id}"]);
        // No broad permission replaces two narrow ones.
        let (names, least) = of(&["GET /users", "GET /groups"], PermissionKind::Application);
        assert_eq!(names, ["GroupMember.Read.All", "User.ReadBasic.All"]);
        assert!(least.is_exact);
    }

    #[test]
    fn what_is_needed_besides_is_there() {
        let (names, _) = of(&["POST /servicePrincipals/1/appRoleAssignments"], PermissionKind::Application);
        assert_eq!(names, ["AppRoleAssignment.ReadWrite.All", "Application.Read.All"]);
        let both = ["POST /servicePrincipals/1/appRoleAssignments", "PATCH /applications/1"];
        let (names, _) = of(&both, PermissionKind::Delegated);
        assert_eq!(names, ["AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All"]);
    }

    #[test]
    fn what_cannot_be_answered_is_told() {
        let (names, least) =
            of(&["GET /me", "GET /no/such/path", "azure.secrets.get", "GET /me"], PermissionKind::Application);
        assert!(names.is_empty());
        assert_eq!(least.unsupported, ["GET /me"]);
        assert_eq!(least.unknown, ["GET /no/such/path", "GET /secrets/{id}"]);
        assert!(least_privilege(&[], PermissionKind::Delegated).permissions.is_empty());
    }
}
