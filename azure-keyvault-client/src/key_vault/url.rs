//! The address of a vault.

use std::fmt;
use std::str::FromStr;

use bundle_core::{Cloud, Error, Result, Service};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

/// The address of a vault's data plane, for example `https://contoso-kv.vault.azure.net/`.
///
/// https without port, path, query and user name; on loopback http, a port and a path are allowed too. Whether the
/// host belongs to the cloud in use is checked when a client is made from it.
///
/// # Example: by name
/// ```
/// use azure_keyvault_client::VaultUrl;
/// use bundle_core::Cloud;
///
/// let vault = VaultUrl::named(&Cloud::public(), "contoso-kv")?;
/// assert_eq!(vault.to_string(), "https://contoso-kv.vault.azure.net/");
/// assert_eq!(vault, "https://CONTOSO-KV.vault.azure.net".parse()?);
/// assert_eq!(vault.name(), "contoso-kv");
/// # Ok::<(), bundle_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VaultUrl(Url);

impl VaultUrl {
    /// The vault of a name in a cloud.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](bundle_core::ErrorKind::Config): not 3 to 24 letters, digits and hyphens that begin with
    /// a letter.
    pub fn named(cloud: &Cloud, name: &str) -> Result<Self> {
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err(Error::config(format!("vault: {name:?} does not begin with a letter")));
        }
        // Hosts are case-insensitive, paths on loopback are not.
        cloud.resource_url(Service::KeyVault, &name.to_ascii_lowercase()).map(Self)
    }

    /// The name of the vault: the first label of the host, on loopback with a path the last segment of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        let last = self.0.path().trim_end_matches('/').rsplit('/').next().filter(|segment| !segment.is_empty());
        last.unwrap_or_else(|| self.host().split('.').next().unwrap_or_default())
    }

    /// The URL.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The host, in lower case.
    pub(super) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl FromStr for VaultUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |why: &str| Error::config(format!("vault: {text:?} {why}"));
        let mut url = Url::parse(text).map_err(|cause| wrong("is not a URL").with_source(cause))?;
        if !url.username().is_empty() || url.password().is_some() {
            // The value is not repeated: it holds a password.
            return Err(Error::config("vault: a URL with user name or password is refused"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("must not have a query or fragment"));
        }
        if is_loopback(&url) {
            let path = url.path().trim_end_matches('/').to_owned();
            url.set_path(&path);
        } else if url.scheme() != "https" || url.port().is_some() || url.path() != "/" {
            return Err(wrong("is not of the form https://{name}.{key vault host}"));
        }
        Ok(Self(url))
    }
}

impl fmt::Debug for VaultUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VaultUrl({})", self.0)
    }
}

impl fmt::Display for VaultUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for VaultUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for VaultUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bundle_core::text::read(deserializer, str::parse)
    }
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
}

#[cfg(test)]
mod tests {
    use bundle_core::ErrorKind;

    use super::*;

    #[test]
    fn only_addresses_of_vaults_are_taken() {
        let vault: VaultUrl = "https://Contoso-KV.vault.azure.net".parse().unwrap();
        assert_eq!((vault.to_string().as_str(), vault.name()), ("https://contoso-kv.vault.azure.net/", "contoso-kv"));
        let vault: VaultUrl = "http://127.0.0.1:5008/contoso-kv/".parse().unwrap();
        assert_eq!((vault.to_string().as_str(), vault.name()), ("http://127.0.0.1:5008/contoso-kv", "contoso-kv"));
        for wrong in [
            "",
            "contoso-kv",
            "http://contoso-kv.vault.azure.net",
            "https://contoso-kv.vault.azure.net:8443/",
            "https://contoso-kv.vault.azure.net/secrets/db",
            "https://contoso-kv.vault.azure.net/?a=b",
            "ftp://127.0.0.1/contoso-kv",
        ] {
            let error = wrong.parse::<VaultUrl>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{wrong}");
            assert!(error.to_string().contains(&format!("{wrong:?}")), "{error}");
        }
        let error = "https://u:hunter2@contoso-kv.vault.azure.net/".parse::<VaultUrl>().unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn names_are_checked() {
        let cloud = Cloud::china();
        assert_eq!(VaultUrl::named(&cloud, "Kv1").unwrap().to_string(), "https://kv1.vault.azure.cn/");
        for wrong in ["", "1kv", "-kv", "kv", "a.b", "evil.example/", "a234567890123456789012345"] {
            assert_eq!(VaultUrl::named(&cloud, wrong).unwrap_err().kind(), ErrorKind::Config, "{wrong}");
        }
    }

    #[test]
    fn json_is_the_text() {
        let vault: VaultUrl = serde_json::from_str("\"https://a-kv.vault.azure.net/\"").unwrap();
        assert_eq!(serde_json::to_string(&vault).unwrap(), "\"https://a-kv.vault.azure.net/\"");
        assert!(serde_json::from_str::<VaultUrl>("\"https://vault/x\"").is_err());
    }
}
