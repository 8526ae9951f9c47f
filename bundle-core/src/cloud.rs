//! National clouds and custom endpoint sets.
//!
//! A [`Cloud`] carries every host and audience, so one value points a whole program at another cloud, at the sandbox
//! or at a private endpoint set. It is also the allow-list: a token is written only for a URL that
//! [`Cloud::allows`] for the service the token is meant for.

mod custom;
mod national;

use std::fmt;
use std::sync::Arc;

use url::{Position, Url};

use crate::error::{Error, Result};
use crate::service::Service;

/// Every host and audience of one Microsoft cloud. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Cloud(Arc<Endpoints>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Endpoints {
    name: String,
    hosts: Vec<Endpoint>,
    approval_link: String,
}

/// Where one service is and what its tokens are asked for with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Endpoint {
    service: Service,
    address: Address,
    /// The audience and `/.default`.
    scope: String,
}

impl Endpoint {
    fn new(service: Service, address: Address, audience: &str) -> Self {
        Self { service, address, scope: format!("{audience}{DEFAULT}") }
    }

    fn audience(&self) -> &str {
        &self.scope[..self.scope.len() - DEFAULT.len()]
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    /// One base URL.
    Base(Url),
    /// A URL per vault or account: what stands before and after its name.
    PerResource { before: String, after: String },
}

impl Cloud {
    /// The global cloud, GCC included.
    #[must_use]
    pub fn public() -> Self {
        national::PUBLIC.cloud()
    }

    /// US Government L4 (GCC High).
    #[must_use]
    pub fn us_government() -> Self {
        national::US_GOVERNMENT.cloud()
    }

    /// US Government L5 (DoD).
    #[must_use]
    pub fn us_government_dod() -> Self {
        national::US_GOVERNMENT_DOD.cloud()
    }

    /// China, operated by 21Vianet.
    #[must_use]
    pub fn china() -> Self {
        national::CHINA.cloud()
    }

    /// Finds a national cloud by name: `public`, `usgov` (also `usgov-gcchigh`), `usgov-dod`, `china`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): no such cloud; the message names the four.
    pub fn named(name: &str) -> Result<Self> {
        match name.to_ascii_lowercase().as_str() {
            "public" => Ok(Self::public()),
            "usgov" | "usgov-gcchigh" => Ok(Self::us_government()),
            "usgov-dod" => Ok(Self::us_government_dod()),
            "china" => Ok(Self::china()),
            _ => Err(Error::config(format!("cloud: {name:?} is none of public, usgov, usgov-dod, china"))),
        }
    }

    /// Reads a custom cloud from an endpoint file.
    ///
    /// The file is a JSON object: `loginAuthority`, `graph`, `exchangeHost`, `partnerCenter`, `arm`,
    /// `office365Management` and `compliance` are base URLs; `keyVaultUrl` holds `{vault}`, `blobUrl` and `tableUrl`
    /// hold `{account}`. `audiences`, an object with the same keys, is optional; an audience left out is the public
    /// one. Other keys are ignored. URLs are https, or http on loopback.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): not a JSON object, a host is missing or a value is no such
    /// URL; the message names the key and the value.
    pub fn from_endpoint_file(json: &str) -> Result<Self> {
        custom::parse(json)
    }

    /// The name: `public`, `usgov`, `usgov-dod`, `china` or `custom`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The base URL of a service that has one, without a trailing slash in its path.
    ///
    /// # Panics
    /// For services with a host per vault or account; [`Cloud::resource_url`] is theirs.
    #[must_use]
    pub fn base(&self, service: Service) -> &Url {
        match &self.endpoint(service).address {
            Address::Base(url) => url,
            Address::PerResource { .. } => panic!("{service} has a host per resource; ask resource_url"),
        }
    }

    /// The URL of a vault (Key Vault) or account (blob, table).
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): `name` is not 3 to 24 letters, digits and hyphens.
    ///
    /// # Panics
    /// For services with one base URL; [`Cloud::base`] is theirs.
    pub fn resource_url(&self, service: Service, name: &str) -> Result<Url> {
        let Address::PerResource { before, after } = &self.endpoint(service).address else {
            panic!("{service} has one base URL; ask base");
        };
        let valid =
            (3..=24).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !valid {
            return Err(Error::config(format!("{service}: {name:?} is not 3 to 24 letters, digits and hyphens")));
        }
        Url::parse(&format!("{before}{name}{after}"))
            .map_err(|cause| Error::config(format!("{service}: {name:?} makes no URL")).with_source(cause))
    }

