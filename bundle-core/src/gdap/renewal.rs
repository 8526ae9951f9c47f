//! What has to be done when, so that no customer is lost: facts in, actions out.
//!
//! A role cannot be added to a relationship and an end cannot be moved but by auto-extension: everything else takes a new
//! relationship and the customer's approval. The old one is kept until the new one is mapped, then it is ended.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{AccessAssignmentStatus, GdapFacts, Relationship, RelationshipStatus};
use crate::customer::Customer;
use crate::ids::{RelationshipId, RoleTemplateId, TenantId};

/// What a partner wants renewed, and when.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RenewalSettings {
    /// The roles to have at every customer.
    pub wanted: Vec<RoleTemplateId>,
    /// How long before its end a relationship is renewed: 90 days by default, as long as an invitation lives.
    pub notice: SignedDuration,
    /// Whether relationships should extend themselves; `None` leaves that as it is, save for those that end soon.
    pub auto_extend: Option<bool>,
    /// Whether Global Administrator is taken out, which is what keeps a relationship from extending itself.
    pub remove_global_administrator: bool,
}

impl RenewalSettings {
    /// These roles, 90 days of notice; nothing is switched.
    #[must_use]
    pub fn new(wanted: Vec<RoleTemplateId>) -> Self {
        let notice = SignedDuration::from_hours(90 * 24);
        Self { wanted, notice, auto_extend: None, remove_global_administrator: false }
    }

    /// Sets how many days before its end a relationship is renewed.
    #[must_use]
    pub fn notice_days(mut self, days: u32) -> Self {
        self.notice = SignedDuration::from_hours(i64::from(days) * 24);
        self
    }

    /// Sets whether all relationships should extend themselves.
    #[must_use]
    pub fn auto_extend(mut self, on: bool) -> Self {
        self.auto_extend = Some(on);
        self
    }

    /// Sets whether Global Administrator is taken out.
    #[must_use]
    pub fn remove_global_administrator(mut self, remove: bool) -> Self {
        self.remove_global_administrator = remove;
        self
    }
}

/// One thing to do about a relationship, or a customer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Renewal {
    /// The customer's tenant.
    pub tenant_id: TenantId,
    /// The customer's name.
    pub customer: String,
    /// The relationship it is about: the old one where there are two.
    pub relationship: Option<RelationshipId>,
    /// Its name.
    pub name: Option<String>,
    /// When it ends, unless it extends itself.
    pub ends: Option<Timestamp>,
    /// What to do.
    pub action: RenewalAction,
    /// Why.
    pub reason: String,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "do")]
#[non_exhaustive]
pub enum RenewalAction {
    /// Let the relationship extend itself, or not any more.
    #[serde(rename_all = "camelCase")]
    SwitchAutoExtend {
        /// On or off.
        on: bool,
    },
    /// Take Global Administrator out of the roles.
    RemoveGlobalAdministrator,
    /// Invite the customer to a new relationship, with all wanted roles.
    ReInvite,
    /// The new relationship waits for the customer, or for the service.
    #[serde(rename_all = "camelCase")]
    Await {
        /// The new relationship.
        successor: RelationshipId,
        /// Its status.
        status: RelationshipStatus,
    },
    /// Give the roles of the new relationship to their groups.
    #[serde(rename_all = "camelCase")]
    Map {
        /// The new relationship.
        successor: RelationshipId,
        /// The roles nobody was given yet.
        roles: Vec<RoleTemplateId>,
    },
    /// End the old relationship: the new one is mapped.
    #[serde(rename_all = "camelCase")]
    Terminate {
        /// The new relationship.
        successor: RelationshipId,
    },
}

impl RenewalAction {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::SwitchAutoExtend { on: true } => "extend",
            Self::SwitchAutoExtend { on: false } => "stop extending",
            Self::RemoveGlobalAdministrator => "remove Global Administrator",
            Self::ReInvite => "re-invite",
            Self::Await { .. } => "await",
            Self::Map { .. } => "map",
            Self::Terminate { .. } => "terminate",
        }
    }
}

