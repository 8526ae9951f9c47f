//! What a customer's relationships need next: facts in, one step out.

use std::collections::BTreeSet;

use super::{AccessAssignment, AccessAssignmentStatus, NewRelationship, Relationship, RelationshipStatus};
use crate::customer::Customer;
use crate::ids::{GroupId, RelationshipId, RoleTemplateId};

/// What to do next about the relationships with one customer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RelationshipStep {
    /// There is none that helps: make one.
    Create,
    /// It is made and nobody was asked yet: lock it for approval.
    Lock(Relationship),
    /// An administrator of the customer has to approve it.
    AwaitApproval(Relationship),
    /// It is approved and will be in force soon.
    AwaitActivation(Relationship),
    /// Roles can be assigned.
    Use(Usable),
}

/// The relationships in force, and the roles wanted that none of them has.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Usable {
    /// For each relationship the wanted roles to assign in it; every role once.
    pub assign: Vec<(Relationship, Vec<RoleTemplateId>)>,
    /// The wanted roles no relationship in force has.
    pub missing: Vec<RoleTemplateId>,
}

/// Decides the next step for one customer from all its relationships.
///
/// Relationships Microsoft made in its transition (`MLT_…`) are not used: their roles are fixed and they end by
/// themselves. Relationships in force win over invitations; an invitation somebody else sent is waited for as if it were
/// ours, so nobody is asked twice.
#[must_use]
pub fn next_step(relationships: &[Relationship], wanted: &[RoleTemplateId]) -> RelationshipStep {
    use RelationshipStatus as Status;

    let ours = || relationships.iter().filter(|relationship| !relationship.is_microsoft_led());
    let in_force: Vec<&Relationship> =
        ours().filter(|relationship| matches!(relationship.status, Status::Active | Status::Expiring)).collect();
    if !in_force.is_empty() {
        return RelationshipStep::Use(usable(&in_force, wanted));
    }
    let helps = |relationship: &&Relationship| relationship.roles().any(|role| wanted.contains(&role));
    let find =
        |states: &[Status]| ours().filter(helps).find(|relationship| states.contains(&relationship.status)).cloned();
    if let Some(relationship) = find(&[Status::Activating, Status::Approved]) {
        return RelationshipStep::AwaitActivation(relationship);
    }
    if let Some(relationship) = find(&[Status::ApprovalPending]) {
        return RelationshipStep::AwaitApproval(relationship);
    }
    // Only one that has all roles is sent: somebody may still be working on another.
    let complete = |relationship: &&Relationship| {
        let roles: BTreeSet<_> = relationship.roles().collect();
        relationship.status == Status::Created && wanted.iter().all(|role| roles.contains(role))
    };
    match ours().find(complete) {
        Some(relationship) => RelationshipStep::Lock(relationship.clone()),
        None => RelationshipStep::Create,
    }
}

/// Spreads the wanted roles over the relationships in force, longest-lived first.
fn usable(in_force: &[&Relationship], wanted: &[RoleTemplateId]) -> Usable {
    let mut sorted = in_force.to_vec();
    sorted.sort_by(|a, b| b.end_date_time.cmp(&a.end_date_time).then_with(|| a.id.cmp(&b.id)));
    let mut open: BTreeSet<RoleTemplateId> = wanted.iter().copied().collect();
    let mut assign = Vec::new();
    for relationship in sorted {
        let roles: Vec<RoleTemplateId> = relationship.roles().filter(|role| open.remove(role)).collect();
        if !roles.is_empty() {
            assign.push((relationship.clone(), roles));
        }
    }
    Usable { assign, missing: wanted.iter().copied().filter(|role| open.contains(role)).collect() }
}

/// Which of `roles` no live assignment gives to its group yet.
///
/// Assignments that ended or failed do not count. One that is pending does: it is on its way.
#[must_use]
pub fn unassigned(
    assignments: &[AccessAssignment],
    roles: &[(RoleTemplateId, GroupId)],
) -> Vec<(RoleTemplateId, GroupId)> {
    roles
        .iter()
        .filter(|(role, group)| {
            !assignments.iter().any(|assignment| {
                matches!(assignment.status, AccessAssignmentStatus::Active | AccessAssignmentStatus::Pending)
                    && assignment.access_container.access_container_id == *group
                    && assignment.access_details.unified_roles.iter().any(|own| own.role_definition_id == *role)
            })
        })
        .copied()
        .collect()
}

