//! The known issues: one row per issue, in one file per noun, sorted by name.
//!
//! A row says what a technician of a partner needs: why it happens, who acts and how. Codes and texts that lead here
//! are rows of the [`tables`](super::tables); issues without one are found by flows. Steps that recur are constants.

mod application;
mod azure;
mod call;
mod consent;
mod exchange;
mod partner;
mod sign_in;
mod steps;
mod tenant;

use super::{Diagnosis, ErrorKind, RetryAdvice, WhoActs};

/// Finds an issue by its name.
pub(super) fn find(issue: &str) -> Option<&'static Diagnosis> {
    GROUPS.iter().find_map(|rows| {
        let at = rows.binary_search_by_key(&issue, |row| row.issue).ok()?;
        Some(&rows[at])
    })
}

/// All issues.
pub(super) fn all() -> impl Iterator<Item = &'static Diagnosis> {
    GROUPS.iter().flat_map(|rows| rows.iter())
}

static GROUPS: [&[Diagnosis]; 8] = [
    application::ISSUES,
    azure::ISSUES,
    call::ISSUES,
    consent::ISSUES,
    exchange::ISSUES,
    partner::ISSUES,
    sign_in::ISSUES,
    tenant::ISSUES,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_are_sorted_and_found_by_name() {
        for rows in GROUPS {
            for pair in rows.windows(2) {
                assert!(pair[0].issue < pair[1].issue, "{} before {}", pair[0].issue, pair[1].issue);
            }
        }
        for row in all() {
            assert!(std::ptr::eq(Diagnosis::find(row.issue).unwrap(), row));
        }
        assert!(Diagnosis::find("no-such-issue").is_none());
    }

    #[test]
    fn every_issue_tells_somebody_what_to_do() {
        for row in all() {
            let name = row.issue;
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{name}");
            assert!(!row.remedy.is_empty() || row.who_acts == WhoActs::Nobody, "{name}");
            assert!(!row.title.ends_with('.') && row.title.len() <= 80, "{name}: {}", row.title);
            assert!(row.cause.ends_with('.') && !row.page.is_empty(), "{name}");
            for step in row.remedy {
                assert!(step.ends_with('.') && step.starts_with(|c: char| c.is_ascii_uppercase()), "{name}: {step}");
            }
        }
    }

    #[test]
    fn retry_advice_agrees_with_the_kind() {
        for row in all() {
            let waits = matches!(row.retry, RetryAdvice::Now | RetryAdvice::AfterDelay);
            // Another change that is under way ends by itself, although the kind cannot know that.
            let waits_for_other = row.kind == ErrorKind::Conflict && row.who_acts == WhoActs::Nobody;
            assert!(waits == row.kind.is_retryable() || (waits && waits_for_other), "{}", row.issue);
        }
    }

    #[test]
    fn conditional_access_names_the_exact_exclusion() {
        for name in ["conditional-access-blocked", "delegated-consent-conditional-access"] {
            let steps = Diagnosis::find(name).unwrap().remedy.join(" ");
            let parts = ["Guest or external users", "Service provider users", "tenant id of the partner"];
            let at: Vec<_> = parts.iter().map(|part| steps.find(part).unwrap()).collect();
            assert!(at.is_sorted(), "{steps}");
        }
    }
}
