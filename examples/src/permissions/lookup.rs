//! `search` and `show`.

use std::fmt::Write as _;

use bundle_core::catalog::{
    BundleOperation, Coverage, GraphPermission, PermissionKind, PermissionRisk, PermissionStatus, Resource, STOCK,
    Selection, StockPermission, risk,
};
use serde_json::{Value, json};

use super::Answer;
use super::names::{Named, find_all};
use crate::exit::Failure;
use crate::table::layout;

pub(super) fn search(words: &[String]) -> Answer {
    let words: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let fits = |texts: &[&str]| {
        words.iter().all(|word| texts.iter().any(|text| text.to_ascii_lowercase().contains(word.as_str())))
    };
    let mut rows = Vec::new();
    let mut json = Vec::new();
    let mut push = |resource: Resource, name: &str, kinds: String, title: &str| {
        let stock = StockPermission::find(resource, name).is_some();
        rows.push(vec![
            format!("{}/{name}", resource.key),
            kinds.clone(),
            if stock { "stock" } else { "" }.to_owned(),
            title.to_owned(),
        ]);
        let kinds: Vec<&str> = kinds.split('+').collect();
        json.push(json!({"resource": resource, "name": name, "kinds": kinds, "stock": stock, "title": title}));
    };
    for row in GraphPermission::all() {
        let facts = [row.delegated, row.application];
        let mut texts = vec!["graph", row.name];
        texts.extend(facts.iter().flatten().flat_map(|facts| [facts.display_name, facts.description]));
        if fits(&texts) {
            let kinds = PermissionKind::ALL.into_iter().filter(|kind| row.facts(*kind).is_some());
            let title = facts.iter().flatten().map(|facts| facts.display_name).next().unwrap_or_default();
            push(Resource::GRAPH, row.name, join_kinds(kinds), title);
        }
    }
    for row in STOCK.iter().filter(|row| row.resource != Resource::GRAPH) {
        if fits(&[row.resource.key, row.resource.name, row.name]) {
            push(row.resource, row.name, join_kinds(row.kinds()), row.resource.name);
        }
    }
    let found = !rows.is_empty();
    let mut text = String::new();
    if found {
        text.push_str(&layout(&["permission", "kinds", "", "title"], &rows));
    } else {
        text.push_str("nothing has all of these words\n");
        if let Some(near) = GraphPermission::nearest(&words.join(" ")).first() {
            let _ = writeln!(text, "the nearest name is {near}");
        }
    }
    Answer::new(text, Value::Array(json), found)
}

pub(super) fn show(names: &[String]) -> Result<Answer, Failure> {
    let found = find_all(names)?;
    let mut text = String::new();
    let mut json = Vec::new();
    for (at, named) in found.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        let value = describe(named);
        write_one(&mut text, named, &value);
        json.push(value);
    }
    Ok(Answer::new(text, Value::Array(json), true))
}

fn join_kinds(kinds: impl Iterator<Item = PermissionKind>) -> String {
    kinds.map(PermissionKind::as_str).collect::<Vec<_>>().join("+")
}

/// All that is known, as JSON; the text is written from it.
fn describe(named: &Named) -> Value {
    let stock = named.stock();
    let resource = stock.map_or(Resource::GRAPH, |row| row.resource);
    let risks = selected(named).map(|selection| risk(&selection).permissions).unwrap_or_default();
    let mut kinds = serde_json::Map::new();
    for kind in PermissionKind::ALL {
        let risk = risks.iter().find(|risk| risk.kind == kind);
        let value = match named {
            Named::Graph(row) => row.facts(kind).map(|facts| {
                json!({
                    "id": facts.id, "status": status(facts.status), "adminConsentRequired": facts.admin_consent_required,
                    "title": facts.display_name, "description": facts.description,
                    "privilegeLevel": facts.privilege_level, "risk": risk.map(risk_json),
                })
            }),
            Named::Other(row) => {
                row.id(kind).map(|id| json!({"id": id, "status": "live", "risk": risk.map(risk_json)}))
            }
        };
        kinds.extend(value.map(|value| (kind.as_str().to_owned(), value)));
    }
    let facts = stock.map(|row| row.facts());
    let coverage = Coverage::find(resource, named.name());
    let roles: Vec<&str> = coverage.map(|row| row.roles.iter().map(|role| role.name).collect()).unwrap_or_default();
    let qualified = format!("{}/{}", resource.key, named.name());
    let uses = BundleOperation::all()
        .iter()
        .filter(|row| row.needs().iter().copied().flatten().any(|name| *name == named.name() || *name == qualified));
    json!({
        "resource": resource, "name": named.name(), "stock": stock.is_some(),
        "core": stock.is_some_and(|row| row.core), "kinds": kinds,
        "gdapRoles": roles, "gdapBasis": coverage.map(|row| row.basis),
        "operations": uses.map(|row| row.name).collect::<Vec<_>>(),
        "actions": facts.map(|facts| facts.actions).unwrap_or_default(),
        "urls": facts.map(|facts| facts.urls).unwrap_or_default(),
        "triggers": facts.map(|facts| facts.trigger_types).unwrap_or_default(),
    })
}

fn write_one(text: &mut String, named: &Named, value: &Value) {
    let mut line = |label: &str, content: &str| {
        if !content.is_empty() {
            let _ = writeln!(text, "{label:<14}{content}");
        }
    };
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().map(word).collect::<Vec<_>>().join(", ")
    };
    let marks = match (value["core"] == true, value["stock"] == true) {
        (true, _) => " (stock, core)",
        (_, true) => " (stock)",
        _ => "",
    };
    line("permission", &format!("{}/{}{marks}", word(&value["resource"]), named.name()));
    for kind in PermissionKind::ALL.map(PermissionKind::as_str) {
        let one = &value["kinds"][kind];
        if one.is_null() {
            continue;
        }
        let admin = if one["adminConsentRequired"] == false { ", users may consent" } else { "" };
        let state = word(&one["status"]);
        let state = if state == "live" { String::new() } else { format!(", {state}") };
        let id = one["id"].as_str().unwrap_or("no known id");
        let level = one["privilegeLevel"].as_u64().map(|level| format!(", level {level}")).unwrap_or_default();
        line(kind, &format!("{id}{state}{admin}{level}"));
        line("", &word(&one["title"]));
        if one["risk"].is_object() {
            line("", &format!("risk {}: {}", word(&one["risk"]["grade"]), word(&one["risk"]["reason"])));
        }
    }
    line("GDAP roles", &list(&value["gdapRoles"]));
    line("operations", &list(&value["operations"]));
    line("actions", &list(&value["actions"]));
    line("triggers", &list(&value["triggers"]));
}

/// A selection of the one permission, where it can be granted.
fn selected(named: &Named) -> Option<Selection> {
    let resource = named.stock().map_or(Resource::GRAPH, |row| row.resource);
    Selection::owned_app().with([format!("{}/{}", resource.key, named.name())]).ok()
}

fn risk_json(risk: &PermissionRisk) -> Value {
    json!({"grade": risk.grade, "reason": risk.reason})
}

fn status(status: PermissionStatus) -> &'static str {
    match status {
        PermissionStatus::Live => "live",
        PermissionStatus::Disabled => "switched off",
        PermissionStatus::ResourceSpecific => "for one team, chat or group",
        _ => "listed, not offered",
    }
}