/// A name for a new relationship that no other has: `Contoso - GDAP - 2026 - 1a2b3c4d`, cut to 50 characters, with
/// `prefix - ` in front when there is one.
///
/// The last part comes from the customer's tenant, so customers of one name do not collide. Names stay taken after a
/// relationship has ended; `taken` says which are, and a number is added while it does.
#[must_use]
pub fn relationship_name(prefix: &str, customer: &Customer, year: i16, taken: impl Fn(&str) -> bool) -> String {
    let tenant = customer.tenant_id.to_string();
    let base = format!(" - GDAP - {year} - {}", &tenant[..8]);
    let clean: String = customer.name.chars().filter(|c| c.is_alphanumeric() || " .&'_-".contains(*c)).collect();
    let clean = if clean.trim().is_empty() { "Customer" } else { clean.trim() };
    // A prefix that Microsoft keeps for itself must not come from a customer's name.
    let clean = clean.strip_prefix("MLT_").unwrap_or(clean);
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix} - ") };
    (1_u32..)
        .map(|n| {
            let suffix = if n == 1 { base.clone() } else { format!("{base}-{n}") };
            let room = NewRelationship::MAX_NAME.saturating_sub(prefix.chars().count() + suffix.chars().count());
            let head: String = clean.chars().take(room).collect();
            format!("{prefix}{}{suffix}", head.trim_end())
        })
        .find(|name| !taken(name))
        .unwrap_or_else(|| base.clone())
}

/// Whether a relationship has a name as [`relationship_name`] makes them.
pub(crate) fn is_invitation(relationship: &Relationship) -> bool {
    let Some(customer) = &relationship.customer else { return false };
    let tenant = customer.tenant_id.to_string();
    let Some((_, rest)) = relationship.display_name.split_once(" - GDAP - ") else { return false };
    rest.split_once(" - ").is_some_and(|(year, rest)| year.parse::<u16>().is_ok() && rest.starts_with(&tenant[..8]))
}

/// The relationships of one customer that still change by themselves and have to be read again.
pub(crate) fn is_unsettled(relationship: &Relationship) -> bool {
    use RelationshipStatus as Status;
    matches!(
        relationship.status,
        Status::Created | Status::ApprovalPending | Status::Approved | Status::Activating | Status::Unknown(_)
    )
}

