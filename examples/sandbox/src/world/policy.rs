//! Conditional access policies, which act some time after they change.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::POLICY_SECONDS;
use crate::clock::plus;

/// A conditional access policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The policy id.
    pub id: Uuid,
    /// The policy as Graph shows it.
    pub body: Value,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Whether it was deleted; it may still act for a while.
    pub deleted: bool,
    acting_before: Option<Value>,
}

impl Policy {
    /// Returns the form of the policy that acts at a time: the last change only counts half an hour later.
    #[must_use]
    pub fn acting(&self, now: Timestamp) -> Option<&Value> {
        if now < plus(self.changed_at, POLICY_SECONDS) {
            self.acting_before.as_ref()
        } else if self.deleted {
            None
        } else {
            Some(&self.body)
        }
    }
}

/// The conditional access policies of a tenant.
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    policies: BTreeMap<Uuid, Policy>,
}

impl PolicySet {
    /// Adds a policy.
    pub fn create(&mut self, id: Uuid, body: Value, now: Timestamp) {
        self.policies
            .insert(id, Policy { id, body, created_at: now, changed_at: now, deleted: false, acting_before: None });
    }

    /// Replaces the body of a policy; returns whether the policy exists.
    pub fn update(&mut self, id: &Uuid, body: Value, now: Timestamp) -> bool {
        self.change(id, now, |policy| policy.body = body)
    }

    /// Deletes a policy; returns whether it existed.
    pub fn delete(&mut self, id: &Uuid, now: Timestamp) -> bool {
        self.change(id, now, |policy| policy.deleted = true)
    }

    /// Finds a policy that is not deleted.
    #[must_use]
    pub fn get(&self, id: &Uuid) -> Option<&Policy> {
        self.policies.get(id).filter(|policy| !policy.deleted)
    }

    /// Lists the policies that are not deleted, oldest first.
    pub fn list(&self) -> impl Iterator<Item = &Policy> {
        self.policies.values().filter(|policy| !policy.deleted)
    }

    /// Lists the policies in the form in which they act at a time.
    pub fn acting(&self, now: Timestamp) -> impl Iterator<Item = &Value> {
        self.policies.values().filter_map(move |policy| policy.acting(now))
    }

    /// Returns whether an enabled policy keeps users of the given service provider out at a time.
    #[must_use]
    pub fn blocks_service_provider(&self, partner: &Uuid, now: Timestamp) -> bool {
        self.acting(now).any(|policy| demands(policy, "block", partner))
    }

    /// Returns whether an enabled policy asks users of the given service provider for a second factor at a time.
    #[must_use]
    pub fn asks_service_provider_for_mfa(&self, partner: &Uuid, now: Timestamp) -> bool {
        self.acting(now).any(|policy| demands(policy, "mfa", partner))
    }

    fn change(&mut self, id: &Uuid, now: Timestamp, apply: impl FnOnce(&mut Policy)) -> bool {
        let Some(policy) = self.policies.get_mut(id).filter(|policy| !policy.deleted) else {
            return false;
        };
        policy.acting_before = policy.acting(now).cloned();
        policy.changed_at = now;
        apply(policy);
        true
    }
}

/// Returns whether an enabled policy with that control reaches users of the partner.
fn demands(policy: &Value, control: &str, partner: &Uuid) -> bool {
    let users = &policy["conditions"]["users"];
    policy["state"] == "enabled"
        && has(&policy["grantControls"]["builtInControls"], control)
        && (has(&users["includeUsers"], "All")
            || has(&users["includeUsers"], "GuestsOrExternalUsers")
            || names_partner(&users["includeGuestsOrExternalUsers"], partner))
        && !has(&users["excludeUsers"], "GuestsOrExternalUsers")
        && !names_partner(&users["excludeGuestsOrExternalUsers"], partner)
}

/// Returns whether a guest condition names service providers, of all tenants or of the partner's.
fn names_partner(condition: &Value, partner: &Uuid) -> bool {
    let types = condition["guestOrExternalUserTypes"].as_str().unwrap_or_default();
    let tenants = &condition["externalTenants"];
    types.split(',').any(|kind| kind.trim() == "serviceProvider")
        && (tenants["membershipKind"] == "all"
            || tenants.is_null()
            || tenants["members"].as_array().is_some_and(|members| {
                members
                    .iter()
                    .filter_map(Value::as_str)
                    .any(|member| Uuid::parse_str(member).is_ok_and(|member| member == *partner))
            }))
}

fn has(list: &Value, word: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|item| item == word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PARTNER: Uuid = Uuid::from_u128(9);
    const POLICY: Uuid = Uuid::from_u128(1);

    fn body(users: &Value) -> Value {
        json!({"state": "enabled", "conditions": {"users": users}, "grantControls": {"builtInControls": ["block"]}})
    }

    fn excluding(members: &Value) -> Value {
        body(&json!({"includeUsers": ["All"], "excludeGuestsOrExternalUsers": {
            "guestOrExternalUserTypes": "b2bCollaborationGuest,serviceProvider",
            "externalTenants": {"membershipKind": "enumerated", "members": members}}}))
    }

    #[test]
    fn change_acts_half_an_hour_later_and_so_does_deletion() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a literal timestamp");
        let later = plus(start, POLICY_SECONDS);
        let mut policies = PolicySet::default();
        policies.create(POLICY, body(&json!({"includeUsers": ["All"]})), start);
        assert!(!policies.blocks_service_provider(&PARTNER, start));
        assert!(policies.blocks_service_provider(&PARTNER, later));
        assert!(policies.update(&POLICY, excluding(&json!([PARTNER])), later));
        assert!(policies.blocks_service_provider(&PARTNER, later));
        let last = plus(later, POLICY_SECONDS);
        assert!(!policies.blocks_service_provider(&PARTNER, last));
        assert!(policies.delete(&POLICY, last));
        assert!(!policies.delete(&POLICY, last));
        assert_eq!(policies.list().count(), 0);
        assert_eq!(policies.acting(last).count(), 1);
        assert_eq!(policies.acting(plus(last, POLICY_SECONDS)).count(), 0);
    }

    #[test]
    fn exclusion_counts_only_for_the_partner_it_names() {
        assert!(!demands(&excluding(&json!([PARTNER])), "block", &PARTNER));
        assert!(demands(&excluding(&json!([POLICY])), "block", &PARTNER));
        assert!(demands(&body(&json!({"includeUsers": ["GuestsOrExternalUsers"]})), "block", &PARTNER));
        assert!(!demands(&body(&json!({"includeUsers": [POLICY]})), "block", &PARTNER));
    }
}