    /// The path of a URL below the service's base, where it has one base URL.
    pub(crate) fn path_below<'a>(&self, service: Service, url: &'a Url) -> &'a str {
        let path = url.path();
        match &self.endpoint(service).address {
            Address::Base(base) => path.strip_prefix(base.path().trim_end_matches('/')).unwrap_or(path),
            Address::PerResource { .. } => path,
        }
    }

    /// The audience of the service's tokens, without `/.default`.
    #[must_use]
    pub fn audience(&self, service: Service) -> &str {
        self.endpoint(service).audience()
    }

    /// The scope that asks for everything consented on the service: `{audience}/.default`.
    #[must_use]
    pub fn default_scope(&self, service: Service) -> String {
        self.endpoint(service).scope.clone()
    }

    /// Whether a token (or a secret) of this service may be sent to `url`: same scheme, host and port as the
    /// service's own, https or loopback, no user-info.
    #[must_use]
    pub fn allows(&self, service: Service, url: &Url) -> bool {
        match &self.endpoint(service).address {
            // Every base is secure and without user-info.
            Address::Base(base) => url[..Position::BeforePath] == base[..Position::BeforePath],
            Address::PerResource { before, after } => is_resource_url(before, after, url),
        }
    }

    /// Whether every endpoint is on loopback, as the sandbox's are.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.0.hosts.iter().all(|endpoint| match &endpoint.address {
            Address::Base(url) => is_loopback(url),
            Address::PerResource { before, after } => {
                Url::parse(&format!("{before}name{after}")).is_ok_and(|url| is_loopback(&url))
            }
        })
    }

    /// Whether any endpoint is https: only plain ones on loopback need no root certificates.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(crate) fn has_tls(&self) -> bool {
        self.0.hosts.iter().any(|endpoint| match &endpoint.address {
            Address::Base(url) => url.scheme() == "https",
            Address::PerResource { before, .. } => before.starts_with("https:"),
        })
    }

    /// The page where a customer's administrator approves a relationship; `{id}` stands for the relationship.
    #[cfg(feature = "flows")]
    pub(crate) fn approval_link(&self) -> &str {
        &self.0.approval_link
    }

    fn endpoint(&self, service: Service) -> &Endpoint {
        self.0
            .hosts
            .iter()
            .find(|endpoint| endpoint.service == service)
            .expect("every way to build a cloud fills in all services")
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud").field("name", &self.0.name).finish_non_exhaustive()
    }
}

/// Whether `url` is https, or http on loopback.
fn is_secure(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

/// Whether the host is this machine; `localhost` and names below it included.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Whether `url` lies below `before{name}after` with a plain name.
fn is_resource_url(before: &str, after: &str, url: &Url) -> bool {
    let text = url.as_str();
    let Some(rest) = text.strip_prefix(before) else { return false };
    let name = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count();
    let after = after.trim_end_matches('/');
    name > 0 && rest[name..].strip_prefix(after).is_some_and(|tail| tail.is_empty() || tail.starts_with(['/', '?']))
}

/// Stands behind an audience in the scope that asks for everything consented.
const DEFAULT: &str = "/.default";

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn token_hosts_are_exact() {
        let cloud = Cloud::public();
        assert!(cloud.allows(Service::Graph, &url("https://graph.microsoft.com/v1.0/users")));
        assert!(cloud.allows(Service::Graph, &url("https://graph.microsoft.com:443/v1.0/users")));
        for foreign in [
            "http://graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com.evil.example/v1.0",
            "https://evil.example/graph.microsoft.com",
            "https://graph.microsoft.com:8443/v1.0",
            "https://user@graph.microsoft.com/v1.0",
            "https://graph.microsoft.us/v1.0",
        ] {
            assert!(!cloud.allows(Service::Graph, &url(foreign)), "{foreign}");
        }
    }

    #[test]
    fn vault_hosts_match_on_the_whole_label() {
        let cloud = Cloud::public();
        let vault = cloud.resource_url(Service::KeyVault, "contoso-kv").unwrap();
        assert_eq!(vault.as_str(), "https://contoso-kv.vault.azure.net/");
        assert!(cloud.allows(Service::KeyVault, &url("https://contoso-kv.vault.azure.net/secrets/a?api-version=7.6")));
        for foreign in [
            "https://vault.azure.net/secrets",
            "https://evilvault.azure.net/secrets",
            "https://a.b.vault.azure.net/secrets",
            "https://contoso-kv.vault.azure.net.evil.example/",
            "https://contoso-kv.vault.azure.net@evil.example/",
            "https://contoso-kv.vault.azure.net:444/",
        ] {
            assert!(!cloud.allows(Service::KeyVault, &url(foreign)), "{foreign}");
        }
        assert!(cloud.resource_url(Service::KeyVault, "evil.example/").is_err());
    }

    #[test]
    fn clouds_are_found_by_name() {
        for name in ["public", "usgov", "usgov-dod", "china"] {
            let cloud = Cloud::named(name).unwrap();
            assert_eq!(cloud.name(), name);
            for service in Service::ALL {
                assert!(cloud.audience(service).starts_with("https://"), "{name} {service}");
            }
            assert!(!cloud.is_loopback());
        }
        let error = Cloud::named("germany").unwrap_err();
        assert!(error.to_string().contains("germany"), "{error}");
    }
}
