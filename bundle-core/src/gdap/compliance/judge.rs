//! From facts to findings.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    ComplianceFinding, ComplianceIssue as Issue, ComplianceReport, CustomerCompliance, RelationshipSummary,
    RoleStanding, RoleState, Verdict,
};
use crate::customer::Customer;
use crate::gdap::{AccessAssignmentStatus, GdapFacts, Relationship, ways_to_people};
use crate::ids::{GroupId, RoleTemplateId};

/// What a partner wants of its relationships.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ComplianceSettings {
    /// The roles to have at every customer.
    pub wanted: Vec<RoleTemplateId>,
    /// How long before its end a relationship is reported; 60 days by default.
    pub notice: SignedDuration,
}

impl ComplianceSettings {
    /// These roles, 60 days of notice.
    #[must_use]
    pub fn new(wanted: Vec<RoleTemplateId>) -> Self {
        Self { wanted, notice: SignedDuration::from_hours(60 * 24) }
    }

    /// Sets how many days before its end a relationship is reported.
    #[must_use]
    pub fn notice_days(mut self, days: u32) -> Self {
        self.notice = SignedDuration::from_hours(i64::from(days) * 24);
        self
    }
}

/// Says how the partner stands with each of these customers; those of [`GdapFacts::customers`] have a relationship.
#[must_use]
pub fn compliance(
    facts: &GdapFacts,
    customers: &[Customer],
    settings: &ComplianceSettings,
    now: Timestamp,
) -> ComplianceReport {
    let mut by_customer: BTreeMap<_, Vec<&Relationship>> = BTreeMap::new();
    for relationship in &facts.relationships {
        if let Some(customer) = &relationship.customer {
            by_customer.entry(customer.tenant_id).or_default().push(relationship);
        }
    }
    let occupied: BTreeMap<GroupId, bool> =
        facts.groups.keys().map(|group| (*group, !ways_to_people(&facts.groups, group).is_empty())).collect();
    let judge = Judge { facts, settings, now, occupied };
    let none = Vec::new();
    let customers = customers
        .iter()
        .map(|customer| judge.customer(customer, by_customer.get(&customer.tenant_id).unwrap_or(&none)))
        .collect();
    ComplianceReport { at: now, wanted: settings.wanted.clone(), customers }
}

struct Judge<'a> {
    facts: &'a GdapFacts,
    settings: &'a ComplianceSettings,
    now: Timestamp,
    /// Whether anybody is in a group, nested ones included.
    occupied: BTreeMap<GroupId, bool>,
}

