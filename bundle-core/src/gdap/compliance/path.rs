//! Why a user has a role at a customer.

use serde::Serialize;

use crate::gdap::{GdapFacts, ways_to_people};
use crate::ids::{GroupId, RelationshipId, RoleTemplateId, TenantId, UserId};

/// One way from a user of the partner to a role at a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccessPath {
    /// The user.
    pub user: UserId,
    /// The user's name.
    pub user_name: Option<String>,
    /// The groups from the one that holds the role down to the one the user is in.
    pub groups: Vec<GroupId>,
    /// The role.
    pub role: RoleTemplateId,
    /// The relationship that has the role.
    pub relationship: RelationshipId,
    /// Whether the role is being given only, and not held yet.
    pub pending: bool,
}

/// Every way from users to roles at one customer.
#[must_use]
pub fn access_paths(facts: &GdapFacts, customer: &TenantId) -> Vec<AccessPath> {
    let mut paths = Vec::new();
    for relationship in facts.of(customer).filter(|relationship| relationship.status.is_in_force()) {
        for assignment in facts.live(&relationship.id) {
            let ways = ways_to_people(&facts.groups, &assignment.group());
            for role in assignment.roles() {
                paths.extend(ways.iter().map(|(user, groups)| AccessPath {
                    user: user.id,
                    user_name: user.display_name.clone(),
                    groups: groups.clone(),
                    role,
                    relationship: relationship.id.clone(),
                    pending: assignment.status == crate::gdap::AccessAssignmentStatus::Pending,
                }));
            }
        }
    }
    paths
}
