use serde_json::json;

use super::*;
use crate::gdap::compliance::access_paths;
use crate::gdap::{GroupNode, GroupUser};
use crate::ids::{RelationshipId, TenantId, UserId};

const GLOBAL: RoleTemplateId = RoleTemplateId::GLOBAL_ADMINISTRATOR;

fn role(n: u128) -> RoleTemplateId {
    RoleTemplateId::from_u128(n)
}

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// Facts about one customer; relationships end in 400 days and extend themselves unless said otherwise.
#[derive(Default)]
struct World(GdapFacts);

impl World {
    fn relationship(mut self, name: &str, status: &str, roles: &[RoleTemplateId]) -> Self {
        let roles: Vec<_> = roles.iter().map(|role| json!({"roleDefinitionId": role})).collect();
        let value = json!({
            "id": name, "displayName": name, "duration": "P730D", "status": status, "autoExtendDuration": "P180D",
            "customer": {"tenantId": TenantId::from_u128(1), "displayName": "Contoso"},
            "accessDetails": {"unifiedRoles": roles}, "endDateTime": "2027-07-06T00:00:00Z",
        });
        let relationship: Relationship = serde_json::from_value(value).unwrap();
        if relationship.status.is_in_force() {
            self.0.assignments.insert(relationship.id.clone(), Ok(Vec::new()));
        }
        self.0.relationships.push(relationship);
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Relationship)) -> Self {
        change(self.0.relationships.last_mut().unwrap());
        self
    }

    /// Gives a role of the last relationship to a group with these users.
    fn assigned(mut self, role: RoleTemplateId, group: u128, status: &str, users: &[u128]) -> Self {
        let id = GroupId::from_u128(group);
        let assignment = serde_json::from_value(json!({
            "id": format!("a-{group}"), "status": status,
            "accessContainer": {"accessContainerId": id, "accessContainerType": "securityGroup"},
            "accessDetails": {"unifiedRoles": [{"roleDefinitionId": role}]}
        }));
        let relationship = self.0.relationships.last().unwrap().id.clone();
        self.0.assignments.get_mut(&relationship).unwrap().as_mut().unwrap().push(assignment.unwrap());
        let mut node = GroupNode::new(id, format!("GDAP-{group}"));
        node.users = users.iter().map(|user| GroupUser::new(UserId::from_u128(*user), None)).collect();
        self.0.groups.entry(id).or_insert(Some(node));
        self
    }

    fn judged(&self, wanted: &[RoleTemplateId]) -> CustomerCompliance {
        let customers = [Customer::new(TenantId::from_u128(1), "Contoso")];
        let settings = ComplianceSettings::new(wanted.to_vec());
        compliance(&self.0, &customers, &settings, now()).customers.remove(0)
    }
}

fn issues(customer: &CustomerCompliance) -> Vec<Issue> {
    customer.findings.iter().map(|finding| finding.issue).collect()
}

#[test]
fn everything_in_place_is_compliant() {
    let world = World::default().relationship("a", "active", &[role(1)]).assigned(role(1), 7, "active", &[70]);
    let customer = world.judged(&[role(1)]);
    assert_eq!((customer.verdict, customer.roles[0].state), (Verdict::Compliant, RoleState::Effective));
    assert!(customer.findings.is_empty() && customer.surplus.is_empty());
}

#[test]
fn each_role_stands_at_its_best_over_all_relationships() {
    let world = World::default()
        .relationship("a", "active", &[role(1), role(2), role(3), role(4)])
        .assigned(role(1), 7, "active", &[70])
        .assigned(role(2), 8, "pending", &[70])
        .assigned(role(3), 9, "active", &[])
        .relationship("b", "approvalPending", &[role(1), role(5)])
        .relationship("c", "expired", &[role(6)]);
    let wanted = [1, 2, 3, 4, 5, 6].map(role);
    let customer = world.judged(&wanted);
    let states: Vec<RoleState> = customer.roles.iter().map(|role| role.state).collect();
    use RoleState::{Effective, Empty, Invited, Missing, Pending, Unassigned};
    assert_eq!(states, [Effective, Pending, Empty, Unassigned, Invited, Missing]);
    assert_eq!(customer.verdict, Verdict::Broken);
    let missing = customer.findings.iter().find(|finding| finding.issue == Issue::MissingRole).unwrap();
    for (n, told) in [(3, true), (4, true), (6, true), (1, false), (2, false), (5, false)] {
        assert_eq!(missing.text.contains(&role(n).to_string()), told, "{n}: {}", missing.text);
    }
    assert!(issues(&customer).contains(&Issue::EmptyGroup));
    assert_eq!(customer.relationships.len(), 2);
}