/// Says what to do about each customer, the most urgent first. A customer without anything in force is none of its
/// business: that is an invitation, not a renewal.
#[must_use]
pub fn plan_renewals(
    facts: &GdapFacts,
    customers: &[Customer],
    settings: &RenewalSettings,
    now: Timestamp,
) -> Vec<Renewal> {
    let mut renewals: Vec<Renewal> = customers
        .iter()
        .flat_map(|customer| {
            Planner { facts, settings, now, customer, all: facts.of(&customer.tenant_id).collect() }.plan()
        })
        .collect();
    let far = Timestamp::MAX;
    renewals
        .sort_by(|a, b| a.ends.unwrap_or(far).cmp(&b.ends.unwrap_or(far)).then_with(|| a.customer.cmp(&b.customer)));
    renewals
}

struct Planner<'a> {
    facts: &'a GdapFacts,
    settings: &'a RenewalSettings,
    now: Timestamp,
    customer: &'a Customer,
    all: Vec<&'a Relationship>,
}

impl Planner<'_> {
    fn plan(&self) -> Vec<Renewal> {
        let mut plan = Vec::new();
        let in_force: Vec<&Relationship> =
            self.all.iter().copied().filter(|relationship| relationship.status.is_in_force()).collect();
        let mut old: Vec<(&Relationship, String)> = Vec::new();
        for relationship in &in_force {
            let has_global = relationship.access_details.has_global_administrator();
            let can_change = relationship.status == RelationshipStatus::Active && !relationship.is_microsoft_led();
            let reason = self.why_old(relationship, &in_force);
            if has_global && can_change && self.settings.remove_global_administrator {
                let why = "it keeps the relationship from extending itself".to_owned();
                plan.push(self.renewal(relationship, RenewalAction::RemoveGlobalAdministrator, why));
            }
            match self.settings.auto_extend {
                Some(on) if can_change && on != relationship.extends_itself() && !(on && has_global) => {
                    let why = if on { "it would end without anybody" } else { "it is to end by itself" };
                    plan.push(self.renewal(relationship, RenewalAction::SwitchAutoExtend { on }, why.to_owned()));
                    // Once it extends itself, an end near by is none any more.
                    if !on || !reason.as_ref().is_some_and(|reason| reason.ends) {
                        old.extend(reason.map(|reason| (*relationship, reason.text)));
                    }
                }
                _ => old.extend(reason.map(|reason| (*relationship, reason.text))),
            }
        }
        plan.extend(self.replacements(&old));
        plan
    }

    /// Why a relationship in force has to be replaced.
    fn why_old(&self, relationship: &Relationship, in_force: &[&Relationship]) -> Option<Reason> {
        if relationship.is_microsoft_led() {
            let text = "Microsoft made it; its roles are fixed".to_owned();
            return Some(Reason { text, ends: false });
        }
        let end = relationship.end_date_time.filter(|_| !relationship.extends_itself());
        if let Some(left) = end.map(|end| end.duration_since(self.now)).filter(|left| *left <= self.settings.notice) {
            return Some(Reason { text: format!("it ends in {} day(s)", left.as_hours() / 24), ends: true });
        }
        let lacks = |role: &&RoleTemplateId| {
            !in_force.iter().any(|other| !other.is_microsoft_led() && other.roles().any(|own| own == **role))
        };
        let missing = self.settings.wanted.iter().filter(lacks).count();
        (missing > 0).then(|| {
            let text = format!("{missing} wanted role(s) are in no relationship, and none can be added to this one");
            Reason { text, ends: false }
        })
    }

    fn replacements(&self, old: &[(&Relationship, String)]) -> Vec<Renewal> {
        let is_old = |relationship: &Relationship| old.iter().any(|(other, _)| other.id == relationship.id);
        let covers = |relationship: &&&Relationship| {
            !relationship.is_microsoft_led()
                && !is_old(relationship)
                && self.settings.wanted.iter().all(|role| relationship.roles().any(|own| own == *role))
        };
        let Some((first, reason)) = old.first() else { return Vec::new() };
        let reason = &match old {
            [_] => reason.clone(),
            several => {
                let each = several.iter().map(|(old, reason)| format!("{:?}: {reason}", old.display_name));
                each.collect::<Vec<String>>().join("; ")
            }
        };
        let mut successors = self.all.iter().filter(covers).filter(|relationship| relationship.status.is_in_force());
        let newest = |a: &&&Relationship, b: &&&Relationship| a.end_date_time.cmp(&b.end_date_time);
        if let Some(successor) = successors.by_ref().max_by(newest) {
            let roles = self.unmapped(successor);
            if !roles.is_empty() {
                let action = RenewalAction::Map { successor: successor.id.clone(), roles };
                return vec![self.renewal(first, action, reason.clone())];
            }
            return old
                .iter()
                .filter(|(old, _)| old.status == RelationshipStatus::Active)
                .map(|(old, _)| {
                    let why = format!("{:?} has taken its place", successor.display_name);
                    self.renewal(old, RenewalAction::Terminate { successor: successor.id.clone() }, why)
                })
                .collect();
        }
        // The furthest of those on their way; one that was never locked is locked by the invitation that finds it.
        let ahead =
            self.all.iter().filter(covers).find(|relationship| {
                relationship.status.is_ahead() && relationship.status != RelationshipStatus::Created
            });
        let action = match ahead {
            Some(ahead) => RenewalAction::Await { successor: ahead.id.clone(), status: ahead.status.clone() },
            None => RenewalAction::ReInvite,
        };
        vec![self.renewal(first, action, reason.clone())]
    }

    /// The wanted roles of a relationship that no group holds yet.
    fn unmapped(&self, relationship: &Relationship) -> Vec<RoleTemplateId> {
        let held = |role: &RoleTemplateId| {
            self.facts.live(&relationship.id).any(|assignment| {
                assignment.status == AccessAssignmentStatus::Active && assignment.roles().any(|own| own == *role)
            })
        };
        self.settings.wanted.iter().copied().filter(|role| !held(role)).collect()
    }

    fn renewal(&self, relationship: &Relationship, action: RenewalAction, reason: String) -> Renewal {
        Renewal {
            tenant_id: self.customer.tenant_id,
            customer: self.customer.name.clone(),
            relationship: Some(relationship.id.clone()),
            name: Some(relationship.display_name.clone()),
            ends: relationship.end_date_time.filter(|_| !relationship.extends_itself()),
            action,
            reason,
        }
    }
}

