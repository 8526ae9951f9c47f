//! One page of a listing, and the link to the next one.

use http::header::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Request, Response};
use crate::error::{Error, Result};

/// One page of a listing.
#[derive(Debug)]
pub struct Page<T> {
    /// The items, maybe none.
    pub items: Vec<T>,
    /// The request for the next page; `None` after the last.
    pub next: Option<Request>,
}

/// A place in a listing, to go on from later or in another process: [`Pager::resume`](super::Pager::resume). Good for
/// as long as the service keeps its page tokens: hours rather than days.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageLink {
    url: Url,
    /// The headers the link brought along; Partner Center keeps the place there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
}

impl PageLink {
    /// The place of a request in the listing that began with `first`.
    pub(super) fn new(request: &Request, first: &Request) -> Self {
        let brought = request.headers.iter().filter(|(name, value)| first.headers.get(*name) != Some(*value));
        let headers = brought.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        Self { url: request.url.clone(), headers: headers.collect() }
    }

    /// The request for this place of the listing that began with `first`.
    pub(super) fn request(&self, first: &Request) -> Result<Request> {
        if !is_same_root(first.url(), &self.url) {
            let host = self.url.host_str().unwrap_or("no host");
            return Err(Error::config(format!(
                "page link: {host:?} is not where the listing {:?} is",
                first.operation
            )));
        }
        self.headers.iter().try_fold(first.with_url(self.url.clone()), |request, (name, value)| {
            let bad = || Error::config(format!("page link: the header {name:?} cannot be sent"));
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
            if header == http::header::AUTHORIZATION || header == http::header::HOST {
                return Err(bad());
            }
            Ok(request.header(header, HeaderValue::from_str(value).map_err(|_| bad())?))
        })
    }
}

impl std::fmt::Debug for PageLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The query is the service's own and may hold what was searched for.
        f.debug_struct("PageLink").field("path", &self.url.path()).finish_non_exhaustive()
    }
}

/// What the beginning of a page says about the next one.
pub(super) enum EarlyLink {
    /// Not told yet.
    Unknown,
    /// Told too late to be of use, or the last page.
    Absent,
    /// The next page is here.
    Next(Url),
}

/// Reads an `OData` page: `{"@odata.nextLink": …, "value": […]}`.
///
/// The link is used verbatim; it must stay on the request's scheme, host, port and first path segment (`v1.0`,
/// `beta`). An absent `value` is an empty page.
///
/// # Errors
/// [`ErrorKind::Decode`](crate::ErrorKind::Decode): no such JSON, or a link elsewhere.
pub fn odata_page<T: DeserializeOwned>(request: &Request, response: &Response) -> Result<Page<T>> {
    #[derive(Deserialize)]
    #[serde(bound = "T: DeserializeOwned")]
    struct Body<T> {
        #[serde(rename = "@odata.nextLink", alias = "nextLink")]
        next: Option<String>,
        #[serde(default = "Vec::new")]
        value: Vec<T>,
    }
    let body: Body<T> = response.json()?;
    let next = match body.next.filter(|link| !link.is_empty()) {
        None => None,
        Some(link) => Some(request.with_url(same_root(request.url(), &link, response)?)),
    };
    Ok(Page { items: body.value, next })
}

/// Finds the items of an `OData` page that names the next one before them: where the first begins, and the request for
/// the next page. `None` when the page must be read as a whole to know.
pub(super) fn odata_items(request: &Request, response: &Response) -> Result<Option<(usize, Request)>> {
    let body = response.body();
    let (Some(link), Some(at)) = leading_members(body) else { return Ok(None) };
    // What is cut off is refused at once, not after a thousand items.
    if link.is_empty() || body.trim_ascii_end().last() != Some(&b'}') {
        return Ok(None);
    }
    Ok(Some((at, request.with_url(same_root(request.url(), &link, response)?))))
}

/// Finds the next link of an `OData` page while its body is still arriving: Microsoft writes it before `value`.
pub(super) fn early_odata_link(request: &Request, so_far: &[u8]) -> EarlyLink {
    let link = match link_before_value(so_far.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(so_far)) {
        Scan::Incomplete if so_far.len() < EARLY => return EarlyLink::Unknown,
        Scan::Link(link) => request.url().join(&link).ok().filter(|url| is_same_root(request.url(), url)),
        Scan::Incomplete | Scan::Absent => None,
    };
    // A bad link is refused when the page is read as a whole.
    link.map_or(EarlyLink::Absent, EarlyLink::Next)
}

enum Scan {
    Incomplete,
    Absent,
    Link(String),
}

