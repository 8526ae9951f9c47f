//! Access assignments as they should be: what is missing, what is wrong, what is too much.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::{
    AccessAssignment, AccessAssignmentStatus, AssignmentApi, AssignmentUpkeep, NewAccessAssignment, Relationship,
    RelationshipStep, next_step, role_name,
};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{AccessAssignmentId, GroupId, RelationshipId, RoleTemplateId};
use crate::onboarding::{Finding, WaitReason, Waiting};

/// The group of each role. One group holds one role: several on one group stay pending or fail at random.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleGroupMap(BTreeMap<RoleTemplateId, GroupId>);

impl RoleGroupMap {
    /// Checks and builds a map.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: a group for two roles, or a role twice.
    pub fn try_new(pairs: impl IntoIterator<Item = (RoleTemplateId, GroupId)>) -> Result<Self> {
        let mut map: BTreeMap<RoleTemplateId, GroupId> = BTreeMap::new();
        for (role, group) in pairs {
            if let Some((other, _)) = map.iter().find(|(_, known)| **known == group) {
                let name = |role: &RoleTemplateId| role_name(role).map_or_else(|| role.to_string(), str::to_owned);
                return Err(Error::config(format!(
                    "role groups: group {group} is given for {:?} and {:?}, one group holds one role",
                    name(other),
                    name(&role)
                )));
            }
            if map.insert(role, group).is_some() {
                return Err(Error::config(format!("role groups: role {role} is given two groups")));
            }
        }
        Ok(Self(map))
    }

    /// The group of a role.
    #[must_use]
    pub fn group(&self, role: &RoleTemplateId) -> Option<GroupId> {
        self.0.get(role).copied()
    }

    /// All pairs, by role.
    pub fn iter(&self) -> impl Iterator<Item = (RoleTemplateId, GroupId)> + '_ {
        self.0.iter().map(|(role, group)| (*role, *group))
    }
}

/// One write about the assignments of a relationship.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssignStep {
    /// Give a role to its group.
    Assign {
        /// The role.
        role: RoleTemplateId,
        /// The group.
        group: GroupId,
    },
    /// Give the group of an assignment the role it is for.
    Replace {
        /// The assignment.
        assignment: AccessAssignmentId,
        /// The role.
        role: RoleTemplateId,
        /// The group.
        group: GroupId,
    },
    /// Take the roles of a group away.
    Remove {
        /// The assignment.
        assignment: AccessAssignmentId,
        /// The group.
        group: GroupId,
    },
}

impl std::fmt::Display for AssignStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |role: &RoleTemplateId| role_name(role).map_or_else(|| role.to_string(), str::to_owned);
        match self {
            Self::Assign { role, .. } => write!(f, "assign {}", name(role)),
            Self::Replace { role, group, .. } => write!(f, "give group {group} {} instead", name(role)),
            Self::Remove { group, .. } => write!(f, "take the role of group {group} away"),
        }
    }
}

/// Compares the assignments of a relationship with the roles each group should hold. With `prune`, live assignments
/// nobody asked for are removed; without, they are left alone.
///
/// A group that holds another role is put right, for the service takes one live assignment for each group. Past and
/// failed assignments do not count.
#[must_use]
pub fn plan_assignments(
    present: &[AccessAssignment],
    roles: &[RoleTemplateId],
    groups: &RoleGroupMap,
    prune: bool,
) -> Vec<AssignStep> {
    let live = || present.iter().filter(|assignment| assignment.is_live());
    let mut steps = Vec::new();
    for role in roles {
        let Some(group) = groups.group(role) else { continue };
        match live().find(|assignment| assignment.group() == group) {
            None => steps.push(AssignStep::Assign { role: *role, group }),
            Some(present) if present.roles().eq([*role]) => {}
            Some(present) => {
                steps.push(AssignStep::Replace { assignment: present.id.clone(), role: *role, group });
            }
        }
    }
    if prune {
        let wanted =
            |assignment: &&AccessAssignment| roles.iter().any(|role| groups.group(role) == Some(assignment.group()));
        steps.extend(
            live()
                .filter(|assignment| !wanted(assignment))
                .map(|assignment| AssignStep::Remove { assignment: assignment.id.clone(), group: assignment.group() }),
        );
    }
    steps
}

