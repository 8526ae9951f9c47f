//! GDAP relationships: what the service answers and what is sent to create one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::Cloud;
use crate::error::{Error, Result};
use crate::ids::{Etag, RelationshipId, RoleTemplateId, TenantId};
use crate::time::{self, Days};

open_enum! {
    /// The state of a relationship.
    ///
    /// Source: "delegatedAdminRelationship resource type" (Microsoft Learn, Graph v1.0).
    pub enum RelationshipStatus {
        /// Being activated after approval; seconds to minutes.
        Activating = "activating",
        /// In force.
        Active = "active",
        /// Locked, waiting for an administrator of the customer.
        ApprovalPending = "approvalPending",
        /// Approved; activation follows.
        Approved = "approved",
        /// Made, may still be changed; nobody was asked yet.
        Created = "created",
        /// Ended by time, for good.
        Expired = "expired",
        /// About to end.
        Expiring = "expiring",
        /// Ended by one side, for good.
        Terminated = "terminated",
        /// Being ended.
        Terminating = "terminating",
        /// The end was asked for.
        TerminationRequested = "terminationRequested",
    }
}

/// A relationship between the partner and one customer, or an invitation to one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Relationship {
    /// The id; opaque.
    pub id: RelationshipId,
    /// The name, unique over all relationships of the partner.
    pub display_name: String,
    /// The customer; absent in an open invitation.
    #[serde(default)]
    pub customer: Option<CustomerParticipant>,
    /// The roles the partner may assign.
    pub access_details: AccessDetails,
    /// The state.
    pub status: RelationshipStatus,
    /// How long it lasts after activation.
    pub duration: Days,
    /// By how much it extends itself at its end; zero is off.
    #[serde(default)]
    pub auto_extend_duration: Option<Days>,
    /// When it was made.
    #[serde(default, deserialize_with = "time::optional")]
    pub created_date_time: Option<Timestamp>,
    /// When it came into force.
    #[serde(default, deserialize_with = "time::optional")]
    pub activated_date_time: Option<Timestamp>,
    /// When it ends.
    #[serde(default, deserialize_with = "time::optional")]
    pub end_date_time: Option<Timestamp>,
    /// The entity tag, for `If-Match`.
    #[serde(rename = "@odata.etag", default)]
    pub etag: Option<Etag>,
}

impl Relationship {
    /// The roles, as template ids.
    pub fn roles(&self) -> impl Iterator<Item = RoleTemplateId> + '_ {
        self.access_details.unified_roles.iter().map(|role| role.role_definition_id)
    }

    /// Whether Microsoft made it in the transition of 2023 (`MLT_…`). Its roles are fixed and mostly read-only.
    #[must_use]
    pub fn is_microsoft_led(&self) -> bool {
        self.display_name.starts_with("MLT_")
    }

    /// The page where an administrator of the customer approves it.
    #[must_use]
    pub fn approval_link(&self, cloud: &Cloud) -> String {
        cloud.approval_link().replace("{id}", self.id.as_str())
    }
}

/// The customer side of a relationship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerParticipant {
    /// The customer's tenant.
    pub tenant_id: TenantId,
    /// The customer's name when the relationship was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// The roles of a relationship or an assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessDetails {
    /// The roles.
    #[serde(default)]
    pub unified_roles: Vec<UnifiedRole>,
}

impl AccessDetails {
    /// The roles with these template ids.
    #[must_use]
    pub fn new(roles: impl IntoIterator<Item = RoleTemplateId>) -> Self {
        Self { unified_roles: roles.into_iter().map(|role_definition_id| UnifiedRole { role_definition_id }).collect() }
    }
}

/// One built-in Entra role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnifiedRole {
    /// The template id of the role.
    pub role_definition_id: RoleTemplateId,
}

/// A relationship to create. Built by [`NewRelationship::try_new`], so it holds what the service accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewRelationship {
    /// The name: at most 50 characters, unique over all relationships of the partner.
    pub display_name: String,
    /// How long it lasts: 1 to 730 days.
    pub duration: Days,
    /// By how much it extends itself: 180 days, or zero for never.
    pub auto_extend_duration: Days,
    /// The customer who may accept.
    pub customer: CustomerParticipant,
    /// The roles.
    pub access_details: AccessDetails,
}

impl NewRelationship {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 50;
    /// The longest duration, in days.
    pub const MAX_DAYS: u32 = 730;