/// Walks over the leading members of an object whose values are plain; stops at the first array or object.
fn link_before_value(json: &[u8]) -> Scan {
    let mut rest = json.trim_ascii_start();
    let mut opening = b'{';
    loop {
        match rest.split_first() {
            None => return Scan::Incomplete,
            Some((first, after)) if *first == opening => rest = after.trim_ascii_start(),
            Some(_) => return Scan::Absent,
        }
        opening = b',';
        let Some((key, after)) = value(rest) else { return unless_complete(rest) };
        let Some((b':', after)) = after.trim_ascii_start().split_first() else { return unless_complete(after) };
        let after = after.trim_ascii_start();
        let Some((text, after)) = value(after) else { return unless_complete(after) };
        if matches!(key, b"\"@odata.nextLink\"" | b"\"nextLink\"") {
            return serde_json::from_slice(text).map_or(Scan::Absent, Scan::Link);
        }
        rest = after.trim_ascii_start();
    }
}

/// The next link, when it stands before the items, and where they begin.
fn leading_members(json: &[u8]) -> (Option<String>, Option<usize>) {
    let mut link = None;
    let mut rest = json.trim_ascii_start();
    let mut opening = b'{';
    while let Some((first, after)) = rest.split_first()
        && *first == opening
        && let Some((key, after)) = value(after.trim_ascii_start())
        && let Some((b':', after)) = after.trim_ascii_start().split_first()
    {
        let after = after.trim_ascii_start();
        if key == b"\"value\"" {
            return (link, after.strip_prefix(b"[").map(|items| json.len() - items.len()));
        }
        let Some((text, after)) = value(after) else { break };
        if matches!(key, b"\"@odata.nextLink\"" | b"\"nextLink\"") {
            link = serde_json::from_slice(text).ok();
        }
        opening = b',';
        rest = after.trim_ascii_start();
    }
    (link, None)
}

/// A plain value at the beginning, quotes included, and what follows; `None` when it is not whole or not plain.
fn value(json: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = match json.first()? {
        b'"' => {
            let mut escaped = false;
            let close = json[1..].iter().position(|byte| {
                let closes = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                closes
            })?;
            close + 2
        }
        b'{' | b'[' => return None,
        _ => json.iter().position(|byte| matches!(byte, b',' | b'}' | b':'))?,
    };
    Some(json.split_at(end))
}

fn unless_complete(rest: &[u8]) -> Scan {
    match rest.first() {
        Some(b'{' | b'[' | b'}' | b']') => Scan::Absent,
        _ => Scan::Incomplete,
    }
}

/// The link as a URL, when it stays where the request was.
fn same_root(from: &Url, link: &str, response: &Response) -> Result<Url> {
    let url = from.join(link).map_err(|_| response.error("the next link is not a URL"))?;
    if !is_same_root(from, &url) {
        let host = url.host_str().unwrap_or("no host");
        return Err(response.error(format!("the next link leads to {host:?}, which is not where the listing began")));
    }
    Ok(url)
}

/// Whether a link stays on scheme, host, port and first path segment.
fn is_same_root(from: &Url, url: &Url) -> bool {
    let root = |url: &Url| url.path_segments().and_then(|mut path| path.next().map(str::to_ascii_lowercase));
    let plain = url.username().is_empty() && url.password().is_none();
    url.origin() == from.origin() && root(url) == root(from) && plain
}

