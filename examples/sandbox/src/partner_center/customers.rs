//! The customers of the partner.

use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::access::{self, ADMIN_AGENTS, AGENTS, Caller};
use super::filter::Filter;
use super::{Outcome, answer, audit, subscriptions};
use crate::call::Call;
use crate::reply::Reply;
use crate::world::{RelationshipStatus, Tenant, World};

/// The most customers on one page.
const PAGE: usize = 500;

/// Lists customers page by page; the next page needs the token of the last one as a header.
pub(super) fn list(world: &World, call: &Call, caller: &Caller) -> Outcome {
    caller.require_group(world, AGENTS)?;
    let size = page_size(call)?;
    let filter = call.query("filter").map(Filter::parse).transpose()?;
    let after = match call.query("seekOperation") {
        None => None,
        Some(operation) if operation.eq_ignore_ascii_case("next") => Some(continuation(call)?),
        Some(_) => {
            return Err(answer::refuse(400, "3000", "The seek operation isn't valid."));
        }
    };
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut found = world
        .tenants
        .range((start, Bound::Unbounded))
        .map(|(_, tenant)| tenant)
        .filter(|tenant| tenant.reseller)
        .filter(|tenant| filter.as_ref().is_none_or(|filter| filter.accepts(tenant)));
    let page: Vec<&Tenant> = found.by_ref().take(size).collect();
    let next = match page.last() {
        Some(last) if found.next().is_some() => Some((uri(call, true), STANDARD.encode(last.id.as_bytes()))),
        _ => None,
    };
    let items: Vec<Value> = page.into_iter().map(summary).collect();
    Ok(answer::collection(&items, &uri(call, after.is_some()), next))
}

/// Returns one customer with what only the partner of record sees.
pub(super) fn get(world: &World, caller: &Caller, id: &str) -> Outcome {
    caller.require_group(world, AGENTS)?;
    let customer = access::customer(world, id)?;
    let managed = has_relationship(world, customer);
    let mut body = summary(customer);
    body["commerceId"] = json!(customer.id);
    body["allowDelegatedAccess"] = json!(managed);
    // Without a delegated relationship the service leaves the contact data and the domains out.
    if managed {
        body["billingProfile"] = json!({
            "culture": "en-US",
            "language": "en",
            "email": format!("billing@{}", customer.default_domain()),
            "companyName": customer.display_name,
            "defaultAddress": {"country": "US", "city": "Redmond", "postalCode": "98052", "addressLine1": "1 Example Way"},
            "attributes": {"objectType": "CustomerBillingProfile"},
        });
        body["customDomains"] =
            customer.domains.iter().filter(|domain| !domain.is_initial).map(|domain| json!(domain.name)).collect();
    }
    Ok(Reply::json(200, body))
}

/// Ends the reseller relationship; everything the customer subscribed to is suspended before.
pub(super) fn remove(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Outcome {
    caller.user()?;
    caller.require_group(world, ADMIN_AGENTS)?;
    let customer = access::customer(world, id)?;
    let body = call.json().unwrap_or_default();
    if !body["relationshipToPartner"].as_str().is_some_and(|relationship| relationship.eq_ignore_ascii_case("none")) {
        return Err(answer::refuse(400, "3000", "The relationship to the partner isn't valid."));
    }
    if subscriptions::any_active(world, customer) {
        return Err(answer::refuse(400, "3000", "The customer has active subscriptions."));
    }
    let customer = customer.id;
    if let Some(tenant) = world.tenant_mut(&customer) {
        tenant.reseller = false;
    }
    let done =
        audit::Done { operation: "remove_partner_customer_relationship", resource: "customer", old: None, new: None };
    audit::record(world, caller, customer, done);
    Ok(Reply::json(200, json!({"relationshipToPartner": "none", "attributes": {"objectType": "Customer"}})))
}

/// Returns the link with which a new customer accepts the partner as reseller.
pub(super) fn invitation(world: &World, caller: &Caller) -> Outcome {
    caller.user()?;
    caller.require_group(world, AGENTS)?;
    Ok(Reply::json(
        200,
        json!({
            "url": format!("https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId={}&DAP=false#/BillingAccounts/partner-invitation", world.partner),
            "attributes": {"objectType": "CustomerRelationshipRequest"},
        }),
    ))
}

/// Lists the services the partner may administer for a customer.
pub(super) fn managed_services(world: &World, caller: &Caller, id: &str) -> Outcome {
    caller.user()?;
    caller.require_group(world, AGENTS)?;
    let customer = access::customer(world, id)?;
    let mut items = Vec::new();
    if has_relationship(world, customer) {
        items.push(json!({
            "id": "Microsoft 365 admin center",
            "name": "Microsoft 365 admin center",
            "links": {"adminService": {"uri": format!("https://admin.microsoft.com/Partner/BeginClientSession.aspx?CTID={}", customer.id), "method": "GET", "headers": []}},
            "attributes": {"objectType": "ManagedService"},
        }));
    }
    Ok(answer::collection(&items, &format!("/customers/{}/managedservices", customer.id), None))
}

fn summary(customer: &Tenant) -> Value {
    json!({
        "id": customer.id,
        "companyProfile": {
            "tenantId": customer.id,
            "domain": customer.initial_domain,
            "companyName": customer.display_name,
            "links": {"self": {"uri": format!("/customers/{}/profiles/company", customer.id), "method": "GET", "headers": []}},
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": "reseller",
        "links": {"self": {"uri": format!("/customers/{}", customer.id), "method": "GET", "headers": []}},
        "attributes": {"objectType": "Customer"},
    })
}

fn has_relationship(world: &World, customer: &Tenant) -> bool {
    let now = world.now();
    world.relationships.values().any(|relationship| {
        relationship.customer == Some(customer.id) && relationship.status(now) == RelationshipStatus::Active
    })
}

/// Reads `size`: absent is a full page, and so is 0.
fn page_size(call: &Call) -> Result<usize, Box<Reply>> {
    match call.query("size").map(str::parse::<usize>) {
        None | Some(Ok(0)) => Ok(PAGE),
        Some(Ok(size)) => Ok(size.min(PAGE)),
        Some(Err(_)) => Err(answer::refuse(400, "3000", "The page size isn't valid.")),
    }
}

fn continuation(call: &Call) -> Result<Uuid, Box<Reply>> {
    call.header("ms-continuationtoken")
        .and_then(|token| STANDARD.decode(token).ok())
        .and_then(|bytes| Uuid::from_slice(&bytes).ok())
        .ok_or_else(|| answer::refuse(400, "3000", "The continuation token is missing or isn't valid."))
}

/// Writes the link to a page, relative to `/v1`.
fn uri(call: &Call, seek: bool) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["size", "filter"] {
        if let Some(value) = call.query(name) {
            query.append_pair(name, value);
        }
    }
    if seek {
        query.append_pair("seekOperation", "Next");
    }
    let query = query.finish();
    if query.is_empty() { "/customers".to_owned() } else { format!("/customers?{query}") }
}
