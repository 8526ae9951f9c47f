//! Endpoint files, and the credentials of a demonstration that a sandbox writes into its own.

use std::path::Path;

use bundle_core::ids::AppId;
use bundle_core::{Cloud, Error, TenantId};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::exit::Failure;

/// A cloud read from an endpoint file, with the demonstration credentials in it.
pub struct Endpoints {
    /// The cloud.
    pub cloud: Cloud,
    demo: Option<serde_json::Value>,
}

/// The credentials of a demonstration.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Demo {
    /// The partner's tenant.
    #[serde(alias = "partnerTenant", alias = "tenantId")]
    pub partner_tenant_id: TenantId,
    /// The application.
    #[serde(alias = "appId", alias = "clientId")]
    pub application_id: AppId,
    /// The application's secret.
    pub client_secret: SecretString,
    /// The service account's refresh token.
    pub refresh_token: SecretString,
    /// A public client an administrator signs in to, for a set-up from nothing.
    #[serde(default)]
    pub admin_client_id: Option<AppId>,
    /// The administrator's refresh token for that client.
    #[serde(default)]
    pub admin_refresh_token: Option<SecretString>,
    /// Where the sandbox's clock is read and moved.
    #[serde(default)]
    pub clock: Option<Url>,
}

impl Endpoints {
    /// A cloud without demonstration credentials.
    #[must_use]
    pub fn of(cloud: Cloud) -> Self {
        Self { cloud, demo: None }
    }

    /// What a sandbox offers so that a demonstration needs nothing else.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): there is a `demo`, and it lacks something.
    pub fn demo(&self) -> Result<Option<Demo>, Error> {
        self.demo.clone().map(demo).transpose()
    }

    /// Reads an endpoint file.
    ///
    /// # Errors
    /// [`Failure::Usage`]: the file cannot be read or is no endpoint file; see [`Cloud::from_endpoint_file`].
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| Failure::usage(format!("endpoint file: {} cannot be read: {cause}", path.display())))?;
        Ok(Self::parse(&text)?)
    }

    /// Reads the text of an endpoint file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): no endpoint file; or it holds demonstration credentials
    /// although an endpoint is not on loopback.
    pub fn parse(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct File {
            demo: Option<serde_json::Value>,
        }
        let cloud = Cloud::from_endpoint_file(text)?;
        let file: File =
            serde_json::from_str(text).map_err(|cause| Error::config("endpoint file: not JSON").with_source(cause))?;
        let demo = match file.demo {
            None | Some(serde_json::Value::Null) => None,
            Some(_) if !cloud.is_loopback() => {
                return Err(Error::config("endpoint file: demo is accepted only while every endpoint is on loopback"));
            }
            demo => demo,
        };
        Ok(Self { cloud, demo })
    }
}

impl std::fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoints").field("cloud", &self.cloud).finish_non_exhaustive()
    }
}

fn demo(value: serde_json::Value) -> Result<Demo, Error> {
    let demo: Demo = serde_json::from_value(value).map_err(|cause| {
        // Only the part of the message that names the field: the rest could hold a value.
        let text = cause.to_string();
        Error::config(format!("endpoint file: demo: {}", text.split('"').next().unwrap_or_default().trim_end()))
    })?;
    let is_loopback = |url: &Url| {
        url.scheme() == "http" && matches!(url.host(), Some(url::Host::Ipv4(ip)) if ip.is_loopback())
            || matches!(url.host(), Some(url::Host::Domain("localhost")))
    };
    match &demo.clock {
        Some(clock) if !is_loopback(clock) => {
            Err(Error::config(format!("endpoint file: demo.clock: {clock} is not on loopback")))
        }
        _ => Ok(demo),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(host: &str) -> String {
        serde_json::json!({
            "loginAuthority": host, "graph": host, "exchangeHost": host, "partnerCenter": host, "arm": host,
            "office365Management": host, "compliance": host, "keyVaultUrl": format!("{host}/{{vault}}"),
            "blobUrl": format!("{host}/{{account}}"), "tableUrl": format!("{host}/{{account}}"),
            "demo": {
                "partnerTenantId": "99999999-9999-4999-8999-999999999999",
                "applicationId": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
                "clientSecret": "hunter2", "refreshToken": "hunter3", "clock": "http://127.0.0.1:9/clock"
            }
        })
        .to_string()
    }

    #[test]
    fn demo_is_read_on_loopback_and_never_shown() {
        let endpoints = Endpoints::parse(&file("http://127.0.0.1:5000")).unwrap();
        let demo = endpoints.demo().unwrap();
        assert!(demo.is_some());
        assert!(!format!("{endpoints:?} {demo:?}").contains("hunter"));
    }

    #[test]
    fn demo_elsewhere_is_refused() {
        let error = Endpoints::parse(&file("https://cloud.example")).unwrap_err();
        assert!(error.to_string().contains("loopback"), "{error}");
        let foreign_clock = file("http://127.0.0.1:5000").replace("http://127.0.0.1:9/clock", "http://clock.example/");
        let refused = |text: &str| Endpoints::parse(text).unwrap().demo().unwrap_err().to_string();
        assert!(refused(&foreign_clock).contains("demo.clock"));
        let wrong = file("http://127.0.0.1:5000").replace("\"hunter2\"", "7");
        assert!(refused(&wrong).contains("demo"));
    }
}