/// How far into a page the link is looked for.
const EARLY: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use http::Method;
    use proptest::collection::vec;
    use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
    use serde_json::Value;

    use super::*;
    use crate::service::Service;

    fn request() -> Request {
        let url = Url::parse("https://graph.microsoft.com/v1.0/users?$top=999").unwrap();
        Request::new(Service::Graph, "graph.users.list", Method::GET, url)
    }

    fn early(so_far: &[u8]) -> EarlyLink {
        early_odata_link(&request(), so_far)
    }

    #[test]
    fn link_is_found_before_the_items_at_every_cut() {
        let link = "https://graph.microsoft.com/v1.0/users?$skiptoken=a\\u0026b\\\"c";
        let text = format!(
            "\u{feff} {{ \"@odata.context\" : \"x\\\"{{[\", \"@odata.count\":500000, \"@odata.nextLink\": \"{link}\",\"value\":[{{\"id\""
        );
        let known = text.find(link).unwrap() + link.len() + 1;
        // A cut through the byte-order mark hides the link, which costs nothing but time.
        for cut in (0..text.len()).filter(|cut| !(1..3).contains(cut)) {
            match early(&text.as_bytes()[..cut]) {
                EarlyLink::Unknown => assert!(cut < known, "{cut}"),
                EarlyLink::Next(next) => {
                    assert!(cut >= known, "{cut}");
                    assert_eq!(next.query(), Some("$skiptoken=a&b%22c"));
                }
                EarlyLink::Absent => panic!("{cut}"),
            }
        }
    }

    #[test]
    fn items_first_no_object_and_foreign_links_are_absent() {
        for text in [
            r#"{"value":["#,
            r#"{"@odata.context":"x","value":[]}"#,
            "{}",
            "[]",
            "<html>",
            r#"{"@odata.nextLink":null,"value":[]}"#,
            r#"{"@odata.nextLink":"https://evil.example/v1.0/users","#,
            r#"{"@odata.nextLink":"https://graph.microsoft.com/beta/users","#,
            r#"{"a":{"@odata.nextLink":"https://graph.microsoft.com/v1.0/users"}"#,
        ] {
            assert!(matches!(early(text.as_bytes()), EarlyLink::Absent), "{text}");
        }
        let long = format!("{{\"a\":\"{}", "x".repeat(EARLY));
        assert!(matches!(early(long.as_bytes()), EarlyLink::Absent));
    }

    #[test]
    fn page_link_survives_storing_and_leads_nowhere_else() {
        let first = request().header(http::header::ACCEPT, HeaderValue::from_static("application/json"));
        let url = Url::parse("https://graph.microsoft.com/v1.0/users?$skiptoken=2").unwrap();
        let token = HeaderName::from_static("ms-continuationtoken");
        let next = first.with_url(url.clone()).header(token, HeaderValue::from_static("t"));
        let stored = serde_json::to_string(&PageLink::new(&next, &first)).unwrap();
        let link: PageLink = serde_json::from_str(&stored).unwrap();
        assert!(!format!("{link:?}").contains("skiptoken"));
        let again = link.request(&first).unwrap();
        assert_eq!((again.url(), &again.headers), (&url, &next.headers));

        for bad in [
            r#"{"url":"https://evil.example/v1.0/users"}"#,
            r#"{"url":"https://graph.microsoft.com/beta/users"}"#,
            r#"{"url":"https://graph.microsoft.com/v1.0/users","headers":[["Authorization","Bearer x"]]}"#,
            r#"{"url":"https://graph.microsoft.com/v1.0/users","headers":[["a b","x"]]}"#,
        ] {
            let link: PageLink = serde_json::from_str(bad).unwrap();
            assert_eq!(link.request(&first).unwrap_err().kind(), crate::ErrorKind::Config, "{bad}");
        }
    }

    /// A member of an object: its name and its value, both as JSON.
    fn member() -> impl Strategy<Value = (String, String)> {
        let text = prop_oneof!["\\PC{0,12}", "[\\\\\"{}\\[\\],: é\n]{0,8}"];
        let quoted = |text: String| Value::from(text).to_string();
        let value = prop_oneof![
            text.clone().prop_map(quoted),
            any::<f64>().prop_map(|number| Value::from(number).to_string()),
            Just("null".to_owned()),
            Just("true".to_owned()),
            Just("{\"@odata.nextLink\":\"https://graph.microsoft.com/v1.0/inner\"}".to_owned()),
            Just("[1,\"@odata.nextLink\"]".to_owned()),
        ];
        (text.prop_map(quoted), value)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        #[test]
        fn link_found_early_is_the_one_of_the_whole_page(
            mut members in vec(member(), 0..5),
            link in "\\PC{0,20}",
            at in any::<usize>(),
            space in "[ \n\t]{0,2}",
        ) {
            let link = Value::from(format!("https://graph.microsoft.com/v1.0/users?$skiptoken={link}"));
            let at = at % (members.len() + 1);
            let in_time = members[..at].iter().all(|(_, value)| !value.starts_with(['{', '[']));
            members.insert(at, ("\"@odata.nextLink\"".to_owned(), link.to_string()));
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{space}{name}{space}:{space}{value}{space}")).collect();
            let text = format!("{space}{{{}}}", members.join(","));
            let whole: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&whole["@odata.nextLink"], &link);
            let mut found = false;
            for cut in 0..=text.len() {
                match link_before_value(&text.as_bytes()[..cut]) {
                    Scan::Link(early) => {
                        prop_assert_eq!(Value::from(early), link.clone());
                        found = true;
                    }
                    Scan::Incomplete => prop_assert!(!found && cut < text.len()),
                    Scan::Absent => prop_assert!(!in_time, "{}", &text[..cut.min(text.len())]),
                }
            }
            prop_assert_eq!(found, in_time);
        }

        #[test]
        fn any_bytes_may_begin_a_page(bytes in vec(any::<u8>(), 0..64), mark in "[{}\\[\\]\",:\\\\ ntf0-9@a-z.]{0,64}") {
            let _ = early(&bytes);
            let _ = early(mark.as_bytes());
        }
    }
}