struct Reason {
    text: String,
    /// Whether it is only that the end is near.
    ends: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::GroupId;

    fn role(n: u128) -> RoleTemplateId {
        RoleTemplateId::from_u128(n)
    }

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().unwrap()
    }

    fn relationship(id: &str, status: &str, roles: &[RoleTemplateId], days: i64, extends: bool) -> Relationship {
        let roles: Vec<_> = roles.iter().map(|role| json!({"roleDefinitionId": role})).collect();
        serde_json::from_value(json!({
            "id": id, "displayName": id, "duration": "P730D", "status": status,
            "autoExtendDuration": if extends { "P180D" } else { "PT0S" },
            "customer": {"tenantId": TenantId::from_u128(1), "displayName": "Contoso"},
            "accessDetails": {"unifiedRoles": roles}, "endDateTime": now() + SignedDuration::from_hours(days * 24),
        }))
        .unwrap()
    }

    fn facts(relationships: Vec<Relationship>) -> GdapFacts {
        let mut facts = GdapFacts { relationships, ..GdapFacts::default() };
        for relationship in facts.relationships.iter().filter(|relationship| relationship.status.is_in_force()) {
            facts.assignments.insert(relationship.id.clone(), Ok(Vec::new()));
        }
        facts
    }

    fn mapped(mut facts: GdapFacts, id: &str, roles: &[u128]) -> GdapFacts {
        let assignments = roles.iter().map(|n| {
            let value = json!({
                "id": n.to_string(), "status": "active",
                "accessContainer": {"accessContainerId": GroupId::from_u128(*n), "accessContainerType": "securityGroup"},
                "accessDetails": {"unifiedRoles": [{"roleDefinitionId": role(*n)}]}
            });
            serde_json::from_value(value).unwrap()
        });
        facts.assignments.insert(RelationshipId::new(id), Ok(assignments.collect()));
        facts
    }

    fn plan(facts: &GdapFacts, settings: &RenewalSettings) -> Vec<(String, &'static str)> {
        let customers = [Customer::new(TenantId::from_u128(1), "Contoso")];
        let renewals = plan_renewals(facts, &customers, settings, now());
        renewals.into_iter().map(|renewal| (renewal.name.unwrap_or_default(), renewal.action.as_str())).collect()
    }

    fn told(name: &str, action: &'static str) -> (String, &'static str) {
        (name.to_owned(), action)
    }

    fn wanted() -> RenewalSettings {
        RenewalSettings::new(vec![role(1), role(2)])
    }

    #[test]
    fn what_is_fine_is_left_alone() {
        let both = [role(1), role(2)];
        for (days, extends) in [(91, false), (5, true)] {
            let facts = facts(vec![relationship("a", "active", &both, days, extends)]);
            assert_eq!(plan(&facts, &wanted()), []);
        }
        assert_eq!(plan(&facts(vec![relationship("a", "expired", &both, -1, false)]), &wanted()), []);
    }

    #[test]
    fn the_old_is_kept_until_the_new_is_mapped_and_then_ended() {
        let both = [role(1), role(2)];
        let old = relationship("old", "active", &both, 30, false);
        assert_eq!(plan(&facts(vec![old.clone()]), &wanted()), [told("old", "re-invite")]);
        let draft = relationship("new", "created", &both, 0, true);
        assert_eq!(plan(&facts(vec![old.clone(), draft]), &wanted()), [told("old", "re-invite")]);
        for status in ["approvalPending", "approved", "activating"] {
            let new = relationship("new", status, &both, 0, true);
            assert_eq!(plan(&facts(vec![old.clone(), new]), &wanted()), [told("old", "await")]);
        }
        let new = relationship("new", "active", &both, 730, true);
        let facts = facts(vec![old, new]);
        assert_eq!(plan(&mapped(facts.clone(), "new", &[1]), &wanted()), [told("old", "map")]);
        assert_eq!(plan(&mapped(facts, "new", &[1, 2]), &wanted()), [told("old", "terminate")]);
    }

    #[test]
    fn missing_roles_and_microsoft_led_relationships_are_replaced() {
        let short = relationship("short", "active", &[role(1)], 700, true);
        assert_eq!(plan(&facts(vec![short.clone()]), &wanted()), [told("short", "re-invite")]);
        // Between them two have all.
        let rest = relationship("rest", "active", &[role(2)], 700, true);
        assert_eq!(plan(&facts(vec![short, rest]), &wanted()), []);
        let led = relationship("MLT_a", "active", &[role(1), role(2)], 700, false);
        let settings = wanted().auto_extend(true);
        assert_eq!(plan(&facts(vec![led]), &settings), [told("MLT_a", "re-invite")]);
    }

    #[test]
    fn switching_extension_on_saves_an_invitation_but_not_with_global_administrator() {
        let plain = relationship("plain", "active", &[role(1), role(2)], 30, false);
        let settings = wanted().auto_extend(true).remove_global_administrator(true);
        assert_eq!(plan(&facts(vec![plain]), &settings), [told("plain", "extend")]);
        let global = [role(1), role(2), RoleTemplateId::GLOBAL_ADMINISTRATOR];
        let global = relationship("global", "active", &global, 300, false);
        assert_eq!(plan(&facts(vec![global]), &settings), [told("global", "remove Global Administrator")]);
        let extending = relationship("extending", "active", &[role(1), role(2)], 300, true);
        let settings = wanted().auto_extend(false);
        assert_eq!(plan(&facts(vec![extending]), &settings), [told("extending", "stop extending")]);
    }
}
