//! Every permission of Microsoft Graph, not only the bundle's: ids, consent, texts, privilege levels.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::access_scheme::AccessScheme;
use super::data::GRAPH_PERMISSIONS;
use super::nearest::{compare_names, nearest_names};
use super::permission::PermissionKind;
use crate::ids::PermissionId;

/// A permission name of Microsoft Graph with what is known of each kind it is offered as.
///
/// The table is a copy: Microsoft adds permissions every month. One it does not have may exist all the same.
///
/// ```
/// use bundle_core::catalog::{GraphPermission, PermissionKind};
///
/// let permission = GraphPermission::find("user.read.all").expect("the table has it");
/// let scope = permission.facts(PermissionKind::Delegated).expect("it is a scope too");
/// assert!(scope.admin_consent_required);
/// assert_eq!(scope.display_name, "Read all users' full profiles");
/// assert_eq!(GraphPermission::nearest("User.Raed.All").first(), Some(&"User.Read.All"));
/// ```
///
/// Source: the service principal of Microsoft Graph, and "Microsoft Graph permissions reference" (Microsoft Learn).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphPermission {
    /// The name, for example `User.Read.All`.
    pub name: &'static str,
    /// Whether the service principal of Microsoft Graph offers it as at least one kind, so that it can be granted.
    pub live: bool,
    /// Whether users of personal Microsoft accounts can consent to it.
    pub personal_accounts: bool,
    /// The scope, when there is one.
    pub delegated: Option<PermissionFacts>,
    /// The app role, when there is one.
    pub application: Option<PermissionFacts>,
    personal_level: Option<u8>,
}

/// What is known of a permission as one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PermissionFacts {
    /// The id of the scope or app role; unknown for some that are not [`PermissionStatus::Live`].
    pub id: Option<PermissionId>,
    /// Whether it can be granted.
    pub status: PermissionStatus,
    /// Whether an administrator has to consent; always so for app roles.
    pub admin_consent_required: bool,
    /// Microsoft's title, as the administrator's consent page shows it; may be empty when not live.
    pub display_name: &'static str,
    /// Microsoft's description, as the administrator's consent page shows it; may be empty when not live.
    pub description: &'static str,
    /// How much it lets its holder do, 1 (least) to 5 (most), where Microsoft graded it.
    pub privilege_level: Option<u8>,
}

/// Whether a permission of one kind can be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PermissionStatus {
    /// The service principal of Microsoft Graph offers it.
    Live,
    /// The service principal has it, but Microsoft switched it off.
    Disabled,
    /// Microsoft lists it, but the service principal does not offer it: not released, or retired.
    ListedOnly,
    /// It is granted for one team, chat or group, not for a tenant.
    ResourceSpecific,
}

impl GraphPermission {
    /// All permissions, sorted by name.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        GRAPH_PERMISSIONS
    }

    /// Finds a permission by name; ASCII case does not matter.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let at = GRAPH_PERMISSIONS.binary_search_by(|row| compare_names(row.name, name)).ok()?;
        Some(&GRAPH_PERMISSIONS[at])
    }

    /// Finds a permission by id. The kind is needed too: `User.Export.All` has one id for both kinds.
    #[must_use]
    pub fn by_id(id: &PermissionId, kind: PermissionKind) -> Option<&'static Self> {
        type Ids = HashMap<(PermissionId, PermissionKind), &'static GraphPermission>;
        static BY_ID: LazyLock<Ids> = LazyLock::new(|| {
            let kinds = [PermissionKind::Delegated, PermissionKind::Application];
            let rows = GRAPH_PERMISSIONS.iter().flat_map(|row| kinds.map(|kind| (row, kind)));
            rows.filter_map(|(row, kind)| Some(((row.facts(kind)?.id?, kind), row))).collect()
        });
        BY_ID.get(&(*id, kind)).copied()
    }

    /// The names somebody probably meant, nearest first, at most three; empty when all are too far off.
    #[must_use]
    pub fn nearest(name: &str) -> Vec<&'static str> {
        nearest_names(name, GRAPH_PERMISSIONS.iter().map(|row| row.name), 3)
    }

    /// What is known of it as one kind, when it is offered as that kind.
    #[must_use]
    pub const fn facts(&self, kind: PermissionKind) -> Option<&PermissionFacts> {
        match kind {
            PermissionKind::Delegated => self.delegated.as_ref(),
            PermissionKind::Application => self.application.as_ref(),
        }
    }

    /// How much it lets its holder do, 1 (least) to 5 (most), where Microsoft graded it.
    #[must_use]
    pub fn privilege_level(&self, scheme: AccessScheme) -> Option<u8> {
        match scheme {
            AccessScheme::PersonalAccount => self.personal_level,
            AccessScheme::Delegated | AccessScheme::Application => self.facts(scheme.kind())?.privilege_level,
        }
    }

    /// One row of the table.
    pub(super) const fn row(
        name: &'static str,
        personal: Personal,
        delegated: Option<PermissionFacts>,
        application: Option<PermissionFacts>,
    ) -> Self {
        let (personal_accounts, personal_level) = match personal {
            Personal::No => (false, None),
            Personal::Ungraded => (true, None),
            Personal::Level(level) => (true, Some(level)),
        };
        let live = offered(delegated) || offered(application);
        Self { name, live, personal_accounts, delegated, application, personal_level }
    }
}

