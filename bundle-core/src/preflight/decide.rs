//! The decision.

use std::collections::BTreeSet;

use super::answer::{Answer, Evidence, Missing, Verdict};
use super::facts::{Access, Facts};
use super::licence;
use super::roles::{RoleAnswer, judge};
use crate::catalog::{Operation, PermissionKind, Requirement, Way};

/// Says whether an operation can work with what is known.
///
/// Looked at in this order, and each reported: the relationship with the customer, the permission in the token, the
/// GDAP role, the licence. An account in a customer's tenant needs all of them, the application no relationship and no
/// role; licences are looked at when they are known, for the operations whose licence is known.
#[must_use]
pub fn preflight(facts: &Facts, operation: &Operation) -> Answer {
    let mut look = Look { evidence: Vec::new(), missing: Vec::new(), change: Vec::new(), is_open: false };
    match (facts.kind, operation.requirement()) {
        (None, _) => look.open("the token does not tell whether an account or the application acts"),
        (_, None) => look.open("the tables do not have this operation"),
        (Some(kind), Some(requirement)) => {
            look.relationship(facts, kind);
            let held = look.permission(facts, kind, &requirement);
            if kind == PermissionKind::Delegated {
                look.role(facts, operation, &requirement, &held);
            }
            look.licence(facts, &requirement);
        }
    }
    let verdict = match (look.missing.is_empty(), look.is_open) {
        (false, _) => Verdict::Denied { missing: look.missing },
        (true, true) => Verdict::Unknown,
        (true, false) => Verdict::Allowed,
    };
    Answer { operation: operation.to_string(), verdict, evidence: look.evidence, change: look.change }
}

/// What was found so far.
struct Look {
    evidence: Vec<Evidence>,
    missing: Vec<Missing>,
    change: Vec<String>,
    is_open: bool,
}

impl Look {
    fn relationship(&mut self, facts: &Facts, kind: PermissionKind) {
        let (Access::Customer(access), PermissionKind::Delegated) = (&facts.access, kind) else { return };
        match access.relationships.len() {
            0 => self.lacks(
                Missing::Relationship,
                "no GDAP relationship with the customer is in force",
                "have the customer approve a GDAP relationship, and assign its roles to a group of the account",
            ),
            1 => self.has("a GDAP relationship with the customer is in force"),
            count => self.has(format!("{count} GDAP relationships with the customer are in force")),
        }
    }