    /// Checks and builds a relationship for one customer: two years, extended by 180 days at its end unless Global
    /// Administrator is among the roles (the service refuses that).
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the value: name empty or over 50 characters, reserved
    /// prefix `MLT_`, no role, a role twice.
    ///
    /// Source: "Create delegatedAdminRelationship" (Microsoft Learn, Graph v1.0).
    pub fn try_new(name: &str, customer: CustomerParticipant, roles: &[RoleTemplateId]) -> Result<Self> {
        let length = name.chars().count();
        if name.trim().is_empty() || length > Self::MAX_NAME {
            return Err(Error::config(format!(
                "relationship name: {name:?} has {length} characters, 1 to {} are allowed",
                Self::MAX_NAME
            )));
        }
        if name.starts_with("MLT_") {
            return Err(Error::config(format!(
                "relationship name: {name:?} begins with MLT_, which Microsoft keeps for its own"
            )));
        }
        if roles.is_empty() {
            return Err(Error::config("relationship roles: none given"));
        }
        if let Some(twice) = roles.iter().enumerate().find(|(at, role)| roles[..*at].contains(role)) {
            return Err(Error::config(format!("relationship roles: {} is given twice", twice.1)));
        }
        let auto_extend =
            if roles.contains(&RoleTemplateId::GLOBAL_ADMINISTRATOR) { Days::ZERO } else { Days::new(180) };
        Ok(Self {
            display_name: name.to_owned(),
            duration: Days::new(Self::MAX_DAYS),
            auto_extend_duration: auto_extend,
            customer,
            access_details: AccessDetails::new(roles.iter().copied()),
        })
    }

    /// Sets how long it lasts.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): not 1 to 730 days.
    pub fn lasting(mut self, duration: Days) -> Result<Self> {
        Self::check_duration(duration)?;
        self.duration = duration;
        Ok(self)
    }

    pub(crate) fn check_duration(duration: Days) -> Result<()> {
        if !(1..=Self::MAX_DAYS).contains(&duration.get()) {
            return Err(Error::config(format!(
                "relationship duration: {} days, 1 to {} are allowed",
                duration.get(),
                Self::MAX_DAYS
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer() -> CustomerParticipant {
        CustomerParticipant { tenant_id: TenantId::from_u128(1), display_name: None }
    }

    #[test]
    fn bad_values_are_named() {
        let role = RoleTemplateId::from_u128(7);
        let name51 = "x".repeat(51);
        for (name, roles, word) in [
            (name51.as_str(), &[role][..], "51"),
            ("", &[role], "0 characters"),
            ("MLT_abc", &[role], "MLT_"),
            ("Contoso", &[], "none"),
            ("Contoso", &[role, role], "twice"),
        ] {
            let error = NewRelationship::try_new(name, customer(), roles).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
        let good = NewRelationship::try_new("Contoso", customer(), &[role]).unwrap();
        assert!(good.clone().lasting(Days::new(731)).unwrap_err().to_string().contains("731"));
        assert!(good.lasting(Days::new(0)).is_err());
    }

    #[test]
    fn global_administrator_switches_auto_extend_off() {
        let new = NewRelationship::try_new("Contoso", customer(), &[RoleTemplateId::GLOBAL_ADMINISTRATOR]).unwrap();
        let json = serde_json::to_value(&new).unwrap();
        assert_eq!(json["autoExtendDuration"], "PT0S");
        assert_eq!(json["duration"], "P730D");
        assert_eq!(json["customer"]["tenantId"], customer().tenant_id.to_string());
    }

    #[test]
    fn empty_times_are_absent_and_unknown_states_are_kept() {
        let relationship: Relationship = serde_json::from_value(serde_json::json!({
            "@odata.etag": "W/\"x\"", "id": "a-b", "displayName": "MLT_a", "duration": "P2Y", "status": "dreaming",
            "accessDetails": {"unifiedRoles": []}, "activatedDateTime": "", "endDateTime": null
        }))
        .unwrap();
        assert_eq!(relationship.activated_date_time, None);
        assert_eq!(relationship.status, RelationshipStatus::Unknown("dreaming".into()));
        assert!(relationship.is_microsoft_led());
        let link = relationship.approval_link(&Cloud::public());
        assert!(link.ends_with("granularAdminRelationships/a-b"), "{link}");
    }
}
