//! Scope strings: the delegated permissions of one permission grant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::nearest::compare_names;
use crate::error::{Error, Result};

/// The most characters a permission grant takes as its scope string, spaces included.
///
/// Microsoft Entra refuses more with AADSTS650051: value length out of the valid range of 1 to 8000 for the property
/// `DelegationScope`. The limit holds for each application, resource and consent type.
///
/// Source: the text of that error.
pub const DELEGATION_SCOPE_LIMIT: usize = 8000;

/// The `scope` of a delegated permission grant: short names, sorted, each once, separated by single spaces.
///
/// Names are compared without regard to ASCII case, as Microsoft Entra does. The string is never longer than
/// [`DELEGATION_SCOPE_LIMIT`]; it may be empty, which a grant may not: delete the grant instead.
///
/// ```
/// use bundle_core::catalog::ScopeString;
///
/// # fn main() -> bundle_core::Result<()> {
/// let granted: ScopeString = " User.Read Contoso.Custom".parse()?;
/// let wanted = ScopeString::try_new(["Mail.Send", "user.read"])?;
/// assert_eq!(wanted.missing_from(&granted), ["Mail.Send"]);
/// assert_eq!(granted.union(&wanted)?.as_str(), "Contoso.Custom Mail.Send User.Read");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeString(String);

impl ScopeString {
    /// Joins short names, for example `User.Read.All`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): a name is empty, has a character no scope may have or a
    /// resource in front, or the string is longer than [`DELEGATION_SCOPE_LIMIT`]; the message has the numbers.
    pub fn try_new<I>(names: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let names: Vec<I::Item> = names.into_iter().collect();
        for name in names.iter().map(AsRef::as_ref) {
            if name.is_empty() || !name.bytes().all(is_scope_character) {
                return Err(Error::config(format!("scope: {name:?} is no name of a permission")));
            }
            if name.contains("://") {
                return Err(Error::config(format!("scope: {name:?} names its resource, a grant takes short names")));
            }
        }
        Self::join(names.iter().map(AsRef::as_ref))
    }

    /// Whether the string holds this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The names of this string which `granted` lacks, sorted.
    #[must_use]
    pub fn missing_from(&self, granted: &Self) -> Vec<&str> {
        self.iter().filter(|name| !granted.contains(name)).collect()
    }

    /// Everything in either string. Names only this one has are kept, known to us or not, and so is its spelling.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): the union is longer than [`DELEGATION_SCOPE_LIMIT`]; the
    /// message has the numbers.
    pub fn union(&self, other: &Self) -> Result<Self> {
        Self::join(self.iter().chain(other.iter()))
    }

    /// The string without the read scopes that a read-write scope of the string covers, for example without
    /// `User.Read.All` when `User.ReadWrite.All` is there.
    ///
    /// What the application may do stays the same, save for the few operations whose page lists the read scope and
    /// not the read-write one.
    #[must_use]
    pub fn without_covered_reads(&self) -> Self {
        let kept: Vec<&str> =
            self.iter().filter(|name| !read_write_of(name).is_some_and(|wider| self.contains(&wider))).collect();
        Self(kept.join(" "))
    }

    /// The names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_ascii_whitespace()
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The string as a grant takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn join<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self> {
        let mut names: Vec<&str> = names.collect();
        // The sort is stable, so of two spellings the one given first is kept.
        names.sort_by(|a, b| compare_names(a, b));
        names.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        let text = names.join(" ");
        let length = text.chars().count();
        if length > DELEGATION_SCOPE_LIMIT {
            return Err(Error::config(format!(
                "scope: the string of {} permissions has {length} characters, a grant takes at most \
                 {DELEGATION_SCOPE_LIMIT}",
                names.len()
            )));
        }
        Ok(Self(text))
    }
}

/// Reads a scope string as a service wrote it: any order, any spacing, names we do not know.
impl FromStr for ScopeString {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::join(text.split_ascii_whitespace())
    }
}

