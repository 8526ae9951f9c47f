//! The exclusion that lets a service provider in: decided, not carried out.

use crate::conditional_access::{
    ConditionalAccessPolicy, ExternalTenants, GuestsOrExternalUsers, PolicyState, PolicyUsers,
};
use crate::ids::TenantId;

/// What a policy needs so that it does not apply to a partner's users.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Exclusion {
    /// The policy does not act, or applies to no service provider.
    NotNeeded,
    /// The partner is excluded already.
    Present,
    /// With these users instead of its own the policy leaves the partner out, and nobody else changes.
    Add(Box<PolicyUsers>),
    /// A person has to decide: the text says why the program does not.
    ByHand(&'static str),
}

/// Decides what a policy of a customer needs so that it does not apply to the users of `partner`.
///
/// A policy applies to service providers when it acts and includes all users, all guests, or service provider users of
/// all tenants or of the partner's. One list of tenants holds for all kinds of external users an exclusion names, so an
/// exclusion that is there is extended only where that excludes nobody but the partner.
///
/// Source: "GDAP frequently asked questions", section on Conditional Access; "conditionalAccessUsers" (Microsoft Learn).
#[must_use]
pub fn exclusion(policy: &ConditionalAccessPolicy, partner: &TenantId) -> Exclusion {
    let users = &policy.conditions.users;
    if policy.state != PolicyState::Enabled || !includes_service_provider(users, partner) {
        return Exclusion::NotNeeded;
    }
    let existing = users.exclude_guests_or_external_users.as_ref();
    if existing.is_some_and(|excluded| covers(excluded, partner)) {
        return Exclusion::Present;
    }
    if policy.display_name.starts_with("Microsoft-managed:") {
        return Exclusion::ByHand("Microsoft manages this policy and allows few edits");
    }
    let changed = match existing {
        None => GuestsOrExternalUsers {
            guest_or_external_user_types: SERVICE_PROVIDER.to_owned(),
            external_tenants: Some(only(partner)),
        },
        Some(excluded) => match extended(excluded, partner) {
            Some(changed) => changed,
            None => {
                return Exclusion::ByHand(
                    "it already excludes other external users of other tenants, and one list of tenants holds for all",
                );
            }
        },
    };
    Exclusion::Add(Box::new(PolicyUsers { exclude_guests_or_external_users: Some(changed), ..users.clone() }))
}

fn includes_service_provider(users: &PolicyUsers, partner: &TenantId) -> bool {
    users.include_users.iter().any(|user| user == "All" || user == "GuestsOrExternalUsers")
        || users.include_guests_or_external_users.as_ref().is_some_and(|included| covers(included, partner))
}

fn covers(external: &GuestsOrExternalUsers, partner: &TenantId) -> bool {
    types(external).any(|kind| kind == SERVICE_PROVIDER)
        && external.external_tenants.as_ref().is_none_or(|tenants| {
            tenants.membership_kind == ALL || tenants.members.iter().any(|member| is_tenant(member, partner))
        })
}

/// The exclusion with the partner in it, when that excludes nobody else.
fn extended(excluded: &GuestsOrExternalUsers, partner: &TenantId) -> Option<GuestsOrExternalUsers> {
    let tenants = excluded.external_tenants.as_ref()?;
    let mut changed = excluded.clone();
    let kinds: Vec<&str> = types(excluded).collect();
    if kinds == [SERVICE_PROVIDER] && tenants.membership_kind == ENUMERATED {
        changed.external_tenants.as_mut()?.members.push(partner.to_string());
        return Some(changed);
    }
    let partner_only = tenants.membership_kind == ENUMERATED
        && !tenants.members.is_empty()
        && tenants.members.iter().all(|member| is_tenant(member, partner));
    partner_only.then(|| {
        changed.guest_or_external_user_types = format!("{},{SERVICE_PROVIDER}", kinds.join(","));
        changed
    })
}

fn only(partner: &TenantId) -> ExternalTenants {
    ExternalTenants {
        odata_type: Some("#microsoft.graph.conditionalAccessEnumeratedExternalTenants".to_owned()),
        membership_kind: ENUMERATED.to_owned(),
        members: vec![partner.to_string()],
    }
}

fn types(external: &GuestsOrExternalUsers) -> impl Iterator<Item = &str> {
    external.guest_or_external_user_types.split(',').map(str::trim).filter(|kind| !kind.is_empty())
}

