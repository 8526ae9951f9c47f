//! Where events are sent, and whether they arrive.

use std::collections::BTreeSet;
use std::net::IpAddr;

use bundle_core::{Cloud, Error, Result};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::WebhookEventName;
use crate::wire;

bundle_core::opaque_id! {
    /// A test event.
    TestEventId
}

/// A registration to make.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewRegistration {
    /// Where the events are posted.
    pub url: String,
    /// Which events.
    pub events: Vec<WebhookEventName>,
    /// Whether the signature comes in the header `x-ms-signature` instead of `Authorization`, for programs behind
    /// something that takes that header for its own.
    pub signature_in_own_header: bool,
}

impl NewRegistration {
    /// Has these events posted to an address.
    #[must_use]
    pub fn new(url: impl Into<String>, events: impl IntoIterator<Item = WebhookEventName>) -> Self {
        Self { url: url.into(), events: events.into_iter().collect(), signature_in_own_header: false }
    }

    /// Says where the signature comes.
    #[must_use]
    pub fn signature_in_own_header(mut self, own: bool) -> Self {
        self.signature_in_own_header = own;
        self
    }

    /// Partner Center reaches public addresses, and posts to nothing but https. The sandbox reaches its own machine.
    pub(super) fn check(&self, cloud: &Cloud) -> Result<()> {
        let url = Url::parse(&self.url).ok().filter(|url| url.username().is_empty() && url.password().is_none());
        let reachable = url.is_some_and(|url| match url.scheme() {
            "https" => !is_private(&url) || cloud.is_loopback(),
            "http" => cloud.is_loopback() && is_private(&url),
            _ => false,
        });
        if !reachable {
            return Err(Error::config(format!(
                "url: {:?} is not a public https address like https://hooks.contoso.com/partner-center",
                self.url
            )));
        }
        if self.events.is_empty() {
            return Err(Error::config("events: a registration needs one"));
        }
        match self.events.iter().find(|event| event.as_str().trim().is_empty()) {
            Some(_) => Err(Error::config("events: an event has no name")),
            None => Ok(()),
        }
    }

    pub(super) fn is_met_by(&self, registration: &Registration) -> bool {
        let names = |events: &[WebhookEventName]| -> BTreeSet<String> {
            events.iter().map(|event| event.as_str().to_owned()).collect()
        };
        let signed_alike =
            registration.signature_token_to_ms_signature_header.is_none_or(|own| own == self.signature_in_own_header);
        registration.webhook_url == self.url
            && names(&registration.webhook_events) == names(&self.events)
            && signed_alike
    }

    pub(super) fn body(&self) -> Value {
        let mut body = json!({"WebhookUrl": self.url, "WebhookEvents": self.events});
        if self.signature_in_own_header {
            body["SignatureTokenToMsSignatureHeader"] = json!(true);
        }
        body
    }
}

/// Whether a host is one that only its own machine or network knows.
fn is_private(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return true };
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            address.is_loopback() || address.is_private() || address.is_link_local() || address.is_unspecified()
        }
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unspecified() || address.is_unique_local(),
        Err(_) => !host.contains('.') || host.ends_with(".localhost") || host.ends_with(".local"),
    }
}

/// The registration as it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Registration {
    /// Who is registered; not always answered.
    #[serde(default, alias = "subscriberId")]
    pub subscriber_id: Option<String>,
    /// Where the events are posted.
    #[serde(alias = "webhookUrl")]
    pub webhook_url: String,
    /// Which events.
    #[serde(default, alias = "webhookEvents")]
    pub webhook_events: Vec<WebhookEventName>,
    /// Whether the signature comes in a header of its own; not always answered.
    #[serde(default, alias = "signatureTokenToMsSignatureHeader")]
    pub signature_token_to_ms_signature_header: Option<bool>,
}

/// What became of a test event.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TestEvent {
    /// The id.
    pub correlation_id: TestEventId,
    /// For example `completed`.
    #[serde(default)]
    pub status: Option<String>,
    /// Where it was posted.
    #[serde(default)]
    pub callback_url: Option<String>,
    /// One for each attempt.
    #[serde(default)]
    pub results: Vec<Delivery>,
}

impl TestEvent {
    /// Whether it arrived: the program answered one of the attempts with a success.
    #[must_use]
    pub fn has_arrived(&self) -> bool {
        let fine = |code: &str| matches!(code, "OK" | "Created" | "Accepted" | "NoContent") || code.starts_with('2');
        self.results.iter().any(|result| !result.system_error && result.response_code.as_deref().is_some_and(fine))
    }
}

/// An attempt to deliver an event.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Delivery {
    /// The status the program answered, in words (`OK`).
    #[serde(default, deserialize_with = "wire::text")]
    pub response_code: Option<String>,
    /// What else it answered.
    #[serde(default)]
    pub response_message: Option<String>,
    /// Whether Partner Center itself failed.
    #[serde(default)]
    pub system_error: bool,
    /// When.
    #[serde(default, deserialize_with = "wire::time")]
    pub date_time_utc: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, cloud: &Cloud) -> bool {
        NewRegistration::new(url, [WebhookEventName::TestCreated]).check(cloud).is_ok()
    }

    #[test]
    fn address_is_one_the_service_can_reach() {
        let cloud = Cloud::public();
        assert!(check("https://hooks.contoso.com/partner-center", &cloud));
        assert!(check("https://203.0.113.7:8443/x", &cloud));
        for url in [
            "",
            "hooks.contoso.com",
            "http://hooks.contoso.com",
            "ftp://hooks.contoso.com",
            "https://user@hooks.contoso.com",
            "https://localhost/x",
            "https://127.0.0.1/x",
            "https://10.0.0.7/x",
            "https://192.168.1.1/x",
            "https://169.254.169.254/x",
            "https://[::1]/x",
            "https://[fd00::1]/x",
            "https://intranet/x",
        ] {
            assert!(!check(url, &cloud), "{url}");
        }
    }

    #[test]
    fn events_are_named() {
        for events in [vec![], vec![WebhookEventName::Unknown(" ".to_owned())]] {
            let error = NewRegistration::new("https://a.example/x", events).check(&Cloud::public()).unwrap_err();
            assert!(error.to_string().contains("events: "), "{error}");
        }
    }
}