/// Brings assignments to where they should be. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Assigning {
    assignments: Arc<dyn AssignmentApi>,
    upkeep: Arc<dyn AssignmentUpkeep>,
    groups: RoleGroupMap,
    prune: bool,
    dry_run: bool,
}

/// What was done about one customer's assignments.
#[derive(Debug)]
#[non_exhaustive]
pub struct AssignReport {
    /// Each write, in order: `None` was only planned.
    pub outcomes: Vec<AssignOutcome>,
    /// Wanted roles no relationship in force has.
    pub missing: Vec<RoleTemplateId>,
    /// Wanted roles without a group.
    pub without_group: Vec<RoleTemplateId>,
    /// Set while assignments are being carried out.
    pub waiting: Option<Waiting>,
    /// Relationships whose assignments could not be read.
    pub unreadable: Vec<(RelationshipId, Error)>,
}

/// One write and how it ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct AssignOutcome {
    /// The relationship.
    pub relationship: RelationshipId,
    /// The write.
    pub step: AssignStep,
    /// How it ended; `None` when it was only planned.
    pub result: Option<Result<()>>,
}

/// How the assignments of a customer stand, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum AssignState {
    /// Every wanted role is held.
    Done,
    /// A dry run has found something to do.
    Planned,
    /// Assignments are being carried out.
    Waiting,
    /// Something failed, or a role is missing.
    Failed,
}

impl AssignReport {
    /// All in one word.
    #[must_use]
    pub fn state(&self) -> AssignState {
        let refused = self.outcomes.iter().any(|outcome| matches!(outcome.result, Some(Err(_))));
        if refused || !self.missing.is_empty() || !self.unreadable.is_empty() {
            AssignState::Failed
        } else if self.outcomes.iter().any(|outcome| outcome.result.is_none()) {
            AssignState::Planned
        } else if self.waiting.is_some() {
            AssignState::Waiting
        } else {
            AssignState::Done
        }
    }

    /// What a person has to look at.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let refused = self.outcomes.iter().filter_map(|outcome| match &outcome.result {
            Some(Err(error)) => Some(Finding::of_step(&outcome.step.to_string(), error)),
            _ => None,
        });
        let unread = self.unreadable.iter().map(|(id, error)| Finding::of_step(&format!("read {id}"), error));
        let mut findings: Vec<Finding> = refused.chain(unread).collect();
        if !self.missing.is_empty() {
            let names: Vec<&str> = self.missing.iter().map(|role| role_name(role).unwrap_or("a role")).collect();
            findings.push(Finding::known("gdap-role-missing", format!("in no relationship: {}", names.join(", "))));
        }
        findings
    }
}

impl Assigning {
    /// Assigns through these ports, to these groups.
    #[must_use]
    pub fn new(assignments: Arc<dyn AssignmentApi>, upkeep: Arc<dyn AssignmentUpkeep>, groups: RoleGroupMap) -> Self {
        Self { assignments, upkeep, groups, prune: false, dry_run: false }
    }

