//! What a service takes as a batch, and how one request is written in it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::value::{RawValue, to_raw_value};
use url::Url;

use crate::error::{Error, Result};
use crate::http::{Request, join_path};

/// How a service takes several requests in one: where, how many, and in which form.
#[derive(Clone, Debug)]
pub struct BatchRules {
    pub(super) operation: &'static str,
    pub(super) roots: Vec<Url>,
    pub(super) limit: usize,
    pub(super) headers: HeaderMap,
    absolute: bool,
    mailbox: fn(&str) -> Option<String>,
}

/// A request as it stands in a batch.
pub(super) struct Part {
    /// Which of the roots it is below.
    pub(super) root: usize,
    /// The mailbox it works in, where that is known.
    pub(super) mailbox: Option<String>,
    pub(super) url: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<Box<RawValue>>,
}

impl BatchRules {
    /// Batches of at most `limit` requests that are sent to `$batch` below the root their requests are below, for
    /// example `https://graph.microsoft.com/v1.0`. Requests below different roots are never in one batch. `operation`
    /// names the batch itself in errors and traces.
    #[must_use]
    pub fn new(operation: &'static str, roots: impl IntoIterator<Item = Url>, limit: usize) -> Self {
        Self {
            operation,
            roots: roots.into_iter().collect(),
            limit: limit.max(1),
            headers: HeaderMap::new(),
            absolute: false,
            mailbox: |_| None,
        }
    }

    /// Writes whole URLs. They are written relative to the root otherwise.
    #[must_use]
    pub fn absolute_urls(mut self) -> Self {
        self.absolute = true;
        self
    }

    /// Sets a header of the batch itself; those of its requests are written inside it.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Says in which mailbox a request works, by its path below the root. No more than four requests for one mailbox
    /// are in a batch, and one such batch is under way at a time: Outlook refuses more.
    #[must_use]
    pub fn mailbox(mut self, of: fn(&str) -> Option<String>) -> Self {
        self.mailbox = of;
        self
    }

    /// Where batches below a root are sent.
    pub(super) fn endpoint(&self, root: usize) -> Url {
        join_path(&self.roots[root], &["$batch"])
    }

    /// Checks and writes one request; errors name what is wrong with it.
    pub(super) fn part(&self, request: &Request) -> Result<Part> {
        let (root, below) = self.below(request.url())?;
        let mut url = if self.absolute {
            let mut plain = request.url().clone();
            plain.set_query(None);
            plain.set_fragment(None);
            plain.into()
        } else {
            below.to_owned()
        };
        if let Some(query) = request.url().query() {
            url = format!("{url}?{query}");
        }
        let mut headers = written_headers(&request.headers)?;
        let body = match &request.body {
            Some(body) => Some(written_body(body, &request.headers)?),
            // A request that may have a body must have one; the service refuses the batch otherwise.
            None if [Method::POST, Method::PATCH, Method::PUT].contains(&request.method) => {
                headers.entry(CONTENT_TYPE.to_string()).or_insert_with(|| JSON.to_owned());
                Some(to_raw_value(&serde_json::Map::new()).expect("an empty object is JSON"))
            }
            None => None,
        };
        Ok(Part { root, mailbox: (self.mailbox)(below), url, headers, body })
    }

    /// The root a URL is below, and its path there, which begins with a slash.
    fn below<'a>(&self, url: &'a Url) -> Result<(usize, &'a str)> {
        let plain = url.username().is_empty() && url.password().is_none();
        let found = self.roots.iter().enumerate().filter(|(_, root)| plain && root.origin() == url.origin()).find_map(
            |(at, root)| {
                let below = url.path().strip_prefix(root.path().trim_end_matches('/'))?;
                (below.len() > 1 && below.starts_with('/')).then_some((at, below))
            },
        );
        found.ok_or_else(|| {
            let host = url.host_str().unwrap_or("no host");
            Error::config(format!("{host:?} with the path {:?} is not where batches are taken", url.path()))
        })
    }
}

impl Part {
    /// About how many bytes it takes in the batch.
    pub(super) fn size(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len() + 6).sum();
        64 + self.url.len() + headers + self.body.as_ref().map_or(0, |body| body.get().len())
    }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // As with requests: bodies, headers and queries can hold secrets.
        let path = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("Part").field("root", &self.root).field("path", &path).finish_non_exhaustive()
    }
}

/// Headers as members of an object; several of one name are one, separated by commas.
fn written_headers(headers: &HeaderMap) -> Result<BTreeMap<String, String>> {
    if headers.contains_key(AUTHORIZATION) {
        return Err(Error::config("authorization: the token of a batch is that of all its requests"));
    }
    let mut written = BTreeMap::new();
    for (name, value) in headers {
        let value = value.to_str().map_err(|_| Error::config(format!("{name}: the value is not text")))?;
        let all: &mut String = written.entry(name.to_string()).or_default();
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(value);
    }
    Ok(written)
}

