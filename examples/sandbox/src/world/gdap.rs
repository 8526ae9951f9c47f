//! GDAP relationships: what happened to them is stored, their status follows from the time.

use std::collections::BTreeMap;

use jiff::{Span, Timestamp};
use uuid::Uuid;

use super::{
    ACTIVATION_SECONDS, APPROVAL_LAPSE_SECONDS, APPROVED_SECONDS, ASSIGNMENT_SECONDS, LOCK_SECONDS,
    TERMINATING_SECONDS, TERMINATION_SECONDS,
};
use crate::clock::plus;

/// The status of a relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelationshipStatus {
    /// Approved by the customer and being set up.
    Activating,
    /// In force.
    Active,
    /// Locked and waiting for the customer.
    ApprovalPending,
    /// Approved by the customer.
    Approved,
    /// Made by the partner, still editable.
    Created,
    /// Past its end, or never approved in time.
    Expired,
    /// Ended by one side.
    Terminated,
    /// Being ended.
    Terminating,
    /// One side asked to end it.
    TerminationRequested,
}

impl RelationshipStatus {
    /// Returns the word Graph uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activating => "activating",
            Self::Active => "active",
            Self::ApprovalPending => "approvalPending",
            Self::Approved => "approved",
            Self::Created => "created",
            Self::Expired => "expired",
            Self::Terminated => "terminated",
            Self::Terminating => "terminating",
            Self::TerminationRequested => "terminationRequested",
        }
    }
}

/// A GDAP relationship of the partner with a customer.
#[derive(Clone, Debug)]
pub struct Relationship {
    /// The opaque id, `{guid}-{guid}`.
    pub id: String,
    /// The name, unique over all relationships of the partner.
    pub display_name: String,
    /// How long it runs, as it was sent (`P730D`).
    pub duration: String,
    /// `P180D`, or `PT0S` for off.
    pub auto_extend_duration: String,
    /// The customer's tenant; `None` for an invitation any customer may accept.
    pub customer: Option<Uuid>,
    /// Template ids of the roles asked for.
    pub roles: Vec<Uuid>,
    /// When the partner made it.
    pub created_at: Timestamp,
    /// When it was last changed by a call.
    pub modified_at: Timestamp,
    /// Goes up with every change by a call; the etag is made from it.
    pub version: u64,
    /// When it was locked for approval.
    pub locked_at: Option<Timestamp>,
    /// When the customer approves it; a time in the future is a decision to come.
    pub approved_at: Option<Timestamp>,
    /// When it was asked to end.
    pub terminated_at: Option<Timestamp>,
    /// Access assignments by id.
    pub assignments: BTreeMap<Uuid, AccessAssignment>,
    /// Requests that were made, oldest first.
    pub requests: Vec<RelationshipRequest>,
    /// Operations that were started, oldest first.
    pub operations: Vec<RelationshipOperation>,
}

impl Relationship {
    /// Creates a relationship in status `created`, running 730 days, without extension.
    #[must_use]
    pub fn new(id: String, display_name: &str, customer: Option<Uuid>, roles: Vec<Uuid>, now: Timestamp) -> Self {
        Self {
            id,
            display_name: display_name.to_owned(),
            duration: "P730D".to_owned(),
            auto_extend_duration: "PT0S".to_owned(),
            customer,
            roles,
            created_at: now,
            modified_at: now,
            version: 1,
            locked_at: None,
            approved_at: None,
            terminated_at: None,
            assignments: BTreeMap::new(),
            requests: Vec::new(),
            operations: Vec::new(),
        }
    }