impl TryFrom<String> for ScopeString {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<ScopeString> for String {
    fn from(scopes: ScopeString) -> Self {
        scopes.0
    }
}

impl fmt::Display for ScopeString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The read-write scope that would cover a read scope: `Mail.Read.Shared` gives `Mail.ReadWrite.Shared`.
pub(super) fn read_write_of(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('.').collect();
    let at = parts.iter().position(|part| part.eq_ignore_ascii_case("Read"))?;
    let mut wider = parts;
    wider[at] = "ReadWrite";
    Some(wider.join("."))
}

/// RFC 6749, section 3.3: visible ASCII without quotation mark and backslash.
const fn is_scope_character(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn names_are_sorted_and_deduplicated_without_regard_to_case() {
        let scopes = ScopeString::try_new(["User.Read", "email", "Mail.Send", "user.READ", "eDiscovery.Read.All"]);
        let scopes = scopes.unwrap();
        assert_eq!(scopes.as_str(), "eDiscovery.Read.All email Mail.Send User.Read");
        assert_eq!(scopes.len(), 4);
        assert!(scopes.contains("MAIL.send") && !scopes.contains("Mail"));
    }

    #[test]
    fn names_that_would_break_the_string_are_refused_by_name() {
        for bad in ["", "User.Read Mail.Send", "User.Read\n", "\"", "https://graph.microsoft.com/User.Read", "Größe"]
        {
            let error = ScopeString::try_new([bad]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(&format!("{bad:?}")), "{error}");
        }
    }

    #[test]
    fn string_of_8000_characters_is_taken_and_8001_is_refused_with_the_numbers() {
        // 800 names of 9 characters and 799 spaces are 7999 characters.
        let mut names: Vec<String> = (0..800).map(|n| format!("Scope{n:04}")).collect();
        names[0].push('x');
        assert_eq!(ScopeString::try_new(&names).unwrap().as_str().len(), DELEGATION_SCOPE_LIMIT);
        names[0].push('x');
        let error = ScopeString::try_new(&names).unwrap_err().to_string();
        assert!(error.contains("800 permissions has 8001 characters") && error.contains("at most 8000"), "{error}");
    }

    #[test]
    fn union_keeps_foreign_scopes_and_the_spelling_already_granted() {
        let granted: ScopeString = "  user.read   Contoso.Custom ".parse().unwrap();
        let union = granted.union(&ScopeString::try_new(["User.Read", "Mail.Send"]).unwrap()).unwrap();
        assert_eq!(union.as_str(), "Contoso.Custom Mail.Send user.read");
        assert!(union.missing_from(&union).is_empty());
        assert_eq!(union.missing_from(&granted), ["Mail.Send"]);
    }

    #[test]
    fn union_over_the_limit_is_refused() {
        let half = |letter: char| ScopeString::try_new((0..500).map(|n| format!("{letter}{n:08}"))).unwrap();
        assert!(half('a').union(&half('b')).unwrap_err().to_string().contains("9999 characters"));
    }

    #[test]
    fn read_scopes_go_only_when_the_same_read_write_scope_is_there() {
        let scopes: ScopeString =
            "Mail.Read Mail.ReadWrite Mail.Read.Shared User.Read User.Read.All User.ReadWrite.All Policy.Read.All \
             Policy.ReadWrite.ConditionalAccess"
                .parse()
                .unwrap();
        assert_eq!(
            scopes.without_covered_reads().as_str(),
            "Mail.Read.Shared Mail.ReadWrite Policy.Read.All Policy.ReadWrite.ConditionalAccess User.Read \
             User.ReadWrite.All"
        );
    }

    #[test]
    fn json_is_the_string() {
        let scopes: ScopeString = serde_json::from_str("\"b a\"").unwrap();
        assert_eq!(serde_json::to_string(&scopes).unwrap(), "\"a b\"");
        assert!(ScopeString::default().is_empty());
    }
}
