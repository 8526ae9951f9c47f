//! Directory roles: the built-in ones, and who holds them.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

/// A built-in directory role.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "(String, Uuid, bool)")]
pub struct RoleDefinition {
    /// The role's name.
    pub name: String,
    /// The template id, the same in every tenant.
    pub template_id: Uuid,
    /// Whether Microsoft marks the role as privileged.
    pub privileged: bool,
}

impl From<(String, Uuid, bool)> for RoleDefinition {
    fn from((name, template_id, privileged): (String, Uuid, bool)) -> Self {
        Self { name, template_id, privileged }
    }
}

/// A directory role given to a principal.
#[derive(Clone, Debug)]
pub struct RoleAssignment {
    /// The assignment id.
    pub id: String,
    /// The object id of the user, group or service principal.
    pub principal_id: Uuid,
    /// The role's template id.
    pub role_definition_id: Uuid,
    /// Where it applies; `/` is the whole directory.
    pub directory_scope_id: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Returns every built-in directory role, sorted by name.
#[must_use]
pub fn role_definitions() -> &'static [RoleDefinition] {
    static ROLES: LazyLock<Vec<RoleDefinition>> =
        LazyLock::new(|| serde_json::from_str(include_str!("roles.json")).expect("the embedded role table is valid"));
    &ROLES
}

/// Finds a built-in role by its template id.
#[must_use]
pub fn role_by_template(template_id: &Uuid) -> Option<&'static RoleDefinition> {
    role_definitions().iter().find(|role| role.template_id == *template_id)
}

/// Finds a built-in role by its name.
#[must_use]
pub fn role_named(name: &str) -> Option<&'static RoleDefinition> {
    role_definitions().iter().find(|role| role.name == name)
}
