//! Whether the roles of an account are enough for a delegated call in a customer's tenant.

use std::collections::BTreeSet;

use crate::catalog::{Confidence, Coverage, Resource};
use crate::gdap::{GdapRole, role_name};
use crate::ids::RoleTemplateId;

/// What the roles mean for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RoleAnswer {
    /// A role is enough, or none is needed.
    Enough(String),
    /// None of the roles is enough, one of these would be.
    Lacking(Vec<&'static str>),
    /// The tables do not tell.
    Open(String),
}

/// Judges the roles of an account for a call that one of `permissions` lets through.
///
/// The tables infer which of the bundle's 12 roles goes with a permission. Only where they are sure, and the account
/// has no role they do not know, the answer is that no role is enough.
pub(super) fn judge(
    resource: Resource,
    permissions: &[&str],
    roles: &BTreeSet<RoleTemplateId>,
    only_reads: bool,
) -> RoleAnswer {
    if roles.contains(&RoleTemplateId::GLOBAL_ADMINISTRATOR) {
        return RoleAnswer::Enough("the role Global Administrator is enough for everything".to_owned());
    }
    if only_reads && roles.contains(&RoleTemplateId::GLOBAL_READER) {
        return RoleAnswer::Enough("the role Global Reader reads everything".to_owned());
    }
    let rows: Vec<&Coverage> = permissions.iter().filter_map(|name| Coverage::find(resource, name)).collect();
    if rows.is_empty() {
        return RoleAnswer::Open(format!("which role goes with {} is not known", permissions.join(" or ")));
    }
    let held = |row: &&Coverage| row.roles.iter().find(|role| roles.contains(&role.template_id)).copied();
    if let Some((row, role)) = rows.iter().find_map(|row| Some((row, held(row)?))) {
        return RoleAnswer::Enough(format!("the role {} goes with {}", role.name, row.permission));
    }
    if let Some(row) = rows.iter().find(|row| row.roles.is_empty()) {
        return RoleAnswer::Open(format!("no role is known to go with {}: {}", row.permission, row.basis));
    }
    let least = if only_reads { Confidence::High } else { Confidence::Medium };
    if let Some(row) = rows.iter().find(|row| row.confidence < least) {
        return RoleAnswer::Open(format!("which role goes with {} is not sure: {}", row.permission, row.basis));
    }
    if let Some(other) = roles.iter().find(|role| GdapRole::by_template_id(role).is_none()) {
        let name = role_name(other).map_or_else(|| other.to_string(), str::to_owned);
        return RoleAnswer::Open(format!("whether the role {name} is enough is not known"));
    }
    let mut names: Vec<&'static str> = rows.iter().flat_map(|row| row.roles.iter().map(|role| role.name)).collect();
    names.dedup();
    RoleAnswer::Lacking(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(permission: &str, roles: &[&str], only_reads: bool) -> RoleAnswer {
        let id = |name: &&str| GdapRole::find(name).map_or(RoleTemplateId::GLOBAL_READER, |role| role.template_id);
        let resource = if permission.starts_with("Exchange") { Resource::EXCHANGE } else { Resource::GRAPH };
        judge(resource, &[permission], &roles.iter().map(id).collect(), only_reads)
    }

    #[test]
    fn a_role_that_goes_with_the_permission_is_enough() {
        assert!(matches!(answer("Exchange.Manage", &["Exchange Administrator"], false), RoleAnswer::Enough(_)));
        assert!(matches!(answer("Exchange.Manage", &["Global Reader"], true), RoleAnswer::Enough(_)));
    }

    #[test]
    fn no_role_is_enough_only_where_the_tables_are_sure() {
        let lacking = RoleAnswer::Lacking(vec!["Exchange Administrator"]);
        assert_eq!(answer("Exchange.Manage", &["Teams Administrator"], false), lacking);
        assert_eq!(answer("Exchange.Manage", &[], true), lacking);
        // A role beside the 12, a permission outside the stock, and one without a role.
        assert!(matches!(answer("Exchange.Manage", &["Global Reader"], false), RoleAnswer::Open(_)));
        assert!(matches!(answer("Agreement.Read.All", &[], true), RoleAnswer::Open(_)));
        assert!(matches!(answer("User.Read", &[], true), RoleAnswer::Open(_)));
        let unsure = Coverage::all().iter().find(|row| row.confidence == Confidence::Low && !row.roles.is_empty());
        assert!(matches!(answer(unsure.unwrap().permission, &[], false), RoleAnswer::Open(_)));
    }
}
