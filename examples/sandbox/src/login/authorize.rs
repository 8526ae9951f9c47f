//! The authorize endpoint; it signs somebody in at once and redirects back.

use super::access::{self, SignedIn};
use super::answer::client_info;
use super::authority::Authority;
use super::client::Client;
use super::error::LoginError;
use super::page::{self, Redirect};
use super::scope::ScopeRequest;
use super::sign_in;
use super::token::directory_name;
use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::TokenUser;
use crate::world::{AuthorizationCode, World};

pub(crate) fn handle(world: &mut World, call: &Call, tenant: &str) -> Result<Reply, LoginError> {
    let query = Query::of(call);
    // Until client and redirect URI are known to be right, errors stay on Microsoft's page.
    let checked = (|| {
        let authority = Authority::resolve(world, tenant)?;
        let client_id = query.require("client_id")?;
        let client = Client::find(world, client_id, &directory_name(world, authority))?;
        let redirect_uri = query.require("redirect_uri")?;
        if !client.has_redirect(redirect_uri) {
            return Err(LoginError::invalid_request(
                50011,
                format!(
                    "The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs \
                     configured for the application '{client_id}'. Make sure the redirect URI sent in the request \
                     matches one added to your application in the Azure portal."
                ),
            ));
        }
        if authority == Authority::Home && !client.multi_tenant {
            return Err(LoginError::invalid_request(
                50194,
                format!(
                    "Application '{client_id}'({}) is not configured as a multi-tenant application. Usage of the \
                     /common endpoint is not supported for such applications created after '10/15/2018'. Use a \
                     tenant-specific endpoint or configure the application to be multi-tenant.",
                    client.name
                ),
            ));
        }
        Ok((authority, client, redirect_uri))
    })();
    let (authority, client, redirect_uri) = match checked {
        Ok(checked) => checked,
        Err(error) => return Ok(page::problem(call, &error)),
    };
    let redirect =
        Redirect { uri: redirect_uri, mode: query.get("response_mode").unwrap_or("query"), state: query.get("state") };
    Ok(match sign_in(world, call, &query, authority, &client, redirect_uri) {
        Ok(parameters) => redirect.to(&parameters),
        Err(error) => redirect.to_error(call, &error),
    })
}

fn sign_in(
    world: &mut World,
    call: &Call,
    query: &Query,
    authority: Authority,
    client: &Client,
    redirect_uri: &str,
) -> Result<Vec<(&'static str, String)>, LoginError> {
    let response_type = query.require("response_type")?;
    if response_type != "code" {
        return Err(LoginError::new(
            400,
            "unsupported_response_type",
            700_054,
            format!("response_type '{response_type}' is not enabled for the application."),
        ));
    }
    let challenge = challenge(query)?;
    let scope_text = query.require("scope")?;
    let scope = ScopeRequest::parse(scope_text, &directory_name(world, authority))?;
    let who = sign_in::choose(world, authority, client, query.get("login_hint"))?;
    let tenant = authority.or_home(who.home);
    sign_in::consent(world, &tenant, who, client, &scope);
    access::delegated(world, &tenant, who, client, &scope)?;
    let code = world.sessions.add_code(AuthorizationCode {
        tenant,
        home: who.home,
        user: who.user,
        app_id: client.app_id,
        redirect_uri: redirect_uri.to_owned(),
        scope: scope_text.to_owned(),
        nonce: query.get("nonce").map(str::to_owned),
        challenge,
        mfa: who.mfa,
        issued_at: call.now,
        used: false,
    });
    let mut parameters = vec![("code", code.expose().to_owned())];
    if query.get("client_info") == Some("1") {
        parameters.push(("client_info", client_info(&token_user(world, who)?)));
    }
    parameters.push(("session_state", call.request_id.to_string()));
    Ok(parameters)
}

fn token_user(world: &World, who: SignedIn) -> Result<TokenUser, LoginError> {
    let user = access::account(world, who)?;
    Ok(TokenUser {
        id: user.id,
        home: who.home,
        user_principal_name: user.user_principal_name.clone(),
        display_name: user.display_name.clone(),
    })
}

fn challenge(query: &Query) -> Result<Option<(String, String)>, LoginError> {
    let Some(challenge) = query.get("code_challenge") else {
        return Ok(None);
    };
    let method = query.get("code_challenge_method").unwrap_or("plain");
    if !(43..=128).contains(&challenge.len()) || !matches!(method, "S256" | "plain") {
        return Err(LoginError::invalid_request(
            501_491,
            "The code_challenge must be 43 to 128 characters long, with method S256 or plain.",
        ));
    }
    Ok(Some((challenge.to_owned(), method.to_owned())))
}

/// The parameters of an authorize request, from the query or a posted form.
struct Query(Vec<(String, String)>);

impl Query {
    fn of(call: &Call) -> Self {
        if call.method.as_str() == "POST" { Self(call.form()) } else { Self(call.query.clone()) }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn require(&self, name: &str) -> Result<&str, LoginError> {
        self.get(name).ok_or_else(|| LoginError::missing(name))
    }
}
