//! Azure Resource Manager.

mod access;
mod answer;
mod groups;
mod subscriptions;
mod vault_body;
mod vaults;

pub(crate) use access::may_manage;

use uuid::Uuid;

use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::{Audience, Claims, authorize};
use crate::world::World;

/// What a handler answers; both sides end up on the wire.
type Outcome = Result<Reply, Box<Reply>>;

/// Answers one request to this service.
pub(crate) fn handle(world: &mut World, call: &Call) -> Reply {
    let reply = route(world, call).unwrap_or_else(|refusal| *refusal);
    answer::with_service_headers(call, reply)
}

fn route(world: &mut World, call: &Call) -> Outcome {
    let claims = authorize(world, call, Audience::ResourceManager)?;
    check_version(call)?;
    let lowered: Vec<String> = call.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let segments: Vec<&str> = lowered.iter().map(String::as_str).collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["tenants"]) => subscriptions::tenants(world, call, &claims),
        ("GET", ["subscriptions"]) => subscriptions::list(world, call, &claims),
        (_, ["subscriptions", id, rest @ ..]) => {
            let scope = scope(world, call, &claims, id)?;
            within(world, call, &scope, rest)
        }
        _ => Err(answer::no_route(call)),
    }
}

fn within(world: &mut World, call: &Call, scope: &Scope, rest: &[&str]) -> Outcome {
    // Names keep the letter case in which the caller wrote them.
    let sent = |at: usize| call.segments.get(at).map_or("", String::as_str);
    match (call.method.as_str(), rest) {
        ("GET", []) => subscriptions::get(world, scope),
        ("GET", ["locations"]) => subscriptions::locations(call, scope),
        ("GET", ["resources"]) => subscriptions::resources(world, call, scope),
        ("GET", ["resourcegroups"]) => groups::list(world, call, scope),
        ("GET", ["resourcegroups", group]) => groups::get(world, scope, group),
        ("HEAD", ["resourcegroups", group]) => Ok(groups::head(world, scope, group)),
        ("PUT", ["resourcegroups", _]) => groups::put(world, call, scope, sent(3)),
        ("GET", ["providers", "microsoft.keyvault", "vaults"]) => vaults::list(world, call, scope, None),
        ("GET", ["providers", "microsoft.keyvault", "deletedvaults"]) => answer::list(call, Vec::new()),
        ("POST", ["providers", "microsoft.keyvault", "checknameavailability"]) => vaults::check_name(world, call),
        ("GET", ["resourcegroups", group, "providers", "microsoft.keyvault", "vaults"]) => {
            vaults::list(world, call, scope, Some(group))
        }
        ("GET", ["resourcegroups", group, "providers", "microsoft.keyvault", "vaults", name]) => {
            vaults::get(world, scope, group, name)
        }
        ("PUT", ["resourcegroups", group, "providers", "microsoft.keyvault", "vaults", _]) => {
            vaults::put(world, call, scope, group, sent(7))
        }
        ("PATCH", ["resourcegroups", group, "providers", "microsoft.keyvault", "vaults", name]) => {
            vaults::patch(world, call, scope, group, name)
        }
        (
            _,
            []
            | ["locations" | "resources" | "resourcegroups"]
            | ["resourcegroups", _]
            | [.., "microsoft.keyvault", "vaults"]
            | [.., "microsoft.keyvault", "vaults", _],
        ) => Err(answer::no_method(call)),
        _ => Err(answer::no_route(call)),
    }
}

/// The subscription a call is about.
#[derive(Clone, Copy, Debug)]
struct Scope {
    tenant: Uuid,
    subscription: Uuid,
}

/// Finds the subscription of the path; it must be in the token's tenant, and the caller must have a role on it.
fn scope(world: &World, call: &Call, claims: &Claims, id: &str) -> Result<Scope, Box<Reply>> {
    let subscription = Uuid::parse_str(id).map_err(|_| {
        answer::refuse(
            400,
            "InvalidSubscriptionId",
            &format!("The provided subscription identifier '{id}' is malformed or invalid."),
        )
    })?;
    let tenant =
        world.tenants.values().find(|tenant| tenant.subscriptions.contains_key(&subscription)).ok_or_else(|| {
            answer::refuse(
                404,
                "SubscriptionNotFound",
                &format!("The subscription '{subscription}' could not be found."),
            )
        })?;
    if tenant.id != claims.tenant {
        return Err(wrong_tenant(&claims.tenant, &tenant.id));
    }
    if !may_manage(world, claims) {
        return Err(denied(call, claims));
    }
    Ok(Scope { tenant: tenant.id, subscription })
}

fn wrong_tenant(found: &Uuid, expected: &Uuid) -> Box<Reply> {
    let refusal = answer::refuse(
        401,
        "InvalidAuthenticationTokenTenant",
        &format!(
            "The access token is from the wrong issuer 'https://sts.windows.net/{found}/'. It must match the tenant 'https://sts.windows.net/{expected}/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/{expected}' to get the token."
        ),
    );
    Box::new(refusal.with_header(
        "WWW-Authenticate",
        format!("Bearer authorization_uri=\"https://login.windows.net/{expected}\", error=\"invalid_token\", error_description=\"The access token is from the wrong issuer. It must match the tenant associated with this subscription.\""),
    ))
}

fn denied(call: &Call, claims: &Claims) -> Box<Reply> {
    let client =
        claims.user.as_ref().map_or_else(|| claims.app_id.to_string(), |user| user.user_principal_name.clone());
    let verb = match call.method.as_str() {
        "GET" | "HEAD" => "read",
        "DELETE" => "delete",
        "POST" => "action",
        _ => "write",
    };
    let kind = if call.path.to_ascii_lowercase().contains("microsoft.keyvault") {
        "Microsoft.KeyVault/vaults"
    } else if call.segments.len() > 2 {
        "Microsoft.Resources/subscriptions/resourceGroups"
    } else {
        "Microsoft.Resources/subscriptions"
    };
    answer::refuse(
        403,
        "AuthorizationFailed",
        &format!(
            "The client '{client}' with object id '{}' does not have authorization to perform action '{kind}/{verb}' over scope '{}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            claims.object_id, call.path
        ),
    )
}

/// Refuses a missing version, or one that is no date.
fn check_version(call: &Call) -> Result<(), Box<Reply>> {
    let Some(version) = call.query("api-version") else {
        return Err(answer::refuse(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        ));
    };
    let date = version.strip_suffix("-preview").unwrap_or(version);
    if date.parse::<jiff::civil::Date>().is_err() {
        return Err(answer::refuse(
            400,
            "InvalidApiVersionParameter",
            &format!("The api-version '{version}' is invalid."),
        ));
    }
    Ok(())
}
