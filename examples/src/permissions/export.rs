//! `export`.

use bundle_core::catalog::{Selection, permission_risk};
use serde_json::{Value, json};

use super::{Answer, Format};
use crate::exit::Failure;

pub(super) fn export(format: Format, selection: &Selection) -> Result<Answer, Failure> {
    if format == Format::Manifest {
        let manifest = json!(selection.required_resource_access()?);
        return Ok(Answer::new(format!("{manifest:#}\n"), manifest, true));
    }
    let rows: Vec<[String; 7]> = selection
        .permissions()
        .flat_map(|row| {
            row.kinds().map(move |kind| {
                let risk = permission_risk(row, kind);
                [
                    row.resource.key.to_owned(),
                    row.name.to_owned(),
                    kind.to_string(),
                    row.id(kind).map(|id| id.to_string()).unwrap_or_default(),
                    if row.core { "yes" } else { "no" }.to_owned(),
                    risk.grade.to_string(),
                    risk.reason,
                ]
            })
        })
        .collect();
    let line = |cells: &[String]| match format {
        Format::Markdown => format!("| {} |\n", cells.join(" | ")),
        _ => cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n",
    };
    let mut text = line(&HEADER.map(str::to_owned));
    if format == Format::Markdown {
        text.push_str(&line(&HEADER.map(|_| "---".to_owned())));
    }
    rows.iter().for_each(|row| text.push_str(&line(row)));
    let object = |row: &[String; 7]| -> Value {
        HEADER.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), json!(cell))).collect()
    };
    Ok(Answer::new(text, rows.iter().map(object).collect(), true))
}

/// A cell of a CSV file (RFC 4180).
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

const HEADER: [&str; 7] = ["resource", "name", "kind", "id", "core", "risk", "reason"];
