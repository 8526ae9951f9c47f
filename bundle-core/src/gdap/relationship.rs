//! GDAP relationships: what the service answers and what is sent to create one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::DirectoryRole;
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

impl RelationshipStatus {
    /// Whether it has ended, for good: it cannot be brought back.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Expired | Self::Terminated)
    }

    /// Whether its roles can be used now.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        matches!(self, Self::Active | Self::Expiring)
    }

    /// Whether it can still come into force: it is an invitation, or on its way from one.
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        matches!(self, Self::Created | Self::ApprovalPending | Self::Approved | Self::Activating)
    }

    /// The statuses that can follow. A status this version does not know may become anything.
    ///
    /// A relationship that is only created can also be deleted, and is then no longer there. An invitation that is
    /// rejected or lapses after 90 days ends as `expired` or `terminated`; Microsoft does not say which.
    ///
    /// Source: "delegatedAdminRelationship resource type" (Microsoft Learn, Graph v1.0).
    #[must_use]
    pub fn followers(&self) -> &'static [Self] {
        match self {
            Self::Created => &[Self::ApprovalPending],
            Self::ApprovalPending => &[Self::Approved, Self::Expired, Self::Terminated],
            Self::Approved => &[Self::Activating],
            Self::Activating => &[Self::Active],
            Self::Active => &[Self::Expiring, Self::TerminationRequested],
            Self::Expiring => &[Self::Active, Self::Expired, Self::TerminationRequested],
            Self::TerminationRequested => &[Self::Terminating],
            Self::Terminating => &[Self::Terminated],
            Self::Expired | Self::Terminated | Self::Unknown(_) => &[],
        }
    }

    /// Whether a relationship seen in this status may later be seen in `later`, with any number of statuses between.
    #[must_use]
    pub fn can_become(&self, later: &Self) -> bool {
        if matches!(self, Self::Unknown(_)) || matches!(later, Self::Unknown(_)) {
            return true;
        }
        let mut reached = self.followers().to_vec();
        let mut at = 0;
        while let Some(status) = reached.get(at) {
            let new = status.followers().iter().filter(|status| !reached.contains(status)).cloned();
            let new: Vec<Self> = new.collect();
            reached.extend(new);
            at += 1;
        }
        reached.contains(later)
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
        self.access_details.roles()
    }

    /// Whether it extends itself at its end.
    #[must_use]
    pub fn extends_itself(&self) -> bool {
        self.auto_extend_duration.is_some_and(|extension| extension != Days::ZERO)
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

    /// The template ids of the roles.
    pub fn roles(&self) -> impl Iterator<Item = RoleTemplateId> + '_ {
        self.unified_roles.iter().map(|role| role.role_definition_id)
    }

    /// Whether Global Administrator is among the roles.
    #[must_use]
    pub fn has_global_administrator(&self) -> bool {
        self.roles().any(|role| role == RoleTemplateId::GLOBAL_ADMINISTRATOR)
    }

    /// Checks roles to send: at least one, each once, none that GDAP is known not to take.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the role.
    pub fn check(&self) -> Result<()> {
        let roles: Vec<RoleTemplateId> = self.roles().collect();
        if roles.is_empty() {
            return Err(Error::config("relationship roles: none given"));
        }
        for (at, role) in roles.iter().enumerate() {
            if roles[..at].contains(role) {
                return Err(Error::config(format!("relationship roles: {role} is given twice")));
            }
            if let Some(known) = DirectoryRole::by_template_id(role).filter(|known| known.gdap_supported == Some(false))
            {
                return Err(Error::config(format!("relationship roles: GDAP does not take {:?}", known.name)));
            }
        }
        Ok(())
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
    /// The customer who may accept; whoever has the link when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerParticipant>,
    /// The roles.
    pub access_details: AccessDetails,
}

impl NewRelationship {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 50;
    /// The longest duration, in days.
    pub const MAX_DAYS: u32 = 730;
    /// By how much a relationship extends itself.
    pub const EXTENSION: Days = Days::new(180);

    /// Checks and builds a relationship for one customer: two years, extended by 180 days at its end unless Global
    /// Administrator is among the roles (the service refuses that).
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the value: name empty or over 50 characters, reserved
    /// prefix `MLT_`, no role, a role twice, a role GDAP does not take.
    ///
    /// Source: "Create delegatedAdminRelationship" (Microsoft Learn, Graph v1.0).
    pub fn try_new(name: &str, customer: CustomerParticipant, roles: &[RoleTemplateId]) -> Result<Self> {
        Self::build(name, Some(customer), roles)
    }

    /// As [`NewRelationship::try_new`], for whichever customer opens the link first. Fix the customer where it is known.
    ///
    /// # Errors
    /// As [`NewRelationship::try_new`].
    pub fn try_open(name: &str, roles: &[RoleTemplateId]) -> Result<Self> {
        Self::build(name, None, roles)
    }

