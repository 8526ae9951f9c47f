//! Permissions: the rows of the stock table and single permissions of one kind.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::data::STOCK;
use super::nearest::compare_names;
use super::resource::Resource;
use super::rows;
use crate::ids::PermissionId;
use crate::integration::Integration;

/// Whether a permission acts for a signed-in user or for the application itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum PermissionKind {
    /// A scope: acts for the signed-in user, within that user's roles.
    Delegated,
    /// An app role: acts for the application, without a user.
    Application,
}

impl PermissionKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Delegated, Self::Application];

    /// The word used in reports: `delegated` or `application`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delegated => "delegated",
            Self::Application => "application",
        }
    }
}

impl std::fmt::Display for PermissionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A row of [`STOCK`]: one permission name of one resource, with the id of each kind the resource offers it as.
///
/// A [`Selection`](super::Selection) has other permissions of Microsoft Graph in the same form;
/// [`StockPermission::is_stock`] tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StockPermission {
    /// The integration that asks for it.
    pub integration: Integration,
    /// The resource application that owns it.
    pub resource: Resource,
    /// The name, for example `User.Read.All`.
    pub name: &'static str,
    /// The id of the scope, when it is offered as a delegated permission.
    pub delegated: Option<PermissionId>,
    /// The id of the app role, when it is offered as an application permission.
    pub application: Option<PermissionId>,
    /// Whether the application needs it to grant itself the others, so that no selection may go without it.
    pub core: bool,
    /// Whether it is an OIDC scope (`email`, `offline_access`, `openid`, `profile`), which is asked for
    /// without a resource in front.
    pub open_id: bool,
}

impl StockPermission {
    /// Finds a permission of a resource by name; ASCII case does not matter.
    #[must_use]
    pub fn find(resource: Resource, name: &str) -> Option<&'static Self> {
        position(resource, name).map(|at| &STOCK[at])
    }

    /// The permissions of a resource, sorted by name.
    #[must_use]
    pub fn of(resource: Resource) -> &'static [Self] {
        let start = STOCK.partition_point(|row| row.resource < resource);
        let end = STOCK.partition_point(|row| row.resource <= resource);
        &STOCK[start..end]
    }

    /// The id of one kind, when the resource offers the permission as that kind.
    #[must_use]
    pub const fn id(&self, kind: PermissionKind) -> Option<PermissionId> {
        match kind {
            PermissionKind::Delegated => self.delegated,
            PermissionKind::Application => self.application,
        }
    }

    /// Whether the row stands in [`STOCK`].
    #[must_use]
    pub fn is_stock(&self) -> bool {
        position(self.resource, self.name).is_some()
    }

    /// The kinds the resource offers it as.
    pub fn kinds(&self) -> impl Iterator<Item = PermissionKind> + use<> {
        let row = *self;
        PermissionKind::ALL.into_iter().filter(move |kind| row.id(*kind).is_some())
    }

    /// The name with the key of the resource in front, unique in the catalog: `graph/User.Read.All`.
    #[must_use]
    pub fn qualified_name(&self) -> String {
        format!("{}/{}", self.resource.key, self.name)
    }

    /// One row of the table; ids are checked when the table is compiled.
    pub(super) const fn row(
        integration: Integration,
        resource: Resource,
        name: &'static str,
        delegated: Option<&str>,
        application: Option<&str>,
        mark: Mark,
    ) -> Self {
        Self {
            integration,
            resource,
            name,
            delegated: id(delegated),
            application: id(application),
            core: matches!(mark, Mark::Core),
            open_id: matches!(mark, Mark::OpenId),
        }
    }
}

/// What is special about a row of the table.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Core,
    None,
    OpenId,
}

/// One permission of one kind: what an app role assignment or a manifest entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Permission {
    /// The resource application that owns it.
    pub resource: Resource,
    /// The name, for example `User.Read.All`.
    pub name: &'static str,
    /// Delegated or application.
    pub kind: PermissionKind,
    /// The id of the scope or app role.
    pub id: PermissionId,
}

