//! The identifier of a secret.

use std::fmt;
use std::str::FromStr;

use bundle_core::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use super::{SecretName, SecretVersion};

/// The identifier of a secret as the service writes it:
/// `https://contoso-kv.vault.azure.net/secrets/db/4387e9f3d6e14c459867679a90fd0f79`. Listings leave the version out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SecretId {
    url: Url,
    name: SecretName,
    version: Option<SecretVersion>,
}

impl SecretId {
    /// The name of the secret.
    #[must_use]
    pub fn name(&self) -> &SecretName {
        &self.name
    }

    /// The version, where the identifier names one.
    #[must_use]
    pub fn version(&self) -> Option<&SecretVersion> {
        self.version.as_ref()
    }

    /// The whole identifier.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.url
    }
}

impl FromStr for SecretId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::config(format!("SecretId: {text:?} is not the identifier of a secret"));
        let url = Url::parse(text).map_err(|cause| wrong().with_source(cause))?;
        let path: Vec<&str> = url.path_segments().into_iter().flatten().collect();
        let (name, version) = match path.as_slice() {
            // The longer form first: a secret may itself be called "secrets".
            [.., collection, name, version] if is_collection(collection) => (*name, Some(version.parse()?)),
            [.., collection, name] if is_collection(collection) => (*name, None),
            _ => return Err(wrong()),
        };
        let name = name.parse()?;
        Ok(Self { url, name, version })
    }
}

fn is_collection(segment: &str) -> bool {
    matches!(segment, "secrets" | "deletedsecrets")
}

impl fmt::Debug for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretId({})", self.url)
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

impl Serialize for SecretId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.url.as_str())
    }
}

impl<'de> Deserialize<'de> for SecretId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let version = "4387e9f3d6e14c459867679a90fd0f79";
        for (text, name, has_version) in [
            (format!("https://kv.vault.azure.net/secrets/db/{version}"), "db", true),
            ("https://kv.vault.azure.net/secrets/db".to_owned(), "db", false),
            (format!("https://kv.vault.azure.net/secrets/secrets/{version}"), "secrets", true),
            ("https://kv.vault.azure.net/deletedsecrets/db".to_owned(), "db", false),
            (format!("http://127.0.0.1:1/vault/kv/secrets/db/{version}"), "db", true),
        ] {
            let id: SecretId = text.parse().unwrap();
            assert_eq!(id.name().as_str(), name, "{text}");
            assert_eq!(id.version().map(SecretVersion::as_str), has_version.then_some(version), "{text}");
            assert_eq!(id.to_string(), text);
        }
        for wrong in ["", "db", "https://kv.vault.azure.net/keys/db", "https://kv.vault.azure.net/secrets/db/1"] {
            assert!(wrong.parse::<SecretId>().is_err(), "{wrong}");
        }
    }
}
