//! What there is to leave behind at one customer.

use super::api::{Guest, NotificationMails, ResellerLink};
use super::settings::OffboardSettings;
use crate::directory::ServicePrincipal;
use crate::gdap::{GdapFacts, Relationship, is_invitation, is_role_group_name};
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
    /// The relationships that have not ended, each with whether the bundle made it.
    pub relationships: Vec<(Relationship, bool)>,
    /// The reseller relationship.
    pub reseller: Option<Looked<Option<ResellerLink>>>,
}

/// Whether a relationship is the bundle's: it was made by an invitation, or is given to one of the role groups.
pub(super) fn is_ours(relationship: &Relationship, facts: &GdapFacts, settings: &OffboardSettings) -> bool {
    if relationship.is_microsoft_led() {
        return false;
    }
    is_invitation(relationship)
        || facts.live(&relationship.id).any(|assignment| {
            let group = assignment.group();
            let name = facts.groups.get(&group).and_then(Option::as_ref).map(|node| &*node.display_name);
            settings.groups.contains(&group)
                || name.is_some_and(|name| {
                    assignment.roles().any(|role| is_role_group_name(&settings.group_prefix, &role, name))
                })
        })
}
