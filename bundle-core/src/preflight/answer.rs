//! The answer of a preflight.

use std::fmt;

use serde::Serialize;

use crate::catalog::PermissionKind;
use crate::error::{Diagnosis, Error, ErrorKind};

/// Whether a call can work, why, and what would have to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Answer {
    /// The call, without its query.
    pub operation: String,
    /// The answer.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What it rests on, in the order in which it was looked at.
    pub evidence: Vec<Evidence>,
    /// The smallest change that would allow the call, one sentence a step; empty unless it is denied.
    pub change: Vec<String>,
}

/// Whether a call can work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Verdict {
    /// All that is known to be needed is there.
    Allowed,
    /// Something is missing without which it cannot work.
    Denied {
        /// What is missing, the first obstacle first; all of it is needed.
        missing: Vec<Missing>,
    },
    /// The tables or the facts do not tell; the evidence says which.
    Unknown,
}

/// Something without which a call cannot work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "missing", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Missing {
    /// No GDAP relationship with the customer is in force.
    Relationship,
    /// The account's token has none of these scopes, the least privileged first.
    #[serde(rename_all = "camelCase")]
    Scope {
        /// The names.
        any_of: Vec<&'static str>,
    },
    /// The application's token has none of these app roles, the least privileged first.
    #[serde(rename_all = "camelCase")]
    AppRole {
        /// The names.
        any_of: Vec<&'static str>,
    },
    /// The call works as the other kind only.
    #[serde(rename_all = "camelCase")]
    OtherKind {
        /// That kind.
        needed: PermissionKind,
    },
    /// No relationship in force gives the account one of these roles.
    #[serde(rename_all = "camelCase")]
    GdapRole {
        /// The names.
        any_of: Vec<&'static str>,
    },
    /// The tenant has no licence with one of these service plans.
    #[serde(rename_all = "camelCase")]
    Licence {
        /// Names of service plans, or the beginnings of them.
        any_of: Vec<&'static str>,
    },
}

/// One fact the answer rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Evidence {
    /// `true` speaks for the call, `false` against it, `None` leaves it open.
    pub supports: Option<bool>,
    /// The fact, in words.
    pub fact: String,
}

impl Missing {
    /// The kind the service's own refusal would have.
    #[must_use]
    pub const fn error_kind(&self) -> ErrorKind {
        match self {
            Self::Relationship => ErrorKind::RelationshipInactive,
            Self::Scope { .. } | Self::AppRole { .. } => ErrorKind::ConsentRequired,
            Self::GdapRole { .. } | Self::OtherKind { .. } => ErrorKind::PermissionDenied,
            Self::Licence { .. } => ErrorKind::LicenseMissing,
        }
    }

    /// The name of the known issue, see [`Diagnosis::find`].
    const fn issue(&self) -> &'static str {
        match self {
            Self::Relationship => "gdap-relationship-not-active",
            Self::Scope { .. } | Self::AppRole { .. } => "permission-not-in-token",
            Self::OtherKind { .. } => "call-needs-other-kind",
            Self::GdapRole { .. } => "gdap-role-missing",
            Self::Licence { .. } => "service-plan-missing",
        }
    }
}

impl Answer {
    /// The error a call ends with that is not sent because of this answer; `None` unless it is denied.
    #[must_use]
    pub fn error(&self) -> Option<Error> {
        let Verdict::Denied { missing } = &self.verdict else { return None };
        let first = missing.first()?;
        let error = Error::new(first.error_kind(), format!("not sent, it cannot work: {}", self.change.join("; ")));
        Some(match Diagnosis::find(first.issue()) {
            Some(diagnosis) => error.with_diagnosis(diagnosis),
            None => error,
        })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match &self.verdict {
            Verdict::Allowed => "allowed",
            Verdict::Denied { .. } => "denied",
            Verdict::Unknown => "unknown",
        };
        write!(f, "{}: {word}", self.operation)?;
        for evidence in &self.evidence {
            let sign = match evidence.supports {
                Some(true) => '+',
                Some(false) => '-',
                None => '?',
            };
            write!(f, "\n  {sign} {}", evidence.fact)?;
        }
        for change in &self.change {
            write!(f, "\n  > {change}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_a_known_issue_of_its_kind() {
        let any_of = vec!["X"];
        for missing in [
            Missing::Relationship,
            Missing::Scope { any_of: any_of.clone() },
            Missing::AppRole { any_of: any_of.clone() },
            Missing::OtherKind { needed: PermissionKind::Application },
            Missing::GdapRole { any_of: any_of.clone() },
            Missing::Licence { any_of },
        ] {
            let answer = Answer {
                operation: "GET /users".to_owned(),
                verdict: Verdict::Denied { missing: vec![missing.clone()] },
                evidence: Vec::new(),
                change: vec!["change it".to_owned()],
            };
            let error = answer.error().unwrap();
            let diagnosis = error.diagnosis().unwrap_or_else(|| panic!("{missing:?}"));
            assert_eq!((diagnosis.kind, error.kind()), (missing.error_kind(), missing.error_kind()), "{missing:?}");
            assert!(!diagnosis.remedy.is_empty() && error.message().contains("change it"));
        }
    }
}
