//! The table of Graph permissions against its JSON source; `UPDATE_CATALOG=1` rewrites the table.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde::Deserialize;

use bundle_core::catalog::{AccessScheme, GraphPermission, PermissionKind};

use crate::catalog::{compare, fixture};

#[derive(Deserialize)]
struct File {
    permissions: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: String,
    live: bool,
    delegated: Option<Facts>,
    application: Option<Facts>,
    #[serde(default)]
    privilege_level: Levels,
    #[serde(default)]
    personal_accounts: bool,
    why: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    id: Option<String>,
    admin_consent_required: Option<bool>,
    display_name: String,
    description: String,
    #[serde(default)]
    listed_only: bool,
    enabled: Option<bool>,
}

#[derive(Default, Deserialize)]
struct Levels {
    delegated: Option<u8>,
    application: Option<u8>,
    personal: Option<u8>,
}

#[test]
fn table_equals_its_source() {
    let mut text = String::from(
        "//! The permissions of Microsoft Graph, sorted by name. Written by the golden test.\n\n\
         use crate::catalog::graph_permission::PermissionStatus::{Disabled, ListedOnly, Live, ResourceSpecific};\n\
         use crate::catalog::graph_permission::{GraphPermission, Personal, role, scope};\n\n\
         #[rustfmt::skip]\n\
         pub(crate) static GRAPH_PERMISSIONS: &[GraphPermission] = &[\n",
    );
    for row in &source() {
        let personal = match (row.personal_accounts, row.privilege_level.personal) {
            (false, None) => "Personal::No".to_owned(),
            (true, None) => "Personal::Ungraded".to_owned(),
            (true, Some(level)) => format!("Personal::Level({level})"),
            (false, Some(_)) => panic!("{} has a level for accounts it does not take", row.name),
        };
        let scope = row.delegated.as_ref().map_or_else(
            || "None".to_owned(),
            |facts| {
                let Facts { display_name, description, .. } = facts;
                let (id, status, admin) = (number(facts), row.status(facts), facts.admin_consent_required.unwrap());
                let level = row.privilege_level.delegated.unwrap_or_default();
                format!("scope({id}, {status}, {admin}, {level}, {display_name:?}, {description:?})")
            },
        );
        let role = row.application.as_ref().map_or_else(
            || "None".to_owned(),
            |facts| {
                let Facts { display_name, description, .. } = facts;
                let (id, status) = (number(facts), row.status(facts));
                let level = row.privilege_level.application.unwrap_or_default();
                format!("role({id}, {status}, {level}, {display_name:?}, {description:?})")
            },
        );
        writeln!(text, "    GraphPermission::row({:?}, {personal}, {scope}, {role}),", row.name).unwrap();
    }
    text.push_str("];\n");
    compare("graph_permissions.rs", &text);
}

#[test]
fn table_is_sorted_and_complete() {
    let all = GraphPermission::all();
    assert!(all.is_sorted_by(|a, b| a.name.to_ascii_lowercase() < b.name.to_ascii_lowercase()));
    assert_eq!(all.len(), 1016 - 1);
    assert_eq!(all.iter().filter(|row| row.live).count(), 951);
    assert_eq!(all.iter().filter(|row| row.personal_accounts).count(), 54);
}

#[test]
fn what_follows_from_the_rows_equals_the_source() {
    for source in source() {
        let row = GraphPermission::find(&source.name).unwrap();
        assert_eq!(row.live, source.live, "{}", source.name);
        assert_eq!(row.privilege_level(AccessScheme::Delegated), source.privilege_level.delegated);
        assert_eq!(row.privilege_level(AccessScheme::Application), source.privilege_level.application);
        assert_eq!(row.privilege_level(AccessScheme::PersonalAccount), source.privilege_level.personal);
        for (kind, facts) in
            [(PermissionKind::Delegated, source.delegated), (PermissionKind::Application, source.application)]
        {
            let id = row.facts(kind).and_then(|facts| facts.id).map(|id| id.to_string());
            assert_eq!(id, facts.and_then(|facts| facts.id), "{} {kind:?}", source.name);
        }
    }
}

/// The rows, without a second spelling of a live name: names are looked up in any case.
fn source() -> Vec<Row> {
    let file: File = fixture("graph-permissions.json");
    let mut rows = file.permissions;
    let live: HashSet<_> = rows.iter().filter(|row| row.live).map(|row| row.name.to_ascii_lowercase()).collect();
    rows.retain(|row| row.live || !live.contains(&row.name.to_ascii_lowercase()));
    rows
}

impl Row {
    fn status(&self, facts: &Facts) -> &'static str {
        match (facts.enabled, facts.listed_only, self.why.as_deref()) {
            (Some(false), ..) => "Disabled",
            (_, true, Some("resourceSpecific")) => "ResourceSpecific",
            (_, true, _) => "ListedOnly",
            _ => "Live",
        }
    }
}

fn number(facts: &Facts) -> String {
    facts.id.as_ref().map_or_else(|| "0".to_owned(), |id| format!("0x{}", id.replace('-', "_")))
}
