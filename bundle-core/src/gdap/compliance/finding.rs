//! What is wrong with a customer's relationships.

use serde::Serialize;

use crate::ids::{GroupId, RelationshipId};

/// One thing that is wrong, or will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ComplianceFinding {
    /// What it is.
    pub issue: ComplianceIssue,
    /// The relationship it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relationship: Option<RelationshipId>,
    /// The group it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// The same for people, with names.
    pub text: String,
}

impl ComplianceFinding {
    pub(super) fn new(issue: ComplianceIssue, text: String) -> Self {
        Self { issue, relationship: None, group: None, text }
    }

    pub(super) fn about(mut self, relationship: &RelationshipId) -> Self {
        self.relationship = Some(relationship.clone());
        self
    }

    pub(super) fn group(mut self, group: GroupId) -> Self {
        self.group = Some(group);
        self
    }
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ComplianceIssue {
    /// An assignment could not be carried out.
    AssignmentFailed,
    /// A relationship does not extend itself at its end.
    AutoExtendOff,
    /// Nobody is in a group that holds a role.
    EmptyGroup,
    /// A relationship ends soon.
    Expiring,
    /// A relationship has Global Administrator; it cannot extend itself.
    GlobalAdministrator,
    /// Several relationships give the same role, so ending one of them may surprise.
    Interfering,
    /// A wanted role is missing or held by nobody.
    MissingRole,
    /// The only relationships are those Microsoft made in its transition.
    MicrosoftLedOnly,
    /// A group that holds a role is not there any more.
    MissingGroup,
    /// There is no relationship in force.
    NoRelationship,
    /// A role is given that nobody asked for.
    SurplusRole,
    /// Assignments could not be read.
    Unreadable,
}

impl ComplianceIssue {
    /// Whether somebody loses or lacks access by it now, or may have too much; the others are to be planned for.
    #[must_use]
    pub const fn is_serious(self) -> bool {
        matches!(
            self,
            Self::AssignmentFailed
                | Self::EmptyGroup
                | Self::MissingRole
                | Self::MicrosoftLedOnly
                | Self::MissingGroup
                | Self::NoRelationship
        )
    }

    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AssignmentFailed => "assignmentFailed",
            Self::AutoExtendOff => "autoExtendOff",
            Self::EmptyGroup => "emptyGroup",
            Self::Expiring => "expiring",
            Self::GlobalAdministrator => "globalAdministrator",
            Self::Interfering => "interfering",
            Self::MissingRole => "missingRole",
            Self::MicrosoftLedOnly => "microsoftLedOnly",
            Self::MissingGroup => "missingGroup",
            Self::NoRelationship => "noRelationship",
            Self::SurplusRole => "surplusRole",
            Self::Unreadable => "unreadable",
        }
    }
}
