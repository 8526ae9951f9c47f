//! Which of the bundle's 12 GDAP roles make a delegated permission work in a customer tenant.

use super::data::COVERAGE;
use super::permission::position;
use super::resource::Resource;
use crate::gdap::GdapRole;

/// The GDAP roles behind a stock permission.
///
/// A delegated call needs both the scope and a role that may do what is asked; an app-only call needs no role. No
/// page of Microsoft's says which role a scope needs: the rows are inferred from tasks, capabilities and workloads,
/// so mind [`Coverage::confidence`] before refusing anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// The resource application that owns the permission.
    pub resource: Resource,
    /// The permission's name.
    pub permission: &'static str,
    /// The roles, each enough for at least part of what the permission allows. Empty when no role is needed, or none
    /// of the 12 is enough; [`Coverage::basis`] tells which.
    pub roles: &'static [&'static GdapRole],
    /// How sure the row is.
    pub confidence: Confidence,
    /// Why, in a few words.
    pub basis: &'static str,
    /// Whether the permission exists for applications only, where roles do not count.
    pub application_only: bool,
}

/// How sure an inferred row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Confidence {
    /// A guess: the role lets its holder do part of it, or other rights count more.
    Low,
    /// Follows from what the role and the workload are for.
    Medium,
    /// Follows from Microsoft's tasks per role, or from the workload having this administrator.
    High,
}

impl Coverage {
    /// All rows, in the order of [`STOCK`](super::STOCK).
    #[must_use]
    pub const fn all() -> &'static [Self] {
        COVERAGE
    }

    /// Finds the row of a stock permission; ASCII case does not matter.
    #[must_use]
    pub fn find(resource: Resource, permission: &str) -> Option<&'static Self> {
        position(resource, permission).map(|at| &COVERAGE[at])
    }

    /// The permissions a role makes work.
    pub fn of_role(role: &GdapRole) -> impl Iterator<Item = &'static Self> {
        let id = role.template_id;
        COVERAGE.iter().filter(move |row| row.roles.iter().any(|role| role.template_id == id))
    }

    /// One row of the table.
    pub(super) const fn row(
        resource: Resource,
        permission: &'static str,
        roles: &'static [&'static GdapRole],
        confidence: Confidence,
        basis: &'static str,
        application_only: bool,
    ) -> Self {
        Self { resource, permission, roles, confidence, basis, application_only }
    }
}

/// The GDAP roles behind a permission: `graph/User.Read.All` with the key of its resource in front, or the bare name
/// when it is one of Microsoft Graph or only one resource has it.
#[must_use]
pub fn gdap_roles_for(permission: &str) -> Option<Coverage> {
    if let Some((key, name)) = permission.split_once('/') {
        let resource = Resource::ALL.into_iter().find(|resource| resource.key.eq_ignore_ascii_case(key))?;
        return Coverage::find(resource, name).copied();
    }
    let mut found = Resource::ALL.into_iter().filter_map(|resource| Coverage::find(resource, permission));
    let first = found.next()?;
    if let Some(of_graph) = Coverage::find(Resource::GRAPH, permission) {
        return Some(*of_graph);
    }
    found.next().is_none().then_some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::STOCK;

    #[test]
    fn rows_stand_in_the_order_of_the_stock_table() {
        assert_eq!(COVERAGE.len(), STOCK.len());
        for (row, stock) in COVERAGE.iter().zip(STOCK) {
            assert_eq!((row.resource, row.permission), (stock.resource, stock.name));
            assert_eq!(row.application_only, stock.delegated.is_none(), "{}", row.permission);
        }
    }

    #[test]
    fn names_are_found_with_and_without_their_resource() {
        let names = |row: Coverage| row.roles.iter().map(|role| role.name).collect::<Vec<_>>();
        let managed = gdap_roles_for("exchange.manage").unwrap();
        assert_eq!((managed.confidence, names(managed)), (Confidence::High, vec!["Exchange Administrator"]));
        assert_eq!(gdap_roles_for("Graph/appcatalog.submit").map(names), Some(vec!["Teams Administrator"]));
        assert_eq!(gdap_roles_for("partner-center/user_impersonation").map(names), Some(vec![]));
        assert_eq!(gdap_roles_for("user_impersonation"), None, "four resources have one of that name");
        assert_eq!(gdap_roles_for("nowhere/User.Read"), None);
        assert_eq!(gdap_roles_for("User.Read.Everything"), None);
    }

    #[test]
    fn a_role_names_the_permissions_it_makes_work() {
        let exchange = GdapRole::find("Exchange Administrator").unwrap();
        assert!(Coverage::of_role(exchange).any(|row| row.permission == "Exchange.Manage"));
        assert!(Coverage::of_role(exchange).all(|row| row.permission != "AppCatalog.Submit"));
    }
}
