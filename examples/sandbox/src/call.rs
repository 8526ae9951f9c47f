//! One request as a service handler sees it: parsed once, cheap to look at.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::Value;
use url::{Url, form_urlencoded};
use uuid::Uuid;
use wiremock::http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::sandbox::Service;

/// A parsed request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) service: Service,
    pub(crate) method: Method,
    /// The path as it was sent, percent-encoded, starting with `/`.
    pub(crate) path: String,
    /// The decoded path segments, without empty ones.
    pub(crate) segments: Vec<String>,
    /// The decoded query pairs, in order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Scheme and authority the caller addressed (`http://127.0.0.1:4000`), for next links and locations.
    pub(crate) base: String,
    /// The `Host` header, port included.
    pub(crate) host: String,
    /// The virtual time at which the request arrived.
    pub(crate) now: Timestamp,
    /// The id of this request (`request-id`, `x-ms-request-id`, trace id).
    pub(crate) request_id: Uuid,
}

impl Call {
    /// Parses a request that arrived at a service.
    pub(crate) fn new(
        service: Service,
        request: &wiremock::Request,
        own_address: &str,
        now: Timestamp,
        request_id: Uuid,
    ) -> Self {
        let host = request.headers.get("host").and_then(|value| value.to_str().ok()).unwrap_or(own_address).to_owned();
        Self {
            service,
            method: request.method.clone(),
            path: request.url.path().to_owned(),
            segments: segments(&request.url),
            query: pairs(&request.url),
            headers: request.headers.clone(),
            body: request.body.clone(),
            base: format!("{}://{host}", scheme(&host)),
            host,
            now,
            request_id,
        }
    }

    /// Makes the call of one part of a batch: same service, base and time, own method, path and headers.
    ///
    /// `url` is a path with an optional query, with or without a leading slash. The outer
    /// `Authorization` header is kept unless the part brings its own.
    pub(crate) fn part(&self, method: Method, url: &str, headers: &[(String, String)], body: Vec<u8>) -> Option<Self> {
        let url = Url::parse(&format!("{}/{}", self.base, url.trim_start_matches('/'))).ok()?;
        let mut own = HeaderMap::new();
        if let Some(value) = self.headers.get("authorization") {
            own.insert("authorization", value.clone());
        }
        for (name, value) in headers {
            own.insert(HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?);
        }
        Some(Self {
            service: self.service,
            method,
            path: url.path().to_owned(),
            segments: segments(&url),
            query: pairs(&url),
            headers: own,
            body,
            base: self.base.clone(),
            host: self.host.clone(),
            now: self.now,
            request_id: self.request_id,
        })
    }

    /// Returns method and decoded segments in the form a router matches on.
    pub(crate) fn route(&self) -> (&str, Vec<&str>) {
        (self.method.as_str(), self.segments.iter().map(String::as_str).collect())
    }

    /// Returns the first header of that name as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the first query value of that name.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the body as JSON; absent or malformed JSON is `None`.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the pairs of a form-encoded body.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    /// Returns the token of an `Authorization: Bearer` header.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
    }
}

/// Returns the scheme of links: a caller that kept a public name in `Host` was sent here in place of that
/// name's own server, and takes only `https` links.
fn scheme(host: &str) -> &'static str {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
    if address.is_ok() || name == "localhost" || name.ends_with(".localhost") { "http" } else { "https" }
}

fn segments(url: &Url) -> Vec<String> {
    url.path().split('/').filter(|segment| !segment.is_empty()).map(decode).collect()
}

fn pairs(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Decodes percent escapes; unlike a form, a plus sign stays a plus sign.
fn decode(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| segment.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(byte) = escaped {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_for_public_names_are_https() {
        for own in ["127.0.0.1:4000", "[::1]:4000", "localhost:4000", "vault.localhost:4000"] {
            assert_eq!(scheme(own), "http", "{own}");
        }
        assert_eq!(scheme("contoso.vault.azure.net"), "https");
    }

    #[test]
    fn decode_keeps_plus_signs_and_broken_escapes() {
        assert_eq!(decode("a%20b+c%2"), "a b+c%2");
        assert_eq!(decode("customers(%27x%27)"), "customers('x')");
    }
}
