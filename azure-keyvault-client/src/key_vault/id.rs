//! The identifier of a secret.

use std::fmt;
use std::str::FromStr;

use bundle_core::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{SecretName, SecretVersion};

/// The identifier of a secret as the service writes it:
/// `https://contoso-kv.vault.azure.net/secrets/db/4387e9f3d6e14c459867679a90fd0f79`. Listings leave the version out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SecretId {
    text: Box<str>,
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
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for SecretId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::config(format!("SecretId: {text:?} is not the identifier of a secret"));
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or_else(wrong)?;
        // From the end; what follows the host is a name or a version, so nothing else can stand there.
        let mut segments = rest.rsplit('/');
        let (last, before, earlier) = (segments.next(), segments.next(), segments.next());
        let (name, version) = match (earlier, before, last) {
            // The longer form first: a secret may itself be called "secrets".
            (Some(collection), Some(name), Some(version)) if is_collection(collection) => {
                (name, Some(version.parse()?))
            }
            (_, Some(collection), Some(name)) if is_collection(collection) => {
                segments = rest.rsplit('/');
                segments.nth(1);
                (name, None)
            }
            _ => return Err(wrong()),
        };
        let is_host = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        if segments.next_back().is_none_or(|host| host.is_empty() || !is_host(host)) {
            return Err(wrong());
        }
        Ok(Self { text: text.into(), name: name.parse()?, version })
    }
}

fn is_collection(segment: &str) -> bool {
    matches!(segment, "secrets" | "deletedsecrets")
}

impl fmt::Debug for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretId({})", self.text)
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for SecretId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
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
        for wrong in [
            "",
            "db",
            "https://kv.vault.azure.net/keys/db",
            "https://kv.vault.azure.net/secrets/db/1",
            "https://secrets/db",
            "https:///secrets/db",
            "ftp://kv.vault.azure.net/secrets/db",
            "https://kv?x/secrets/db",
            "https://kv.vault.azure.net/secrets/db?api-version=1",
            "https://kv.vault.azure.net/secrets/",
        ] {
            assert!(wrong.parse::<SecretId>().is_err(), "{wrong}");
        }
    }
}