    /// Looks for a permission, and returns those that let the call through; all that would, where none does.
    fn permission(&mut self, facts: &Facts, kind: PermissionKind, requirement: &Requirement) -> Vec<&'static str> {
        let Some(ways) = requirement.ways(kind) else {
            self.open(format!("the rights of an application are not app roles of {}", requirement.resource.name));
            return Vec::new();
        };
        let other = match kind {
            PermissionKind::Delegated => PermissionKind::Application,
            PermissionKind::Application => PermissionKind::Delegated,
        };
        if ways.is_empty() {
            let works = requirement.ways(other).is_some_and(|ways| !ways.is_empty());
            if works {
                self.lacks(
                    Missing::OtherKind { needed: other },
                    format!("no {kind} permission is enough, only {other} ones are"),
                    format!("make the call as the {}", actor(other)),
                );
            } else {
                self.open("the tables name no permission that is enough");
            }
            return Vec::new();
        }
        let open: Vec<&Way> = ways.iter().filter(|way| way.is_open(|name| facts.holds(name))).collect();
        if let Some(first) = open.first() {
            self.has(format!("the token has {}", named(first)));
            return open.iter().map(|way| way.permission).collect();
        }
        let any_of: Vec<&'static str> = ways.iter().map(|way| way.permission).collect();
        let shown: Vec<String> = ways.iter().take(SHOWN).map(named).collect();
        let more = if ways.len() > SHOWN { format!(" or {} others", ways.len() - SHOWN) } else { String::new() };
        let needed = least_change(facts, ways).join(" and ");
        let missing = match kind {
            PermissionKind::Delegated => Missing::Scope { any_of },
            PermissionKind::Application => Missing::AppRole { any_of },
        };
        self.lacks(
            missing,
            format!("the token has none of {}{more}", shown.join(", ")),
            format!("grant the {kind} permission {needed} of {}, and take a new token", requirement.resource.name),
        );
        ways.iter().map(|way| way.permission).collect()
    }

    fn role(&mut self, facts: &Facts, operation: &Operation, requirement: &Requirement, permissions: &[&str]) {
        let in_token: BTreeSet<_> = facts.directory_roles.iter().copied().collect();
        let roles = match &facts.access {
            Access::Home => return,
            // Without a relationship there is nothing to look for roles in.
            Access::Customer(access) if access.relationships.is_empty() => return,
            // What was assigned since is not in the token, and what ended since still is.
            Access::Customer(access) => &access.roles,
            Access::Unknown if in_token.is_empty() => {
                return self.open("whose tenant it is, and by which roles the account acts there, is not known");
            }
            Access::Unknown => &in_token,
        };
        let only_reads = *operation.method() == http::Method::GET;
        match judge(requirement.resource, permissions, roles, only_reads) {
            RoleAnswer::Enough(fact) => self.has(fact),
            RoleAnswer::Open(fact) => self.open(fact),
            RoleAnswer::Lacking(names) => {
                let list = names.join(", ");
                let change = format!(
                    "assign the GDAP role {} to a group of the account; a relationship without it has to be made anew",
                    names.first().copied().unwrap_or_default()
                );
                self.lacks(
                    Missing::GdapRole { any_of: names },
                    format!("no role of the account is one of {list}"),
                    change,
                );
            }
        }
    }

    fn licence(&mut self, facts: &Facts, requirement: &Requirement) {
        let Some(rule) = licence::rule(&requirement.template) else { return };
        match &facts.service_plans {
            // What is not known is left out of the verdict: most tenants have what they are asked about.
            None => self.evidence.push(Evidence {
                supports: None,
                fact: format!("{} is needed; the licences of the tenant were not looked at", rule.product),
            }),
            Some(plans) if rule.is_met(plans.iter()) => self.has(format!("the tenant has {}", rule.product)),
            Some(_) => self.lacks(
                Missing::Licence { any_of: rule.plans.to_vec() },
                format!("the tenant has no licence for {}", rule.product),
                format!("have the customer buy {}", rule.product),
            ),
        }
    }

    fn has(&mut self, fact: impl Into<String>) {
        self.evidence.push(Evidence { supports: Some(true), fact: fact.into() });
    }

    fn open(&mut self, fact: impl Into<String>) {
        self.is_open = true;
        self.evidence.push(Evidence { supports: None, fact: fact.into() });
    }

    fn lacks(&mut self, missing: Missing, fact: impl Into<String>, change: impl Into<String>) {
        self.missing.push(missing);
        self.evidence.push(Evidence { supports: Some(false), fact: fact.into() });
        self.change.push(change.into());
    }
}

/// The fewest permissions that would open a way: of ways that lack as many, the first, which is the least privileged.
fn least_change(facts: &Facts, ways: &[Way]) -> Vec<&'static str> {
    let lacking = |way: &Way| -> Vec<&'static str> {
        let first = (!facts.holds(way.permission)).then_some(way.permission);
        let besides = way.also.iter().any(|name| facts.holds(name));
        let also = if besides { None } else { way.also.first().copied() };
        first.into_iter().chain(also).collect()
    };
    ways.iter().map(lacking).min_by_key(Vec::len).unwrap_or_default()
}

fn named(way: &Way) -> String {
    if way.also.is_empty() {
        return way.permission.to_owned();
    }
    format!("{} (with {})", way.permission, way.also.join(" or "))
}

const fn actor(kind: PermissionKind) -> &'static str {
    match kind {
        PermissionKind::Delegated => "account",
        PermissionKind::Application => "application",
    }
}

