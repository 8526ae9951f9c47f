//! From what an answer said to what it means: the one place that decides, for live answers and for pasted text.
//!
//! The most specific evidence wins: a text that tells two meanings of one code apart, a code of the service, a text of
//! several services, the class of a number, a word of the sign-in protocol, the words of a name, the range of a number,
//! a plain sentence, the status.

use http::HeaderMap;

use super::shape::Facts;
use super::tables::{self, Meaning, Text};
use super::{Diagnosis, ErrorKind};
use crate::service::Service;

/// All that is known of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    /// The service that answered, when it is known.
    pub(crate) service: Option<Service>,
    /// The HTTP status, when it is known.
    pub(crate) status: Option<u16>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) facts: &'a Facts,
    /// Whether the tables of other services and of the libraries that wrap them are asked too.
    pub(crate) wide: bool,
}

/// What decided, the strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Basis {
    /// Nothing did.
    Nothing,
    /// The status alone, or a plain sentence.
    Status,
    /// The range of an AADSTS number.
    Range,
    /// A word of the sign-in protocol.
    Word,
    /// The class of a number, the words of a name, or a text that several services use.
    Class,
    /// A code or text of another service than the one that answered.
    Foreign,
    /// A code, text or challenge of the service.
    Own,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict<'a> {
    pub(crate) meaning: Meaning,
    /// The code that decided, when one did.
    pub(crate) code: Option<&'a str>,
    #[cfg_attr(not(feature = "flows"), expect(dead_code, reason = "how sure a verdict is, is for the doctor"))]
    pub(crate) basis: Basis,
}

impl<'a> Verdict<'a> {
    fn new(meaning: Meaning, basis: Basis) -> Self {
        Self { meaning, code: None, basis }
    }

    fn coded(meaning: Meaning, basis: Basis, code: &'a str) -> Self {
        Self { meaning, code: Some(code), basis }
    }

    pub(crate) fn diagnosis(&self) -> Option<&'static Diagnosis> {
        self.meaning.1.and_then(Diagnosis::find)
    }
}

/// Decides what the answer means.
pub(crate) fn judge<'a>(evidence: &Evidence<'a>) -> Verdict<'a> {
    let by_status = evidence.status.map(|status| tables::status(evidence.service, status));
    // 423 says that something is locked, while the code beside it may say no more than that access is denied.
    if let Some(meaning) = by_status.filter(|meaning| meaning.0 == ErrorKind::Throttled || evidence.status == Some(423))
    {
        return Verdict::new(meaning, Basis::Own);
    }
    let text = Text::new(&[&evidence.facts.message, &evidence.facts.more]);
    evidence
        .told(&text)
        .or_else(|| evidence.worded(&text))
        .or_else(|| evidence.known(&text))
        .or_else(|| evidence.likened(&text))
        .or_else(|| Some(Verdict::new(by_status?, Basis::Status)))
        .unwrap_or_else(|| Verdict::new((ErrorKind::Other, None), Basis::Nothing))
}

