//! `least-privilege`.

use std::fmt::Write as _;

use bundle_core::catalog::{Operation, PermissionKind, least_privilege};
use serde_json::json;

use super::Answer;
use crate::exit::Failure;

pub(super) fn least(operations: &[String], application: bool) -> Result<Answer, Failure> {
    let (mut parsed, mut wrong) = (Vec::new(), Vec::new());
    for text in operations {
        match text.parse::<Operation>() {
            Ok(operation) => parsed.push(operation),
            Err(error) => wrong.push(error.message().to_owned()),
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::usage(wrong.join("; ")));
    }
    let kind = if application { PermissionKind::Application } else { PermissionKind::Delegated };
    let least = least_privilege(&parsed, kind);
    let how = if least.is_exact { "no smaller set is enough" } else { "none of them can be left out" };
    let mut text = format!("{} {kind} permission(s), {how}\n", least.permissions.len());
    for permission in &least.permissions {
        let level = permission.privilege_level.map(|level| format!(" (level {level})")).unwrap_or_default();
        let _ = writeln!(text, "  {}/{}{level}", permission.resource.key, permission.name);
        for operation in &permission.operations {
            let _ = writeln!(text, "    {operation}");
        }
    }
    for (list, why) in [
        (&least.unsupported, format!("no {kind} permission is enough")),
        (&least.unknown, "not in the tables, or its rights are not permissions".to_owned()),
    ] {
        for operation in list {
            let _ = writeln!(text, "  {operation}: {why}");
        }
    }
    let all_right = least.unsupported.is_empty() && least.unknown.is_empty();
    Ok(Answer::new(text, json!(least), all_right))
}
