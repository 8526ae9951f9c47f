//! The compliance report. Written as JSON it is what programs show.

use jiff::Timestamp;
use serde::Serialize;

use super::ComplianceFinding;
use crate::gdap::{RelationshipStatus, role_name};
use crate::ids::{GroupId, RelationshipId, RoleTemplateId, TenantId};

/// How the partner stands with its customers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ComplianceReport {
    /// The time the facts are of.
    pub at: Timestamp,
    /// The roles wanted of every customer, in the order of the columns.
    pub wanted: Vec<RoleTemplateId>,
    /// The customers, by name.
    pub customers: Vec<CustomerCompliance>,
}

impl ComplianceReport {
    /// How many customers have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.customers.iter().filter(|customer| customer.verdict == verdict).count()
    }
}

/// How the partner stands with one customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerCompliance {
    /// The customer's tenant.
    pub tenant_id: TenantId,
    /// The customer's name.
    pub name: String,
    /// All in one word.
    pub verdict: Verdict,
    /// The wanted roles, in the order they are wanted.
    pub roles: Vec<RoleStanding>,
    /// Roles that are given, or could be, and are not wanted.
    pub surplus: Vec<RoleStanding>,
    /// The relationships that matter: in force, or on their way.
    pub relationships: Vec<RelationshipSummary>,
    /// The first end of a relationship in force that does not extend itself.
    pub ends: Option<Timestamp>,
    /// What is wrong.
    pub findings: Vec<ComplianceFinding>,
}

/// A customer in one word; the later in this list, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Verdict {
    /// Every wanted role is held, nothing else is.
    Compliant,
    /// Every wanted role is held, but something is to be planned for.
    Attention,
    /// Roles are on their way: an approval or an assignment is pending.
    Waiting,
    /// It could not be found out.
    Unknown,
    /// A wanted role is not held.
    Broken,
}

impl Verdict {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "compliant",
            Self::Attention => "attention",
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
            Self::Broken => "broken",
        }
    }
}

/// How one role stands at one customer, over all relationships.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RoleStanding {
    /// The role.
    pub role: RoleTemplateId,
    /// Microsoft's name of it, where it is known.
    pub name: Option<&'static str>,
    /// The best over all relationships.
    pub state: RoleState,
    /// The relationships in force that have it, or that would after approval.
    pub relationships: Vec<RelationshipId>,
    /// The groups that hold it.
    pub groups: Vec<GroupId>,
}

impl RoleStanding {
    pub(super) fn new(role: RoleTemplateId) -> Self {
        Self { role, name: role_name(&role), state: RoleState::Missing, relationships: Vec::new(), groups: Vec::new() }
    }
}

/// How a role stands; the later in this list, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RoleState {
    /// No relationship has it.
    Missing,
    /// It is in an invitation that is not in force yet.
    Invited,
    /// A relationship in force has it, no group was given it.
    Unassigned,
    /// A group holds it, and nobody is in that group.
    Empty,
    /// A relationship in force has it, but its assignments could not be read.
    Unknown,
    /// It is being given to a group.
    Pending,
    /// People hold it.
    Effective,
}

impl RoleState {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Invited => "invited",
            Self::Unassigned => "unassigned",
            Self::Empty => "empty",
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Effective => "effective",
        }
    }

    /// A sentence for a report.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Missing => "no relationship has the role",
            Self::Invited => "the role is in an invitation that is not in force yet",
            Self::Unassigned => "a relationship has the role, but no group was given it",
            Self::Empty => "a group holds the role, but nobody is in the group",
            Self::Unknown => "the assignments could not be read",
            Self::Pending => "the role is being given to a group",
            Self::Effective => "people hold the role",
        }
    }
}

/// A relationship in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RelationshipSummary {
    /// The id.
    pub id: RelationshipId,
    /// The name.
    pub name: String,
    /// The status.
    pub status: RelationshipStatus,
    /// When it ends, once it is in force.
    pub ends: Option<Timestamp>,
    /// Whether it extends itself then.
    pub extends_itself: bool,
    /// Whether Microsoft made it.
    pub microsoft_led: bool,
}
