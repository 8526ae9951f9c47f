//! `impact` and `diff`.

use std::fmt::Write as _;
use std::path::Path;

use bundle_core::catalog::{Selection, StockPermission, impact, risk};
use bundle_core::consent::{GrantSnapshot, WantedGrants, diff};
use bundle_core::ids::AppId;
use serde_json::{Value, json};

use super::Answer;
use super::args::read_file;
use crate::exit::Failure;
use crate::onboard::guid;

pub(super) fn impact_of(selection: &Selection) -> Result<Answer, Failure> {
    let impact = impact(selection);
    let risk = risk(selection);
    let mut text = format!("{} permission(s), risk {}\n", selection.permissions().count(), risk.grade);
    for reason in risk.reasons() {
        let _ = writeln!(text, "  {reason}");
    }
    if !impact.left_out.is_empty() {
        let _ = writeln!(text, "left out of the stock: {}", impact.left_out.len());
        for row in &impact.left_out {
            let actions = row.facts().actions.join(", ");
            let _ = writeln!(text, "  {}{}{actions}", row.qualified_name(), if actions.is_empty() { "" } else { ": " });
        }
    }
    if impact.stopped.is_empty() {
        text.push_str("every operation of the bundle works\n");
    } else {
        let _ = writeln!(text, "operations that stop: {}", impact.stopped.len());
    }
    for stopped in &impact.stopped {
        let _ = writeln!(text, "  {} {}", stopped.class, stopped.operation);
        for missing in &stopped.missing {
            let _ = writeln!(text, "    {} needs {}", missing.operation, missing.any_of.join(" or "));
        }
    }
    let left_out: Vec<Value> = impact
        .left_out
        .iter()
        .map(|row| json!({"permission": row.qualified_name(), "actions": row.facts().actions}))
        .collect();
    let json = json!({
        "permissions": selection.permissions().map(StockPermission::qualified_name).collect::<Vec<_>>(),
        "risk": {"grade": risk.grade, "reasons": risk.reasons()},
        "leftOut": left_out, "stopped": impact.stopped,
    });
    Ok(Answer::new(text, json, impact.stopped.is_empty()))
}

pub(super) fn diff_with(
    app_role_assignments: &Path,
    permission_grants: &Path,
    application: Option<&str>,
    selection: &Selection,
) -> Result<Answer, Failure> {
    let application: Option<AppId> = application.map(|text| guid("--application", text)).transpose()?;
    let roles = read_file("--app-role-assignments", app_role_assignments)?;
    let grants = read_file("--permission-grants", permission_grants)?;
    let snapshot = GrantSnapshot::from_answers(&roles, &grants)?;
    if snapshot.client.is_none() && application.is_none() {
        return Err(Failure::usage("--application is needed: nothing is granted, so the files do not name it"));
    }
    let diff = diff(&WantedGrants::of(selection)?, &snapshot)?;
    let writes = diff.plan.writes(&application.unwrap_or(UNNAMED), &snapshot);
    let mut text = diff.to_string();
    if writes.is_empty() {
        text.push_str("nothing to write\n");
    } else {
        let _ = writeln!(text, "{} write(s)", writes.len());
    }
    for write in &writes {
        let _ = writeln!(text, "  {write}");
    }
    let json = json!({"resources": diff.resources, "foreign": diff.foreign, "writes": writes});
    Ok(Answer::new(text, json, diff.is_complete()))
}

/// Stands for an application whose id no write names.
const UNNAMED: AppId = AppId::from_u128(1);
