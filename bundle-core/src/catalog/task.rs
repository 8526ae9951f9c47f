//! Which directory role a task needs at least.

use super::data::DIRECTORY_TASKS;
use crate::gdap::{DirectoryRole, GdapRole};

/// An administrator's task with the roles that may do it.
///
/// ```
/// use bundle_core::catalog::DirectoryTask;
///
/// let task = DirectoryTask::search("reset guest invitation").next().expect("the table has it");
/// assert_eq!(task.least[0].name, "User Administrator");
/// ```
///
/// Sources: "Least privileged roles by task in Microsoft Entra ID" and "Least-privileged roles by task" of the GDAP
/// guidance (Microsoft Learn), copies of 2023 and 2024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectoryTask {
    /// The page the row comes from.
    pub source: TaskSource,
    /// The area, for example `Groups`.
    pub area: &'static str,
    /// What is done, for example `Create group`.
    pub task: &'static str,
    /// The least privileged roles, each enough alone; empty when no directory role is needed or enough.
    pub least: &'static [&'static DirectoryRole],
    /// More privileged roles the page names as enough.
    pub others: &'static [&'static DirectoryRole],
    /// What is enough and no directory role, for example `group owner` or `Azure RBAC Reader`.
    pub not_roles: &'static [&'static str],
}

/// The page a task comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskSource {
    /// "Least privileged roles by task in Microsoft Entra ID".
    Entra,
    /// "Least-privileged roles by task" of the GDAP guidance.
    PartnerCenter,
}

impl DirectoryTask {
    /// All tasks: those of Entra, then those of the GDAP guidance, by area.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        DIRECTORY_TASKS
    }

    /// The tasks whose area and name hold every word of a text, in any order and ASCII case; a text without words
    /// finds nothing.
    pub fn search(text: &str) -> impl Iterator<Item = &'static Self> {
        let words: Vec<String> = text.split_whitespace().map(str::to_ascii_lowercase).collect();
        DIRECTORY_TASKS.iter().filter(move |row| !words.is_empty() && words.iter().all(|word| row.mentions(word)))
    }

    /// The tasks a role is enough for, as far as the pages name it.
    pub fn of_role(role: &DirectoryRole) -> impl Iterator<Item = &'static Self> {
        let id = role.template_id;
        DIRECTORY_TASKS.iter().filter(move |row| row.roles().any(|enough| enough.template_id == id))
    }

    /// All roles that are enough, the least privileged ones first.
    pub fn roles(&self) -> impl Iterator<Item = &'static DirectoryRole> {
        self.least.iter().chain(self.others).copied()
    }

    /// Those of the bundle's 12 roles that are enough.
    pub fn gdap_roles(&self) -> impl Iterator<Item = &'static GdapRole> {
        self.roles().filter_map(|role| GdapRole::by_template_id(&role.template_id))
    }

    fn mentions(&self, word: &str) -> bool {
        [self.area, self.task].iter().any(|text| text.to_ascii_lowercase().contains(word))
    }

    /// One row of the table.
    pub(super) const fn row(
        source: TaskSource,
        area: &'static str,
        task: &'static str,
        least: &'static [&'static DirectoryRole],
        others: &'static [&'static DirectoryRole],
        not_roles: &'static [&'static str],
    ) -> Self {
        Self { source, area, task, least, others, not_roles }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_takes_words_in_any_order_and_case() {
        let found: Vec<_> = DirectoryTask::search("GROUPS owners update").collect();
        assert!(!found.is_empty());
        assert!(found.iter().all(|row| row.area == "Groups" && row.task == "Update group owners"), "{found:?}");
        assert_eq!(DirectoryTask::search("  ").count(), 0);
        assert_eq!(DirectoryTask::search("no such task").count(), 0);
    }

    #[test]
    fn tasks_of_a_role_name_it() {
        let role = DirectoryRole::find("License Administrator").unwrap();
        let tasks: Vec<_> = DirectoryTask::of_role(role).map(|row| row.task).collect();
        assert!(tasks.contains(&"Assign license"), "{tasks:?}");
        assert_eq!(DirectoryTask::of_role(DirectoryRole::find("Guest User").unwrap()).count(), 0);
    }

    #[test]
    fn owners_of_a_group_need_no_role_but_the_twelve_have_one() {
        let task =
            DirectoryTask::search("update group membership").find(|row| row.source == TaskSource::Entra).unwrap();
        assert!(task.least.is_empty());
        assert_eq!(task.not_roles, ["group owner"]);
        assert_eq!(task.gdap_roles().map(|role| role.name).collect::<Vec<_>>(), ["User Administrator"]);
    }
}
