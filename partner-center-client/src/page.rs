//! Collections of Partner Center: `{"items": […], "links": {"next": {"uri", "headers"}}}`.

use bundle_core::http::{Page, Request, Response};
use bundle_core::{Error, Result};
use http::{HeaderName, HeaderValue, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::client::VERSION;

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Collection<T> {
    items: Option<Vec<T>>,
    links: Option<Links>,
}

#[derive(Deserialize)]
struct Links {
    next: Option<Link>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    uri: String,
    headers: Option<Vec<LinkHeader>>,
}

#[derive(Deserialize)]
struct LinkHeader {
    key: String,
    value: String,
}

/// Reads a page. The next one is asked for with the link's own headers, which hold the place in the listing
/// (`MS-ContinuationToken`); its URL alone would bring the first page again.
///
/// Source: "Partner Center REST headers" and "Get a list of customers" (Microsoft Learn).
pub(crate) fn collection<T: DeserializeOwned>(request: &Request, response: &Response) -> Result<Page<T>> {
    let body: Collection<T> = response.json()?;
    let link = body.links.and_then(|links| links.next).filter(|link| !link.uri.is_empty());
    let next = match link {
        None => None,
        Some(link) => {
            let url = resolve(request.url(), &link.uri)
                .ok_or_else(|| response.error("the next link leads away from where the listing began"))?;
            let headers = link.headers.unwrap_or_default();
            Some(headers.iter().try_fold(request.with_url(url), |request, header| copy(request, header, response))?)
        }
    };
    Ok(Page { items: body.items.unwrap_or_default(), next })
}

/// The link as a URL below the version root of the request. Links are relative to `/v1` and mostly leave it out.
fn resolve(from: &Url, link: &str) -> Option<Url> {
    let version = format!("/{VERSION}/");
    let end = from.path().find(&version)? + version.len();
    let mut root = from.clone();
    root.set_query(None);
    root.set_fragment(None);
    root.set_path(&from.path()[..end]);
    let url = if link.starts_with("https://") || link.starts_with("http://") {
        Url::parse(link).ok()?
    } else {
        // Links of invoice lines have been seen with a second question mark.
        let link = match link.split_once('?') {
            Some((path, query)) => format!("{path}?{}", query.replace("?seekOperation=", "&seekOperation=")),
            None => link.to_owned(),
        };
        let path = link.trim_start_matches('/');
        let path = path.strip_prefix(&version[1..]).unwrap_or(path);
        Url::parse(&format!("{root}{path}")).ok()?
    };
    let below = url.origin() == root.origin() && url.username().is_empty() && url.path().starts_with(root.path());
    below.then_some(url)
}

fn copy(request: Request, header: &LinkHeader, response: &Response) -> Result<Request> {
    let bad = |_| -> Error { response.error("the next link has a header that cannot be sent") };
    let name = HeaderName::from_bytes(header.key.as_bytes()).map_err(|_| bad(()))?;
    if OURS.contains(&name) {
        return Ok(request);
    }
    let value = HeaderValue::from_str(&header.value).map_err(|_| bad(()))?;
    Ok(request.header(name, value))
}

/// Headers a link does not decide about.
const OURS: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::COOKIE,
    header::HOST,
    header::TRANSFER_ENCODING,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_with_and_without_version_lead_below_it() {
        let from = Url::parse("https://api.partnercenter.microsoft.com/v1/customers?size=2").unwrap();
        let next = "https://api.partnercenter.microsoft.com/v1/customers?size=2&seekOperation=Next";
        for link in [
            "/customers?size=2&seekOperation=Next",
            "customers?size=2&seekOperation=Next",
            "/v1/customers?size=2&seekOperation=Next",
            next,
            "/customers?size=2?seekOperation=Next",
        ] {
            assert_eq!(resolve(&from, link).unwrap().as_str(), next, "{link}");
        }
        let below_a_path = Url::parse("http://127.0.0.1:1/partner-center/v1/customers").unwrap();
        let next = resolve(&below_a_path, "/v1/customers?seekOperation=Next").unwrap();
        assert_eq!(next.as_str(), "http://127.0.0.1:1/partner-center/v1/customers?seekOperation=Next");
    }

    #[test]
    fn links_elsewhere_are_refused() {
        let from = Url::parse("https://api.partnercenter.microsoft.com/v1/customers").unwrap();
        for link in [
            "https://evil.example/v1/customers",
            "http://api.partnercenter.microsoft.com/v1/customers",
            "https://api.partnercenter.microsoft.com:8443/v1/customers",
            "https://user@api.partnercenter.microsoft.com/v1/customers",
            "https://api.partnercenter.microsoft.com/v2/customers",
            "/../webhooks/v1/registration",
        ] {
            assert!(resolve(&from, link).is_none(), "{link}");
        }
        // Read as a path of this host, whatever it looks like.
        let url = resolve(&from, "//evil.example/customers").unwrap();
        assert_eq!(url.host_str(), Some("api.partnercenter.microsoft.com"));
    }
}
