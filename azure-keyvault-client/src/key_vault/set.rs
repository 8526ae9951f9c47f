//! What is sent to set or change a secret.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

/// A value to store as the new version of a secret.
///
/// # Example
/// ```
/// use azure_keyvault_client::NewSecret;
///
/// let secret = NewSecret::new("hunter2").content_type("text/plain").tag("owner", "contoso");
/// assert!(!format!("{secret:?}").contains("hunter2"));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct NewSecret {
    value: SecretString,
    properties: SecretPatch,
}

impl NewSecret {
    /// A value, at most 25 KiB.
    pub fn new(value: impl Into<SecretString>) -> Self {
        Self { value: value.into(), properties: SecretPatch::default() }
    }

    /// Says what the value is, for example `text/plain`.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.properties = self.properties.content_type(content_type);
        self
    }

    /// Says whether the value can be read; it can unless said otherwise.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.properties = self.properties.enabled(enabled);
        self
    }

    /// Refuses reading before a time. Fractions of a second are dropped.
    pub fn not_before(mut self, time: Timestamp) -> Self {
        self.properties = self.properties.not_before(time);
        self
    }

    /// Notes when the value stops being good. Fractions of a second are dropped.
    pub fn expires(mut self, time: Timestamp) -> Self {
        self.properties = self.properties.expires(time);
        self
    }

    /// Adds a tag.
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties = self.properties.tag(name, value);
        self
    }

    /// The request body: the one place where the value leaves its wrapper.
    pub(super) fn body(&self) -> impl Serialize + '_ {
        #[derive(Serialize)]
        struct Body<'a> {
            value: &'a str,
            #[serde(flatten)]
            properties: &'a SecretPatch,
        }
        Body { value: self.value.expose_secret(), properties: &self.properties }
    }
}

/// What to change about a version of a secret; its value cannot change. What is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct SecretPatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<BTreeMap<String, String>>,
}

impl SecretPatch {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what the value is.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Says whether the value can be read.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.attributes.enabled = Some(enabled);
        self
    }

    /// Refuses reading before a time. Fractions of a second are dropped.
    pub fn not_before(mut self, time: Timestamp) -> Self {
        self.attributes.nbf = Some(time);
        self
    }

    /// Notes when the value stops being good. Fractions of a second are dropped.
    pub fn expires(mut self, time: Timestamp) -> Self {
        self.attributes.exp = Some(time);
        self
    }

    /// Adds a tag. Tags that are sent replace all tags the secret had.
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.get_or_insert_default().insert(name.into(), value.into());
        self
    }

    /// Removes all tags.
    pub fn without_tags(mut self) -> Self {
        self.tags = Some(BTreeMap::new());
        self
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Attributes {
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", with = "second::optional")]
    nbf: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", with = "second::optional")]
    exp: Option<Timestamp>,
}

impl Attributes {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_was_set_is_sent() {
        let json = |value: &NewSecret| serde_json::to_value(value.body()).unwrap();
        assert_eq!(json(&NewSecret::new("s3cret")), json!({"value": "s3cret"}));
        let secret = NewSecret::new("s3cret")
            .content_type("text/plain")
            .enabled(true)
            .not_before("2026-01-01T00:00:00.9Z".parse().unwrap())
            .expires("2027-01-01T00:00:00Z".parse().unwrap())
            .tag("a", "b");
        assert_eq!(
            json(&secret),
            json!({
                "value": "s3cret", "contentType": "text/plain",
                "attributes": {"enabled": true, "nbf": 1_767_225_600, "exp": 1_798_761_600},
                "tags": {"a": "b"}
            })
        );
        assert!(!format!("{secret:?}").contains("s3cret"));
        let patch = SecretPatch::new().enabled(false).without_tags();
        assert_eq!(serde_json::to_value(&patch).unwrap(), json!({"attributes": {"enabled": false}, "tags": {}}));
    }
}
