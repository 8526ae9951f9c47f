//! What a client asks for: one resource, its scopes, and the `OpenID` scopes.

use super::error::LoginError;
use crate::world::{Resource, resource_by_uri, resource_named};

/// A parsed `scope` (or `resource`) parameter.
#[derive(Clone, Debug)]
pub(crate) struct ScopeRequest {
    /// The audience as it was written; becomes the `aud` claim.
    pub(crate) audience: String,
    pub(crate) resource: &'static Resource,
    /// Whether `.default` was asked for: everything that is granted.
    pub(crate) default: bool,
    /// Scopes asked for by name.
    pub(crate) names: Vec<String>,
    /// `OpenID` scopes asked for.
    pub(crate) openid: Vec<String>,
    /// Whether the resource was written in front of the scopes.
    prefixed: bool,
}

impl ScopeRequest {
    /// Parses a `scope` parameter; `directory` names the tenant in errors.
    pub(crate) fn parse(scope: &str, directory: &str) -> Result<Self, LoginError> {
        let mut audience: Option<String> = None;
        let (mut default, mut names, mut openid, mut prefixed) = (false, Vec::new(), Vec::new(), false);
        for word in scope.split_whitespace() {
            if OPENID.contains(&word) {
                openid.push(word.to_owned());
                continue;
            }
            let (uri, name) = match word.rsplit_once('/') {
                Some((uri, name)) => {
                    prefixed = true;
                    (uri, name)
                }
                None => (GRAPH, word),
            };
            match &audience {
                Some(first) if !same_resource(first, uri) => {
                    return Err(LoginError::new(
                        400,
                        "invalid_scope",
                        28000,
                        format!(
                            "Provided value for the input parameter scope is not valid because it contains more than \
                             one resource. Scope {scope} is not valid."
                        ),
                    ));
                }
                Some(_) => {}
                None => audience = Some(uri.to_owned()),
            }
            if name == ".default" {
                default = true;
            } else {
                names.push(name.to_owned());
            }
        }
        if default && !names.is_empty() {
            return Err(invalid(scope, ".default scope can't be combined with resource-specific scopes."));
        }
        let audience = audience.unwrap_or_else(|| GRAPH.to_owned());
        let resource = resource_by_uri(&audience).ok_or_else(|| resource_missing(&audience, directory))?;
        if let Some(unknown) = names.iter().find(|name| resource.scope(name).is_none()) {
            return Err(invalid(
                scope,
                &format!("The scope '{unknown}' does not exist on the resource '{}'.", resource.app_id),
            ));
        }
        Ok(Self { audience, resource, default, names, openid, prefixed })
    }

    /// Parses a `resource` parameter of the first token endpoint.
    pub(crate) fn of_resource(resource: &str, directory: &str) -> Result<Self, LoginError> {
        Ok(Self {
            audience: resource.to_owned(),
            resource: resource_by_uri(resource).ok_or_else(|| resource_missing(resource, directory))?,
            default: true,
            names: Vec::new(),
            openid: vec!["openid".to_owned()],
            prefixed: false,
        })
    }

    pub(crate) fn asks(&self, openid_scope: &str) -> bool {
        self.openid.iter().any(|scope| scope == openid_scope)
    }

    /// Returns the `scope` text of an answer that grants these scopes.
    pub(crate) fn answer(&self, granted: &[String]) -> String {
        let prefix = if self.prefixed { format!("{}/", self.audience) } else { String::new() };
        let mut words: Vec<String> = self.openid.iter().filter(|scope| *scope != "offline_access").cloned().collect();
        if self.default && self.prefixed {
            words.push(format!("{prefix}.default"));
        }
        words.extend(
            granted.iter().filter(|scope| !OPENID.contains(&scope.as_str())).map(|scope| format!("{prefix}{scope}")),
        );
        words.join(" ")
    }
}

/// Says that a resource does not exist in a tenant.
pub(crate) fn resource_missing(audience: &str, directory: &str) -> LoginError {
    LoginError::new(
        400,
        "invalid_resource",
        500_011,
        format!(
            "The resource principal named {audience} was not found in the tenant named {directory}. This can happen if \
             the application has not been installed by the administrator of the tenant or consented to by any user in \
             the tenant. You might have sent your authentication request to the wrong tenant."
        ),
    )
}

fn invalid(scope: &str, reason: &str) -> LoginError {
    LoginError::new(
        400,
        "invalid_scope",
        70011,
        format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter \
             'scope' is not valid. The scope '{scope}' is not valid. {reason}"
        ),
    )
}

fn same_resource(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
        || match (resource_by_uri(one), resource_by_uri(other)) {
            (Some(one), Some(other)) => one.app_id == other.app_id,
            _ => false,
        }
}

/// Returns the resource that a bare scope name belongs to.
pub(crate) fn graph() -> &'static Resource {
    resource_named("graph").expect("the embedded permission table holds Graph")
}

const GRAPH: &str = "https://graph.microsoft.com";

const OPENID: [&str; 4] = ["email", "offline_access", "openid", "profile"];

#[cfg(test)]
mod tests {
    use super::*;

    fn code(scope: &str) -> u32 {
        ScopeRequest::parse(scope, "Contoso").map_or_else(|error| error.code, |_| 0)
    }

    #[test]
    fn scopes_of_one_resource_are_accepted_in_every_spelling() {
        for scope in [
            "User.Read openid offline_access",
            "https://graph.microsoft.com/.default offline_access",
            "https://management.core.windows.net//.default",
            "00000002-0000-0ff1-ce00-000000000000/.default",
            "https://api.partnercenter.microsoft.com/user_impersonation",
        ] {
            assert_eq!(code(scope), 0, "{scope}");
        }
        let old = ScopeRequest::parse("https://management.core.windows.net//.default", "Contoso");
        assert_eq!(old.map(|request| request.audience), Ok("https://management.core.windows.net/".to_owned()));
    }

    #[test]
    fn wrong_scopes_have_their_own_codes() {
        assert_eq!(code("https://graph.microsoft.com/.default https://vault.azure.net/.default"), 28000);
        assert_eq!(code("https://graph.microsoft.com/.default User.Read"), 70011);
        assert_eq!(code("User.Read No.Such.Scope"), 70011);
        assert_eq!(code("https://nowhere.example/.default"), 500_011);
    }

    #[test]
    fn answer_repeats_the_prefix_of_the_request() {
        let granted = vec!["User.Read".to_owned(), "openid".to_owned()];
        let answer = |scope: &str| ScopeRequest::parse(scope, "Contoso").map(|request| request.answer(&granted));
        assert_eq!(answer("User.Read openid offline_access"), Ok("openid User.Read".to_owned()));
        assert_eq!(
            answer("https://graph.microsoft.com/.default"),
            Ok("https://graph.microsoft.com/.default https://graph.microsoft.com/User.Read".to_owned())
        );
    }
}
