//! A finding for a person.

use std::ffi::OsStr;
use std::io::Write;

use bundle_core::doctor::{Confidence, Finding};

/// Writes the finding; with colours when the output is a terminal that wants them.
///
/// # Errors
/// The output cannot be written.
pub fn write(out: &mut dyn Write, finding: &Finding, colours: bool) -> std::io::Result<()> {
    let paint = |code: &str, text: &str| {
        if colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let colour = match finding.confidence {
        Confidence::Certain => "32",
        Confidence::Likely => "33",
        _ => "31",
    };
    writeln!(out, "{}", paint("1", finding.title))?;
    let issue = finding.issue.map(|issue| format!(", issue {issue}")).unwrap_or_default();
    writeln!(out, "  {} ({}{issue})", finding.kind, paint(colour, finding.confidence.as_str()))?;
    writeln!(out, "  {}", finding.cause)?;
    writeln!(out, "  who acts: {}", finding.who_acts.as_str())?;
    match finding.wait {
        Some(wait) => writeln!(out, "  retry: {}, {} seconds", finding.retry.as_str(), wait.as_secs())?,
        None => writeln!(out, "  retry: {}", finding.retry.as_str())?,
    }
    for (number, step) in finding.remedy.iter().enumerate() {
        writeln!(out, "  {}. {step}", number + 1)?;
    }
    if !finding.candidates.is_empty() {
        writeln!(out, "It may also be:")?;
        for other in &finding.candidates {
            writeln!(out, "  {}, when {}", paint("1", other.diagnosis.issue), other.when)?;
        }
    }
    let named = serde_json::to_value(&finding.identifiers)?;
    if let Some(members) = named.as_object().filter(|members| !members.is_empty()) {
        writeln!(out, "Named in the text:")?;
        for (name, value) in members {
            let values = match value {
                serde_json::Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
                value => plain(value),
            };
            writeln!(out, "  {name}: {values}")?;
        }
    }
    Ok(())
}

/// Whether to write with colours: to a terminal only, and not when `NO_COLOR` has a value.
#[must_use]
pub fn colours(is_terminal: bool, no_color: Option<&OsStr>) -> bool {
    is_terminal && no_color.is_none_or(OsStr::is_empty)
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_that_do_not_refuse_them() {
        for (is_terminal, no_color, wanted) in
            [(true, None, true), (true, Some(""), true), (true, Some("1"), false), (false, None, false)]
        {
            assert_eq!(colours(is_terminal, no_color.map(OsStr::new)), wanted, "{is_terminal} {no_color:?}");
        }
    }

    #[test]
    fn colours_are_there_only_when_wanted() {
        let finding = bundle_core::doctor::diagnose("AADSTS50020: x");
        for colours in [false, true] {
            let mut out = Vec::new();
            write(&mut out, &finding, colours).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.contains('\u{1b}'), colours);
            assert!(text.contains("user-unauthorized-50020") && text.contains("  1. "), "{text}");
        }
    }
}
