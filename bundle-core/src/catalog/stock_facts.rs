//! What the stock permissions are for: actions, methods, URLs and triggers of the bundle.

use super::data::STOCK_FACTS;
use super::permission::{StockPermission, position};

/// What the bundle does with a permission of [`STOCK`](super::STOCK).
///
/// The URLs are those the bundle documents, some of them patterns of other services or no paths of the service at
/// all; which permission an endpoint of Microsoft Graph needs, tells the endpoint table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StockFacts {
    /// The actions of the bundle that use it, for example `microsoft_graph.list_users`.
    pub actions: &'static [&'static str],
    /// The HTTP methods it is used with.
    pub methods: &'static [&'static str],
    /// The paths (of Azure Storage, the URLs) it is used with.
    pub urls: &'static [&'static str],
    /// The triggers that use it, for example `microsoft_graph.Group Change Subscription`.
    pub trigger_types: &'static [&'static str],
    /// How an app registration of one's own should treat it, where the bundle says so.
    pub owned_app: Option<OwnedAppMark>,
}

/// How much an app registration of one's own needs a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OwnedAppMark {
    /// The integration does not work without it.
    Minimum,
    /// Most partners want it.
    Recommended,
    /// Only rare cases need it.
    EdgeCases,
    /// Nothing depends on it but what it names.
    Optional,
}

impl StockPermission {
    /// What the bundle does with it; nothing, for a permission outside the stock.
    #[must_use]
    pub fn facts(&self) -> &'static StockFacts {
        static NONE: StockFacts = StockFacts::row(&[], &[], &[], &[], None);
        position(self.resource, self.name).map_or(&NONE, |at| &STOCK_FACTS[at])
    }

    /// The permissions of all resources an action of the bundle uses; ASCII case does not matter.
    pub fn of_action(action: &str) -> impl Iterator<Item = &'static Self> {
        super::STOCK.iter().zip(STOCK_FACTS).filter_map(move |(row, facts)| {
            facts.actions.iter().any(|name| name.eq_ignore_ascii_case(action)).then_some(row)
        })
    }
}

impl StockFacts {
    /// One row of the table.
    pub(super) const fn row(
        actions: &'static [&'static str],
        methods: &'static [&'static str],
        urls: &'static [&'static str],
        trigger_types: &'static [&'static str],
        owned_app: Option<OwnedAppMark>,
    ) -> Self {
        Self { actions, methods, urls, trigger_types, owned_app }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Resource, STOCK};

    #[test]
    fn every_stock_permission_has_its_facts() {
        assert_eq!(STOCK.len(), STOCK_FACTS.len());
        for (row, facts) in STOCK.iter().zip(STOCK_FACTS) {
            assert!(std::ptr::eq(row.facts(), facts), "{}", row.name);
        }
    }

    #[test]
    fn actions_name_their_permissions_in_any_case() {
        let names: Vec<_> = StockPermission::of_action("MICROSOFT_GRAPH.update_group").map(|row| row.name).collect();
        assert!(names.contains(&"Group.ReadWrite.All"), "{names:?}");
        assert_eq!(StockPermission::of_action("microsoft_graph.no_such_action").count(), 0);
    }

    #[test]
    fn core_permissions_are_the_minimum_of_an_owned_app() {
        let mark = |name| StockPermission::find(Resource::GRAPH, name).unwrap().facts().owned_app;
        assert_eq!(mark("openid"), Some(OwnedAppMark::Minimum));
        assert_eq!(mark("Chat.Create"), None);
    }
}
