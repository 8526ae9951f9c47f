//! Discovery documents: tenants, keys, clouds and user realms.

use serde_json::{Value, json};
use url::Url;

use super::authority::Authority;
use super::error::LoginError;
use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::KEY_ID;
use crate::world::World;

/// Describes the authority of a tenant, with Microsoft's own addresses as Microsoft does.
///
/// Microsoft's libraries refuse endpoints without https, so the addresses cannot be those of the sandbox; a
/// client that was pointed here by rewriting addresses rewrites these as well.
pub(crate) fn openid_configuration(world: &World, tenant: &str, second: bool) -> Result<Reply, LoginError> {
    let (path, issuer) = match Authority::resolve(world, tenant)? {
        Authority::Tenant(id) => (id.to_string(), id.to_string()),
        Authority::Home if tenant == "consumers" => (CONSUMERS.to_owned(), CONSUMERS.to_owned()),
        Authority::Home => (tenant.to_owned(), "{tenantid}".to_owned()),
    };
    let base = format!("https://login.microsoftonline.com/{path}");
    let (oauth, issuer) = if second {
        (format!("{base}/oauth2/v2.0"), format!("https://login.microsoftonline.com/{issuer}/v2.0"))
    } else {
        (format!("{base}/oauth2"), format!("https://sts.windows.net/{issuer}/"))
    };
    Ok(Reply::json(
        200,
        json!({
            "token_endpoint": format!("{oauth}/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "request_uri_parameter_supported": false,
            "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
            "authorization_endpoint": format!("{oauth}/authorize"),
            "device_authorization_endpoint": format!("{oauth}/devicecode"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{oauth}/logout"),
            "claims_supported": ["sub", "iss", "cloud_instance_name", "cloud_instance_host_name",
                "cloud_graph_host_name", "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce",
                "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email"],
            "kerberos_endpoint": format!("{base}/kerberos"),
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
            "rbac_url": "https://pas.windows.net",
        }),
    ))
}

/// Lists the signing keys. Nobody holds the private part: the tokens are signed for the sandbox alone.
pub(crate) fn keys() -> Reply {
    let modulus = "sandbox0".repeat(42);
    Reply::json(
        200,
        json!({"keys": [{
            "kty": "RSA", "use": "sig", "kid": KEY_ID, "x5t": KEY_ID, "n": modulus + "sandbo", "e": "AQAB",
            "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
        }]}),
    )
}

/// Describes the cloud an authority belongs to.
pub(crate) fn instance(call: &Call) -> Result<Reply, LoginError> {
    let endpoint = call
        .query("authorization_endpoint")
        .and_then(|endpoint| Url::parse(endpoint).ok())
        .ok_or_else(|| LoginError::missing("authorization_endpoint"))?;
    let tenant = endpoint
        .path_segments()
        .and_then(|mut segments| segments.next())
        .filter(|tenant| !tenant.is_empty())
        .unwrap_or("common");
    let origin = endpoint.origin().ascii_serialization();
    Ok(Reply::json(
        200,
        json!({
            "tenant_discovery_endpoint": format!("{origin}/{tenant}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{
                "preferred_network": "login.microsoftonline.com",
                "preferred_cache": "login.windows.net",
                "aliases": ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net",
                    call.host],
            }],
        }),
    ))
}

/// Says how a user's domain signs in.
pub(crate) fn user_realm(world: &World, user: &str) -> Reply {
    let (known, domain) = realm(world, user);
    let mut body = json!({
        "ver": "1.0",
        "account_type": if known { "Managed" } else { "Unknown" },
        "cloud_instance_name": "microsoftonline.com",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    });
    if known {
        body["domain_name"] = Value::String(domain);
    }
    Reply::json(200, body)
}

/// Says the same in the form of the older address.
pub(crate) fn old_user_realm(world: &World, call: &Call) -> Reply {
    let login = call.query("login").unwrap_or_default();
    let (known, domain) = realm(world, login);
    let mut body = json!({
        "State": 4,
        "UserState": 1,
        "Login": login,
        "NameSpaceType": if known { "Managed" } else { "Unknown" },
    });
    if known {
        body["DomainName"] = json!(domain);
        body["FederationBrandName"] = json!(world.find_tenant(&domain).map(|tenant| &tenant.display_name));
        body["CloudInstanceName"] = json!("microsoftonline.com");
        body["CloudInstanceIssuerUri"] = json!("urn:federation:MicrosoftOnline");
    }
    Reply::json(200, body)
}

fn realm(world: &World, user: &str) -> (bool, String) {
    let domain = user.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    (world.find_tenant(&domain).is_some(), domain)
}

/// The tenant of personal accounts.
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
