//! What there is to leave behind at one customer.

use super::api::{Guest, NotificationMails, ResellerLink};
use super::settings::OffboardSettings;
use crate::directory::ServicePrincipal;
use crate::gdap::{AccessAssignment, GdapFacts, Relationship, is_invitation, is_role_group_name};
use crate::ids::AppId;
use crate::onboarding::Finding;

/// What was read, or why it could not be.
pub type Looked<T> = Result<T, Finding>;

/// What the partner has at one customer. What was not asked for was not read and is `None`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OffboardFacts {
    /// The verified domains of the partner.
    pub domains: Vec<String>,
    /// The guests from these domains.
    pub guests: Option<Looked<Vec<Guest>>>,
    /// Who gets the tenant's notification mails.
    pub mails: Looked<NotificationMails>,
    /// The vendors' applications that were named.
    pub vendors: Vec<(AppId, Looked<Option<ServicePrincipal>>)>,
    /// The applications registered in the partner's tenant.
    pub applications: Looked<Vec<ServicePrincipal>>,
    /// The relationships that have not ended, each with whose it is.
    pub relationships: Vec<(Relationship, RelationshipOwner)>,
    /// The reseller relationship.
    pub reseller: Option<Looked<Option<ResellerLink>>>,
}

/// Whose a relationship is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelationshipOwner {
    /// The bundle's: it was made by an invitation, or is given to one of the role groups.
    Bundle,
    /// Somebody else's.
    Other,
    /// It could not be found out, and why.
    Unknown(String),
}

impl RelationshipOwner {
    pub(super) fn of(relationship: &Relationship, facts: &GdapFacts, settings: &OffboardSettings) -> Self {
        if relationship.is_microsoft_led() {
            return Self::Other;
        }
        let is_role_group = |assignment: &AccessAssignment| {
            let group = assignment.group();
            let name = facts.groups.get(&group).and_then(Option::as_ref).map(|node| &*node.display_name);
            let is_named = |name| {
                let mut roles = assignment.roles();
                roles.any(|role| is_role_group_name(&settings.group_prefix, &role, name))
            };
            settings.groups.contains(&group) || name.is_some_and(is_named)
        };
        if is_invitation(relationship) || facts.live(&relationship.id).any(is_role_group) {
            return Self::Bundle;
        }
        match facts.assignments.get(&relationship.id) {
            Some(Err(why)) => Self::Unknown(why.clone()),
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gdap::GroupNode;
    use crate::ids::{AppId, GroupId, RelationshipId, RoleTemplateId, TenantId};

    const ROLE: RoleTemplateId = RoleTemplateId::EXCHANGE_ADMINISTRATOR;
    const GROUP: GroupId = GroupId::from_u128(4);

    fn owner(name: &str, group: &str, settings: &OffboardSettings) -> RelationshipOwner {
        let relationship: Relationship = serde_json::from_value(json!({
            "id": "r", "displayName": name, "duration": "P730D", "status": "active",
            "accessDetails": {"unifiedRoles": [{"roleDefinitionId": ROLE}]},
        }))
        .unwrap();
        let assignment: AccessAssignment = serde_json::from_value(json!({
            "id": "a", "status": "active", "accessDetails": {"unifiedRoles": [{"roleDefinitionId": ROLE}]},
            "accessContainer": {"accessContainerId": GROUP, "accessContainerType": "securityGroup"},
        }))
        .unwrap();
        let mut facts = GdapFacts::default();
        facts.assignments.insert(RelationshipId::new("r"), Ok(vec![assignment]));
        facts.groups.insert(GROUP, Some(GroupNode::new(GROUP, group)));
        RelationshipOwner::of(&relationship, &facts, settings)
    }

    #[test]
    fn a_role_group_makes_a_relationship_the_bundles_by_name_or_id() {
        let settings = OffboardSettings::new(TenantId::from_u128(9), AppId::from_u128(1));
        let name = "GDAP Exchange Administrator";
        assert_eq!(owner("Contoso", name, &settings), RelationshipOwner::Bundle);
        assert_eq!(owner("Contoso", "GDAP User Administrator", &settings), RelationshipOwner::Other);
        assert_eq!(owner("Contoso", "Ours", &settings.clone().groups([GROUP])), RelationshipOwner::Bundle);
        assert_eq!(owner("MLT_1_2_3", name, &settings), RelationshipOwner::Other);
    }
}