    /// Returns the status at a time.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> RelationshipStatus {
        if let Some(asked) = self.terminated_at {
            return if now >= plus(asked, TERMINATION_SECONDS) {
                RelationshipStatus::Terminated
            } else if now >= plus(asked, TERMINATING_SECONDS) {
                RelationshipStatus::Terminating
            } else {
                RelationshipStatus::TerminationRequested
            };
        }
        let Some(locked) = self.locked_at else {
            return RelationshipStatus::Created;
        };
        match self.approved_at {
            Some(approved) if now >= approved => {
                if self.end_at(now).is_some_and(|end| now >= end) {
                    RelationshipStatus::Expired
                } else if now >= plus(approved, ACTIVATION_SECONDS) {
                    RelationshipStatus::Active
                } else if now >= plus(approved, APPROVED_SECONDS) {
                    RelationshipStatus::Activating
                } else {
                    RelationshipStatus::Approved
                }
            }
            _ if now >= plus(locked, APPROVAL_LAPSE_SECONDS) => RelationshipStatus::Expired,
            _ if now >= plus(locked, LOCK_SECONDS) => RelationshipStatus::ApprovalPending,
            _ => RelationshipStatus::Created,
        }
    }

    /// Returns when it became active, once it is.
    #[must_use]
    pub fn activated_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.approved_at.map(|approved| plus(approved, ACTIVATION_SECONDS)).filter(|activated| *activated <= now)
    }

    /// Returns when it ends, once it is active; with extension on, the end moves by half-years.
    #[must_use]
    pub fn end_at(&self, now: Timestamp) -> Option<Timestamp> {
        let mut end = plus(self.activated_at(now)?, duration_seconds(&self.duration));
        let extension = duration_seconds(&self.auto_extend_duration);
        while extension > 0 && end <= now {
            end = plus(end, extension);
        }
        Some(end)
    }

    /// Locks it for approval; the customer approves after the given time, or never.
    pub fn lock(&mut self, now: Timestamp, approves_after: Option<std::time::Duration>) {
        self.locked_at = Some(now);
        self.approved_at = approves_after.map(|after| plus(now, i64::try_from(after.as_secs()).unwrap_or(i64::MAX)));
    }

    /// Puts it into force since the given time, as if it had been approved before.
    pub fn activate_since(&mut self, activated: Timestamp) {
        let approved = plus(activated, -ACTIVATION_SECONDS);
        self.approved_at = Some(approved);
        self.locked_at = Some(plus(approved, -LOCK_SECONDS));
        self.created_at = self.created_at.min(plus(approved, -60));
    }
}

/// The status of an access assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssignmentStatus {
    /// In force.
    Active,
    /// Gone; still listed.
    Deleted,
    /// Being removed.
    Deleting,
    /// Not in force yet.
    Pending,
}

impl AssignmentStatus {
    /// Returns the word Graph uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deleted => "deleted",
            Self::Deleting => "deleting",
            Self::Pending => "pending",
        }
    }
}

/// Roles of a relationship given to a security group of the partner.
#[derive(Clone, Debug)]
pub struct AccessAssignment {
    /// The assignment id.
    pub id: Uuid,
    /// The object id of the group in the partner tenant.
    pub group: Uuid,
    /// Template ids of the roles; change through [`AccessAssignment::set_roles`].
    pub roles: Vec<Uuid>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed by a call.
    pub modified_at: Timestamp,
    /// Goes up with every change by a call; the etag is made from it.
    pub version: u64,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    roles_before: Vec<Uuid>,
    roles_changed_at: Timestamp,
}

impl AccessAssignment {
    /// Creates an assignment that takes effect a minute later.
    #[must_use]
    pub fn new(id: Uuid, group: Uuid, roles: Vec<Uuid>, now: Timestamp) -> Self {
        Self {
            id,
            group,
            roles,
            created_at: now,
            modified_at: now,
            version: 1,
            deleted_at: None,
            roles_before: Vec::new(),
            roles_changed_at: now,
        }
    }

