//! Every permission that can be selected: the stock table, then the other permissions of Microsoft Graph.
//!
//! A row is named by its position: below the length of [`STOCK`] it stands there, above it in the table of others.

use super::data::STOCK;
use super::permission::{StockPermission, position};
use super::resource::Resource;

/// The row at a position.
pub(super) fn row(at: usize) -> &'static StockPermission {
    STOCK.get(at).unwrap_or_else(|| &others()[at - STOCK.len()])
}

/// The position of a permission of a resource; ASCII case does not matter.
pub(super) fn find(resource: Resource, name: &str) -> Option<usize> {
    position(resource, name).or_else(|| other(resource, name))
}

#[cfg(feature = "catalog")]
fn other(resource: Resource, name: &str) -> Option<usize> {
    if resource != Resource::GRAPH {
        return None;
    }
    let at = others().binary_search_by(|row| super::compare_names(row.name, name)).ok()?;
    Some(STOCK.len() + at)
}

#[cfg(not(feature = "catalog"))]
fn other(_: Resource, _: &str) -> Option<usize> {
    None
}

/// The permissions of Graph that are not in the stock and can be granted, sorted by name.
#[cfg(feature = "catalog")]
fn others() -> &'static [StockPermission] {
    use std::sync::LazyLock;

    use super::PermissionKind::{Application, Delegated};
    use super::graph_permission::{GraphPermission, PermissionFacts, PermissionStatus};
    use crate::integration::Integration;

    static OTHERS: LazyLock<Vec<StockPermission>> = LazyLock::new(|| {
        let live = |facts: &&PermissionFacts| facts.status == PermissionStatus::Live;
        let of = |row: &GraphPermission, kind| row.facts(kind).filter(live).and_then(|facts| facts.id);
        let rows = GraphPermission::all().iter().map(|row| StockPermission {
            integration: Integration::Graph,
            resource: Resource::GRAPH,
            name: row.name,
            delegated: of(row, Delegated),
            application: of(row, Application),
            core: false,
            open_id: false,
        });
        rows.filter(|row| row.delegated.is_some() || row.application.is_some())
            .filter(|row| position(Resource::GRAPH, row.name).is_none())
            .collect()
    });
    &OTHERS
}

#[cfg(not(feature = "catalog"))]
const fn others() -> &'static [StockPermission] {
    &[]
}

#[cfg(all(test, feature = "catalog"))]
mod tests {
    use super::*;

    #[test]
    fn others_are_sorted_apart_from_the_stock_and_found_in_any_case() {
        assert!(others().len() > 700, "{}", others().len());
        for (at, other) in others().iter().enumerate() {
            assert_eq!(find(Resource::GRAPH, &other.name.to_ascii_uppercase()), Some(STOCK.len() + at));
            assert_eq!(row(STOCK.len() + at), other);
            assert!(!other.is_stock() && other.integration == crate::Integration::Graph);
        }
        assert!(find(Resource::EXCHANGE, others()[0].name).is_none());
        assert!(row(0).is_stock());
    }
}
