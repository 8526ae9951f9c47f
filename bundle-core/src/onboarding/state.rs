//! What has to survive between runs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ids::{AppId, RelationshipId, TenantId};

/// The state of an onboarding, for the caller to store. Holds no secret.
///
/// The facts are looked up each time; what is kept here are the times of changes, to tell "not visible yet" from
/// "missing".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OnboardingState {
    format: String,
    version: u32,
    /// The cloud's name.
    pub cloud: String,
    /// The partner's tenant.
    pub partner: TenantId,
    /// The application.
    pub application: AppId,
    /// Each customer's own.
    pub customers: BTreeMap<TenantId, CustomerState>,
}

/// What is remembered of one customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CustomerState {
    /// The relationship that was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relationship: Option<RelationshipId>,
    /// When a relationship was locked for approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked_at: Option<Timestamp>,
    /// When roles were assigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_at: Option<Timestamp>,
    /// When consent was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consented_at: Option<Timestamp>,
    /// When permissions were granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted_at: Option<Timestamp>,
    /// When Conditional Access exclusions were written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded_at: Option<Timestamp>,
    /// The resources the tenant does not have, and when that was seen.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub absent: BTreeMap<String, Timestamp>,
}

impl CustomerState {
    /// The last change that takes time to be seen everywhere.
    pub(super) fn last_change(&self) -> Option<Timestamp> {
        [self.assigned_at, self.consented_at, self.granted_at, self.excluded_at].into_iter().flatten().max()
    }
}

impl OnboardingState {
    /// The state of an onboarding that has not begun.
    #[must_use]
    pub fn new(cloud: impl Into<String>, partner: TenantId, application: AppId) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            cloud: cloud.into(),
            partner,
            application,
            customers: BTreeMap::new(),
        }
    }

    /// Reads a state written by an earlier run.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): it is no such state, of a later version, or of another
    /// partner, application or cloud; the message says which.
    pub fn read(json: &[u8], cloud: &str, partner: &TenantId, application: &AppId) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            format: Option<String>,
            version: Option<u32>,
        }
        let foreign = || Error::config("state: not a state file of an onboarding");
        let head: Head = serde_json::from_slice(json).map_err(|_| foreign())?;
        if head.format.as_deref() != Some(FORMAT) {
            return Err(foreign());
        }
        if head.version != Some(VERSION) {
            return Err(Error::config(format!(
                "state: version {} cannot be read, {VERSION} is known",
                head.version.map_or_else(|| "none".to_owned(), |version| version.to_string())
            )));
        }
        let state: Self = serde_json::from_slice(json)
            .map_err(|cause| Error::config("state: the file is damaged").with_source(cause))?;
        for (what, found, expected) in [
            ("partner", state.partner.to_string(), partner.to_string()),
            ("application", state.application.to_string(), application.to_string()),
            ("cloud", state.cloud.clone(), cloud.to_owned()),
        ] {
            if found != expected {
                return Err(Error::config(format!("state: it belongs to {what} {found}, not {expected}")));
            }
        }
        Ok(state)
    }
}

const FORMAT: &str = "bundle-onboarding";
const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> OnboardingState {
        OnboardingState::new("public", TenantId::from_u128(1), AppId::from_u128(2))
    }

    #[test]
    fn state_round_trips() {
        let mut state = state();
        state.customers.entry(TenantId::from_u128(3)).or_default().consented_at = Some(Timestamp::UNIX_EPOCH);
        let json = serde_json::to_vec(&state).unwrap();
        let read = OnboardingState::read(&json, "public", &state.partner, &state.application).unwrap();
        assert_eq!(read, state);
    }

    #[test]
    fn foreign_states_are_refused_by_name() {
        let json = serde_json::to_vec(&state()).unwrap();
        let read = |json: &[u8], cloud: &str, partner, application| {
            OnboardingState::read(json, cloud, &TenantId::from_u128(partner), &AppId::from_u128(application))
                .unwrap_err()
                .to_string()
        };
        assert!(read(&json, "public", 7, 2).contains("partner"));
        assert!(read(&json, "public", 1, 7).contains("application"));
        assert!(read(&json, "china", 1, 2).contains("cloud"));
        for garbage in [&b""[..], b"{}", b"[1]", b"\xff\xfe", br#"{"format":"other"}"#] {
            assert!(read(garbage, "public", 1, 2).contains("not a state file"));
        }
        let later = String::from_utf8(json).unwrap().replace("\"version\":1", "\"version\":9");
        assert!(read(later.as_bytes(), "public", 1, 2).contains("version 9"));
    }
}