impl<'a> Evidence<'a> {
    /// By a text or challenge that says more than the code beside it.
    fn told(&self, text: &Text) -> Option<Verdict<'a>> {
        let product = || if self.wide { tables::product_text(text) } else { None };
        if let Some(meaning) = product().or_else(|| tables::text(self.service, text)) {
            return Some(Verdict::new(meaning, Basis::Own));
        }
        let challenged =
            self.status.is_none_or(|status| status == 401) && challenge(self.headers, "insufficient_claims");
        challenged.then(|| Verdict::new((ErrorKind::ReauthenticationRequired, Some("claims-challenge")), Basis::Own))
    }

    /// By the word of the sign-in protocol that comes first. The polling answers of the device code flow are known by
    /// theirs, whatever number stands beside it.
    fn worded(&self, text: &Text) -> Option<Verdict<'a>> {
        let meaning = self.facts.codes.first().and_then(|code| tables::oauth(code))?;
        if !self.wide {
            return Some(Verdict::new(meaning, Basis::Word));
        }
        if let Some((code, meaning)) = self.find(|code| tables::code(self.service, code)) {
            return Some(Verdict::coded(meaning, Basis::Own, code));
        }
        let told = tables::common_text(text).or_else(|| tables::client_text(text));
        Some(Verdict::new(told.unwrap_or(meaning), Basis::Word))
    }

    /// By a code, or by a text of another service or of several.
    fn known(&self, text: &Text) -> Option<Verdict<'a>> {
        let numbered = self.facts.codes.iter().any(|code| code.starts_with("AADSTS"));
        if self.wide
            && !numbered
            && let Some(meaning) = tables::foreign_text(text)
        {
            return Some(Verdict::new(meaning, Basis::Foreign));
        }
        // A number that only says "go on waiting" is no match for the word beside it.
        let own = |code: &str| tables::code(self.service, code).filter(|meaning| meaning.0 != ErrorKind::Other);
        if let Some((code, meaning)) = self.find_telling(own) {
            return Some(Verdict::coded(meaning, Basis::Own, code));
        }
        if self.wide
            && let Some((code, meaning)) = self.find_telling(tables::foreign)
        {
            let basis = if self.service.is_none() { Basis::Own } else { Basis::Foreign };
            return Some(Verdict::coded(meaning, basis, code));
        }
        if let Some(meaning) = tables::common_text(text) {
            return Some(Verdict::new(meaning, Basis::Class));
        }
        if let Some((code, kind)) = self.find(|code| tables::class(self.service, code)) {
            return Some(Verdict::coded((kind, None), Basis::Class, code));
        }
        self.find(tables::oauth).map(|(_, meaning)| Verdict::new(meaning, Basis::Word))
    }

    /// By the likeness to what is known: the words of a name, the range of a number, a plain sentence.
    fn likened(&self, text: &Text) -> Option<Verdict<'a>> {
        // A status such as 400 or 500 covers everything; the words of a name say more.
        let vague = self.status.is_none_or(|status| status == 400 || (self.wide && status == 500));
        if vague && let Some((code, kind)) = self.find_telling(tables::by_name) {
            return Some(Verdict::coded((kind, None), Basis::Class, code));
        }
        // A service that answered was reached.
        let reached = |kind| matches!(kind, ErrorKind::Connection | ErrorKind::Decode | ErrorKind::Timeout);
        if self.wide
            && let Some(meaning) = tables::client_text(text).filter(|meaning| vague || !reached(meaning.0))
        {
            return Some(Verdict::new(meaning, Basis::Class));
        }
        if vague && let Some(kind) = self.facts.names.iter().find_map(|name| tables::by_name(name)) {
            return Some(Verdict::new((kind, None), Basis::Class));
        }
        if let Some((code, meaning)) = self.find(|code| tables::code(self.service, code)) {
            return Some(Verdict::coded(meaning, Basis::Own, code));
        }
        if self.wide
            && let Some((code, meaning)) = self.find(tables::foreign)
        {
            return Some(Verdict::coded(meaning, Basis::Class, code));
        }
        if let Some((code, kind)) = self.find(tables::range) {
            return Some(Verdict::coded((kind, None), Basis::Range, code));
        }
        // A refusal of the request is no failure of the service, whatever its sentence tells of one.
        let fits = |kind: ErrorKind| self.status != Some(400) || !(kind.is_retryable() || kind == ErrorKind::Config);
        let sentence = if self.wide && vague { tables::speech(text) } else { None };
        sentence.filter(|meaning| fits(meaning.0)).map(|meaning| Verdict::new(meaning, Basis::Status))
    }

    /// The first code that a table has.
    fn find<T>(&self, table: impl Fn(&str) -> Option<T>) -> Option<(&'a str, T)> {
        self.facts.codes.iter().find_map(|code| Some((code.as_str(), table(code)?)))
    }

    /// The same without codes that only wrap another one.
    fn find_telling<T>(&self, table: impl Fn(&str) -> Option<T>) -> Option<(&'a str, T)> {
        self.find(|code| if code == WRAPPER || tables::is_wrapper(code) { None } else { table(code) })
    }
}

/// "Error validating credentials": the number beside it says which and why.
const WRAPPER: &str = "AADSTS70002";

/// Whether a `WWW-Authenticate` header names this error.
pub(super) fn challenge(headers: &HeaderMap, error: &str) -> bool {
    headers.get_all(http::header::WWW_AUTHENTICATE).iter().any(|value| {
        value.to_str().is_ok_and(|value| {
            value
                .match_indices("error=")
                .any(|(at, name)| value[at + name.len()..].trim_start_matches('"').starts_with(error))
        })
    })
}
