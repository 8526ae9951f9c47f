//! How secrets, their versions and certificates are named.

use std::fmt;
use std::str::FromStr;

use bundle_core::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a secret: 1 to 127 letters, digits and hyphens. The service ignores letter case.
///
/// Source: "About Azure Key Vault keys, secrets and certificates" (Microsoft Learn).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretName(String);

impl SecretName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn check(text: &str) -> Result<()> {
        check_object_name("SecretName", text)
    }

    /// Takes a text that was checked before.
    pub(super) fn of_valid(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromStr for SecretName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::check(text)?;
        Ok(Self::of_valid(text))
    }
}

/// The name of a certificate, which is the name of its key too: 1 to 127 letters, digits and hyphens. The service
/// ignores letter case.
///
/// Source: "About Azure Key Vault keys, secrets and certificates" (Microsoft Learn).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateName(String);

impl CertificateName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CertificateName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        check_object_name("CertificateName", text)?;
        Ok(Self(text.to_owned()))
    }
}

fn check_object_name(kind: &str, text: &str) -> Result<()> {
    let valid =
        (1..=127).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !valid {
        return Err(Error::config(format!("{kind}: {text:?} is not 1 to 127 letters, digits and hyphens")));
    }
    Ok(())
}

/// A version of a secret: 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretVersion(String);

impl SecretVersion {
    /// The version, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn check(text: &str) -> Result<()> {
        if text.len() != VERSION || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Error::config(format!("SecretVersion: {text:?} is not 32 hexadecimal digits")));
        }
        Ok(())
    }

    /// Takes a text that was checked before.
    pub(super) fn of_valid(text: &str) -> Self {
        Self(text.to_ascii_lowercase())
    }
}

impl FromStr for SecretVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::check(text)?;
        Ok(Self::of_valid(text))
    }
}

/// The length of a version.
pub(super) const VERSION: usize = 32;

/// What they have in common: printed, written and read as their text.
macro_rules! as_text {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                bundle_core::text::read(deserializer, str::parse)
            }
        }
    )+};
}

as_text!(CertificateName, SecretName, SecretVersion);

#[cfg(test)]
mod tests {
    use bundle_core::ErrorKind;

    use super::*;

    #[test]
    fn names_are_checked() {
        let long = "a".repeat(127);
        for good in ["db", "0", "A-b-9", "-", &long] {
            assert_eq!(good.parse::<SecretName>().unwrap().as_str(), good);
        }
        let too_long = "a".repeat(128);
        for wrong in ["", "a_b", "a/b", "a b", "..", "ä", &too_long] {
            let error = wrong.parse::<SecretName>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(&format!("{wrong:?}")), "{error}");
        }
    }

    #[test]
    fn versions_are_checked_and_in_lower_case() {
        let version: SecretVersion = "4387E9F3D6E14C459867679A90FD0F79".parse().unwrap();
        assert_eq!(serde_json::to_string(&version).unwrap(), "\"4387e9f3d6e14c459867679a90fd0f79\"");
        for wrong in ["", "4387e9f3", "4387e9f3-d6e1-4c45-9867-679a90fd0f79", "4387e9f3d6e14c459867679a90fd0f7g"] {
            assert_eq!(wrong.parse::<SecretVersion>().unwrap_err().kind(), ErrorKind::Config, "{wrong}");
        }
        assert!(serde_json::from_str::<SecretName>("\"a b\"").is_err());
        let error = "a b".parse::<CertificateName>().unwrap_err();
        assert!(error.to_string().starts_with("CertificateName: \"a b\""), "{error}");
    }
}
