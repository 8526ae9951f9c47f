//! How the consent of one customer stands after a look.

use jiff::Timestamp;
use serde::Serialize;

use super::RefreshReason;
use crate::ids::TenantId;
use crate::onboarding::{Finding, Waiting};

/// How the consent of one customer stands. Written as JSON it is the row of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ConsentReport {
    /// The customer's tenant.
    pub tenant_id: TenantId,
    /// The customer's name.
    pub name: String,
    /// How it stands.
    pub state: ConsentState,
    /// Why it was looked after; `None` when it was not.
    pub reason: Option<RefreshReason>,
    /// When it is due, where nothing had to be done.
    pub fresh_until: Option<Timestamp>,
    /// What is waited for.
    pub waiting: Option<Waiting>,
    /// What was done, or would be in a dry run.
    pub steps: Vec<String>,
    /// What a person has to know or do, and why a look came to no end.
    pub findings: Vec<Finding>,
}

/// How the consent of a customer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ConsentState {
    /// Everything wanted is granted.
    Done,
    /// It was looked after not long ago; nothing was sent.
    Fresh,
    /// It could not be found out: throttled, no connection, no answer. Nothing is said about the customer; run again.
    Inconclusive,
    /// A dry run: the steps are what would be done.
    Planned,
    /// The customer's tenant or Partner Center has refused something; a person has to act.
    Refused,
    /// Given, and not visible everywhere yet.
    Waiting,
}

impl ConsentState {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Fresh => "fresh",
            Self::Inconclusive => "inconclusive",
            Self::Planned => "planned",
            Self::Refused => "refused",
            Self::Waiting => "waiting",
        }
    }
}