    /// Sets whether assignments nobody asked for are removed.
    #[must_use]
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }

    /// Sets whether nothing is written.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Looks at the assignments of one customer's relationships and does what is missing. A failure stops nothing else;
    /// run again it does the rest, and nothing twice. Assignments are carried out later: look again while
    /// [`AssignReport::waiting`] is set.
    ///
    /// # Errors
    /// Only what concerns every customer alike: the account has to sign in again, the application's secret is refused.
    pub async fn run(
        &self,
        relationships: &[Relationship],
        wanted: &[RoleTemplateId],
        now: Timestamp,
    ) -> Result<AssignReport> {
        let mut report = AssignReport {
            outcomes: Vec::new(),
            missing: Vec::new(),
            without_group: wanted.iter().copied().filter(|role| self.groups.group(role).is_none()).collect(),
            waiting: None,
            unreadable: Vec::new(),
        };
        let RelationshipStep::Use(usable) = next_step(relationships, wanted) else {
            report.missing = wanted.to_vec();
            return Ok(report);
        };
        report.missing = usable.missing;
        let mut pending = false;
        for (relationship, roles) in &usable.assign {
            let present = match self.assignments.assignments(&relationship.id).await {
                Ok(present) => present,
                Err(error) if is_everywhere(&error) => return Err(error),
                Err(error) => {
                    report.unreadable.push((relationship.id.clone(), error));
                    continue;
                }
            };
            pending |= present.iter().any(|assignment| {
                assignment.status == AccessAssignmentStatus::Pending
                    && roles.iter().any(|role| self.groups.group(role) == Some(assignment.group()))
            });
            for step in plan_assignments(&present, roles, &self.groups, self.prune) {
                let result = if self.dry_run { None } else { Some(self.apply(&relationship.id, &step).await) };
                let result = match result {
                    Some(Err(error)) if is_everywhere(&error) => return Err(error),
                    result => result,
                };
                pending |= matches!(result, Some(Ok(()))) && !matches!(step, AssignStep::Remove { .. });
                report.outcomes.push(AssignOutcome { relationship: relationship.id.clone(), step, result });
            }
        }
        if pending {
            let again = now + jiff::SignedDuration::from_secs(15);
            report.waiting = Some(Waiting::until(WaitReason::Assignment, again));
        }
        Ok(report)
    }

    async fn apply(&self, relationship: &RelationshipId, step: &AssignStep) -> Result<()> {
        match step {
            AssignStep::Assign { role, group } => {
                let new = NewAccessAssignment::new(*group, *role);
                match self.assignments.assign(relationship, &new).await {
                    // Somebody was faster, or an earlier answer got lost.
                    Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
                    Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                        let present = self.assignments.assignments(relationship).await?;
                        let is_there = |own: &AccessAssignment| own.is_live() && own.group() == *group;
                        if present.iter().any(is_there) { Ok(()) } else { Err(error) }
                    }
                    outcome => outcome.map(drop),
                }
            }
            AssignStep::Replace { assignment, role, .. } => {
                self.upkeep.replace_role(relationship, assignment, role).await
            }
            AssignStep::Remove { assignment, .. } => self.upkeep.unassign(relationship, assignment).await,
        }
    }
}