    /// Returns the status at a time.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> AssignmentStatus {
        match self.deleted_at {
            Some(deleted) if now >= plus(deleted, ASSIGNMENT_SECONDS) => AssignmentStatus::Deleted,
            Some(_) => AssignmentStatus::Deleting,
            None if now >= plus(self.created_at, ASSIGNMENT_SECONDS) => AssignmentStatus::Active,
            None => AssignmentStatus::Pending,
        }
    }

    /// Returns the roles that act at a time.
    #[must_use]
    pub fn effective_roles(&self, now: Timestamp) -> &[Uuid] {
        match self.deleted_at {
            Some(deleted) if now >= plus(deleted, ASSIGNMENT_SECONDS) => &[],
            _ if now >= plus(self.roles_changed_at, ASSIGNMENT_SECONDS) => &self.roles,
            _ => &self.roles_before,
        }
    }

    /// Replaces the roles; the new ones act a minute later.
    pub fn set_roles(&mut self, roles: Vec<Uuid>, now: Timestamp) {
        self.roles_before = self.effective_roles(now).to_vec();
        self.roles = roles;
        self.roles_changed_at = now;
        self.modified_at = now;
        self.version += 1;
    }
}

/// A request made for a relationship (`lockForApproval`, `terminate`).
#[derive(Clone, Debug)]
pub struct RelationshipRequest {
    /// The request id.
    pub id: Uuid,
    /// What was asked for.
    pub action: String,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// A long-running change of a relationship or assignment.
#[derive(Clone, Debug)]
pub struct RelationshipOperation {
    /// The operation id.
    pub id: Uuid,
    /// `delegatedAdminAccessAssignmentUpdate` or `delegatedAdminRelationshipUpdate`.
    pub operation_type: String,
    /// The payload, as JSON text.
    pub data: String,
    /// When it was started.
    pub created_at: Timestamp,
}

/// Reads the length of an ISO 8601 duration in seconds; years count 365 days, months 30; malformed is 0.
fn duration_seconds(text: &str) -> i64 {
    let Ok(span) = text.parse::<Span>() else {
        return 0;
    };
    let days = i64::from(span.get_years()) * 365
        + i64::from(span.get_months()) * 30
        + i64::from(span.get_weeks()) * 7
        + i64::from(span.get_days());
    days * 86_400 + i64::from(span.get_hours()) * 3600 + span.get_minutes() * 60 + span.get_seconds()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn start() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().expect("a literal timestamp")
    }

    fn relationship() -> Relationship {
        Relationship::new("r".to_owned(), "R", Some(Uuid::from_u128(1)), vec![Uuid::from_u128(2)], start())
    }

    #[test]
    fn status_walks_from_lock_to_end() {
        let mut relationship = relationship();
        relationship.lock(start(), Some(Duration::from_secs(600)));
        let expected = [
            (0, "created"),
            (5, "approvalPending"),
            (600, "approved"),
            (630, "activating"),
            (720, "active"),
            (720 + 730 * 86_400, "expired"),
        ];
        for (seconds, status) in expected {
            assert_eq!(relationship.status(plus(start(), seconds)).as_str(), status, "{seconds}");
        }
        relationship.auto_extend_duration = "P180D".to_owned();
        assert_eq!(relationship.status(plus(start(), 720 + 730 * 86_400)), RelationshipStatus::Active);
    }

    #[test]
    fn unanswered_request_lapses_and_termination_is_final() {
        let mut relationship = relationship();
        relationship.lock(start(), None);
        assert_eq!(relationship.status(plus(start(), APPROVAL_LAPSE_SECONDS)), RelationshipStatus::Expired);
        relationship.terminated_at = Some(start());
        assert_eq!(relationship.status(start()), RelationshipStatus::TerminationRequested);
        assert_eq!(relationship.status(plus(start(), 60)), RelationshipStatus::Terminated);
    }

    #[test]
    fn assignment_roles_act_a_minute_after_each_change() {
        let (old, new) = (Uuid::from_u128(2), Uuid::from_u128(3));
        let mut assignment = AccessAssignment::new(Uuid::from_u128(1), Uuid::from_u128(9), vec![old], start());
        assert!(assignment.effective_roles(start()).is_empty());
        let later = plus(start(), 60);
        assert_eq!(assignment.effective_roles(later), [old]);
        assignment.set_roles(vec![new], later);
        assert_eq!(assignment.effective_roles(later), [old]);
        assert_eq!(assignment.effective_roles(plus(later, 60)), [new]);
    }
}
