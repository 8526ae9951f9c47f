//! Explains an error that somebody pasted: which issue it is, who must act and how, and how sure that is.
//!
//! [`diagnose`] takes any text: an answer of a service, an exception, a callback address, a log, an HTTP dump.
//! [`diagnose_answer`] takes an answer whose service, status or headers are known. Nothing is sent, and what is decided
//! is decided by the engine that classifies live errors.

mod advice;
mod candidate;
mod identifiers;
mod origin;

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderMap;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::error::judge::{Basis, Evidence, Verdict, judge};
use crate::error::shape;
use crate::error::{ErrorKind, RetryAdvice, WhoActs};
use crate::redact::redact;
use crate::service::Service;

pub use candidate::Candidate;
pub use identifiers::Identifiers;

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Confidence {
    /// Nothing in the text says what it is.
    Unknown,
    /// It fits, but so may something else; see the candidates.
    Likely,
    /// A code says so, or a text known for it that came with a code or status.
    Certain,
}

impl Confidence {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// What an error means. It holds no text of the input but ids, times and codes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What a caller does next.
    pub kind: ErrorKind,
    /// The known issue, see [`Diagnosis::find`](crate::error::Diagnosis::find).
    pub issue: Option<&'static str>,
    /// How sure kind and issue are.
    pub confidence: Confidence,
    /// One line for a person.
    pub title: &'static str,
    /// Why it happens.
    pub cause: Cow<'static, str>,
    /// Who has to act.
    pub who_acts: WhoActs,
    /// What to do, in order: whole sentences, one step each.
    pub remedy: Vec<&'static str>,
    /// When the same call is worth repeating.
    pub retry: RetryAdvice,
    /// How long to wait before that, when it is known.
    pub wait: Option<Duration>,
    /// What the text named.
    pub identifiers: Identifiers,
    /// What else it may be, and what would tell.
    pub candidates: Vec<Candidate>,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Finding", 9)?;
        object.serialize_field("kind", self.kind.as_str())?;
        object.serialize_field("issue", &self.issue)?;
        object.serialize_field("confidence", self.confidence.as_str())?;
        object.serialize_field("whoActs", self.who_acts.as_str())?;
        object.serialize_field(
            "retry",
            &Retry { advice: self.retry.as_str(), wait: self.wait.map(|wait| wait.as_secs()) },
        )?;
        object.serialize_field("cause", &self.cause)?;
        object.serialize_field("remedy", &self.remedy)?;
        object.serialize_field("identifiers", &self.identifiers)?;
        object.serialize_field("candidates", &self.candidates)?;
        object.end()
    }
}

#[derive(serde::Serialize)]
struct Retry {
    advice: &'static str,
    #[serde(rename = "waitSeconds")]
    wait: Option<u64>,
}

/// Explains a pasted text of any form and size; at most its first and last 64 KiB are read.
///
/// ```
/// use bundle_core::doctor::{Confidence, diagnose};
/// use bundle_core::ErrorKind;
///
/// let finding = diagnose("MsalUiRequiredException: AADSTS50076: Due to a configuration change ...");
/// assert_eq!(finding.kind, ErrorKind::MfaRequired);
/// assert_eq!(finding.confidence, Confidence::Certain);
/// assert_eq!(diagnose("it does not work").confidence, Confidence::Unknown);
/// ```
#[must_use]
pub fn diagnose(text: &str) -> Finding {
    diagnose_answer(None, None, &HeaderMap::new(), text.as_bytes())
}

/// Explains an answer of which more is known than its body.
///
/// What is given counts more than what the body says about itself. The body may be anything, broken UTF-8 included.
#[must_use]
pub fn diagnose_answer(service: Option<Service>, status: Option<u16>, headers: &HeaderMap, body: &[u8]) -> Finding {
    let body = bounded(body);
    let text = shape::readable(&body);
    let origin = service.or_else(|| origin::of(&text));
    let mut pasted = shape::read_paste(origin, &text);
    let mut all = pasted.headers;
    for (name, value) in headers {
        all.append(name, value.clone());
    }
    if pasted.facts.codes.is_empty() {
        let code = all.get("x-ms-error-code").and_then(|value| value.to_str().ok());
        pasted.facts.codes.extend(code.map(str::to_owned));
    }
    let status = status.or(pasted.status);
    let evidence = Evidence { service: origin, status, headers: &all, facts: &pasted.facts, wide: true };
    let verdict = judge(&evidence);
    let mut identifiers = Identifiers::find(&text, &all);
    identifiers.service = origin;
    identifiers.status = status;
    identifiers.codes = pasted.facts.codes.iter().map(|code| redact(code)).collect();
    let waits = all.get(http::header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    finding(&verdict, &evidence, identifiers, waits.or(pasted.facts.wait))
}

fn finding(verdict: &Verdict<'_>, evidence: &Evidence<'_>, identifiers: Identifiers, waits: Option<u64>) -> Finding {
    let (kind, issue) = verdict.meaning;
    let row = verdict.diagnosis();
    let usual = advice::of(kind);
    let (candidates, open) = candidate::of(verdict, evidence);
    // Words alone are met in other errors too.
    let is_worded = verdict.code.is_none() && evidence.facts.codes.is_empty() && evidence.status.is_none();
    let confidence = match verdict.basis {
        _ if kind == ErrorKind::Other => Confidence::Unknown,
        Basis::Nothing => Confidence::Unknown,
        Basis::Own if !open && !is_worded => Confidence::Certain,
        _ => Confidence::Likely,
    };
    let retry = row.map_or(usual.retry, |row| row.retry);
    let wait = match (waits, retry) {
        (Some(seconds), RetryAdvice::AfterDelay | RetryAdvice::Now) => Some(seconds),
        (None, RetryAdvice::AfterDelay) => Some(advice::wait(kind, issue)),
        _ => None,
    };
    let cause = match row {
        Some(row) => Cow::Borrowed(row.cause),
        None if confidence == Confidence::Unknown => Cow::Owned(known(&identifiers)),
        None => Cow::Borrowed(usual.cause),
    };
    Finding {
        kind,
        issue: row.map(|row| row.issue),
        confidence,
        title: row.map_or(usual.title, |row| row.title),
        cause,
        who_acts: row.map_or(usual.who_acts, |row| row.who_acts),
        remedy: row.map_or(usual.remedy, |row| row.remedy).to_vec(),
        retry,
        wait: wait.map(Duration::from_secs),
        identifiers,
        candidates,
    }
}

/// What is known of an error that is not.
fn known(identifiers: &Identifiers) -> String {
    let mut parts = Vec::new();
    if let Some(status) = identifiers.status {
        parts.push(format!("status {status}"));
    }
    if let Some(code) = identifiers.codes.first() {
        parts.push(format!("code {code}"));
    }
    if let Some(service) = identifiers.service {
        parts.push(format!("service {service}"));
    }
    if parts.is_empty() {
        "The text names no code and no status.".to_owned()
    } else {
        format!("It fits no known issue; all that is known: {}.", parts.join(", "))
    }
}

/// The start and the end of a body that is too long.
fn bounded(body: &[u8]) -> Cow<'_, [u8]> {
    if body.len() <= 2 * HALF {
        return Cow::Borrowed(body);
    }
    Cow::Owned([&body[..HALF], b"\n", &body[body.len() - HALF..]].concat())
}

const HALF: usize = 64 * 1024;

#[cfg(test)]
mod tests;