impl Judge<'_> {
    fn customer(&self, customer: &Customer, relationships: &[&Relationship]) -> CustomerCompliance {
        let in_force: Vec<&Relationship> =
            relationships.iter().copied().filter(|relationship| relationship.status.is_in_force()).collect();
        let mut standings = self.standings(relationships);
        let mut findings = self.relationships(&in_force);
        findings.extend(self.groups(&in_force));
        let roles: Vec<RoleStanding> = self
            .settings
            .wanted
            .iter()
            .map(|role| standings.remove(role).unwrap_or_else(|| RoleStanding::new(*role)))
            .collect();
        let surplus: Vec<RoleStanding> =
            standings.into_values().filter(|standing| standing.state > RoleState::Invited).collect();
        findings.extend(self.roles(&roles, &surplus, &in_force));
        let ahead = |relationship: &&&Relationship| relationship.status.is_ahead();
        let relationships =
            in_force.iter().chain(relationships.iter().filter(ahead)).map(|relationship| summary(relationship));
        CustomerCompliance {
            tenant_id: customer.tenant_id,
            name: customer.name.clone(),
            verdict: verdict(&roles, &findings),
            relationships: relationships.collect(),
            ends: in_force
                .iter()
                .filter(|relationship| !relationship.extends_itself())
                .filter_map(|relationship| relationship.end_date_time)
                .min(),
            roles,
            surplus,
            findings,
        }
    }

    /// Each role any relationship has, or would have, at its best.
    fn standings(&self, relationships: &[&Relationship]) -> BTreeMap<RoleTemplateId, RoleStanding> {
        let mut standings: BTreeMap<RoleTemplateId, RoleStanding> = BTreeMap::new();
        let mut note = |role: RoleTemplateId, state: RoleState, relationship: &Relationship, group: Option<GroupId>| {
            let standing = standings.entry(role).or_insert_with(|| RoleStanding::new(role));
            standing.state = standing.state.max(state);
            if !standing.relationships.contains(&relationship.id) {
                standing.relationships.push(relationship.id.clone());
            }
            standing.groups.extend(group.filter(|group| !standing.groups.contains(group)));
        };
        for relationship in relationships {
            if relationship.status.is_ahead() {
                relationship.roles().for_each(|role| note(role, RoleState::Invited, relationship, None));
            } else if relationship.status.is_in_force() {
                let readable = self.facts.assignments.get(&relationship.id).is_some_and(Result::is_ok);
                let least = if readable { RoleState::Unassigned } else { RoleState::Unknown };
                relationship.roles().for_each(|role| note(role, least, relationship, None));
                for assignment in self.facts.live(&relationship.id) {
                    let state = match self.occupied.get(&assignment.group()) {
                        _ if assignment.status == AccessAssignmentStatus::Pending => RoleState::Pending,
                        Some(true) => RoleState::Effective,
                        _ => RoleState::Empty,
                    };
                    assignment.roles().for_each(|role| note(role, state, relationship, Some(assignment.group())));
                }
            }
        }
        standings
    }

    /// What is wrong with the relationships in force themselves.
    fn relationships(&self, in_force: &[&Relationship]) -> Vec<ComplianceFinding> {
        let mut findings = Vec::new();
        if in_force.is_empty() {
            findings.push(ComplianceFinding::new(Issue::NoRelationship, "no relationship is in force".to_owned()));
        } else if in_force.iter().all(|relationship| relationship.is_microsoft_led()) {
            let text = "only the relationship Microsoft made in its transition (MLT_) is in force".to_owned();
            findings.push(ComplianceFinding::new(Issue::MicrosoftLedOnly, text));
        }
        for relationship in in_force {
            let name = &relationship.display_name;
            let mut find = |issue, text: String| {
                findings.push(ComplianceFinding::new(issue, text).about(&relationship.id));
            };
            let end = relationship.end_date_time;
            if relationship.access_details.has_global_administrator() {
                find(Issue::GlobalAdministrator, format!("{name:?} has Global Administrator and cannot extend itself"));
            } else if !relationship.extends_itself() && !relationship.is_microsoft_led() {
                find(Issue::AutoExtendOff, format!("{name:?} does not extend itself"));
            }
            if let Some(end) = end.filter(|_| !relationship.extends_itself()) {
                let left = end.duration_since(self.now);
                if left <= self.settings.notice {
                    find(Issue::Expiring, format!("{name:?} ends in {} day(s), on {}", left.as_hours() / 24, day(end)));
                }
            }
            if let Some(Err(error)) = self.facts.assignments.get(&relationship.id) {
                find(Issue::Unreadable, format!("the assignments of {name:?} could not be read: {error}"));
            }
            for assignment in self.facts.assignments.get(&relationship.id).into_iter().flatten().flatten() {
                if assignment.status == AccessAssignmentStatus::Error {
                    let group = self.group_name(&assignment.group());
                    find(Issue::AssignmentFailed, format!("in {name:?} the assignment of {group} has failed"));
                }
            }
        }
        findings
    }

    /// Groups that hold roles of this customer and cannot use them.
    fn groups(&self, in_force: &[&Relationship]) -> Vec<ComplianceFinding> {
        let mut findings: Vec<ComplianceFinding> = Vec::new();
        for assignment in in_force.iter().flat_map(|relationship| self.facts.live(&relationship.id)) {
            let group = assignment.group();
            if findings.iter().any(|finding| finding.group == Some(group)) {
                continue;
            }
            let name = self.group_name(&group);
            match self.facts.groups.get(&group) {
                Some(None) => {
                    let text = format!("{name} holds a role and is not there any more");
                    findings.push(ComplianceFinding::new(Issue::MissingGroup, text).group(group));
                }
                Some(Some(_)) if self.occupied.get(&group) == Some(&false) => {
                    let text = format!("{name} holds a role and nobody is in it");
                    findings.push(ComplianceFinding::new(Issue::EmptyGroup, text).group(group));
                }
                _ => {}
            }
        }
        findings
    }

    fn roles(
        &self,
        roles: &[RoleStanding],
        surplus: &[RoleStanding],
        in_force: &[&Relationship],
    ) -> Vec<ComplianceFinding> {
        let names = |standings: &[&RoleStanding]| {
            let names: Vec<String> = standings
                .iter()
                .map(|standing| standing.name.map_or_else(|| standing.role.to_string(), str::to_owned))
                .collect();
            names.join(", ")
        };
        let mut findings = Vec::new();
        let missing: Vec<&RoleStanding> =
            roles.iter().filter(|role| role.state < RoleState::Unknown && role.state != RoleState::Invited).collect();
        if !missing.is_empty() {
            let text = if missing.len() == roles.len() && roles.len() > 1 {
                format!("nobody has any of the {} wanted roles", roles.len())
            } else {
                format!("nobody has {}", names(&missing))
            };
            findings.push(ComplianceFinding::new(Issue::MissingRole, text));
        }
        let given: Vec<&RoleStanding> = surplus.iter().filter(|role| role.state > RoleState::Unassigned).collect();
        if !given.is_empty() {
            findings.push(ComplianceFinding::new(Issue::SurplusRole, format!("not wanted: {}", names(&given))));
        }
        // The same role given in two relationships: ending one changes nothing, or so it seems.
        for relationship in in_force {
            let doubled: Vec<&RoleStanding> = roles
                .iter()
                .chain(surplus)
                .filter(|role| self.facts.live(&relationship.id).any(|own| own.roles().any(|own| own == role.role)))
                .filter(|role| {
                    in_force.iter().filter(|other| other.id != relationship.id).any(|other| {
                        self.facts.live(&other.id).any(|theirs| theirs.roles().any(|theirs| theirs == role.role))
                    })
                })
                .collect();
            if !doubled.is_empty() {
                let text = format!("{:?} gives what others give too: {}", relationship.display_name, names(&doubled));
                findings.push(ComplianceFinding::new(Issue::Interfering, text).about(&relationship.id));
            }
        }
        findings
    }

    fn group_name(&self, group: &GroupId) -> String {
        match self.facts.groups.get(group) {
            Some(Some(node)) => format!("group {:?}", node.display_name),
            _ => format!("group {group}"),
        }
    }
}

fn verdict(roles: &[RoleStanding], findings: &[ComplianceFinding]) -> Verdict {
    if roles.iter().any(|role| role.state < RoleState::Unknown && role.state != RoleState::Invited) {
        return Verdict::Broken;
    }
    if findings.iter().any(|finding| finding.issue == Issue::Unreadable) {
        return Verdict::Unknown;
    }
    if roles.iter().any(|role| matches!(role.state, RoleState::Invited | RoleState::Pending)) {
        return Verdict::Waiting;
    }
    if findings.is_empty() { Verdict::Compliant } else { Verdict::Attention }
}

fn summary(relationship: &Relationship) -> RelationshipSummary {
    RelationshipSummary {
        id: relationship.id.clone(),
        name: relationship.display_name.clone(),
        status: relationship.status.clone(),
        ends: relationship.end_date_time,
        extends_itself: relationship.extends_itself(),
        microsoft_led: relationship.is_microsoft_led(),
    }
}

fn day(time: Timestamp) -> impl std::fmt::Display {
    time.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests;
