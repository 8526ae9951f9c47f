//! Codes and waits that stand in running text.

use super::super::{Facts, entra};
use crate::error::tables;

/// Keeps the codes a text names, those of the sign-in service first.
pub(super) fn codes(facts: &mut Facts, text: &str) {
    for code in entra::codes_in(text).chain(entra::numbers_in(text)) {
        facts.code(code);
    }
    let mut labelled = false;
    let mut before = "";
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).take(MAX_WORDS) {
        let word = word.trim_matches('.');
        if word.is_empty() {
            continue;
        }
        let name = word.rsplit('.').next().unwrap_or(word);
        if (labelled || looks_like_code(name)) && tables::is_known(name) {
            facts.code(name);
        } else if let Some(vault) = name.strip_prefix("AKV")
            && vault.len() == 5
        {
            facts.code(name);
        } else if labelled && looks_like_code(name) && tables::by_name(name).is_some() {
            facts.code(name);
        } else if (is_name(name) || in_parentheses(text, word)) && facts.names.len() < MAX_NAMES {
            facts.names.push(name.to_owned());
        } else if labelled && (4..=7).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_digit()) {
            facts.code(name);
        }
        labelled = word.len() >= 4 && word[word.len() - 4..].eq_ignore_ascii_case("code")
            || before.eq_ignore_ascii_case("error") && word.eq_ignore_ascii_case("type");
        before = word;
    }
}

/// Names of exceptions, and the codes of Exchange: `ErrorToFolderNotFound`.
fn is_name(word: &str) -> bool {
    let of_exchange = word.strip_prefix("Error").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    of_exchange || ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// `(InvalidResourceReference) Resource ... was not found`: how Azure CLI writes a code.
fn in_parentheses(text: &str, word: &str) -> bool {
    let start = word.as_ptr() as usize - text.as_ptr() as usize;
    looks_like_code(word) && text[..start].ends_with('(') && text[start + word.len()..].starts_with(')')
}

/// The seconds in "try again in 57 seconds", "Retry-After: 30", "retry after 10 seconds".
pub(super) fn wait(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    if !["try", "backoff", "back off"].iter().any(|word| lower.contains(word)) {
        return None;
    }
    ["retry-after", "retry after", "retryafter", "try again in", "try again after", "retry in", "backoff for"]
        .iter()
        .find_map(|words| {
            let at = lower.find(words)? + words.len();
            let rest = lower[at..].trim_start_matches(|c: char| " :=\"'\\".contains(c));
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let seconds: u64 = rest[..digits].parse().ok()?;
            let unit = rest[digits..].trim_start();
            let seconds = if unit.starts_with("minute") { seconds.checked_mul(60)? } else { seconds };
            (seconds <= 7 * 86_400).then_some(seconds)
        })
}

/// `Authorization_RequestDenied`, `ForbiddenByRbac`, `invalid_grant`: no word of a language.
fn looks_like_code(word: &str) -> bool {
    let bytes = word.as_bytes();
    (8..=64).contains(&bytes.len())
        && !word.is_empty()
        && (word.contains('_')
            || bytes.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
            || bytes.iter().all(u8::is_ascii_uppercase))
}

/// How names of exceptions end.
const ENDINGS: [&str; 3] = ["Exception", "Error", "Failure"];

const MAX_NAMES: usize = 16;
const MAX_WORDS: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_in_any_text() {
        for (text, code) in [
            (
                "Microsoft.Graph.ServiceException: Code: Authorization_RequestDenied\nMessage: x",
                "Authorization_RequestDenied",
            ),
            ("InnerError={\\\"code\\\":\\\"ForbiddenByRbac\\\"}", "ForbiddenByRbac"),
            (
                "Ex1|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|x",
                "ManagementObjectNotFoundException",
            ),
            ("adal: invalid_grant", "invalid_grant"),
            ("code 900309: x", "900309"),
            ("(AKV10032) x", "AKV10032"),
            ("x AADSTS50076: y", "AADSTS50076"),
        ] {
            let mut facts = Facts::default();
            codes(&mut facts, text);
            assert_eq!(facts.codes, [code], "{text}");
        }
    }

    #[test]
    fn waits_are_found_in_seconds() {
        for (text, seconds) in [
            ("Try again in 57 seconds.", Some(57)),
            ("Retry-After: 30", Some(30)),
            ("retry after 2 minutes", Some(120)),
            ("Retry-After: Wed, 21 Oct", None),
            ("try again in 99999999999999999999 seconds", None),
            ("", None),
        ] {
            assert_eq!(wait(text), seconds, "{text}");
        }
    }
}
