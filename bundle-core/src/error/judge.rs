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
    let Evidence { service, status, headers, facts, wide } = *evidence;
    let by_status = status.map(|status| tables::status(service, status));
    if let Some(meaning @ (ErrorKind::Throttled, _)) = by_status {
        return Verdict::new(meaning, Basis::Own);
    }
    let text = Text::new(&[&facts.message, &facts.more]);
    if wide && let Some(meaning) = tables::product_text(&text) {
        return Verdict::new(meaning, Basis::Own);
    }
    if let Some(meaning) = tables::text(service, &text) {
        return Verdict::new(meaning, Basis::Own);
    }
    if status.is_none_or(|status| status == 401) && challenge(headers, "insufficient_claims") {
        return Verdict::new((ErrorKind::ReauthenticationRequired, Some("claims-challenge")), Basis::Own);
    }
    // The polling answers of the device code flow are known by their word, whatever number stands beside it.
    if let Some(meaning) = facts.codes.first().and_then(|code| tables::oauth(code)) {
        let named = facts.codes.iter().find_map(|code| Some((code, tables::code(service, code)?)));
        if let (true, Some((code, meaning))) = (wide, named) {
            return Verdict::coded(meaning, Basis::Own, code);
        }
        let told = if wide { tables::common_text(&text).or_else(|| tables::client_text(&text)) } else { None };
        return Verdict::new(told.unwrap_or(meaning), Basis::Word);
    }
    let numbered = facts.codes.iter().any(|code| code.starts_with("AADSTS"));
    if wide
        && !numbered
        && let Some(meaning) = tables::foreign_text(&text)
    {
        return Verdict::new(meaning, Basis::Foreign);
    }
    let telling = || facts.codes.iter().filter(|code| *code != WRAPPER && !tables::is_wrapper(code));
    let all = telling();
    // A number that only says "go on waiting" is no match for the word beside it.
    let decides = |meaning: &Meaning| meaning.0 != ErrorKind::Other;
    let known = |code: &'a String| Some((code, tables::code(service, code).filter(decides)?));
    if let Some((code, meaning)) = all.into_iter().find_map(known) {
        return Verdict::coded(meaning, Basis::Own, code);
    }
    if wide && let Some((code, meaning)) = telling().find_map(|code| Some((code, tables::foreign(code)?))) {
        let basis = if service.is_none() { Basis::Own } else { Basis::Foreign };
        return Verdict::coded(meaning, basis, code);
    }
    if let Some(meaning) = tables::common_text(&text) {
        return Verdict::new(meaning, Basis::Class);
    }
    let class = |code: &'a String| {
        Some((code.as_str(), tables::class(service, code).filter(|kind| *kind != ErrorKind::Other)?))
    };
    if let Some((code, kind)) = facts.codes.iter().find_map(class) {
        return Verdict::coded((kind, None), Basis::Class, code);
    }
    if let Some(meaning) = facts.codes.iter().find_map(|code| tables::oauth(code)) {
        return Verdict::new(meaning, Basis::Word);
    }
    if wide && let Some(meaning) = tables::client_text(&text) {
        return Verdict::new(meaning, Basis::Class);
    }
    // A status such as 400 or 500 covers everything; the words of a name say more.
    let vague = status.is_none_or(|status| status == 400 || (wide && status == 500));
    let named = telling().find_map(|code| Some((Some(code.as_str()), tables::by_name(code)?)));
    let named = named.or_else(|| facts.names.iter().find_map(|name| Some((None, tables::by_name(name)?))));
    if vague && let Some((code, kind)) = named {
        return Verdict { meaning: (kind, None), code, basis: Basis::Class };
    }
    if let Some((code, meaning)) = facts.codes.iter().find_map(|code| Some((code, tables::code(service, code)?))) {
        return Verdict::coded(meaning, Basis::Own, code);
    }
    if wide && let Some((code, meaning)) = facts.codes.iter().find_map(|code| Some((code, tables::foreign(code)?))) {
        return Verdict::coded(meaning, Basis::Class, code);
    }
    if let Some((code, kind)) = facts.codes.iter().find_map(|code| Some((code, tables::range(code)?))) {
        return Verdict::coded((kind, None), Basis::Range, code);
    }
    if wide
        && vague
        && let Some(meaning) = tables::speech(&text)
    {
        return Verdict::new(meaning, Basis::Status);
    }
    match by_status {
        Some(meaning) => Verdict::new(meaning, Basis::Status),
        None => Verdict::new((ErrorKind::Other, None), Basis::Nothing),
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
