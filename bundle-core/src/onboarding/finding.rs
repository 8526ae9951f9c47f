//! What a person has to know and do.

use serde::Serialize;

use crate::consent::GrantStep;
use crate::error::{Diagnosis, Error, ErrorKind, UNKNOWN_THERE, WhoActs};

/// Something that keeps an integration from working: which issue, who acts, how, and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Finding {
    /// The known issue, or `unknown`.
    pub issue: &'static str,
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// Who has to act: `developer`, `partner`, `customer` or `nobody`.
    pub who_acts: &'static str,
    /// What to do, in order.
    pub remedy: Vec<String>,
    /// What was seen: the error, a policy, a missing role.
    pub evidence: String,
}

impl Finding {
    /// A finding about a known issue; an issue the table does not have is reported as unknown.
    #[must_use]
    pub fn known(issue: &str, evidence: impl Into<String>) -> Self {
        match Diagnosis::find(issue) {
            Some(diagnosis) => Self::of_diagnosis(diagnosis, diagnosis.kind, evidence.into()),
            None => Self::unknown(ErrorKind::Other, evidence.into()),
        }
    }

    /// A finding about an error.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        match error.diagnosis() {
            Some(diagnosis) => Self::of_diagnosis(diagnosis, error.kind(), error.to_string()),
            None => Self::unknown(error.kind(), error.to_string()),
        }
    }

    /// A finding about an error of a named step.
    #[must_use]
    pub fn of_step(step: &str, error: &Error) -> Self {
        let finding = Self::of(error);
        Self { evidence: format!("{step}: {}", finding.evidence), ..finding }
    }

    /// Whether consent in the tenant would help, see [`Error::lacks_consent`].
    pub(crate) fn lacks_consent(&self) -> bool {
        self.kind == ErrorKind::ConsentRequired || self.issue == UNKNOWN_THERE
    }

    /// Findings about grants that failed, one for each issue.
    pub(crate) fn of_steps(failed: &[(GrantStep, Error)]) -> Vec<Self> {
        let mut findings: Vec<Self> = Vec::new();
        for (step, error) in failed {
            let finding = Self::of_step(&step.to_string(), error);
            if !findings.iter().any(|known| known.issue == finding.issue && known.kind == finding.kind) {
                findings.push(finding);
            }
        }
        findings
    }

    /// The same with another step to take first.
    #[must_use]
    pub fn first(mut self, step: impl Into<String>) -> Self {
        self.remedy.insert(0, step.into());
        self
    }

    fn of_diagnosis(diagnosis: &'static Diagnosis, kind: ErrorKind, evidence: String) -> Self {
        Self {
            issue: diagnosis.issue,
            kind,
            who_acts: diagnosis.who_acts.as_str(),
            remedy: diagnosis.remedy.iter().map(|step| (*step).to_owned()).collect(),
            evidence,
        }
    }

    fn unknown(kind: ErrorKind, evidence: String) -> Self {
        let (who_acts, remedy) = if kind.is_retryable() {
            (WhoActs::Nobody, "Run again later; the state is kept.")
        } else {
            (
                WhoActs::Partner,
                "Quote the request id to Microsoft support, or look the code up in Microsoft's documentation.",
            )
        };
        Self { issue: "unknown", kind, who_acts: who_acts.as_str(), remedy: vec![remedy.to_owned()], evidence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_the_flows_name_are_known() {
        for issue in [
            "admin-agents-missing",
            "conditional-access-blocked",
            "gdap-approval-pending",
            "gdap-role-missing",
            "mfa-required",
        ] {
            let finding = Finding::known(issue, "seen");
            assert_eq!(finding.issue, issue);
            assert!(!finding.remedy.is_empty(), "{issue}");
        }
        assert_eq!(Finding::known("no-such-issue", "seen").issue, "unknown");
    }

    #[test]
    fn finding_is_written_as_the_report_promises() {
        let finding = Finding::known("gdap-role-missing", "Exchange Administrator").first("Do this.");
        let json = serde_json::to_value(&finding).unwrap();
        assert_eq!(json["whoActs"], "partner");
        assert_eq!(json["kind"], "PermissionDenied");
        assert_eq!(json["remedy"][0], "Do this.");
        assert_eq!(json["evidence"], "Exchange Administrator");
    }
}