/// Whether every other write would fail alike.
fn is_everywhere(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidClient | ErrorKind::ReauthenticationRequired)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn role(n: u128) -> RoleTemplateId {
        RoleTemplateId::from_u128(n)
    }

    fn assignment(id: &str, group: u128, held: u128, status: &str) -> AccessAssignment {
        serde_json::from_value(json!({
            "id": id, "status": status,
            "accessContainer": {"accessContainerId": GroupId::from_u128(group), "accessContainerType": "securityGroup"},
            "accessDetails": {"unifiedRoles": [{"roleDefinitionId": role(held)}]}
        }))
        .unwrap()
    }

    fn groups() -> RoleGroupMap {
        RoleGroupMap::try_new((1..=3).map(|n| (role(n), GroupId::from_u128(10 + n)))).unwrap()
    }

    #[test]
    fn one_group_for_two_roles_is_refused() {
        let group = GroupId::from_u128(7);
        let roles = [RoleTemplateId::USER_ADMINISTRATOR, RoleTemplateId::GLOBAL_READER];
        let error = RoleGroupMap::try_new(roles.map(|role| (role, group))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("User Administrator") && error.to_string().contains("one group"), "{error}");
        assert!(RoleGroupMap::try_new([(role(1), group), (role(1), GroupId::from_u128(8))]).is_err());
    }

    #[test]
    fn only_what_differs_is_done() {
        let present = [
            assignment("kept", 11, 1, "active"),
            assignment("wrong", 12, 9, "pending"),
            assignment("past", 13, 3, "deleted"),
            assignment("extra", 99, 5, "active"),
        ];
        let roles = [1, 2, 3, 4].map(role);
        let steps = plan_assignments(&present, &roles, &groups(), false);
        let group = |n| GroupId::from_u128(n);
        assert_eq!(
            steps,
            [
                AssignStep::Replace { assignment: AccessAssignmentId::new("wrong"), role: role(2), group: group(12) },
                AssignStep::Assign { role: role(3), group: group(13) },
            ]
        );
        let pruned = plan_assignments(&present, &roles, &groups(), true);
        assert_eq!(
            pruned[2..],
            [AssignStep::Remove { assignment: AccessAssignmentId::new("extra"), group: group(99) }]
        );
    }

    /// Refuses the second role, has the third already, and takes the others.
    #[derive(Debug, Default)]
    struct Fake(std::sync::Mutex<Vec<RoleTemplateId>>);

    #[async_trait::async_trait]
    impl AssignmentApi for Fake {
        async fn assignments(&self, _: &RelationshipId) -> Result<Vec<AccessAssignment>> {
            Ok(Vec::new())
        }

        async fn assign(&self, _: &RelationshipId, new: &NewAccessAssignment) -> Result<AccessAssignment> {
            let asked = new.access_details.roles().next().unwrap();
            let kind = match () {
                () if asked == role(2) => ErrorKind::InvalidRequest,
                () if asked == role(3) => ErrorKind::Conflict,
                () => {
                    self.0.lock().unwrap().push(asked);
                    return Ok(assignment("made", 11, 1, "pending"));
                }
            };
            Err(Error::new(kind, "refused"))
        }
    }

    #[async_trait::async_trait]
    impl AssignmentUpkeep for Fake {
        async fn replace_role(&self, _: &RelationshipId, _: &AccessAssignmentId, _: &RoleTemplateId) -> Result<()> {
            Ok(())
        }

        async fn unassign(&self, _: &RelationshipId, _: &AccessAssignmentId) -> Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn one_failure_stops_nothing_and_is_told() {
        let fake = Arc::new(Fake::default());
        let groups = RoleGroupMap::try_new((1..=4).map(|n| (role(n), GroupId::from_u128(10 + n)))).unwrap();
        let roles = [1, 2, 3, 4].map(role);
        let relationship: Relationship = serde_json::from_value(json!({
            "id": "r", "displayName": "r", "duration": "P730D", "status": "active",
            "accessDetails": {"unifiedRoles": roles.map(|role| json!({"roleDefinitionId": role}))}
        }))
        .unwrap();
        let assigning = Assigning::new(Arc::clone(&fake) as _, Arc::clone(&fake) as _, groups);
        let all = [relationship];
        let wanted = [1, 2, 3, 4, 5].map(role);
        let planned = assigning.clone().dry_run(true).run(&all, &roles, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!((planned.state(), planned.outcomes.len()), (AssignState::Planned, 4));
        assert!(fake.0.lock().unwrap().is_empty());
        let report = assigning.run(&all, &wanted, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(*fake.0.lock().unwrap(), [role(1), role(4)]);
        let failed: Vec<bool> = report.outcomes.iter().map(|outcome| matches!(outcome.result, Some(Err(_)))).collect();
        assert_eq!(failed, [false, true, false, false]);
        assert_eq!((report.missing.as_slice(), report.state()), (&[role(5)][..], AssignState::Failed));
        assert!(report.waiting.is_some() && report.findings().len() == 2);
        assert_eq!(report.without_group, [role(5)]);
    }
}