impl Permission {
    /// Finds a permission by name and kind; ASCII case of the name does not matter.
    ///
    /// With the feature `catalog` every permission of Microsoft Graph is found, without it those of [`STOCK`].
    #[must_use]
    pub fn find(resource: Resource, name: &str, kind: PermissionKind) -> Option<Self> {
        rows::find(resource, name).and_then(|at| Self::of(rows::row(at), kind))
    }

    /// Finds a permission by id, of those that [`Permission::find`] knows. The kind is needed too: the Office 365 Management APIs use one id for both kinds.
    #[must_use]
    pub fn by_id(id: &PermissionId, kind: PermissionKind) -> Option<Self> {
        static BY_ID: LazyLock<HashMap<(PermissionId, PermissionKind), Permission>> = LazyLock::new(|| {
            let both = |row| {
                [PermissionKind::Delegated, PermissionKind::Application]
                    .into_iter()
                    .filter_map(move |kind| Permission::of(row, kind))
            };
            STOCK.iter().flat_map(both).map(|permission| ((permission.id, permission.kind), permission)).collect()
        });
        BY_ID.get(&(*id, kind)).copied().or_else(|| Self::other_by_id(id, kind))
    }

    #[cfg(feature = "catalog")]
    fn other_by_id(id: &PermissionId, kind: PermissionKind) -> Option<Self> {
        let name = super::GraphPermission::by_id(id, kind)?.name;
        Self::find(Resource::GRAPH, name, kind)
    }

    #[cfg(not(feature = "catalog"))]
    fn other_by_id(_: &PermissionId, _: PermissionKind) -> Option<Self> {
        None
    }

    pub(super) fn of(row: &StockPermission, kind: PermissionKind) -> Option<Self> {
        row.id(kind).map(|id| Self { resource: row.resource, name: row.name, kind, id })
    }
}

/// Where a permission stands in [`STOCK`].
pub(super) fn position(resource: Resource, name: &str) -> Option<usize> {
    STOCK.binary_search_by(|row| row.resource.cmp(&resource).then_with(|| compare_names(row.name, name))).ok()
}

const fn id(text: Option<&str>) -> Option<PermissionId> {
    match text {
        None => None,
        Some(text) => match Uuid::try_parse(text) {
            Ok(id) => Some(PermissionId::new(id)),
            Err(_) => panic!("the ids of the table are GUIDs"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_name_in_any_case_and_by_id() {
        for (at, row) in STOCK.iter().enumerate() {
            assert_eq!(position(row.resource, &row.name.to_ascii_uppercase()), Some(at), "{}", row.name);
            for kind in [PermissionKind::Delegated, PermissionKind::Application] {
                let permission = Permission::find(row.resource, row.name, kind);
                assert_eq!(permission.map(|found| found.id), row.id(kind));
                if let Some(id) = row.id(kind) {
                    assert_eq!(Permission::by_id(&id, kind), permission, "{}", row.name);
                }
            }
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        assert!(StockPermission::find(Resource::GRAPH, "User.Read.Everything").is_none());
        assert!(StockPermission::find(Resource::EXCHANGE, "User.Read").is_none());
        assert!(Permission::find(Resource::GRAPH, "User.Read", PermissionKind::Application).is_none());
        let user_read = StockPermission::find(Resource::GRAPH, "User.Read").unwrap().delegated.unwrap();
        assert!(Permission::by_id(&user_read, PermissionKind::Application).is_none());
    }

    #[test]
    fn slices_by_resource_make_up_the_whole_table() {
        let sum: usize = Resource::ALL.into_iter().map(|resource| StockPermission::of(resource).len()).sum();
        assert_eq!(sum, STOCK.len());
        assert_eq!(StockPermission::of(Resource::EXCHANGE).len(), 3);
        assert!(StockPermission::of(Resource::EXCHANGE).iter().all(|row| row.resource == Resource::EXCHANGE));
    }

    #[test]
    fn json_of_a_permission_names_the_resource_by_key() {
        let permission = Permission::find(Resource::GRAPH, "user.read", PermissionKind::Delegated).unwrap();
        assert_eq!(
            serde_json::to_string(&permission).unwrap(),
            r#"{"resource":"graph","name":"User.Read","kind":"delegated","id":"e1fe6dd8-ba31-4d61-89e7-88639da4683d"}"#
        );
    }
}
