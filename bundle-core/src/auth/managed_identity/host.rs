//! Where the identity endpoint is, and how it is asked.

use std::net::Ipv4Addr;

use bytes::Bytes;
use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use url::{Host, Url};

use super::UserAssigned;
use crate::auth::AccessToken;
use crate::error::{Error, Result};
use crate::http::{OutgoingRequest, append_query};

/// Where the identity endpoint of this machine or app is. It is asked over http on this machine or a link-local
/// address, never through a proxy, and nowhere else.
#[derive(Clone, Debug)]
pub struct ManagedIdentityHost(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// The instance metadata service of virtual machines, scale sets and AKS.
    Imds(Url),
    /// App Service, Functions and Container Apps.
    AppService { endpoint: Url, header: SecretString },
}

impl ManagedIdentityHost {
    /// Finds the endpoint by `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`; without them it is the instance metadata
    /// service.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): the variables name no usable endpoint, or one of Service
    /// Fabric or Azure Arc, which are not supported.
    pub fn from_environment() -> Result<Self> {
        Self::detect(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// The instance metadata service at its fixed address.
    ///
    /// # Panics
    /// Never: the address is a valid URL.
    #[must_use]
    pub fn imds() -> Self {
        Self(Kind::Imds(Url::parse(IMDS).expect("a constant that is a URL")))
    }

    /// The instance metadata service at another address, for tests and emulators.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): not http on this machine or a link-local address.
    pub fn imds_at(endpoint: Url) -> Result<Self> {
        check(&endpoint, "endpoint")?;
        Ok(Self(Kind::Imds(endpoint)))
    }

    /// The endpoint of App Service, Functions or Container Apps; `header` is the value of `IDENTITY_HEADER`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): not http on this machine or a link-local address.
    pub fn app_service(endpoint: Url, header: SecretString) -> Result<Self> {
        check(&endpoint, "IDENTITY_ENDPOINT")?;
        Ok(Self(Kind::AppService { endpoint, header }))
    }

    fn detect(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let Some(endpoint) = variable("IDENTITY_ENDPOINT") else { return Ok(Self::imds()) };
        if variable("IDENTITY_SERVER_THUMBPRINT").is_some() {
            return Err(Error::config("managed identity: the endpoint of Service Fabric is not supported"));
        }
        let Some(header) = variable("IDENTITY_HEADER") else {
            return Err(Error::config(
                "IDENTITY_HEADER: not set beside IDENTITY_ENDPOINT; the endpoint of Azure Arc is not supported",
            ));
        };
        let endpoint = Url::parse(&endpoint)
            .map_err(|cause| Error::config(format!("IDENTITY_ENDPOINT: {endpoint:?} is no URL")).with_source(cause))?;
        Self::app_service(endpoint, header.into())
    }

    /// The request for a token of `resource`, other than `rejected`.
    pub(super) fn request(
        &self,
        resource: &str,
        identity: Option<&UserAssigned>,
        rejected: Option<&AccessToken>,
    ) -> Result<OutgoingRequest> {
        let (mut url, version, name, value) = match &self.0 {
            Kind::Imds(endpoint) => (endpoint.clone(), "2018-02-01", "metadata", HeaderValue::from_static("true")),
            Kind::AppService { endpoint, header } => {
                let mut value = HeaderValue::from_str(header.expose_secret())
                    .map_err(|_| Error::config("IDENTITY_HEADER: the value cannot stand in a header"))?;
                value.set_sensitive(true);
                (endpoint.clone(), "2019-08-01", "x-identity-header", value)
            }
        };
        append_query(&mut url, "api-version", version);
        append_query(&mut url, "resource", resource);
        match identity {
            Some(UserAssigned::ClientId(id)) => append_query(&mut url, "client_id", &id.to_string()),
            Some(UserAssigned::ObjectId(id)) => append_query(&mut url, "object_id", &id.to_string()),
            Some(UserAssigned::ResourceId(id)) => append_query(&mut url, self.resource_id_name(), id),
            None => {}
        }
        // The metadata service knows nothing of claims challenges.
        if matches!(self.0, Kind::AppService { .. }) {
            append_query(&mut url, "xms_cc", "cp1");
            if let Some(rejected) = rejected {
                append_query(&mut url, "token_sha256_to_refresh", &sha256(rejected));
            }
        }
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value)]);
        Ok(OutgoingRequest::new(Method::GET, url, headers, Bytes::new()))
    }

    fn resource_id_name(&self) -> &'static str {
        match self.0 {
            Kind::Imds(_) => "msi_res_id",
            Kind::AppService { .. } => "mi_res_id",
        }
    }
}

fn check(endpoint: &Url, name: &str) -> Result<()> {
    let near = match endpoint.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_link_local(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if near && endpoint.scheme() == "http" && endpoint.username().is_empty() && endpoint.password().is_none() {
        return Ok(());
    }
    let host = endpoint.host_str().unwrap_or("no host");
    let (scheme, link_local) = (endpoint.scheme(), Ipv4Addr::new(169, 254, 0, 0));
    Err(Error::config(format!(
        "managed identity: {name} is {scheme} at {host:?}, not http on this machine or below {link_local}/16"
    )))
}

fn sha256(token: &AccessToken) -> String {
    use std::fmt::Write as _;
    Sha256::digest(token.text().unwrap_or_default()).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Source: "Azure Instance Metadata Service for virtual machines" (Microsoft Learn).
const IMDS: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(variables: &[(&str, &str)]) -> Result<ManagedIdentityHost> {
        ManagedIdentityHost::detect(|name| {
            variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn environment_tells_the_host() {
        assert!(matches!(detect(&[]).unwrap().0, Kind::Imds(_)));
        let on_linux = [("IDENTITY_ENDPOINT", "http://169.254.129.3:8081/msi/token"), ("IDENTITY_HEADER", "canary")];
        let host = detect(&on_linux).unwrap();
        assert!(matches!(host.0, Kind::AppService { .. }));
        assert!(!format!("{host:?}").contains("canary"), "{host:?}");
        for (variables, what) in [
            (vec![("IDENTITY_ENDPOINT", "http://localhost:40342/x"), ("IMDS_ENDPOINT", "x")], "Azure Arc"),
            (vec![("IDENTITY_ENDPOINT", "x"), ("IDENTITY_SERVER_THUMBPRINT", "x")], "Service Fabric"),
            (vec![("IDENTITY_ENDPOINT", "x"), ("IDENTITY_HEADER", "canary")], "no URL"),
        ] {
            let error = detect(&variables).unwrap_err();
            assert!(error.to_string().contains(what) && !error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn endpoint_has_to_be_near() {
        for good in
            ["http://127.0.0.1:1/x", "http://localhost:42356/msi/token", "http://169.254.130.5:8081/", "http://[::1]/"]
        {
            assert!(ManagedIdentityHost::imds_at(Url::parse(good).unwrap()).is_ok(), "{good}");
        }
        for bad in [
            "https://127.0.0.1/",
            "http://evil.example/metadata",
            "http://169.253.169.254/",
            "http://user:canary@127.0.0.1/",
            "http://localhost.evil.example/",
            "file:///etc/passwd",
        ] {
            let error = ManagedIdentityHost::app_service(Url::parse(bad).unwrap(), "h".into()).unwrap_err();
            assert!(error.to_string().contains("IDENTITY_ENDPOINT"), "{error}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