/// How many alternatives a sentence names.
const SHOWN: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gdap::GdapRole;
    use crate::ids::RelationshipId;
    use crate::preflight::CustomerAccess;

    fn customer(roles: &[&str]) -> Access {
        let ids = roles.iter().map(|name| GdapRole::find(name).unwrap().template_id);
        Access::Customer(CustomerAccess::with_roles(RelationshipId::new("r"), ids))
    }

    fn account(scopes: &[&str]) -> Facts {
        Facts::new(PermissionKind::Delegated, scopes.iter().copied())
    }

    fn ask(facts: &Facts, operation: &str) -> Answer {
        preflight(facts, &operation.parse().unwrap())
    }

    fn missing(facts: &Facts, operation: &str) -> Vec<Missing> {
        match ask(facts, operation).verdict {
            Verdict::Denied { missing } => missing,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn account_with_scope_and_role_is_allowed() {
        let facts = account(&["Exchange.Manage"]).access(customer(&["Exchange Administrator"]));
        let answer = ask(&facts, "exchange.invoke");
        assert_eq!(answer.verdict, Verdict::Allowed, "{answer}");
        assert!(answer.to_string().contains("+ the role Exchange Administrator goes with Exchange.Manage"), "{answer}");
        assert!(answer.error().is_none() && answer.change.is_empty());
    }

    #[test]
    fn each_obstacle_is_named_and_all_of_them_together() {
        let exchange = customer(&["Teams Administrator"]);
        let facts = account(&["Exchange.Manage"]).access(exchange.clone());
        assert_eq!(missing(&facts, "exchange.invoke"), [Missing::GdapRole { any_of: vec!["Exchange Administrator"] }]);
        let both = missing(&account(&[]).access(exchange), "exchange.invoke");
        assert!(matches!(both.as_slice(), [Missing::Scope { .. }, Missing::GdapRole { .. }]), "{both:?}");
        let none = account(&["Exchange.Manage"]).access(Access::Customer(CustomerAccess::default()));
        assert_eq!(missing(&none, "exchange.invoke"), [Missing::Relationship]);
        let answer = ask(&none, "exchange.invoke");
        assert_eq!(answer.error().unwrap().kind(), crate::ErrorKind::RelationshipInactive);
    }

    #[test]
    fn smallest_change_is_told() {
        let answer = ask(&account(&["Policy.Read.All"]), "PATCH /identity/conditionalAccess/policies/1");
        let [change, ..] = answer.change.as_slice() else { panic!("{answer}") };
        assert!(change.contains("permission Policy.ReadWrite.ConditionalAccess of Microsoft Graph"), "{change}");
        let answer = ask(&account(&[]), "PATCH /identity/conditionalAccess/policies/1");
        assert!(answer.change[0].contains("Policy.ReadWrite.ConditionalAccess and Policy.Read.All"), "{answer}");
        assert_eq!(answer.error().unwrap().kind(), crate::ErrorKind::ConsentRequired);
    }

    #[test]
    fn application_needs_no_role_and_no_relationship() {
        let facts = Facts::new(PermissionKind::Application, ["User.Read.All"])
            .access(Access::Customer(CustomerAccess::default()));
        assert_eq!(ask(&facts, "GET /users").verdict, Verdict::Allowed);
        assert!(matches!(missing(&facts, "POST /users").as_slice(), [Missing::AppRole { .. }]));
        assert_eq!(missing(&facts, "GET /me"), [Missing::OtherKind { needed: PermissionKind::Delegated }]);
    }

    #[test]
    fn what_is_not_known_stays_unknown() {
        for (facts, operation) in [
            (Facts::default(), "GET /users"),
            (account(&["User.Read.All"]).access(Access::Home), "GET /no/such/path"),
            (account(&["User.Read.All"]), "GET /users"),
            (Facts::new(PermissionKind::Application, [""; 0]), "azure.secrets.get"),
        ] {
            let answer = ask(&facts, operation);
            assert_eq!(answer.verdict, Verdict::Unknown, "{answer}");
            assert!(answer.evidence.iter().any(|evidence| evidence.supports.is_none()));
        }
        assert_eq!(ask(&account(&["User.Read.All"]).access(Access::Home), "GET /users").verdict, Verdict::Allowed);
    }

    #[test]
    fn licences_count_when_they_are_known() {
        let facts = Facts::new(PermissionKind::Application, ["DeviceManagementManagedDevices.Read.All"]);
        let operation = "GET /deviceManagement/managedDevices";
        assert_eq!(ask(&facts, operation).verdict, Verdict::Allowed);
        let without = facts.clone().service_plans(["EXCHANGE_S_STANDARD"]);
        assert!(matches!(missing(&without, operation).as_slice(), [Missing::Licence { .. }]));
        assert_eq!(ask(&facts.service_plans(["INTUNE_A"]), operation).verdict, Verdict::Allowed);
    }

    #[test]
    fn json_tells_the_verdict_and_what_is_missing() {
        let facts = account(&[]).access(customer(&["Teams Administrator"]));
        let json = serde_json::to_value(ask(&facts, "exchange.invoke")).unwrap();
        assert_eq!(json["verdict"], "denied");
        assert_eq!(json["missing"][0]["missing"], "scope");
        assert_eq!(json["missing"][1]["anyOf"][0], "Exchange Administrator");
    }
}
