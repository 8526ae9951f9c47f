//! The tables of the catalog against their JSON sources; `UPDATE_CATALOG=1` rewrites the tables.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use bundle_core::Integration;
use bundle_core::catalog::{PermissionKind, Resource, STOCK, ScopeString, Selection, StockPermission};
use bundle_core::gdap::{DirectoryRole, GDAP_ROLES};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PermissionFile {
    resources: Vec<SourceResource>,
    permissions: Vec<SourcePermission>,
    read_scopes_covered_by_read_write: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceResource {
    key: String,
    name: String,
    app_id: String,
    resource_uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourcePermission {
    integration: Integration,
    resource: String,
    name: String,
    types: SourceTypes,
    core: bool,
    #[serde(default)]
    open_id_scope: bool,
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    methods: Vec<String>,
    #[serde(default)]
    urls: Vec<String>,
    #[serde(default)]
    trigger_types: Vec<String>,
    owned_app: Option<String>,
}

#[derive(Deserialize)]
struct SourceTypes {
    delegated: Option<String>,
    application: Option<String>,
}

#[derive(Deserialize)]
struct TwelveFile {
    roles: Vec<SourceGdapRole>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceGdapRole {
    name: String,
    template_id: String,
    privileged: bool,
}

#[derive(Deserialize)]
struct RoleFile {
    roles: Vec<SourceRole>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceRole {
    name: String,
    template_id: String,
    privileged: bool,
    documented: bool,
    gdap_supported: Option<bool>,
    gdap_evidence: String,
    #[serde(default)]
    other_names: Vec<String>,
}

#[test]
fn stock_table_equals_its_source() {
    let file: PermissionFile = fixture("bundle-permissions.json");
    let mut text = String::from(
        "//! The stock permissions of the bundle, sorted by resource and name. Written by the golden test.\n\
         //!\n\
         //! The ids are those of the scopes and app roles on the resources' service principals.\n\n\
         use crate::catalog::permission::{Mark, StockPermission};\n\
         use crate::catalog::resource::Resource;\n\
         use crate::integration::Integration;\n\n\
         /// The stock permissions of all integrations, sorted by resource and name; [`StockPermission::find`] and\n\
         /// [`StockPermission::of`] search it.\n\
         #[rustfmt::skip]\n\
         pub static STOCK: &[StockPermission] = &[\n",
    );
    for row in &file.permissions {
        let mark = match (row.core, row.open_id_scope) {
            (true, _) => "Core",
            (_, true) => "OpenId",
            _ => "None",
        };
        writeln!(
            text,
            "    StockPermission::row(Integration::{:?}, Resource::{}, {:?}, {:?}, {:?}, Mark::{mark}),",
            row.integration,
            constant(&row.resource),
            row.name,
            row.types.delegated,
            row.types.application,
        )
        .unwrap();
    }
    text.push_str("];\n");
    compare("stock.rs", &text);
}

#[test]
fn role_tables_equal_their_sources() {
    let twelve: TwelveFile = fixture("gdap-roles.json");
    let all: RoleFile = fixture("entra-roles.json");
    let mut text = String::from(
        "//! The directory roles, sorted by name. Written by the golden test.\n\
         //!\n\
         //! Source: \"Microsoft Entra built-in roles\" (Microsoft Learn).\n\n\
         use crate::gdap::{DirectoryRole, GdapEvidence, GdapRole};\n\n\
         /// The 12 roles of the bundle's GDAP relationships, sorted by name.\n\
         #[rustfmt::skip]\n",
    );
    writeln!(text, "pub static GDAP_ROLES: [GdapRole; {}] = [", twelve.roles.len()).unwrap();
    for role in &twelve.roles {
        writeln!(text, "    GdapRole::row({:?}, {:?}, {}),", role.name, role.template_id, role.privileged).unwrap();
    }
    text.push_str("];\n\n#[rustfmt::skip]\npub(crate) static DIRECTORY_ROLES: &[DirectoryRole] = &[\n");
    for SourceRole { name, template_id, privileged, documented, gdap_evidence, other_names, .. } in &all.roles {
        let evidence = upper_first(gdap_evidence);
        writeln!(
            text,
            "    DirectoryRole::row({name:?}, {template_id:?}, {privileged}, {documented}, \
             GdapEvidence::{evidence}, &{other_names:?}),"
        )
        .unwrap();
    }
    text.push_str("];\n");
    compare("roles.rs", &text);
}

#[test]
fn gdap_support_follows_from_its_evidence() {
    let all: RoleFile = fixture("entra-roles.json");
    for source in all.roles {
        let role = DirectoryRole::find(&source.name).unwrap();
        assert_eq!(role.gdap_supported, source.gdap_supported, "{}", source.name);
    }
}

#[test]
fn stock_facts_equal_their_source() {
    let file: PermissionFile = fixture("bundle-permissions.json");
    let mut text = String::from(
        "//! What the stock permissions are for, in the order of the stock table. Written by the golden test.\n\n\
         use crate::catalog::stock_facts::{OwnedAppMark, StockFacts};\n\n\
         #[rustfmt::skip]\n\
         pub(crate) static STOCK_FACTS: &[StockFacts] = &[\n",
    );
    for SourcePermission { resource, name, actions, methods, urls, trigger_types, owned_app, .. } in &file.permissions {
        let mark = match owned_app.as_deref() {
            None => "None".to_owned(),
            Some("edge-cases") => "Some(OwnedAppMark::EdgeCases)".to_owned(),
            Some(mark) => format!("Some(OwnedAppMark::{})", upper_first(mark)),
        };
        writeln!(
            text,
            "    /* {resource}/{name} */ StockFacts::row(&{actions:?}, &{methods:?}, &{urls:?}, \
             &{trigger_types:?}, {mark}),"
        )
        .unwrap();
    }
    text.push_str("];\n");
    compare("stock_facts.rs", &text);
}

#[test]
fn resources_equal_their_source() {
    let file: PermissionFile = fixture("bundle-permissions.json");
    assert_eq!(file.resources.len(), Resource::ALL.len());
    for (source, resource) in file.resources.iter().zip(Resource::ALL) {
        assert_eq!(source.key, resource.key);
        assert_eq!(source.name, resource.name);
        assert_eq!(source.app_id, resource.app_id.to_string());
        assert_eq!(source.resource_uri, resource.uri);
    }
}

#[test]
fn stock_is_sorted_unique_and_every_row_has_an_id() {
    let keys: Vec<_> = STOCK.iter().map(|row| (row.resource.key, row.name.to_ascii_lowercase())).collect();
    assert!(keys.is_sorted_by(|a, b| a < b));
    let mut ids = HashSet::new();
    for row in STOCK {
        assert!(row.delegated.is_some() || row.application.is_some(), "{}", row.name);
        for kind in [PermissionKind::Delegated, PermissionKind::Application] {
            if let Some(id) = row.id(kind) {
                assert!(!id.as_uuid().is_nil() && ids.insert((id, kind)), "{} {kind:?}", row.name);
            }
        }
    }
}

#[test]
fn stock_has_the_counts_of_the_specification() {
    let graph = StockPermission::of(Resource::GRAPH);
    let count = |matches: fn(&StockPermission) -> bool| graph.iter().filter(|row| matches(row)).count();
    assert_eq!(graph.len(), 177);
    assert_eq!(count(|row| row.open_id), 4);
    assert_eq!(count(|row| row.delegated.is_some() && !row.open_id), 157);
    assert_eq!(count(|row| row.application.is_some()), 141);
    assert_eq!(count(|row| row.delegated.is_some() && row.application.is_some()), 125);
    let core: Vec<_> = STOCK.iter().filter(|row| row.core).map(StockPermission::qualified_name).collect();
    assert_eq!(core, ["graph/Application.ReadWrite.All", "graph/AppRoleAssignment.ReadWrite.All"]);
    assert_eq!(STOCK.len(), 187);
}

#[test]
fn roles_are_sorted_and_unique() {
    assert!(GDAP_ROLES.is_sorted_by(|a, b| a.name.to_ascii_lowercase() < b.name.to_ascii_lowercase()));
    let all = DirectoryRole::all();
    assert_eq!(all.len(), 145);
    assert!(all.is_sorted_by(|a, b| a.name.to_ascii_lowercase() < b.name.to_ascii_lowercase()));
    assert_eq!(all.iter().map(|role| role.template_id).collect::<HashSet<_>>().len(), all.len());
}

#[test]
fn covered_read_scopes_equal_the_source() {
    let file: PermissionFile = fixture("bundle-permissions.json");
    let stock = Selection::stock(&[]).scope_string(Resource::GRAPH).unwrap();
    let covered = ScopeString::try_new(&file.read_scopes_covered_by_read_write).unwrap();
    assert_eq!(covered.len(), 48);
    assert_eq!(stock.missing_from(&stock.without_covered_reads()), covered.iter().collect::<Vec<_>>());
}

pub(crate) fn upper_first(name: &str) -> String {
    name[..1].to_ascii_uppercase() + &name[1..]
}

/// The name of the constant of a resource key.
pub(crate) fn constant(key: &str) -> &'static str {
    match key {
        "azure-key-vault" => "KEY_VAULT",
        "azure-service-management" => "AZURE_SERVICE_MANAGEMENT",
        "azure-storage" => "STORAGE",
        "exchange" => "EXCHANGE",
        "graph" => "GRAPH",
        "office365-management" => "OFFICE365_MANAGEMENT",
        "partner-center" => "PARTNER_CENTER",
        other => panic!("no constant for the resource {other:?}"),
    }
}

pub(crate) fn compare(table: &str, expected: &str) {
    let path = root().join("src/catalog/data").join(table);
    if std::env::var_os("UPDATE_CATALOG").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let actual = std::fs::read_to_string(&path).unwrap();
    let differs = actual.lines().zip(expected.lines()).position(|(a, b)| a != b);
    assert!(
        actual == expected,
        "{table} differs from its source, first in line {}; set UPDATE_CATALOG=1 to rewrite it",
        differs.map_or_else(|| actual.lines().count().min(expected.lines().count()), |line| line + 1)
    );
}

pub(crate) fn fixture<T: DeserializeOwned>(name: &str) -> T {
    let text = std::fs::read_to_string(root().join("tests/fixtures/catalog").join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
