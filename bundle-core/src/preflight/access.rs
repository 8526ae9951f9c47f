//! What a partner may do in a customer's tenant, over all relationships.

use std::collections::BTreeSet;

use crate::gdap::{AccessAssignment, AccessAssignmentStatus, Relationship, RelationshipStatus};
use crate::ids::{GroupId, RelationshipId, RoleTemplateId, TenantId};

/// The GDAP access of the account to one customer: the union over all relationships that are in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomerAccess {
    /// The relationships that are in force.
    pub relationships: Vec<RelationshipId>,
    /// The roles that work: of an assignment in force, to a group the account is in.
    pub roles: BTreeSet<RoleTemplateId>,
}

impl CustomerAccess {
    /// Reads the access to `customer` off the relationships with their assignments; those of other customers do not
    /// count. A role counts where the relationship is in force, has the role, and an assignment in force gives it to a
    /// group of `groups`; with `None` every group counts.
    #[must_use]
    pub fn of<'a>(
        customer: &TenantId,
        relationships: impl IntoIterator<Item = (&'a Relationship, &'a [AccessAssignment])>,
        groups: Option<&[GroupId]>,
    ) -> Self {
        let mut access = Self::default();
        for (relationship, assignments) in relationships {
            let is_theirs = relationship.customer.as_ref().is_some_and(|theirs| theirs.tenant_id == *customer);
            // About to end is still in force.
            let in_force = matches!(relationship.status, RelationshipStatus::Active | RelationshipStatus::Expiring);
            if !is_theirs || !in_force {
                continue;
            }
            access.relationships.push(relationship.id.clone());
            let offered: BTreeSet<RoleTemplateId> = relationship.roles().collect();
            let counts = |assignment: &&AccessAssignment| {
                let group = &assignment.access_container.access_container_id;
                assignment.status == AccessAssignmentStatus::Active
                    && groups.is_none_or(|groups| groups.contains(group))
            };
            for assignment in assignments.iter().filter(counts) {
                let roles = assignment.access_details.unified_roles.iter().map(|role| role.role_definition_id);
                access.roles.extend(roles.filter(|role| offered.contains(role)));
            }
        }
        access
    }

    /// Access by these roles in one relationship.
    #[must_use]
    pub fn with_roles(relationship: RelationshipId, roles: impl IntoIterator<Item = RoleTemplateId>) -> Self {
        Self { relationships: vec![relationship], roles: roles.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const CUSTOMER: TenantId = TenantId::from_u128(0x22222222_2222_4222_8222_222222222222);
    const EXCHANGE: &str = "29232cdf-9323-42fd-ade2-1d097af3e4de";
    const USER: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";

    fn relationship(id: &str, status: &str, roles: &[&str]) -> Relationship {
        let roles: Vec<Value> = roles.iter().map(|role| json!({"roleDefinitionId": role})).collect();
        serde_json::from_value(json!({
            "id": id, "displayName": id, "status": status, "duration": "P730D",
            "customer": {"tenantId": CUSTOMER}, "accessDetails": {"unifiedRoles": roles}
        }))
        .unwrap()
    }

    fn assignment(group: u128, status: &str, role: &str) -> AccessAssignment {
        serde_json::from_value(json!({
            "id": "a", "status": status, "accessDetails": {"unifiedRoles": [{"roleDefinitionId": role}]},
            "accessContainer": {"accessContainerId": GroupId::from_u128(group), "accessContainerType": "securityGroup"}
        }))
        .unwrap()
    }

    #[test]
    fn roles_are_the_union_over_relationships_in_force() {
        let first = relationship("r1", "active", &[EXCHANGE]);
        let second = relationship("r2", "expiring", &[USER]);
        let ended = relationship("r3", "terminated", &[EXCHANGE, USER]);
        let exchange = [assignment(1, "active", EXCHANGE), assignment(1, "pending", USER)];
        let user = [assignment(2, "active", USER)];
        let all = [(&first, &exchange[..]), (&second, &user[..]), (&ended, &exchange[..])];
        let access = CustomerAccess::of(&CUSTOMER, all, None);
        assert_eq!(access.relationships.iter().map(RelationshipId::as_str).collect::<Vec<_>>(), ["r1", "r2"]);
        assert_eq!(access.roles.len(), 2);
        let access = CustomerAccess::of(&CUSTOMER, all, Some(&[GroupId::from_u128(2)]));
        assert_eq!(access.roles, BTreeSet::from([USER.parse().unwrap()]));
        assert_eq!(CustomerAccess::of(&TenantId::from_u128(9), all, None), CustomerAccess::default());
    }

    #[test]
    fn a_role_the_relationship_lacks_does_not_count() {
        let first = relationship("r1", "active", &[EXCHANGE]);
        let user = [assignment(2, "active", USER)];
        assert!(CustomerAccess::of(&CUSTOMER, [(&first, &user[..])], None).roles.is_empty());
    }
}
