//! From a name a person wrote to what the tables have of it.

use bundle_core::catalog::{GraphPermission, Resource, STOCK, Selection, StockPermission};

use crate::exit::Failure;

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named {
    /// A permission of Microsoft Graph, in the stock or not.
    Graph(&'static GraphPermission),
    /// A permission of another resource of the stock.
    Other(&'static StockPermission),
}

impl Named {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Graph(row) => row.name,
            Self::Other(row) => row.name,
        }
    }

    pub(super) fn stock(&self) -> Option<&'static StockPermission> {
        match self {
            Self::Graph(row) => StockPermission::find(Resource::GRAPH, row.name),
            Self::Other(row) => Some(row),
        }
    }
}

/// Finds every name, all of one name where several resources have it. The wrong ones are told together.
pub(super) fn find_all(names: &[String]) -> Result<Vec<Named>, Failure> {
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    for text in names {
        let before = found.len();
        let (resource, name) = match text.rsplit_once('/') {
            Some((resource, name)) => (Some(resource), name),
            None => (None, text.as_str()),
        };
        let is_meant = |of: Resource| resource.is_none_or(|meant| [of.key, of.uri].contains(&meant));
        if is_meant(Resource::GRAPH) {
            found.extend(GraphPermission::find(name).map(Named::Graph));
        }
        let others = STOCK.iter().filter(|row| row.resource != Resource::GRAPH && is_meant(row.resource));
        found.extend(others.filter(|row| row.name.eq_ignore_ascii_case(name)).map(Named::Other));
        if found.len() == before {
            wrong.push(text);
        }
    }
    if !wrong.is_empty() {
        // The catalog says what is wrong with each, and which are the nearest.
        Selection::owned_app().with(wrong)?;
    }
    Ok(found)
}
