//! The identifier of a secret.

use std::fmt;
use std::str::FromStr;

use bundle_core::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::name::VERSION;
use super::{SecretName, SecretVersion};

/// The identifier of a secret as the service writes it:
/// `https://contoso-kv.vault.azure.net/secrets/db/4387e9f3d6e14c459867679a90fd0f79`. Listings leave the version out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SecretId {
    text: Box<str>,
    /// Where the name begins. It reaches to the end, or to the version.
    name_at: usize,
    has_version: bool,
}

impl SecretId {
    /// The name of the secret.
    #[must_use]
    pub fn name(&self) -> SecretName {
        let end = if self.has_version { self.text.len() - VERSION - 1 } else { self.text.len() };
        SecretName::of_valid(&self.text[self.name_at..end])
    }

    /// The version, where the identifier names one.
    #[must_use]
    pub fn version(&self) -> Option<SecretVersion> {
        self.has_version.then(|| SecretVersion::of_valid(&self.text[self.text.len() - VERSION..]))
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
        let (before, last) = rest.rsplit_once('/').ok_or_else(wrong)?;
        let (earlier, middle) = before.rsplit_once('/').ok_or_else(wrong)?;
        let (base, name, version) = match earlier.rsplit_once('/') {
            // The longer form first: a secret may itself be called "secrets".
            Some((base, collection)) if is_collection(collection) => (base, middle, Some(last)),
            _ if is_collection(middle) => (earlier, last, None),
            _ => return Err(wrong()),
        };
        SecretName::check(name)?;
        version.map(SecretVersion::check).transpose()?;
        let host = base.split('/').next().unwrap_or_default();
        if host.is_empty() || !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte)) {
            return Err(wrong());
        }
        let name_at = text.len() - version.map_or(0, |version| version.len() + 1) - name.len();
        Ok(Self { text: text.into(), name_at, has_version: version.is_some() })
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
        bundle_core::text::read(deserializer, str::parse)
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
            assert_eq!(id.version(), has_version.then(|| version.parse().unwrap()), "{text}");
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
