//! A policy, as far as it says whom it applies to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::PolicyId;

open_enum! {
    /// Whether a policy acts.
    pub enum PolicyState {
        /// It does not act.
        Disabled = "disabled",
        /// It acts.
        Enabled = "enabled",
        /// It only reports.
        ReportOnly = "enabledForReportingButNotEnforced",
    }
}

/// A Conditional Access policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ConditionalAccessPolicy {
    /// The id.
    pub id: PolicyId,
    /// The name.
    pub display_name: String,
    /// Whether it acts.
    pub state: PolicyState,
    /// When it was changed last.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub modified_date_time: Option<Timestamp>,
    /// When it applies.
    pub conditions: PolicyConditions,
    /// What it demands.
    #[serde(default)]
    pub grant_controls: Option<GrantControls>,
}

/// When a policy applies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PolicyConditions {
    /// To whom.
    #[serde(default)]
    pub users: PolicyUsers,
}

/// To whom a policy applies. Sent back as a whole, so members this version does not know are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PolicyUsers {
    /// `All`, `None`, `GuestsOrExternalUsers` or object ids.
    pub include_users: Vec<String>,
    /// Object ids or `GuestsOrExternalUsers`.
    pub exclude_users: Vec<String>,
    /// Object ids.
    pub include_groups: Vec<String>,
    /// Object ids.
    pub exclude_groups: Vec<String>,
    /// Role template ids.
    pub include_roles: Vec<String>,
    /// Role template ids.
    pub exclude_roles: Vec<String>,
    /// Kinds of external users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_guests_or_external_users: Option<GuestsOrExternalUsers>,
    /// Kinds of external users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude_guests_or_external_users: Option<GuestsOrExternalUsers>,
    /// What else the service answered.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Kinds of external users, of all tenants or of named ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GuestsOrExternalUsers {
    /// The kinds, separated by commas: `serviceProvider`, `b2bCollaborationGuest` …
    pub guest_or_external_user_types: String,
    /// The tenants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_tenants: Option<ExternalTenants>,
}

/// Tenants of external users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExternalTenants {
    /// The derived type; the service needs it to read `members`.
    #[serde(rename = "@odata.type", default, skip_serializing_if = "Option::is_none")]
    pub odata_type: Option<String>,
    /// `all` or `enumerated`.
    #[serde(default)]
    pub membership_kind: String,
    /// The tenants, when they are enumerated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
}

/// What a policy demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GrantControls {
    /// `block`, `mfa`, `compliantDevice` …
    #[serde(default)]
    pub built_in_controls: Vec<String>,
}