fn is_tenant(member: &str, tenant: &TenantId) -> bool {
    member.parse().is_ok_and(|member: TenantId| member == *tenant)
}

const SERVICE_PROVIDER: &str = "serviceProvider";
const ALL: &str = "all";
const ENUMERATED: &str = "enumerated";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const PARTNER: &str = "99999999-9999-4999-8999-999999999999";

    fn decide(users: &Value) -> Exclusion {
        decide_policy(&json!({"id": "p", "displayName": "Block", "state": "enabled", "conditions": {"users": users}}))
    }

    fn decide_policy(policy: &Value) -> Exclusion {
        let policy: ConditionalAccessPolicy = serde_json::from_value(policy.clone()).unwrap();
        exclusion(&policy, &PARTNER.parse().unwrap())
    }

    fn excluding(types: &str, kind: &str, members: &[&str]) -> Value {
        json!({"includeUsers": ["All"], "excludeGuestsOrExternalUsers": {
            "guestOrExternalUserTypes": types,
            "externalTenants": {"membershipKind": kind, "members": members}}})
    }

    #[test]
    fn policy_for_all_users_gets_the_exclusion_and_keeps_the_rest() {
        let before = json!({"includeUsers": ["All"], "excludeUsers": ["a"], "includeGroups": [], "excludeGroups": ["g"],
            "includeRoles": [], "excludeRoles": [], "somethingNew": {"x": 1}});
        let Exclusion::Add(users) = decide(&before) else { panic!("no exclusion") };
        let mut expected = before;
        expected["excludeGuestsOrExternalUsers"] = json!({
            "guestOrExternalUserTypes": "serviceProvider",
            "externalTenants": {
                "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
                "membershipKind": "enumerated", "members": [PARTNER]}});
        assert_eq!(serde_json::to_value(&users).unwrap(), expected);
    }

    #[test]
    fn exclusion_that_is_there_is_seen() {
        for users in [
            excluding("serviceProvider", "all", &[]),
            excluding("b2bCollaborationGuest,serviceProvider", "enumerated", &[PARTNER]),
            excluding("serviceProvider", "enumerated", &["11111111-1111-4111-8111-111111111111", PARTNER]),
        ] {
            assert_eq!(decide(&users), Exclusion::Present);
        }
    }

    #[test]
    fn policies_that_do_not_reach_us_are_left_alone() {
        assert_eq!(decide(&json!({"includeUsers": ["None"]})), Exclusion::NotNeeded);
        assert_eq!(decide(&json!({"includeGroups": ["g"]})), Exclusion::NotNeeded);
        for state in ["disabled", "enabledForReportingButNotEnforced", "unknownFutureValue"] {
            let policy = json!({"id": "p", "displayName": "B", "state": state,
                "conditions": {"users": {"includeUsers": ["All"]}}});
            assert_eq!(decide_policy(&policy), Exclusion::NotNeeded);
        }
        let foreign = json!({"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "serviceProvider",
            "externalTenants": {"membershipKind": "enumerated", "members": ["11111111-1111-4111-8111-111111111111"]}}});
        assert_eq!(decide(&foreign), Exclusion::NotNeeded);
    }

    #[test]
    fn exclusion_is_extended_only_where_nobody_else_gains() {
        let other = "11111111-1111-4111-8111-111111111111";
        let Exclusion::Add(users) = decide(&excluding("serviceProvider", "enumerated", &[other])) else {
            panic!("add")
        };
        let excluded = users.exclude_guests_or_external_users.unwrap();
        assert_eq!(excluded.external_tenants.unwrap().members, [other, PARTNER]);
        let Exclusion::Add(users) = decide(&excluding("b2bCollaborationGuest", "enumerated", &[PARTNER])) else {
            panic!("add")
        };
        let excluded = users.exclude_guests_or_external_users.unwrap();
        assert_eq!(excluded.guest_or_external_user_types, "b2bCollaborationGuest,serviceProvider");
        for widening in
            [excluding("b2bCollaborationGuest", "all", &[]), excluding("internalGuest", "enumerated", &[other])]
        {
            assert!(matches!(decide(&widening), Exclusion::ByHand(_)));
        }
        let managed = json!({"id": "p", "displayName": "Microsoft-managed: MFA", "state": "enabled",
            "conditions": {"users": {"includeUsers": ["All"]}}});
        assert!(matches!(decide_policy(&managed), Exclusion::ByHand(_)));
    }
}