/// The id of the relationship a step is about.
impl RelationshipStep {
    /// The relationship the step is about, when it is about one.
    #[must_use]
    pub fn relationship(&self) -> Option<&RelationshipId> {
        match self {
            Self::Lock(relationship) | Self::AwaitApproval(relationship) | Self::AwaitActivation(relationship) => {
                Some(&relationship.id)
            }
            Self::Create | Self::Use(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;
    use serde_json::json;

    fn role(n: u128) -> RoleTemplateId {
        RoleTemplateId::from_u128(n)
    }

    fn relationship(name: &str, status: &str, roles: &[u128]) -> Relationship {
        let roles: Vec<_> = roles.iter().map(|n| json!({"roleDefinitionId": role(*n)})).collect();
        serde_json::from_value(json!({
            "id": format!("id-{name}"), "displayName": name, "duration": "P730D", "status": status,
            "accessDetails": {"unifiedRoles": roles}
        }))
        .unwrap()
    }

    fn wanted() -> Vec<RoleTemplateId> {
        vec![role(1), role(2), role(3)]
    }

    #[test]
    fn nothing_or_only_ended_ones_means_create() {
        assert_eq!(next_step(&[], &wanted()), RelationshipStep::Create);
        let ended = ["expired", "terminated", "terminating", "terminationRequested"]
            .map(|status| relationship(status, status, &[1, 2, 3]));
        assert_eq!(next_step(&ended, &wanted()), RelationshipStep::Create);
    }

    #[test]
    fn microsoft_led_one_is_not_used() {
        let led = relationship("MLT_a_b_c", "active", &[1, 2, 3]);
        assert_eq!(next_step(&[led], &wanted()), RelationshipStep::Create);
    }

    #[test]
    fn created_one_is_locked_only_when_complete() {
        let complete = relationship("a", "created", &[1, 2, 3, 4]);
        assert_eq!(next_step(std::slice::from_ref(&complete), &wanted()), RelationshipStep::Lock(complete));
        assert_eq!(next_step(&[relationship("a", "created", &[1, 2])], &wanted()), RelationshipStep::Create);
    }

    #[test]
    fn the_furthest_invitation_is_waited_for() {
        let all = [
            relationship("a", "created", &[1, 2, 3]),
            relationship("b", "approvalPending", &[1]),
            relationship("c", "activating", &[2]),
        ];
        assert_eq!(next_step(&all, &wanted()).relationship().unwrap().as_str(), "id-c");
        assert_eq!(next_step(&all[..2], &wanted()).relationship().unwrap().as_str(), "id-b");
    }

    #[test]
    fn roles_are_spread_once_and_missing_ones_named() {
        let all = [
            relationship("a", "active", &[1, 2]),
            relationship("b", "expiring", &[2, 9]),
            relationship("c", "approvalPending", &[3]),
        ];
        let RelationshipStep::Use(usable) = next_step(&all, &wanted()) else { panic!("in force") };
        let given: Vec<_> = usable.assign.iter().flat_map(|(_, roles)| roles).collect();
        assert_eq!(given.len(), 2);
        assert_eq!(usable.missing, [role(3)]);
    }

    #[test]
    fn live_assignments_count_and_ended_ones_do_not() {
        let group = GroupId::from_u128(7);
        let assignment = |status: &str| -> AccessAssignment {
            serde_json::from_value(json!({
                "id": "x", "status": status,
                "accessContainer": {"accessContainerId": group, "accessContainerType": "securityGroup"},
                "accessDetails": {"unifiedRoles": [{"roleDefinitionId": role(1)}]}
            }))
            .unwrap()
        };
        let roles = [(role(1), group)];
        for live in ["active", "pending"] {
            assert!(unassigned(&[assignment(live)], &roles).is_empty());
        }
        for ended in ["deleted", "deleting", "error"] {
            assert_eq!(unassigned(&[assignment(ended)], &roles), roles);
        }
        assert_eq!(unassigned(&[assignment("active")], &[(role(2), group)]).len(), 1);
    }

    #[test]
    fn names_fit_and_do_not_repeat() {
        let customer = |name: &str| Customer::new(TenantId::from_u128(0x1111_1111 << 96 | 1), name);
        let long = customer(&"Ü".repeat(80));
        let name = relationship_name("", &long, 2026, |_| false);
        assert_eq!(name.chars().count(), 50);
        assert!(name.ends_with(" - GDAP - 2026 - 11111111"), "{name}");
        let second = relationship_name("", &long, 2026, |taken| taken == name);
        assert!(second.ends_with("-2") && second.chars().count() <= 50, "{second}");
        assert_eq!(relationship_name("", &customer("MLT_x"), 2026, |_| false), "x - GDAP - 2026 - 11111111");
        let prefixed = relationship_name("Adatum", &long, 2026, |_| false);
        assert!(prefixed.starts_with("Adatum - Ü") && prefixed.chars().count() == 50, "{prefixed}");
        assert!(relationship_name("", &customer("\u{0}"), 2026, |_| false).starts_with("Customer - "));
    }

    #[test]
    fn own_names_are_known_again_and_others_are_not() {
        let customer = Customer::new(TenantId::from_u128(0x1111_1111 << 96 | 1), "Contoso - GDAP");
        let named = |name: &str| {
            let mut made = relationship("a", "active", &[1]);
            name.clone_into(&mut made.display_name);
            made.customer =
                Some(super::super::CustomerParticipant { tenant_id: customer.tenant_id, display_name: None });
            made
        };
        let plain = Customer::new(customer.tenant_id, "Contoso");
        assert!(is_invitation(&named(&relationship_name("Adatum", &plain, 2026, |_| false))));
        for foreign in ["Contoso-GDAP", "Contoso - GDAP - 2026", "Contoso - GDAP - 2026 - 22222222", "MLT_1_2_3"] {
            assert!(!is_invitation(&named(foreign)), "{foreign}");
        }
    }
}
