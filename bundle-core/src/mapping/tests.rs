use proptest::prelude::*;

use super::*;
use crate::customer::Customer;
use crate::error::{Error, ErrorKind};
use crate::gdap::Relationship;
use crate::ids::TenantId;
use crate::onboarding::Finding;

fn tenant(number: u128) -> TenantId {
    TenantId::from_u128(number)
}

fn contract(number: u128, name: &str, domain: &str) -> Contract {
    let mut contract = Contract::new(tenant(number));
    contract.display_name = Some(name.to_owned());
    contract.default_domain_name = Some(domain.to_owned());
    contract
}

fn relationship(number: u128, name: &str, status: &str, created: &str) -> Relationship {
    serde_json::from_value(serde_json::json!({
        "id": format!("{number}-{created}"), "displayName": "Relationship", "status": status, "duration": "P730D",
        "customer": {"tenantId": tenant(number), "displayName": name}, "accessDetails": {"unifiedRoles": []},
        "createdDateTime": created,
    }))
    .unwrap()
}

fn all() -> CustomerSources {
    CustomerSources {
        customers: Some(vec![
            Customer::new(tenant(1), "Contoso GmbH").domain("Contoso.com"),
            Customer::new(tenant(2), "Fabrikam").domain("fabrikam.com"),
        ]),
        contracts: Some(vec![
            contract(1, "contoso", "contoso.onmicrosoft.com"),
            contract(3, "Tailspin", "fabrikam.com"),
        ]),
        relationships: Some(vec![
            relationship(1, "Contoso Ltd", "active", "2026-01-01T00:00:00Z"),
            relationship(2, "Old Name", "terminated", "2025-01-01T00:00:00Z"),
            relationship(2, "Older Name", "expired", "2024-01-01T00:00:00Z"),
            relationship(4, " ", "approvalPending", "2026-02-01T00:00:00Z"),
        ]),
        gaps: Vec::new(),
    }
}

#[test]
fn sources_are_one_list_by_tenant_and_differences_are_shown() {
    let map = merge_customers(&all());
    let names: Vec<_> = map.customers.iter().map(|customer| customer.name.clone()).collect();
    assert_eq!(names, [tenant(4).to_string(), "Contoso GmbH".into(), "Fabrikam".into(), "Tailspin".into()]);
    let of = |number: u128| map.customers.iter().find(|customer| customer.tenant_id == tenant(number)).unwrap();
    assert!(of(1).differences.is_empty(), "{:?}", of(1).differences);
    assert_eq!(of(1).domains, ["contoso.com", "contoso.onmicrosoft.com"]);
    let shared =
        |number: u128| Difference::SharedDomain { domain: "fabrikam.com".into(), tenants: vec![tenant(number)] };
    let not_in = |source| Difference::NotListed { source };
    let names = Difference::Names { others: vec!["Old Name".into()] };
    let expected = [not_in(CustomerSource::Contracts), names, Difference::NoRelationshipInForce, shared(3)];
    assert_eq!(of(2).differences, expected);
    let expected = [not_in(CustomerSource::PartnerCenter), not_in(CustomerSource::Relationships), shared(2)];
    assert_eq!(of(3).differences, expected);
    assert!(of(4).differences.contains(&Difference::NoRelationshipInForce));
}

#[test]
fn source_that_was_not_read_is_a_gap_and_lists_nobody_as_missing() {
    let mut sources = all();
    sources.contracts = None;
    let finding = Finding::of(&Error::new(ErrorKind::PermissionDenied, "denied"));
    sources.gaps = vec![SourceGap { source: CustomerSource::Contracts, finding }];
    let map = merge_customers(&sources);
    assert_eq!((map.customers.len(), map.gaps.len()), (3, 1));
    let absent = Difference::NotListed { source: CustomerSource::Contracts };
    assert!(map.customers.iter().all(|customer| !customer.differences.contains(&absent)));
}

fn plan(organizations: &[Organization]) -> MappingPlan {
    suggest(&merge_customers(&all()).customers, organizations)
}

fn first(plan: &MappingPlan, number: u128) -> Option<(String, u8, bool)> {
    let customer = plan.unlinked.iter().find(|customer| customer.tenant_id == tenant(number)).unwrap();
    let first = customer.candidates.first()?;
    Some((first.organization.clone(), first.score, customer.ambiguous))
}

