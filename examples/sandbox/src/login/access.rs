//! Who may have a token for what: the decision behind every answer of the token endpoint.

use uuid::Uuid;

use super::client::{Client, not_found};
use super::error::LoginError;
use super::scope::{ScopeRequest, resource_missing};
use crate::clock::plus;
use crate::tokens::{Claims, TokenUser};
use crate::world::{ServicePrincipal, Tenant, User, World, role_named};

/// A user who signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignedIn {
    pub(crate) home: Uuid,
    pub(crate) user: Uuid,
    /// Whether the sign-in had a second factor.
    pub(crate) mfa: bool,
}

/// Decides whether a client may act for a user in a tenant.
///
/// The order is Entra's: the account, the way into the tenant, conditional access, the client, the
/// resource, the consent.
pub(crate) fn delegated(
    world: &World,
    tenant: &Uuid,
    who: SignedIn,
    client: &Client,
    request: &ScopeRequest,
) -> Result<Claims, LoginError> {
    let target = tenant_of(world, tenant)?;
    let user = account(world, who)?;
    let directory_roles = if who.home == target.id {
        let mut roles = target.directory_roles(&user.id);
        roles.push(DEFAULT_USER_ROLE);
        roles
    } else {
        guest_roles(world, target, who, user, client)?
    };
    let scopes = scopes(world, target, who, client, request)?;
    Ok(Claims {
        user: Some(TokenUser {
            id: user.id,
            home: who.home,
            user_principal_name: user.user_principal_name.clone(),
            display_name: user.display_name.clone(),
        }),
        scopes,
        directory_roles,
        mfa: who.mfa,
        ..blank(world, target, client, user.id)
    })
}

/// Decides whether a client may act as itself in a tenant.
pub(crate) fn app_only(
    world: &World,
    tenant: &Uuid,
    client: &Client,
    request: &ScopeRequest,
) -> Result<Claims, LoginError> {
    let target = tenant_of(world, tenant)?;
    let principal =
        client_principal(target, client)?.ok_or_else(|| not_found(&client.app_id.to_string(), &target.display_name))?;
    let resource = resource_principal(target, request)?;
    let app_roles = target
        .app_roles_granted(&principal.id, &resource.id)
        .iter()
        .filter_map(|role| request.resource.app_role_by_id(role))
        .map(|role| role.name.clone())
        .collect();
    Ok(Claims {
        app_roles,
        directory_roles: target.directory_roles(&principal.id),
        ..blank(world, target, client, principal.id)
    })
}

/// Finds an account that may sign in.
pub(crate) fn account(world: &World, who: SignedIn) -> Result<&User, LoginError> {
    let home = tenant_of(world, &who.home)?;
    let user = home.users.get(&who.user).ok_or_else(|| {
        LoginError::invalid_grant(
            50034,
            format!(
                "The user account does not exist in the {} directory. To sign into this application, the account must \
                 be added to the directory.",
                home.display_name
            ),
        )
    })?;
    if user.account_enabled { Ok(user) } else { Err(LoginError::invalid_grant(50057, "The user account is disabled.")) }
}

/// Says that nobody consented to the client.
pub(crate) fn consent_required(client: &Client) -> LoginError {
    LoginError::invalid_grant(
        65001,
        format!(
            "The user or administrator has not consented to use the application with ID '{}' named '{}'. Send an \
             interactive authorization request for this user and resource.",
            client.app_id, client.name
        ),
    )
    .with_suberror("consent_required")
}

/// Returns whether a user may consent for the organisation in a tenant.
pub(crate) fn is_consent_administrator(tenant: &Tenant, user: &Uuid) -> bool {
    has_role(tenant, user, "Global Administrator")
        || has_role(tenant, user, "Application Administrator")
        || has_role(tenant, user, "Cloud Application Administrator")
}

fn has_role(tenant: &Tenant, user: &Uuid, name: &str) -> bool {
    role_named(name).is_some_and(|role| tenant.directory_roles(user).contains(&role.template_id))
}

