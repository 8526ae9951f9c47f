//! What a known issue is and how it is found; the issues themselves are rows of [`issues`](super::issues).

use super::ErrorKind;
use super::issues;

/// Who has to act before the call can succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhoActs {
    /// The developer of the program.
    Developer,
    /// The partner (service provider).
    Partner,
    /// The customer.
    Customer,
    /// Nobody: waiting is enough, or it is done already.
    Nobody,
}

impl WhoActs {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Developer => "developer",
            Self::Partner => "partner",
            Self::Customer => "customer",
            Self::Nobody => "nobody",
        }
    }
}

/// When the same call is worth repeating.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryAdvice {
    /// Not as it stands.
    Never,
    /// At once.
    Now,
    /// After a wait, with nobody acting.
    AfterDelay,
    /// After the account has signed in again.
    AfterReauthentication,
    /// After consent was given again.
    AfterConsent,
    /// After somebody changed a setting.
    AfterFix,
}

impl RetryAdvice {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Now => "now",
            Self::AfterDelay => "afterDelay",
            Self::AfterReauthentication => "afterReauthentication",
            Self::AfterConsent => "afterConsent",
            Self::AfterFix => "afterFix",
        }
    }
}

/// A known issue: what it is, who acts and how.
#[derive(Debug)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The stable name of the issue, for example `conditional-access-blocked`.
    pub issue: &'static str,
    /// The kind errors of this issue have.
    pub kind: ErrorKind,
    /// One line for a person.
    pub title: &'static str,
    /// Why it happens.
    pub cause: &'static str,
    /// Who has to act.
    pub who_acts: WhoActs,
    /// What to do, in order: whole sentences, one step each.
    pub remedy: &'static [&'static str],
    /// When the same call is worth repeating.
    pub retry: RetryAdvice,
    /// The title of the page of Microsoft Learn that explains it.
    pub page: &'static str,
}

impl Diagnosis {
    /// Finds an issue by its name, for a flow that knows the issue without an answer of a service.
    #[must_use]
    pub fn find(issue: &str) -> Option<&'static Self> {
        issues::find(issue)
    }

    /// All known issues, by noun.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        issues::all()
    }
}
