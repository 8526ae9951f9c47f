//! What is remembered of a customer's consent, and whether it is time to look after it again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::AppId;

/// What is remembered of the consent of one customer, for the caller to store. Holds no secret.
///
/// What is granted is looked up each time; what is kept here says when that was done last and how it went, and what an
/// interrupted run has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ConsentRecord {
    /// The application.
    pub application: AppId,
    /// How the last look that came to an end has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<ConsentConclusion>,
    /// When consent was given that nothing was concluded from yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consented_at: Option<Timestamp>,
    /// Whether a reset has begun: the consent may be gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resetting: bool,
    /// Why a look after the last conclusion came to no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inconclusive: Option<String>,
    /// The resources the tenant does not have, and when that was seen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub absent: BTreeMap<String, Timestamp>,
}

/// How a look at a customer's consent has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ConsentConclusion {
    /// When.
    pub at: Timestamp,
    /// The fingerprint of what was wanted, see [`WantedGrants::fingerprint`](super::WantedGrants::fingerprint).
    pub permissions: String,
    /// What a person has to see to; `None` when all is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Why a customer's consent is looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RefreshReason {
    /// The consent was given to another application.
    ApplicationChanged,
    /// It was asked for, whatever the record says.
    Asked,
    /// It has failed, and that is some time ago.
    Failed,
    /// Nothing is on record.
    NeverDone,
    /// Other permissions are wanted now.
    PermissionsChanged,
    /// All was granted, and that is some time ago.
    Stale,
    /// It was begun and came to no end.
    Unfinished,
}

impl RefreshReason {
    /// The words used in reports.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ApplicationChanged => "the application changed",
            Self::Asked => "asked for",
            Self::Failed => "failed some time ago",
            Self::NeverDone => "never done",
            Self::PermissionsChanged => "the permissions changed",
            Self::Stale => "done long ago",
            Self::Unfinished => "not finished",
        }
    }
}

/// Whether a customer's consent is to be looked after now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshDecision {
    /// It is not, until this time.
    Fresh {
        /// When it is due.
        until: Timestamp,
    },
    /// It is.
    Refresh {
        /// Why.
        reason: RefreshReason,
    },
}

/// After what time a conclusion is not relied on any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshAges {
    /// When something has failed; a day by default.
    pub failed: SignedDuration,
    /// When all was granted; seven days by default.
    pub granted: SignedDuration,
}

impl Default for RefreshAges {
    fn default() -> Self {
        Self { failed: SignedDuration::from_hours(24), granted: SignedDuration::from_hours(7 * 24) }
    }
}

impl ConsentRecord {
    /// A record of an application nothing was done for yet.
    #[must_use]
    pub fn new(application: AppId) -> Self {
        Self {
            application,
            last: None,
            consented_at: None,
            resetting: false,
            inconclusive: None,
            absent: BTreeMap::new(),
        }
    }

    /// Whether something was begun that came to no end.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.consented_at.is_some() || self.resetting || self.inconclusive.is_some()
    }

    /// Writes down how a look has ended.
    pub(super) fn conclude(&mut self, at: Timestamp, permissions: &str, problem: Option<String>) {
        // A reset that could not give consent anew has to go on.
        self.resetting &= problem.is_some() && self.consented_at.is_none();
        self.consented_at = None;
        self.inconclusive = None;
        self.last = Some(ConsentConclusion { at, permissions: permissions.to_owned(), problem });
    }
}

