//! Secrets as the service answers them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use secrecy::SecretString;
use serde::Deserialize;

use super::{SecretAttributes, SecretId};
use crate::serde_ext::null_is_default;

/// A secret with its value.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Answer")]
#[non_exhaustive]
pub struct Secret {
    /// The value; never shown by `Debug`.
    pub value: SecretString,
    /// Everything but the value.
    pub properties: SecretProperties,
}

/// A secret on the wire, where value and properties stand side by side. A flattened field would have serde keep the
/// whole answer in pieces first, several times the work.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    value: SecretString,
    id: SecretId,
    content_type: Option<String>,
    #[serde(default)]
    attributes: SecretAttributes,
    #[serde(default, deserialize_with = "null_is_default")]
    tags: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "null_is_default")]
    managed: bool,
    kid: Option<String>,
}

impl From<Answer> for Secret {
    fn from(answer: Answer) -> Self {
        let Answer { value, id, content_type, attributes, tags, managed, kid } = answer;
        Self { value, properties: SecretProperties { id, content_type, attributes, tags, managed, kid } }
    }
}

/// A secret without its value, as in listings.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SecretProperties {
    /// The identifier; in the listing of a vault without version.
    pub id: SecretId,
    /// What the value is, at most 255 characters, for example `text/plain`.
    pub content_type: Option<String>,
    /// Times and state.
    #[serde(default)]
    pub attributes: SecretAttributes,
    /// Tags, at most 15.
    #[serde(default, deserialize_with = "null_is_default")]
    pub tags: BTreeMap<String, String>,
    /// Whether a certificate owns the secret; then it cannot be changed by itself.
    #[serde(default, deserialize_with = "null_is_default")]
    pub managed: bool,
    /// The key of the certificate that owns the secret.
    pub kid: Option<String>,
}

/// A deleted secret that can still be recovered. Its value cannot be read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeletedSecret {
    /// Where it can be recovered from; absent in vaults without soft delete.
    pub recovery_id: Option<String>,
    /// When it was deleted.
    #[serde(default, with = "second::optional")]
    pub deleted_date: Option<Timestamp>,
    /// When it will be purged.
    #[serde(default, with = "second::optional")]
    pub scheduled_purge_date: Option<Timestamp>,
    /// The secret as it was.
    #[serde(flatten)]
    pub properties: SecretProperties,
}