/// A body as a JSON value: JSON as it is, everything else as base64 text.
fn written_body(body: &[u8], headers: &HeaderMap) -> Result<Box<RawValue>> {
    let Some(kind) = headers.get(CONTENT_TYPE) else {
        return Err(Error::config("content-type: a body in a batch needs one"));
    };
    if is_json(kind) {
        return serde_json::from_slice::<Box<RawValue>>(body).map_err(|_| Error::config("body: it is not JSON"));
    }
    Ok(to_raw_value(&STANDARD.encode(body)).expect("text is JSON"))
}

/// Whether a `Content-Type` is JSON, of any flavour.
pub(super) fn is_json(kind: &HeaderValue) -> bool {
    let kind = String::from_utf8_lossy(kind.as_bytes()).to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.ends_with("/json") || kind.ends_with("+json")
}

const JSON: &str = "application/json";

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;
    use crate::service::Service;

    fn rules() -> BatchRules {
        let root = |version| format!("https://graph.microsoft.com/{version}").parse().unwrap();
        BatchRules::new("graph.batch", [root("v1.0"), root("beta")], 20)
    }

    fn request(method: Method, url: &str) -> Request {
        Request::new(Service::Graph, "graph.test", method, url.parse().unwrap())
    }

    fn body(part: &Part) -> &str {
        part.body.as_deref().unwrap().get()
    }

    #[test]
    fn urls_are_relative_to_the_version_root_and_keep_their_query() {
        let get = |url| rules().part(&request(Method::GET, url)).unwrap();
        let part = get("https://graph.microsoft.com/v1.0/users/a%2Fb?$select=id%2Cmail#x");
        assert_eq!((part.root, part.url.as_str()), (0, "/users/a%2Fb?$select=id%2Cmail"));
        let part = get("https://GRAPH.microsoft.com:443/beta/me");
        assert_eq!((part.root, part.url.as_str(), part.body.is_none()), (1, "/me", true));
        let url = "https://graph.microsoft.com/v1.0/users?$top=1";
        assert_eq!(rules().absolute_urls().part(&request(Method::GET, url)).unwrap().url, url);
    }

    #[test]
    fn urls_elsewhere_are_refused() {
        for url in [
            "https://evil.example/v1.0/users",
            "http://graph.microsoft.com/v1.0/users",
            "https://u:hunter2@graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com/v1.0",
            "https://graph.microsoft.com/v1.0/",
            "https://graph.microsoft.com/v1.0users/a",
            "https://graph.microsoft.com/v2/users",
        ] {
            let error = rules().part(&request(Method::GET, url)).unwrap_err().to_string();
            assert!(error.contains("is not where batches are taken") && !error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn bodies_are_json_or_base64() {
        let post = || request(Method::POST, "https://graph.microsoft.com/v1.0/users");
        let part = rules().part(&post().json(&[1.50]).unwrap()).unwrap();
        assert_eq!((body(&part), part.headers["content-type"].as_str()), ("[1.5]", "application/json"));
        let kind = |request: Request, kind| request.header(CONTENT_TYPE, HeaderValue::from_static(kind));
        let part = rules().part(&kind(post(), "application/merge-patch+json; charset=utf-8").body("{\"a\" : 1.0}"));
        assert_eq!(body(&part.unwrap()), "{\"a\" : 1.0}");
        let part = rules().part(&kind(post(), "image/jpeg").body(vec![0xff, 0xd8, 0xff])).unwrap();
        assert_eq!(body(&part), "\"/9j/\"");
        let part = rules().part(&post()).unwrap();
        assert_eq!((body(&part), part.headers["content-type"].as_str()), ("{}", "application/json"));
        assert!(
            rules().part(&request(Method::DELETE, "https://graph.microsoft.com/v1.0/users/a")).unwrap().body.is_none()
        );
        let error = |request| rules().part(&request).unwrap_err().to_string();
        assert!(error(post().body("x")).contains("content-type"));
        assert!(error(kind(post(), "application/json").body("{hunter2")).contains("body: it is not JSON"));
    }

    #[test]
    fn debug_shows_neither_body_nor_headers_nor_query() {
        let request = request(Method::POST, "https://graph.microsoft.com/v1.0/users?canary")
            .json("canary")
            .unwrap()
            .header(header::COOKIE, HeaderValue::from_static("canary"));
        let text = format!("{:?}", rules().part(&request).unwrap());
        assert!(text.contains("/users") && !text.contains("canary"), "{text}");
    }

    #[test]
    fn headers_stand_inside_and_a_token_never_does() {
        let get = || request(Method::GET, "https://graph.microsoft.com/v1.0/users");
        let mut twice = get().header(header::IF_MATCH, HeaderValue::from_static("W/\"1\""));
        twice.headers.append("prefer", HeaderValue::from_static("a"));
        twice.headers.append("prefer", HeaderValue::from_static("b"));
        let part = rules().part(&twice).unwrap();
        assert_eq!((part.headers["if-match"].as_str(), part.headers["prefer"].as_str()), ("W/\"1\"", "a, b"));
        let error = rules().part(&get().header(AUTHORIZATION, HeaderValue::from_static("Bearer hunter2"))).unwrap_err();
        assert!(error.to_string().contains("authorization") && !error.to_string().contains("hunter2"), "{error}");
    }
}
