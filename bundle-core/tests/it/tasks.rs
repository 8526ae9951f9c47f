//! The tables of tasks and of GDAP roles behind permissions against their JSON source; `UPDATE_CATALOG=1` rewrites
//! them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Deserialize;

use bundle_core::catalog::{DirectoryTask, TaskSource};
use bundle_core::gdap::{DirectoryRole, GDAP_ROLES};

use crate::catalog::{compare, constant, fixture, upper_first};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    tasks: Vec<Task>,
    partner_center_tasks: Vec<Task>,
    bundle_coverage: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    area: String,
    task: String,
    least: Vec<String>,
    #[serde(default)]
    others: Vec<String>,
    #[serde(default)]
    not_roles: NotRoles,
    gdap12: Vec<String>,
}

#[derive(Default, Deserialize)]
struct NotRoles {
    #[serde(default)]
    least: Vec<String>,
    #[serde(default)]
    others: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    resource: String,
    permission: String,
    gdap_roles: Vec<String>,
    confidence: String,
    basis: String,
    #[serde(default)]
    application_only: bool,
}

impl File {
    fn all_tasks(&self) -> impl Iterator<Item = (TaskSource, &Task)> {
        let entra = self.tasks.iter().map(|task| (TaskSource::Entra, task));
        entra.chain(self.partner_center_tasks.iter().map(|task| (TaskSource::PartnerCenter, task)))
    }
}

#[test]
fn task_table_equals_its_source() {
    let file: File = fixture("role-task-map.json");
    let mut text = String::from(
        "//! The tasks of administrators with their roles. Written by the golden test.\n\n\
         use super::DIRECTORY_ROLES;\n\
         use crate::catalog::task::{DirectoryTask, TaskSource};\n\
         use crate::gdap::DirectoryRole;\n\n",
    );
    let used: BTreeSet<&String> =
        file.all_tasks().flat_map(|(_, task)| task.least.iter().chain(&task.others)).collect();
    for name in used {
        let at = DirectoryRole::all().iter().position(|role| role.name == name).unwrap();
        writeln!(text, "const {}: &DirectoryRole = &DIRECTORY_ROLES[{at}];", shouted(name)).unwrap();
    }
    text.push_str("\n#[rustfmt::skip]\npub(crate) static DIRECTORY_TASKS: &[DirectoryTask] = &[\n");
    for (source, Task { area, task, least, others, not_roles, .. }) in file.all_tasks() {
        let (least, others) = (constants(least), constants(others));
        let not_roles: Vec<_> = not_roles.least.iter().chain(&not_roles.others).collect();
        writeln!(
            text,
            "    DirectoryTask::row(TaskSource::{source:?}, {area:?}, {task:?}, {least}, {others}, &{not_roles:?}),"
        )
        .unwrap();
    }
    text.push_str("];\n");
    compare("tasks.rs", &text);
}

#[test]
fn coverage_table_equals_its_source() {
    let file: File = fixture("role-task-map.json");
    let mut text = String::from(
        "//! The GDAP roles behind the stock permissions, in the order of the stock table. Written by the golden test.\n\n\
         use super::GDAP_ROLES;\n\
         use crate::catalog::coverage::{Confidence, Coverage};\n\
         use crate::catalog::resource::Resource;\n\
         use crate::gdap::GdapRole;\n\n",
    );
    for (at, role) in GDAP_ROLES.iter().enumerate() {
        writeln!(text, "const {}: &GdapRole = &GDAP_ROLES[{at}];", shouted(role.name)).unwrap();
    }
    text.push_str("\n#[rustfmt::skip]\npub(crate) static COVERAGE: &[Coverage] = &[\n");
    for Row { resource, permission, gdap_roles, confidence, basis, application_only } in &file.bundle_coverage {
        writeln!(
            text,
            "    Coverage::row(Resource::{}, {permission:?}, {}, Confidence::{}, {basis:?}, {application_only}),",
            constant(resource),
            constants(gdap_roles),
            upper_first(confidence),
        )
        .unwrap();
    }
    text.push_str("];\n");
    compare("coverage.rs", &text);
}

#[test]
fn roles_of_the_twelve_that_do_a_task_equal_the_source() {
    let file: File = fixture("role-task-map.json");
    assert_eq!(DirectoryTask::all().len(), 188 + 37);
    for ((source, task), row) in file.all_tasks().zip(DirectoryTask::all()) {
        assert_eq!((row.source, row.area, row.task), (source, task.area.as_str(), task.task.as_str()));
        let mut twelve: Vec<_> = row.gdap_roles().map(|role| role.name).collect();
        twelve.sort_unstable();
        let mut expected = task.gdap12.clone();
        expected.sort_unstable();
        assert_eq!(twelve, expected, "{}: {}", row.area, row.task);
    }
}

fn constants(roles: &[String]) -> String {
    format!("&[{}]", roles.iter().map(|name| shouted(name)).collect::<Vec<_>>().join(", "))
}

fn shouted(name: &str) -> String {
    name.to_ascii_uppercase().replace([' ', '-'], "_")
}
