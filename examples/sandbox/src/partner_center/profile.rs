//! The partner's own profiles, and the check whether a domain is taken.

use serde_json::{Value, json};

use super::Outcome;
use super::access::Caller;
use super::answer;
use crate::reply::Reply;
use crate::world::World;

/// Returns the organization profile; the body starts with a byte-order mark.
pub(super) fn organization(world: &World, caller: &Caller) -> Outcome {
    caller.user()?;
    let partner = world.partner_tenant();
    Ok(answer::marked(
        200,
        &json!({
            "id": partner.id,
            "companyName": partner.display_name,
            "defaultAddress": address(),
            "tenantId": partner.id,
            "domain": partner.initial_domain,
            "email": format!("partner@{}", partner.default_domain()),
            "language": "en",
            "culture": "en-US",
            "profileType": "organization_profile",
            "links": {"self": {"uri": "/profiles/organization", "method": "GET", "headers": []}},
            "attributes": {"objectType": "OrganizationProfile"},
        }),
    ))
}

/// Returns the legal business profile.
pub(super) fn legal_business(world: &World, caller: &Caller) -> Outcome {
    caller.user()?;
    let partner = world.partner_tenant();
    Ok(answer::marked(
        200,
        &json!({
            "companyName": partner.display_name,
            "address": address(),
            "vettingStatus": "authorized",
            "profileType": "legal_business_profile",
            "links": {"self": {"uri": "/profiles/legalbusiness", "method": "GET", "headers": []}},
            "attributes": {"objectType": "LegalBusinessProfile"},
        }),
    ))
}

/// Tells whether a domain is taken: 200 is taken, 404 is free, neither has a body.
pub(super) fn domain(world: &World, domain: &str) -> Reply {
    Reply::empty(if world.find_tenant(domain).is_some() { 200 } else { 404 })
}

fn address() -> Value {
    json!({"country": "US", "city": "Redmond", "state": "WA", "postalCode": "98052", "addressLine1": "1 Example Way"})
}