/// Lets a partner user into a customer tenant, or says why not.
fn guest_roles(
    world: &World,
    target: &Tenant,
    who: SignedIn,
    user: &User,
    client: &Client,
) -> Result<Vec<Uuid>, LoginError> {
    let roles = if who.home == world.partner { world.gdap_roles(&target.id, &user.id) } else { Vec::new() };
    if roles.is_empty() {
        return Err(LoginError::invalid_grant(
            50020,
            format!(
                "User account '{}' from identity provider 'https://sts.windows.net/{}/' does not exist in tenant '{}' \
                 and cannot access the application '{}'({}) in that tenant. The account needs to be added as an \
                 external user in the tenant first. Sign out and sign in again with a different Azure Active Directory \
                 user account.",
                user.user_principal_name, who.home, target.display_name, client.app_id, client.name
            ),
        ));
    }
    let now = world.now();
    if target.policies.blocks_service_provider(&who.home, now) {
        return Err(LoginError::invalid_grant(
            53003,
            "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        )
        .with_suberror("message_only")
        .with_claims());
    }
    if !who.mfa && target.policies.asks_service_provider_for_mfa(&who.home, now) {
        return Err(LoginError::invalid_grant(
            50076,
            format!(
                "Due to a configuration change made by your administrator, or because you moved to a new location, you \
                 must use multi-factor authentication to access '{}'.",
                super::scope::graph().app_id
            ),
        )
        .with_suberror("basic_action")
        .with_claims());
    }
    Ok(roles)
}

fn scopes(
    world: &World,
    target: &Tenant,
    who: SignedIn,
    client: &Client,
    request: &ScopeRequest,
) -> Result<Vec<String>, LoginError> {
    let principal = client_principal(target, client)?;
    if client.is_tool() && !request.default && is_own_global_administrator(target, who) {
        // The tool asks an administrator for whatever it was told to ask for.
        resource_principal(target, request)?;
        return Ok(request.names.clone());
    }
    let principal = principal.ok_or_else(|| consent_required(client))?;
    let resource = resource_principal(target, request)?;
    let granted = target.scopes_granted(&principal.id, &resource.id, Some(&who.user), world.now());
    let missing = request.names.iter().any(|name| !granted.iter().any(|scope| scope.eq_ignore_ascii_case(name)));
    if granted.is_empty() || missing {
        return Err(consent_required(client));
    }
    Ok(granted)
}

fn is_own_global_administrator(target: &Tenant, who: SignedIn) -> bool {
    who.home == target.id && has_role(target, &who.user, "Global Administrator")
}

/// Finds the client's service principal in the tenant; a client of another tenant must be multi-tenant.
fn client_principal<'a>(target: &'a Tenant, client: &Client) -> Result<Option<&'a ServicePrincipal>, LoginError> {
    if client.home != Some(target.id) && !client.multi_tenant {
        return Err(not_found(&client.app_id.to_string(), &target.display_name));
    }
    match target.service_principal_by_app_id(&client.app_id) {
        Some(principal) if !principal.account_enabled => Err(LoginError::new(
            401,
            "unauthorized_client",
            7_000_112,
            format!("Application '{}'({}) is disabled.", client.app_id, client.name),
        )),
        found => Ok(found),
    }
}

fn resource_principal<'a>(target: &'a Tenant, request: &ScopeRequest) -> Result<&'a ServicePrincipal, LoginError> {
    let resource = request.resource;
    let Some(principal) = target.service_principal_by_app_id(&resource.app_id) else {
        if matches!(resource.key.as_str(), "exchange" | "office365-management") {
            return Err(LoginError::invalid_client(
                650_052,
                format!(
                    "The app is trying to access a service '{}'({}) that your organization '{}' lacks a service \
                     principal for. Contact your IT Admin to review the configuration of your service subscriptions or \
                     consent to the application in order to create the required service principal.",
                    resource.app_id,
                    resource.display_name,
                    target.default_domain()
                ),
            ));
        }
        return Err(resource_missing(&request.audience, &target.display_name));
    };
    if principal.account_enabled {
        return Ok(principal);
    }
    Err(LoginError::new(
        400,
        "invalid_resource",
        500_014,
        format!(
            "The service principal for resource '{}' is disabled. This indicate that a subscription within the tenant \
             has lapsed, or that the administrator for this tenant has disabled the application, preventing tokens \
             from being issued for it.",
            request.audience
        ),
    ))
}

fn tenant_of<'a>(world: &'a World, tenant: &Uuid) -> Result<&'a Tenant, LoginError> {
    world.tenant(tenant).ok_or_else(|| LoginError::invalid_request(90002, format!("Tenant '{tenant}' not found.")))
}

/// Claims without user and permissions; the life is between 60 and 90 minutes, spread by tenant, client and subject.
fn blank(world: &World, target: &Tenant, client: &Client, object_id: Uuid) -> Claims {
    let spread = (target.id.as_u128() ^ client.app_id.as_u128() ^ object_id.as_u128()) % 1800;
    let life = 3600 + i64::try_from(spread).unwrap_or_default();
    Claims {
        tenant: target.id,
        app_id: client.app_id,
        object_id,
        user: None,
        scopes: Vec::new(),
        app_roles: Vec::new(),
        directory_roles: Vec::new(),
        mfa: false,
        issued_at: world.now(),
        expires_at: plus(world.now(), life),
    }
}

/// The role every member of a directory has; it is in the `wids` of their tokens.
const DEFAULT_USER_ROLE: Uuid = Uuid::from_u128(0xb79f_bf4d_3ef9_4689_8143_76b1_94e8_5509);
