//! What is known about a caller.

use std::collections::BTreeSet;

use super::access::CustomerAccess;
use crate::auth::{IdentityType, TokenClaims};
use crate::catalog::PermissionKind;
use crate::directory::SubscribedSku;
use crate::ids::RoleTemplateId;

/// What is known about a token, the access behind it and the tenant's licences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// Whether an account or the application acts; `None` when the token does not tell.
    pub kind: Option<PermissionKind>,
    /// The scopes or app roles of the token.
    pub permissions: Vec<String>,
    /// The directory roles in the token; in a customer's tenant the GDAP roles.
    pub directory_roles: Vec<RoleTemplateId>,
    /// Whose tenant it is, and by which roles the account acts there.
    pub access: Access,
    /// The service plans the tenant has; `None` when they are not known.
    pub service_plans: Option<BTreeSet<String>>,
}

/// Whose tenant it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Nothing is known but the roles in the token.
    #[default]
    Unknown,
    /// The account's own tenant: no relationship is needed.
    Home,
    /// A customer's tenant.
    Customer(CustomerAccess),
}

impl Facts {
    /// A caller with these permissions.
    #[must_use]
    pub fn new<I>(kind: PermissionKind, permissions: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let permissions = permissions.into_iter().map(Into::into).collect();
        Self { kind: Some(kind), permissions, ..Self::default() }
    }

    /// What a token says. One without scopes and app roles does not tell who acts, unless it says so itself.
    #[must_use]
    pub fn of_token(claims: &TokenClaims) -> Self {
        let kind = match &claims.identity {
            Some(IdentityType::Application) => Some(PermissionKind::Application),
            Some(IdentityType::User) => Some(PermissionKind::Delegated),
            // `scp` is in the tokens of users only; `roles` may be in them too.
            _ if !claims.scopes.is_empty() => Some(PermissionKind::Delegated),
            _ if !claims.roles.is_empty() => Some(PermissionKind::Application),
            _ => None,
        };
        let permissions = match kind {
            Some(PermissionKind::Application) => claims.roles.clone(),
            _ => claims.scopes.clone(),
        };
        let directory_roles = claims.directory_roles.clone();
        Self { kind, permissions, directory_roles, ..Self::default() }
    }

    /// Says whose tenant it is.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Says which service plans the tenant has, for example `INTUNE_A`.
    #[must_use]
    pub fn service_plans<I>(mut self, plans: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.service_plans = Some(plans.into_iter().map(Into::into).collect());
        self
    }

    /// Says which licences the tenant has, as Graph lists them; plans that are switched off do not count.
    #[must_use]
    pub fn licenses(self, licenses: &[SubscribedSku]) -> Self {
        let works = |sku: &&SubscribedSku| {
            // In a grace period everything still works.
            sku.capability_status.as_deref().is_none_or(|status| ["Enabled", "Warning"].contains(&status))
        };
        let plans = licenses.iter().filter(works).flat_map(|sku| &sku.service_plans);
        let on = plans.filter(|plan| plan.provisioning_status.as_deref() != Some("Disabled"));
        let names: Vec<String> = on.filter_map(|plan| plan.service_plan_name.clone()).collect();
        self.service_plans(names)
    }

    /// Whether the token holds a permission.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.permissions.iter().any(|held| held.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(scopes: &[&str], roles: &[&str], identity: Option<IdentityType>) -> TokenClaims {
        let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        TokenClaims { scopes: owned(scopes), roles: owned(roles), identity, ..TokenClaims::default() }
    }

    #[test]
    fn token_tells_who_acts() {
        let kind = |claims: &TokenClaims| Facts::of_token(claims).kind;
        assert_eq!(kind(&claims(&["User.Read"], &["Some.Role"], None)), Some(PermissionKind::Delegated));
        assert_eq!(kind(&claims(&[], &["User.Read.All"], None)), Some(PermissionKind::Application));
        assert_eq!(kind(&claims(&[], &[], Some(IdentityType::Application))), Some(PermissionKind::Application));
        assert_eq!(kind(&claims(&[], &[], None)), None);
        let facts = Facts::of_token(&claims(&["user.read"], &["Some.Role"], None));
        assert!(facts.holds("User.Read") && !facts.holds("Some.Role"));
    }

    #[test]
    fn licences_that_are_off_do_not_count() {
        let licenses: Vec<SubscribedSku> = serde_json::from_value(json!([
            {"skuId": "11111111-1111-4111-8111-111111111111", "capabilityStatus": "Enabled", "servicePlans": [
                {"servicePlanName": "INTUNE_A", "provisioningStatus": "Success"},
                {"servicePlanName": "TEAMS1", "provisioningStatus": "Disabled"}]},
            {"skuId": "22222222-2222-4222-8222-222222222222", "capabilityStatus": "Suspended", "servicePlans": [
                {"servicePlanName": "AAD_PREMIUM", "provisioningStatus": "Success"}]}
        ]))
        .unwrap();
        let facts = Facts::default().licenses(&licenses);
        assert_eq!(facts.service_plans, Some(BTreeSet::from(["INTUNE_A".to_owned()])));
    }
}