/// What a row says about personal accounts.
#[derive(Clone, Copy)]
pub(super) enum Personal {
    No,
    Ungraded,
    Level(u8),
}

/// The scope of a row; id 0 and level 0 stand for unknown.
pub(super) const fn scope(
    id: u128,
    status: PermissionStatus,
    admin_consent_required: bool,
    level: u8,
    display_name: &'static str,
    description: &'static str,
) -> Option<PermissionFacts> {
    let id = if id == 0 { None } else { Some(PermissionId::from_u128(id)) };
    let privilege_level = if level == 0 { None } else { Some(level) };
    Some(PermissionFacts { id, status, admin_consent_required, display_name, description, privilege_level })
}

/// The app role of a row.
pub(super) const fn role(
    id: u128,
    status: PermissionStatus,
    level: u8,
    display_name: &'static str,
    description: &'static str,
) -> Option<PermissionFacts> {
    scope(id, status, true, level, display_name, description)
}

const fn offered(facts: Option<PermissionFacts>) -> bool {
    matches!(facts, Some(PermissionFacts { status: PermissionStatus::Live | PermissionStatus::Disabled, .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Resource, StockPermission};

    #[test]
    fn every_row_is_found_by_name_in_any_case_and_by_id() {
        for row in GraphPermission::all() {
            assert_eq!(GraphPermission::find(&row.name.to_ascii_uppercase()), Some(row));
            for kind in [PermissionKind::Delegated, PermissionKind::Application] {
                if let Some(id) = row.facts(kind).and_then(|facts| facts.id) {
                    assert_eq!(GraphPermission::by_id(&id, kind), Some(row), "{}", row.name);
                }
            }
        }
    }

    #[test]
    fn one_id_may_stand_for_both_kinds() {
        let export = GraphPermission::find("User.Export.All").unwrap();
        assert_eq!(export.delegated.unwrap().id, export.application.unwrap().id);
        let scope_only = GraphPermission::find("User.Read").unwrap().delegated.unwrap().id.unwrap();
        assert_eq!(GraphPermission::by_id(&scope_only, PermissionKind::Application), None);
    }

    #[test]
    fn stock_ids_are_those_of_the_table() {
        for stock in StockPermission::of(Resource::GRAPH) {
            let row = GraphPermission::find(stock.name).unwrap();
            assert_eq!(row.name, stock.name);
            assert!(row.live, "{}", stock.name);
            for kind in [PermissionKind::Delegated, PermissionKind::Application] {
                let live = row.facts(kind).filter(|facts| facts.status == PermissionStatus::Live);
                assert_eq!(live.and_then(|facts| facts.id), stock.id(kind), "{} {kind:?}", stock.name);
            }
        }
    }

    #[test]
    fn wrong_names_get_the_nearest_right_ones() {
        assert_eq!(GraphPermission::find("Users.Read.All"), None);
        assert_eq!(GraphPermission::nearest("Users.Read.All")[0], "User.Read.All");
        assert!(GraphPermission::nearest("Group.ReadWriteAll").contains(&"Group.ReadWrite.All"));
        assert!(GraphPermission::nearest("nothing like any of them, and long besides").is_empty());
        assert!(GraphPermission::nearest(&"User.Read".repeat(100_000)).is_empty());
    }

    #[test]
    fn personal_accounts_have_a_level_of_their_own() {
        let mail = GraphPermission::find("Mail.Read").unwrap();
        assert!(mail.personal_accounts);
        assert!(mail.privilege_level(AccessScheme::PersonalAccount).is_some());
        let groups = GraphPermission::find("Group.ReadWrite.All").unwrap();
        assert_eq!(groups.privilege_level(AccessScheme::PersonalAccount), None);
        assert_eq!(groups.privilege_level(AccessScheme::Application), groups.application.unwrap().privilege_level);
    }
}