#[test]
fn surplus_interfering_and_failed_assignments_are_found() {
    let world = World::default()
        .relationship("a", "active", &[role(1), role(2)])
        .assigned(role(1), 7, "active", &[70])
        .assigned(role(2), 8, "active", &[70])
        .relationship("b", "active", &[role(1), role(3)])
        .assigned(role(1), 9, "active", &[70])
        .assigned(role(3), 10, "error", &[70]);
    let customer = world.judged(&[role(1)]);
    assert_eq!(customer.verdict, Verdict::Attention);
    let surplus: Vec<_> = customer.surplus.iter().map(|role| (role.role, role.state)).collect();
    assert_eq!(surplus, [(role(2), RoleState::Effective), (role(3), RoleState::Unassigned)]);
    let found = issues(&customer);
    assert_eq!(found.iter().filter(|issue| **issue == Issue::Interfering).count(), 2, "{found:?}");
    assert!(found.contains(&Issue::SurplusRole) && found.contains(&Issue::AssignmentFailed));
}

#[test]
fn ends_are_told_in_time_and_only_without_extension() {
    let ending = |days: i64, extension: u32| {
        let world = World::default()
            .relationship("a", "active", &[role(1)])
            .with(|relationship| {
                relationship.end_date_time = Some(now() + SignedDuration::from_hours(days * 24));
                relationship.auto_extend_duration = Some(crate::time::Days::new(extension));
            })
            .assigned(role(1), 7, "active", &[70]);
        world.judged(&[role(1)])
    };
    assert_eq!(issues(&ending(59, 0)), [Issue::AutoExtendOff, Issue::Expiring]);
    assert_eq!(issues(&ending(61, 0)), [Issue::AutoExtendOff]);
    let extended = ending(59, 180);
    assert!(extended.findings.is_empty() && extended.ends.is_none());
}

#[test]
fn global_administrator_microsoft_led_and_nothing_are_told() {
    let world = World::default().relationship("a", "active", &[GLOBAL]).assigned(GLOBAL, 7, "active", &[70]);
    let customer = world.judged(&[]);
    assert_eq!(issues(&customer), [Issue::GlobalAdministrator, Issue::SurplusRole]);
    let led = World::default().relationship("MLT_x", "active", &[role(1)]).assigned(role(1), 7, "active", &[70]);
    assert_eq!(issues(&led.judged(&[role(1)])), [Issue::MicrosoftLedOnly]);
    let nothing = World::default().judged(&[role(1)]);
    assert_eq!(issues(&nothing), [Issue::NoRelationship, Issue::MissingRole]);
    assert_eq!(nothing.verdict, Verdict::Broken);
}

#[test]
fn a_group_that_is_gone_and_assignments_that_cannot_be_read_are_told_apart_from_missing() {
    let mut gone = World::default().relationship("a", "active", &[role(1)]).assigned(role(1), 7, "active", &[]);
    gone.0.groups.insert(GroupId::from_u128(7), None);
    assert_eq!(issues(&gone.judged(&[role(1)])), [Issue::MissingGroup, Issue::MissingRole]);
    let mut unread = World::default().relationship("a", "active", &[role(1)]);
    unread.0.assignments.insert(RelationshipId::new("a"), Err("throttled".to_owned()));
    let customer = unread.judged(&[role(1)]);
    assert_eq!((customer.verdict, customer.roles[0].state), (Verdict::Unknown, RoleState::Unknown));
    assert_eq!(issues(&customer), [Issue::Unreadable]);
}

#[test]
fn paths_lead_from_people_to_roles() {
    let mut world = World::default().relationship("a", "active", &[role(1)]).assigned(role(1), 7, "active", &[70]);
    let mut nested = GroupNode::new(GroupId::from_u128(8), "nested");
    nested.users.push(GroupUser::new(UserId::from_u128(80), Some("Ada".to_owned())));
    let holder = world.0.groups.get_mut(&GroupId::from_u128(7)).unwrap().as_mut().unwrap();
    holder.groups.push(nested.id);
    world.0.groups.insert(nested.id, Some(nested));
    let paths = access_paths(&world.0, &TenantId::from_u128(1));
    assert_eq!(paths.len(), 2);
    assert_eq!(paths[1].groups, [7, 8].map(GroupId::from_u128));
    assert_eq!((paths[1].user_name.as_deref(), paths[1].role), (Some("Ada"), role(1)));
}