/// Decides whether a customer's consent is to be looked after now: never done, begun and not finished, another
/// application, other permissions, or too long ago. `permissions` is the fingerprint of what is wanted.
#[must_use]
pub fn decide_refresh(
    record: Option<&ConsentRecord>,
    application: &AppId,
    permissions: &str,
    ages: &RefreshAges,
    now: Timestamp,
) -> RefreshDecision {
    let refresh = |reason| RefreshDecision::Refresh { reason };
    let Some(record) = record else { return refresh(RefreshReason::NeverDone) };
    if record.application != *application {
        return refresh(RefreshReason::ApplicationChanged);
    }
    if record.is_unfinished() {
        return refresh(RefreshReason::Unfinished);
    }
    let Some(last) = &record.last else { return refresh(RefreshReason::NeverDone) };
    if last.permissions != permissions {
        return refresh(RefreshReason::PermissionsChanged);
    }
    let (age, reason) = match last.problem {
        Some(_) => (ages.failed, RefreshReason::Failed),
        None => (ages.granted, RefreshReason::Stale),
    };
    let until = last.at.saturating_add(age).unwrap_or(Timestamp::MAX);
    // A time to come is a clock that was put right since: it says nothing.
    if (last.at..until).contains(&now) { RefreshDecision::Fresh { until } } else { refresh(reason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLICATION: AppId = AppId::from_u128(1);

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    fn concluded(problem: Option<&str>) -> ConsentRecord {
        let mut record = ConsentRecord::new(APPLICATION);
        record.conclude(at(1000), "wanted", problem.map(str::to_owned));
        record
    }

    fn reason(record: Option<&ConsentRecord>, hours: i64) -> Option<RefreshReason> {
        match decide_refresh(record, &APPLICATION, "wanted", &RefreshAges::default(), at(hours)) {
            RefreshDecision::Refresh { reason } => Some(reason),
            RefreshDecision::Fresh { .. } => None,
        }
    }

    #[test]
    fn every_reason_is_told_and_nothing_else_refreshes() {
        use RefreshReason as Why;
        let (done, failed) = (concluded(None), concluded(Some("refused")));
        assert_eq!(reason(None, 1000), Some(Why::NeverDone));
        assert_eq!(reason(Some(&ConsentRecord::new(APPLICATION)), 1000), Some(Why::NeverDone));
        assert_eq!(reason(Some(&done), 1000), None);
        assert_eq!(reason(Some(&done), 1000 + 7 * 24 - 1), None);
        assert_eq!(reason(Some(&done), 1000 + 7 * 24), Some(Why::Stale));
        assert_eq!(reason(Some(&failed), 1000 + 23), None);
        assert_eq!(reason(Some(&failed), 1000 + 24), Some(Why::Failed));
        // The clock was ahead when it was written.
        assert_eq!(reason(Some(&done), 999), Some(Why::Stale));

        let other = ConsentRecord { application: AppId::from_u128(2), ..done.clone() };
        assert_eq!(reason(Some(&other), 1000), Some(Why::ApplicationChanged));
        let begun = ConsentRecord { consented_at: Some(at(1000)), ..done.clone() };
        assert_eq!(reason(Some(&begun), 1000), Some(Why::Unfinished));
        let mut wanted = done;
        wanted.last.as_mut().unwrap().permissions = "others".to_owned();
        assert_eq!(reason(Some(&wanted), 1000), Some(Why::PermissionsChanged));
    }

    #[test]
    fn half_a_reset_stays_unfinished_until_consent_is_given() {
        let mut record = ConsentRecord { resetting: true, ..ConsentRecord::new(APPLICATION) };
        record.conclude(at(0), "wanted", Some("refused".to_owned()));
        assert!(record.is_unfinished());
        record.consented_at = Some(at(0));
        record.conclude(at(1), "wanted", Some("refused".to_owned()));
        assert!(!record.is_unfinished());
    }

    #[test]
    fn record_round_trips() {
        let mut record = concluded(Some("refused"));
        record.absent.insert("exchange".to_owned(), at(3));
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<ConsentRecord>(&json).unwrap(), record);
        let bare = format!("{{\"application\":\"{APPLICATION}\"}}");
        assert_eq!(serde_json::from_str::<ConsentRecord>(&bare).unwrap(), ConsentRecord::new(APPLICATION));
    }
}
