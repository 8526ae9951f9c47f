//! The tenant itself: organization, domains, partner contracts, other tenants' names.

use serde_json::{Map, Value, json};

use super::access;
use super::answer::{Answer, bad_request, collection, error, not_found, object};
use super::body::Draft;
use super::cx::Cx;
use super::query::Query;
use super::schema::{CONTRACT, DOMAIN, ORGANIZATION, TENANT_INFORMATION};
use crate::clock::iso;
use crate::reply::Reply;
use crate::world::{Domain, Tenant, World};

pub(super) fn organizations(world: &World, cx: &Cx<'_>) -> Answer {
    access::ORGANIZATION.check(cx)?;
    let query = Query::list(cx.call, ORGANIZATION)?;
    let tenant = cx.tenant(world)?;
    Ok(collection(cx, &query, ORGANIZATION, ORGANIZATION.set, std::iter::once(tenant), |tenant, _| view(tenant)))
}

pub(super) fn organization(world: &World, cx: &Cx<'_>) -> Answer {
    access::ORGANIZATION.check(cx)?;
    let query = Query::one(cx.call, ORGANIZATION)?;
    let tenant = cx.tenant(world)?;
    if cx.id(1) != tenant.id.to_string() {
        return Err(not_found(cx.id(1)));
    }
    Ok(object(cx, 200, &query, ORGANIZATION, ORGANIZATION.set, view(tenant)))
}

/// Changes who gets notification mails; nothing else of the record is served.
pub(super) fn change(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::ORGANIZATION_CHANGE.check(cx)?;
    if cx.id(1) != cx.tenant(world)?.id.to_string() {
        return Err(not_found(cx.id(1)));
    }
    let draft = Draft::change(cx, ORGANIZATION)?;
    if let Some(name) = draft.fields.keys().find(|name| !NOTIFICATION_MAILS.contains(&name.as_str())) {
        return Err(bad_request(&format!("Property '{name}' is read-only and cannot be set.")));
    }
    cx.tenant_mut(world)?.extra.extend(draft.fields);
    Ok(Reply::empty(204))
}

const NOTIFICATION_MAILS: [&str; 3] =
    ["marketingNotificationEmails", "securityComplianceNotificationMails", "technicalNotificationMails"];

pub(super) fn domains(world: &World, cx: &Cx<'_>) -> Answer {
    access::DOMAINS.check(cx)?;
    let query = Query::list(cx.call, DOMAIN)?;
    let tenant = cx.tenant(world)?;
    Ok(collection(cx, &query, DOMAIN, DOMAIN.set, tenant.domains.iter(), |domain, _| domain_view(domain)))
}

pub(super) fn domain(world: &World, cx: &Cx<'_>) -> Answer {
    access::DOMAINS.check(cx)?;
    let query = Query::one(cx.call, DOMAIN)?;
    let domain = cx.tenant(world)?.domains.iter().find(|domain| domain.name.eq_ignore_ascii_case(cx.id(1)));
    let domain = domain.ok_or_else(|| not_found(cx.id(1)))?;
    Ok(object(cx, 200, &query, DOMAIN, DOMAIN.set, domain_view(domain)))
}

/// The customers a partner resells to; empty for everybody else.
pub(super) fn contracts(world: &World, cx: &Cx<'_>) -> Answer {
    access::CONTRACTS.check(cx)?;
    let query = Query::list(cx.call, CONTRACT)?;
    let is_partner = cx.claims.tenant == world.partner;
    let customers = world.tenants.values().filter(|tenant| is_partner && tenant.reseller && tenant.id != world.partner);
    Ok(collection(cx, &query, CONTRACT, CONTRACT.set, customers, |customer, _| {
        fields(json!({
            "id": customer.id,
            "contractType": "ResellerPartnerDelegatedAdmin",
            "customerId": customer.id,
            "defaultDomainName": customer.default_domain(),
            "displayName": customer.display_name,
        }))
    }))
}

pub(super) fn tenant_information(world: &World, cx: &Cx<'_>, argument: &str) -> Answer {
    access::TENANT_INFORMATION.check(cx)?;
    let query = Query::one(cx.call, TENANT_INFORMATION)?;
    let value = cx.id(2).strip_prefix(&format!("{argument}=")).unwrap_or_default();
    let by_id = argument == "tenantId";
    if by_id && uuid::Uuid::parse_str(value).is_err() {
        return Err(error(400, "BadRequest", &format!("Invalid {argument} '{value}'.")));
    }
    let found = world.find_tenant(value).filter(|tenant| by_id || tenant.has_domain(value));
    let tenant = found.ok_or_else(|| {
        error(404, "Directory_ObjectNotFound", &format!("Unable to find tenant information for {argument} '{value}'."))
    })?;
    let reply = object(
        cx,
        200,
        &query,
        TENANT_INFORMATION,
        TENANT_INFORMATION.set,
        fields(json!({
            "tenantId": tenant.id,
            "federationBrandName": null,
            "displayName": tenant.display_name,
            "defaultDomainName": tenant.default_domain(),
        })),
    );
    Ok(without_entity_suffix(reply))
}

/// A complex value is no entity: its context has no `/$entity`.
pub(super) fn without_entity_suffix(mut reply: Reply) -> Reply {
    if let crate::reply::Body::Json(body) = &mut reply.body
        && let Some(Value::String(context)) = body.get_mut("@odata.context")
        && let Some(shorter) = context.strip_suffix("/$entity")
    {
        *context = shorter.to_owned();
    }
    reply
}

/// The fields of a JSON object literal.
pub(super) fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn view(tenant: &Tenant) -> Map<String, Value> {
    let domains: Vec<Value> = tenant
        .domains
        .iter()
        .filter(|domain| domain.is_verified)
        .map(|domain| {
            json!({
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": domain.is_default,
                "isInitial": domain.is_initial,
                "name": domain.name,
                "type": "Managed",
            })
        })
        .collect();
    let plans: Vec<Value> = tenant
        .skus
        .iter()
        .flat_map(|sku| &sku.service_plans)
        .map(|plan| {
            json!({
                "assignedDateTime": iso(tenant.created_at),
                "capabilityStatus": "Enabled",
                "service": if plan.name.starts_with("EXCHANGE") { "exchange" } else { "MicrosoftOffice" },
                "servicePlanId": plan.id,
            })
        })
        .collect();
    let mut view = fields(json!({
        "id": tenant.id,
        "displayName": tenant.display_name,
        "createdDateTime": iso(tenant.created_at),
        "countryLetterCode": "US",
        "preferredLanguage": "en",
        "tenantType": "AAD",
        "technicalNotificationMails": [format!("admin@{}", tenant.initial_domain)],
        "assignedPlans": plans,
        "provisionedPlans": [],
        "verifiedDomains": domains,
    }));
    view.extend(tenant.extra.clone());
    view
}

fn domain_view(domain: &Domain) -> Map<String, Value> {
    fields(json!({
        "id": domain.name,
        "authenticationType": "Managed",
        "isAdminManaged": true,
        "isDefault": domain.is_default,
        "isInitial": domain.is_initial,
        "isRoot": true,
        "isVerified": domain.is_verified,
        "supportedServices": ["Email", "OfficeCommunicationsOnline"],
        "passwordValidityPeriodInDays": 2_147_483_647,
        "passwordNotificationWindowInDays": 14,
    }))
}
