//! Client applications and how they authenticate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use url::{Url, form_urlencoded};
use uuid::Uuid;

use super::error::LoginError;
use crate::call::Call;
use crate::world::{PasswordCredential, World};

/// The well-known public client that exists in every tenant.
pub(crate) const GRAPH_COMMAND_LINE_TOOLS: Uuid = Uuid::from_u128(0x14d8_2eec_204b_4c2f_b7e8_296a_70da_b67e);

/// A client application.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) app_id: Uuid,
    pub(crate) name: String,
    /// The tenant it is registered in; `None` for the well-known tool.
    pub(crate) home: Option<Uuid>,
    pub(crate) multi_tenant: bool,
    /// Whether flows without redirect may go without a secret.
    pub(crate) fallback_public: bool,
    web_redirects: Vec<String>,
    public_redirects: Vec<String>,
}

/// How a client showed who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    None,
    Secret,
}

impl Client {
    /// Finds the client with that id, as the authority of a tenant sees it.
    pub(crate) fn find(world: &World, app_id: &str, directory: &str) -> Result<Self, LoginError> {
        let unknown = || not_found(app_id, directory);
        let id = Uuid::parse_str(app_id).map_err(|_| unknown())?;
        if id == GRAPH_COMMAND_LINE_TOOLS {
            return Ok(Self {
                app_id: id,
                name: "Microsoft Graph Command Line Tools".to_owned(),
                home: None,
                multi_tenant: true,
                fallback_public: true,
                web_redirects: Vec::new(),
                public_redirects: vec![
                    "http://localhost".to_owned(),
                    "https://login.microsoftonline.com/common/oauth2/nativeclient".to_owned(),
                ],
            });
        }
        let (tenant, application) = world.find_application(&id).ok_or_else(unknown)?;
        Ok(Self {
            app_id: id,
            name: application.display_name.clone(),
            home: Some(tenant.id),
            multi_tenant: application.is_multi_tenant(),
            fallback_public: application.is_fallback_public_client == Some(true),
            web_redirects: application.web_redirect_uris.clone(),
            public_redirects: application.public_redirect_uris.clone(),
        })
    }

    /// Returns whether this is the well-known tool rather than a registered application.
    pub(crate) fn is_tool(&self) -> bool {
        self.home.is_none()
    }

    pub(crate) fn has_redirect(&self, uri: &str) -> bool {
        matches(&self.web_redirects, uri) || self.has_public_redirect(uri)
    }

    pub(crate) fn has_public_redirect(&self, uri: &str) -> bool {
        matches(&self.public_redirects, uri)
    }

    /// Checks the secret in the body or the `Authorization: Basic` header, if there is one.
    pub(crate) fn prove(&self, world: &World, form: &Form, now: Timestamp) -> Result<Proof, LoginError> {
        if form.get("client_assertion").is_some() {
            return Err(LoginError::invalid_client(
                50013,
                "Assertion failed signature validation. [Reason - The key was not found.]",
            ));
        }
        let Some(secret) = form.get("client_secret") else {
            return Ok(Proof::None);
        };
        if self.is_tool() {
            return Err(LoginError::invalid_client(
                700_025,
                "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
            ));
        }
        let passwords = world
            .find_application(&self.app_id)
            .map(|(_, application)| application.passwords.as_slice())
            .unwrap_or_default();
        let matching: Vec<&PasswordCredential> = passwords
            .iter()
            .filter(|password| password.secret.expose() == secret && password.is_replicated(now))
            .collect();
        if matching.iter().any(|password| password.start <= now && now < password.end) {
            Ok(Proof::Secret)
        } else if matching.iter().any(|password| password.end <= now) {
            Err(LoginError::invalid_client(
                7_000_222,
                format!(
                    "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new \
                     keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for \
                     added security: https://aka.ms/certCreds.",
                    self.app_id
                ),
            ))
        } else {
            Err(LoginError::invalid_client(
                7_000_215,
                format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                     value, not the client secret ID, for a secret added to app '{}'.",
                    self.app_id
                ),
            ))
        }
    }
}

/// Says that an application is not known in a directory.
pub(crate) fn not_found(app_id: &str, directory: &str) -> LoginError {
    LoginError::new(
        400,
        "unauthorized_client",
        700_016,
        format!(
            "Application with identifier '{app_id}' was not found in the directory '{directory}'. This can happen if \
             the application has not been installed by the administrator of the tenant or consented to by any user in \
             the tenant. You may have sent your authentication request to the wrong tenant."
        ),
    )
}

/// Says that a confidential client has to authenticate.
pub(crate) fn secret_missing() -> LoginError {
    LoginError::invalid_client(
        7_000_218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )
}

/// The parameters of a token request, credentials of the `Authorization: Basic` header included.
#[derive(Clone, Debug)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn of(call: &Call) -> Self {
        let mut pairs = call.form();
        if let Some((id, secret)) = basic(call) {
            pairs.push(("client_id".to_owned(), id));
            pairs.push(("client_secret".to_owned(), secret));
        }
        Self(pairs)
    }

    /// Returns the first value of that name, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn require(&self, name: &str) -> Result<&str, LoginError> {
        self.get(name).ok_or_else(|| LoginError::missing(name))
    }
}

fn basic(call: &Call) -> Option<(String, String)> {
    let (scheme, encoded) = call.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let unescape = |text: &str| {
        let pair = format!("v={text}");
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((unescape(id)?, unescape(secret)?))
}

/// Compares redirect URIs; on loopback the port is not compared.
fn matches(registered: &[String], uri: &str) -> bool {
    registered.iter().any(|one| {
        one == uri
            || match (Url::parse(one), Url::parse(uri)) {
                (Ok(one), Ok(other)) => {
                    matches!(one.host_str(), Some("localhost" | "127.0.0.1"))
                        && one.scheme() == other.scheme()
                        && one.host_str() == other.host_str()
                        && one.path() == other.path()
                }
                _ => false,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_matches_exactly_but_for_the_port_on_loopback() {
        let registered = vec!["http://localhost".to_owned(), "https://app.example/callback".to_owned()];
        assert!(matches(&registered, "http://localhost:5123"));
        assert!(matches(&registered, "http://localhost:5123/"));
        assert!(!matches(&registered, "http://localhost:5123/other"));
        assert!(matches(&registered, "https://app.example/callback"));
        assert!(!matches(&registered, "https://app.example:444/callback"));
    }
}
