//! How a customer stands.

use jiff::Timestamp;
use serde::Serialize;

use super::Finding;
use crate::ids::TenantId;
use crate::shield::Shields;

/// How a customer stands. Written as JSON it is the row of a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerReport {
    /// The customer's tenant.
    pub tenant_id: TenantId,
    /// The customer's name.
    pub name: String,
    /// How far it got.
    #[serde(rename = "state")]
    pub outcome: CustomerOutcome,
    /// The shield of each integration.
    pub shields: Shields,
    /// What is waited for.
    pub waiting: Option<Waiting>,
    /// What a person has to know or do.
    pub findings: Vec<Finding>,
    /// The writes that were made, or that a dry run would make.
    #[serde(skip)]
    pub steps: Vec<String>,
}

/// How far a customer got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum CustomerOutcome {
    /// Every integration works, or the customer does not have it.
    Done,
    /// It goes on by itself, or when somebody has answered; see [`CustomerReport::waiting`].
    Waiting,
    /// A person has to change something; see [`CustomerReport::findings`].
    Blocked,
    /// It could not be found out; running again may help.
    Failed,
}

impl CustomerOutcome {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
        }
    }
}

/// What is waited for, and when to look again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Waiting {
    /// What is waited for.
    pub reason: WaitReason,
    /// When it is worth looking again.
    pub check_after: Timestamp,
    /// The page where somebody has to act.
    pub link: Option<String>,
}

impl Waiting {
    /// Nothing to do but look again, at the next full second after `check_after`.
    #[must_use]
    pub fn until(reason: WaitReason, check_after: Timestamp) -> Self {
        let part = i64::from(check_after.subsec_nanosecond() != 0);
        let check_after = Timestamp::from_second(check_after.as_second() + part).unwrap_or(check_after);
        Self { reason, check_after, link: None }
    }
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum WaitReason {
    /// The relationship is being locked for approval.
    Locking,
    /// An administrator of the customer has to approve the relationship.
    Approval,
    /// The approved relationship is being activated.
    Activation,
    /// Access assignments are being carried out.
    Assignment,
    /// Consent is not visible everywhere yet.
    Consent,
    /// New permissions or roles are not visible everywhere yet.
    Permissions,
    /// A changed Conditional Access policy does not act yet.
    ConditionalAccess,
}

impl WaitReason {
    /// Whether a person has to act, not only time to pass.
    #[must_use]
    pub const fn needs_person(self) -> bool {
        matches!(self, Self::Approval)
    }

    /// A sentence for a report.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Locking => "the relationship is being locked for approval",
            Self::Approval => "an administrator of the customer has to approve the relationship",
            Self::Activation => "the approved relationship is being activated",
            Self::Assignment => "role assignments are being carried out",
            Self::Consent => "consent is not visible everywhere yet",
            Self::Permissions => "new permissions are not visible everywhere yet",
            Self::ConditionalAccess => "the changed Conditional Access policy does not act yet",
        }
    }
}