    fn build(name: &str, customer: Option<CustomerParticipant>, roles: &[RoleTemplateId]) -> Result<Self> {
        let has_global_administrator = roles.contains(&RoleTemplateId::GLOBAL_ADMINISTRATOR);
        let new = Self {
            display_name: name.to_owned(),
            duration: Days::new(Self::MAX_DAYS),
            auto_extend_duration: if has_global_administrator { Days::ZERO } else { Self::EXTENSION },
            customer,
            access_details: AccessDetails::new(roles.iter().copied()),
        };
        new.check()?;
        Ok(new)
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

    /// Sets whether it extends itself by 180 days at its end.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): on, with Global Administrator among the roles.
    pub fn extending_itself(mut self, on: bool) -> Result<Self> {
        self.auto_extend_duration = if on { Self::EXTENSION } else { Days::ZERO };
        self.check()?;
        Ok(self)
    }

    /// Checks everything the service is known to refuse.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the value: as [`NewRelationship::try_new`],
    /// [`NewRelationship::lasting`] and [`NewRelationship::extending_itself`].
    pub fn check(&self) -> Result<()> {
        Self::check_name(&self.display_name)?;
        Self::check_duration(self.duration)?;
        Self::check_extension(self.auto_extend_duration)?;
        self.access_details.check()?;
        if self.auto_extend_duration != Days::ZERO && self.access_details.has_global_administrator() {
            return Err(Error::config(
                "auto-extend: a relationship with Global Administrator cannot extend itself; leave the role out or switch it off",
            ));
        }
        Ok(())
    }

    /// Checks a name: 1 to 50 characters, not beginning with `MLT_`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the value.
    pub fn check_name(name: &str) -> Result<()> {
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
        Ok(())
    }

    /// Checks a duration: 1 to 730 days.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the value.
    pub fn check_duration(duration: Days) -> Result<()> {
        if !(1..=Self::MAX_DAYS).contains(&duration.get()) {
            return Err(Error::config(format!(
                "relationship duration: {} days, 1 to {} are allowed",
                duration.get(),
                Self::MAX_DAYS
            )));
        }
        Ok(())
    }

    /// Checks by how much a relationship extends itself: 180 days or not at all.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the value.
    pub fn check_extension(extension: Days) -> Result<()> {
        if extension != Days::ZERO && extension != Self::EXTENSION {
            return Err(Error::config(format!("auto-extend: {extension}, only PT0S and P180D are allowed")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_roles;
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
        let guest = parse_roles(["Guest User"]).unwrap_err().to_string();
        assert!(guest.contains("GDAP does not take"), "{guest}");
        let guest = DirectoryRole::find("Guest User").unwrap().template_id;
        let error = NewRelationship::try_open("Contoso", &[guest]).unwrap_err().to_string();
        assert!(error.contains("Guest User"), "{error}");
    }

    #[test]
    fn auto_extend_is_refused_with_global_administrator_and_only_180_days_are_taken() {
        let roles = [RoleTemplateId::GLOBAL_ADMINISTRATOR, RoleTemplateId::USER_ADMINISTRATOR];
        let new = NewRelationship::try_new("Contoso", customer(), &roles).unwrap();
        let error = new.extending_itself(true).unwrap_err().to_string();
        assert!(error.contains("Global Administrator"), "{error}");
        let plain = NewRelationship::try_open("Contoso", &roles[1..]).unwrap();
        assert_eq!(plain.customer, None);
        let mut off = plain.clone().extending_itself(false).unwrap();
        assert_eq!(off.auto_extend_duration, Days::ZERO);
        off.auto_extend_duration = Days::new(90);
        assert!(off.check().unwrap_err().to_string().contains("P90D"));
        assert!(plain.extending_itself(true).is_ok());
    }

    #[test]
    fn statuses_follow_each_other_to_an_end() {
        use RelationshipStatus as Status;
        assert!(Status::Created.can_become(&Status::Active) && Status::Active.can_become(&Status::Terminated));
        // With auto-extend an expiring relationship is in force for another half year.
        assert!(Status::Expiring.can_become(&Status::Active));
        for last in [Status::Expired, Status::Terminated] {
            assert!(last.is_final() && last.followers().is_empty());
            assert!(!last.can_become(&Status::Active));
        }
        assert!(!Status::Active.can_become(&Status::ApprovalPending));
        let unknown = Status::Unknown("dreaming".into());
        assert!(unknown.can_become(&Status::Active) && Status::Active.can_become(&unknown));
        for status in [Status::Created, Status::ApprovalPending, Status::Approved, Status::Activating] {
            assert!(status.is_ahead() && !status.is_in_force() && status.can_become(&Status::Active));
        }
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
