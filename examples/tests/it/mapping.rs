//! The customers of all sources in the sandbox, as one list.

use bundle_core::TenantId;
use bundle_core::mapping::{CustomerMap, CustomerSource, Difference, Organization, merge_customers, suggest};
use bundle_sandbox::world::Tenant;
use bundle_sandbox::{Fault, Sandbox, SandboxOptions, World, demo};
use serde_json::json;
use uuid::Uuid;

use crate::support::{add_relationship, connect};

fn tenant(id: Uuid) -> TenantId {
    id.to_string().parse().unwrap()
}

/// Three customers: one without a relationship, one in all sources, one with GDAP alone.
fn world() -> World {
    let mut world = demo::world(3);
    let third: &mut Tenant = world.tenant_mut(&demo::customer_tenant(3)).unwrap();
    third.reseller = false;
    add_relationship(&mut world, &demo::customer_tenant(3), "Third", &["User Administrator"], true);
    world
}

async fn start() -> Sandbox {
    Sandbox::start(world(), SandboxOptions::new()).await.unwrap()
}

async fn map(sandbox: &Sandbox) -> CustomerMap {
    merge_customers(&connect(sandbox).await.mapping_ports().read().await)
}

#[tokio::test]
async fn customers_of_three_sources_are_one_list() {
    let sandbox = start().await;
    let map = map(&sandbox).await;
    assert!(map.gaps.is_empty(), "{:?}", map.gaps);
    assert_eq!(map.customers.len(), 3);
    let of = |number: usize| {
        let id = tenant(demo::customer_tenant(number));
        map.customers.iter().find(|customer| customer.tenant_id == id).unwrap()
    };
    let not_in = |source| Difference::NotListed { source };
    assert_eq!(of(1).differences, [not_in(CustomerSource::Relationships)]);
    assert!(of(2).differences.is_empty(), "{:?}", of(2).differences);
    let expected = [not_in(CustomerSource::PartnerCenter), not_in(CustomerSource::Contracts)];
    assert_eq!(of(3).differences, expected);

    let organizations = [
        Organization::new("7", of(1).name.clone()).domains(of(1).domains.clone()),
        Organization::new("8", "Something else").linked_to(of(3).tenant_id),
    ];
    let plan = suggest(&map.customers, &organizations);
    let first = plan.unlinked.iter().find(|customer| customer.tenant_id == of(1).tenant_id).unwrap();
    assert_eq!(
        (first.candidates[0].organization.as_str(), first.candidates[0].score, first.ambiguous),
        ("7", 100, false)
    );
    assert_eq!(plan.linked[0].renamed, ["Something else"]);
}

#[tokio::test]
async fn source_that_fails_is_a_gap_and_never_a_customer_less() {
    let calm = start().await;
    let whole = map(&calm).await;
    let requests = calm.log().requests();
    for at in 1..=requests {
        let sandbox = start().await;
        // Refused for good: nothing of that source may be taken for the whole.
        sandbox
            .faults()
            .at(at, Fault::Fail { status: 403, body: json!({"error": {"code": "Authorization_RequestDenied"}}) });
        let map = map(&sandbox).await;
        for source in CustomerSource::ALL {
            let lists = |map: &CustomerMap| {
                let in_source = |customer: &&bundle_core::mapping::MappedCustomer| {
                    customer.seen.iter().any(|seen| seen.source == source)
                };
                map.customers.iter().filter(in_source).map(|customer| customer.tenant_id).collect::<Vec<_>>()
            };
            let is_gap = map.gaps.iter().any(|gap| gap.source == source);
            assert!(is_gap || lists(&map) == lists(&whole), "{at}: {source:?}");
            assert!(!is_gap || lists(&map).is_empty(), "{at}: {source:?}");
        }
    }
}

#[tokio::test]
async fn lost_answers_change_nothing() {
    let calm = start().await;
    let whole = map(&calm).await;
    for at in 1..=calm.log().requests() {
        for fault in [Fault::CutBefore, Fault::CutAfter] {
            let sandbox = start().await;
            sandbox.faults().at(at, fault);
            assert_eq!(map(&sandbox).await, whole, "{at}");
        }
    }
}
