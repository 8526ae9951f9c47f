//! Microsoft's own resources with the permissions they offer.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use uuid::Uuid;

/// A permission a resource offers.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "(String, Uuid)")]
pub struct Permission {
    /// The permission's name (`User.Read.All`).
    pub name: String,
    /// The id of the scope or app role.
    pub id: Uuid,
}

impl From<(String, Uuid)> for Permission {
    fn from((name, id): (String, Uuid)) -> Self {
        Self { name, id }
    }
}

/// One of Microsoft's own applications that offers permissions.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// A short name: `graph`, `exchange`, `partner-center`, `azure-service-management`,
    /// `azure-key-vault`, `azure-storage`, `office365-management`.
    pub key: String,
    /// The application id.
    pub app_id: Uuid,
    /// The name of its service principals.
    pub display_name: String,
    /// The audiences it answers to, the usual one first.
    pub uris: Vec<String>,
    /// Delegated permissions (scopes), sorted by name.
    pub delegated: Vec<Permission>,
    /// Application permissions (app roles), sorted by name.
    pub application: Vec<Permission>,
}

impl Resource {
    /// Finds a delegated permission by name.
    #[must_use]
    pub fn scope(&self, name: &str) -> Option<&Permission> {
        find(&self.delegated, name)
    }

    /// Finds an application permission by name.
    #[must_use]
    pub fn app_role(&self, name: &str) -> Option<&Permission> {
        find(&self.application, name)
    }

    /// Finds an application permission by id.
    #[must_use]
    pub fn app_role_by_id(&self, id: &Uuid) -> Option<&Permission> {
        self.application.iter().find(|role| role.id == *id)
    }

    /// Finds a delegated permission by id.
    #[must_use]
    pub fn scope_by_id(&self, id: &Uuid) -> Option<&Permission> {
        self.delegated.iter().find(|scope| scope.id == *id)
    }
}

/// The names of the Graph permissions the bundle usually asks for.
#[derive(Clone, Debug, Deserialize)]
pub struct Stock {
    /// Application permissions, sorted.
    pub application: Vec<String>,
    /// Delegated permissions, sorted.
    pub delegated: Vec<String>,
}

/// Finds a resource by its short name.
#[must_use]
pub fn resource_named(key: &str) -> Option<&'static Resource> {
    TABLE.resources.iter().find(|resource| resource.key == key)
}

/// Finds a resource by its application id.
#[must_use]
pub fn resource_by_app_id(app_id: &Uuid) -> Option<&'static Resource> {
    TABLE.resources.iter().find(|resource| resource.app_id == *app_id)
}

/// Finds a resource by one of its audiences (a trailing slash is ignored) or by its application id as text.
#[must_use]
pub fn resource_by_uri(uri: &str) -> Option<&'static Resource> {
    let uri = uri.trim_end_matches('/');
    if let Some(at) = BY_URI.get(uri.to_ascii_lowercase().as_str()) {
        return TABLE.resources.get(*at);
    }
    Uuid::parse_str(uri).ok().and_then(|id| resource_by_app_id(&id))
}

/// Returns the bundle's usual selection of Graph permissions.
#[must_use]
pub fn stock() -> &'static Stock {
    &TABLE.stock
}

#[derive(Deserialize)]
struct Table {
    resources: Vec<Resource>,
    stock: Stock,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("permissions.json")).expect("the embedded permission table is valid")
});

static BY_URI: LazyLock<BTreeMap<&'static str, usize>> = LazyLock::new(|| {
    TABLE
        .resources
        .iter()
        .enumerate()
        .flat_map(|(at, resource)| resource.uris.iter().map(move |uri| (uri.as_str(), at)))
        .collect()
});

fn find<'a>(permissions: &'a [Permission], name: &str) -> Option<&'a Permission> {
    permissions.iter().find(|permission| permission.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_found_by_every_name_they_answer_to() {
        let graph = resource_named("graph").expect("graph is in the table");
        for name in
            ["https://graph.microsoft.com", "https://graph.microsoft.com/", "00000003-0000-0000-c000-000000000000"]
        {
            assert_eq!(resource_by_uri(name).map(|found| found.app_id), Some(graph.app_id));
        }
        assert!(resource_by_uri("https://graph.example").is_none());
        assert!(graph.application.len() > 700 && graph.delegated.len() > 800);
    }

    #[test]
    fn stock_names_are_offered_by_graph() {
        let graph = resource_named("graph").expect("graph is in the table");
        for name in &stock().application {
            assert!(graph.app_role(name).is_some(), "{name}");
        }
        for name in &stock().delegated {
            assert!(graph.scope(name).is_some(), "{name}");
        }
    }
}