#[test]
fn domain_and_name_together_say_more_than_either() {
    let plan = plan(&[
        Organization::new("both", "Contoso").domains(["CONTOSO.com"]),
        Organization::new("name", "Contoso AG"),
        Organization::new("none", "Wingtip Toys").domains(["wingtip.com"]),
    ]);
    let contoso = plan.unlinked.iter().find(|customer| customer.tenant_id == tenant(1)).unwrap();
    let scores: Vec<_> = contoso.candidates.iter().map(|found| (found.organization.as_str(), found.score)).collect();
    assert_eq!((&scores[..], contoso.ambiguous), (&[("both", 100), ("name", 85)][..], false));
    let reasons: Vec<_> = contoso.candidates[1].reasons.iter().map(ToString::to_string).collect();
    assert_eq!(reasons, ["the initial domain is the name", "the names are the same"]);
    assert_eq!(first(&plan, 4), None);
}

#[test]
fn stored_link_outlives_a_new_name_and_a_moved_domain() {
    let plan = plan(&[
        Organization::new("a", "Renamed Beyond Recognition").linked_to(tenant(1)),
        Organization::new("b", "Contoso").domains(["contoso.com"]),
        Organization::new("gone", "Adatum").linked_to(tenant(99)),
    ]);
    assert_eq!(plan.linked.len(), 1);
    let linked = &plan.linked[0];
    assert_eq!((linked.tenant_id, &linked.organizations[..]), (tenant(1), &["a".to_owned()][..]));
    assert_eq!(linked.renamed, ["Renamed Beyond Recognition"]);
    assert_eq!(linked.domains_elsewhere, ["contoso.com"]);
    assert_eq!(plan.orphans, ["gone"]);
}

#[test]
fn two_that_are_as_likely_are_ambiguous_either_way() {
    let two = plan(&[Organization::new("x", "Fabrikam"), Organization::new("y", "Fabrikam Inc.")]);
    assert_eq!(first(&two, 2), Some(("x".into(), 80, true)));
    // Tailspin has the domain of Fabrikam too: the organisation is claimed by both.
    let contested = plan(&[Organization::new("x", "Some Holding").domains(["fabrikam.com"])]);
    assert_eq!(
        (first(&contested, 2), first(&contested, 3)),
        (Some(("x".into(), 85, true)), Some(("x".into(), 85, true)))
    );
    let clear = plan(&[Organization::new("x", "Fabrikam").domains(["fabrikam.com"])]);
    assert_eq!((first(&clear, 2), first(&clear, 3)), (Some(("x".into(), 100, false)), Some(("x".into(), 85, true))));
}

#[test]
fn domain_of_everybody_says_nothing() {
    let sources = CustomerSources {
        customers: Some(vec![Customer::new(tenant(1), "Baker").domain("outlook.com")]),
        ..CustomerSources::default()
    };
    let map = merge_customers(&sources);
    let plan = suggest(&map.customers, &[Organization::new("x", "Plumber").domains(["outlook.com"])]);
    assert!(plan.unlinked[0].candidates.is_empty());
}

proptest! {
    #[test]
    fn every_customer_comes_out_once_and_every_score_is_in_range(
        names in prop::collection::vec((0_u128..20, ".{0,12}"), 0..30),
        known in prop::collection::vec((".{0,12}", prop::option::of(0_u128..25)), 0..30),
    ) {
        let customers = names.iter().map(|(number, name)| Customer::new(tenant(*number), name.clone())).collect();
        let map = merge_customers(&CustomerSources { customers: Some(customers), ..CustomerSources::default() });
        let organizations: Vec<_> = known.iter().enumerate().map(|(at, (name, link))| {
            let organization = Organization::new(at.to_string(), name.clone());
            match link { Some(link) => organization.linked_to(tenant(*link)), None => organization }
        }).collect();
        let plan = suggest(&map.customers, &organizations);
        prop_assert_eq!(plan.linked.len() + plan.unlinked.len(), map.customers.len());
        let linked: usize = plan.linked.iter().map(|linked| linked.organizations.len()).sum();
        prop_assert_eq!(linked + plan.orphans.len(), known.iter().filter(|(_, link)| link.is_some()).count());
        for found in plan.unlinked.iter().flat_map(|customer| &customer.candidates) {
            prop_assert!((50..=100).contains(&found.score) && !found.reasons.is_empty());
            let at: usize = found.organization.parse().unwrap();
            prop_assert!(organizations[at].tenant_id.is_none());
        }
    }
}
