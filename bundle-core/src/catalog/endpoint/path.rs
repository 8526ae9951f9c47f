//! The path of a request, cut into the pieces that endpoint templates are made of.

use std::borrow::Cow;

/// One piece of a request's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A segment: a word, an id, or a function with its arguments.
    Text(Cow<'a, str>),
    /// The last part of a segment that a namespace stood in front of; never an id.
    Action(Cow<'a, str>),
    /// An id, for certain.
    Key,
    /// A segment with the colon that begins addressing by path: `root:`.
    Anchor(Cow<'a, str>),
    /// The path after an anchor; closed when a colon ends it and more follows.
    Path { closed: bool },
}

/// What becomes of a segment with a namespace in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    /// It is an action written in full: `microsoft.graph.sendMail` is `sendMail`.
    Drop,
    /// It is a type cast, which changes no permissions: `members/microsoft.graph.user` is `members`.
    DropSegment,
}

/// Cuts a URL or path; `None` for what cannot be a request to Microsoft Graph.
pub(super) fn pieces(url_or_path: &str) -> Option<Vec<Piece<'_>>> {
    let mut rest = graph_path(url_or_path)?;
    let mut calls_end = true;
    let mut pieces = Vec::with_capacity(12);
    while let Some(segment) = next_segment(&mut rest, &mut calls_end) {
        if pieces.len() >= LONGEST_PATH {
            return None;
        }
        let segment = decoded(segment);
        let Some(name) = segment.strip_suffix(':').filter(|name| !name.is_empty()) else {
            push_segment(&mut pieces, segment);
            continue;
        };
        if rest.trim_matches('/').is_empty() {
            pieces.push(Piece::Text(Cow::Owned(name.to_owned())));
            break;
        }
        pieces.push(Piece::Anchor(segment));
        let closed = match rest.find(":/") {
            Some(colon) => {
                rest = &rest[colon + 1..];
                !rest.trim_matches('/').is_empty()
            }
            None => {
                rest = "";
                false
            }
        };
        pieces.push(Piece::Path { closed });
    }
    (!pieces.is_empty()).then_some(pieces)
}

/// The same request in its plainest words: items by id instead of by path, no namespaces. `None` when that changes
/// nothing, or nothing that the other way with namespaces would not change as well.
pub(super) fn plain<'a>(pieces: &[Piece<'a>], namespace: Namespace) -> Option<Vec<Piece<'a>>> {
    let has_namespace = pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if qualified(text)));
    let has_anchor = || pieces.iter().any(|piece| matches!(piece, Piece::Anchor(_)));
    if !has_namespace && (namespace == Namespace::DropSegment || !has_anchor()) {
        return None;
    }
    let mut plain = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Text(text) if qualified(text) => match namespace {
                Namespace::Drop => plain.push(Piece::Action(unqualified(text))),
                Namespace::DropSegment => {}
            },
            Piece::Anchor(anchor) if anchor.eq_ignore_ascii_case("root:") => {
                plain.push(Piece::Text(Cow::Borrowed("items")));
            }
            Piece::Anchor(_) => {}
            Piece::Path { .. } => plain.push(Piece::Key),
            other => plain.push(other.clone()),
        }
    }
    Some(plain)
}

/// Whether a segment names a type or action with its namespace.
pub(super) fn qualified(segment: &str) -> bool {
    ["microsoft.graph.", "graph."]
        .iter()
        .any(|namespace| segment.get(..namespace.len()).is_some_and(|start| start.eq_ignore_ascii_case(namespace)))
}

/// The name and the arguments of a function with named arguments: `getByPath(path='/x')`.
pub(super) fn call(segment: &str) -> Option<(&str, &str)> {
    let (name, arguments) = segment.strip_suffix(')')?.split_once('(')?;
    let named = !arguments.starts_with('\'') && arguments.contains('=');
    (named && !name.is_empty()).then_some((name, arguments))
}

/// The names of a function's arguments. Commas within quotes, brackets and parentheses separate nothing.
pub(super) fn argument_names(arguments: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut depth) = (false, 0_usize);
    let separates = move |c: char| {
        match c {
            '\'' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth = depth.saturating_sub(1),
            ',' => return !quoted && depth == 0,
            _ => {}
        }
        false
    };
    arguments.split(separates).map(|argument| argument.split('=').next().unwrap_or_default().trim())
}

/// What follows the host and the version.
fn graph_path(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let text = text.split(['?', '#']).next().unwrap_or_default().trim_end();
    let (start, rest) = text.split_at(text.find('/').unwrap_or(text.len()));
    if let (Some(scheme), Some(rest)) = (start.strip_suffix(':'), rest.strip_prefix("//")) {
        if !["https", "http"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
            return None;
        }
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // Another service may have the same path, but none has the same versions in front.
        return without_version(path).or_else(|| is_graph(host).then_some(path));
    }
    let path = if is_graph(start) { rest } else { text };
    Some(without_version(path).unwrap_or(path))
}

fn is_graph(host: &str) -> bool {
    GRAPH_HOSTS.iter().any(|known| known.eq_ignore_ascii_case(host))
}

fn without_version(path: &str) -> Option<&str> {
    let path = path.trim_start_matches('/');
    let (first, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    ["v1.0", "beta"].iter().any(|version| first.eq_ignore_ascii_case(version)).then_some(rest)
}

/// Takes the next segment off the path. Slashes within the parentheses of a function separate nothing, as long as the
/// parentheses end at all.
fn next_segment<'a>(rest: &mut &'a str, calls_end: &mut bool) -> Option<&'a str> {
    let path = rest.trim_start_matches('/');
    if path.is_empty() {
        return None;
    }
    let mut at = 0;
    while let Some(found) = path[at..].find(['/', '(']) {
        at += found;
        if path.as_bytes()[at] == b'/' {
            break;
        }
        let inside = if *calls_end { call_length(&path[at..]) } else { None };
        *calls_end = inside.is_some();
        at += inside.unwrap_or(1);
        if at == path.len() {
            break;
        }
    }
    let end = if path[at..].starts_with('/') { at } else { path.len() };
    *rest = &path[end..];
    Some(&path[..end])
}

/// The length of the parentheses at the start of a text; quotes hide parentheses.
fn call_length(text: &str) -> Option<usize> {
    let (mut quoted, mut depth) = (false, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// A segment without percent-encoding; one that does not decode to text stays as it is.
fn decoded(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|&byte| char::from(byte).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits make a byte"));
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(segment), Cow::Owned)
}

/// A segment as one piece, or as two when its key stands in parentheses: `users('x')` is `users/x`.
fn push_segment<'a>(pieces: &mut Vec<Piece<'a>>, segment: Cow<'a, str>) {
    let Some((name, key)) = segment.strip_suffix(')').and_then(|start| start.split_once('(')) else {
        pieces.push(Piece::Text(segment));
        return;
    };
    let is_call = call(&segment).is_some();
    let (length, is_key) = (name.len(), !key.trim().is_empty());
    if is_call || length == 0 {
        pieces.push(Piece::Text(segment));
        return;
    }
    pieces.push(Piece::Text(part(segment, 0, length)));
    if is_key {
        pieces.push(Piece::Key);
    }
}

/// What follows the namespace; dots within arguments are none of a namespace.
fn unqualified<'a>(segment: &Cow<'a, str>) -> Cow<'a, str> {
    let name = segment.split('(').next().unwrap_or_default();
    let start = name.rfind('.').map_or(0, |dot| dot + 1);
    part(segment.clone(), start, segment.len())
}

fn part(text: Cow<'_, str>, start: usize, end: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..end]),
        Cow::Owned(text) => Cow::Owned(text[start..end].to_owned()),
    }
}

/// Where the national clouds have Microsoft Graph.
const GRAPH_HOSTS: [&str; 4] =
    ["graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn"];

/// More pieces than any template has; bounds the work.
const LONGEST_PATH: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::Cloud;
    use crate::service::Service;

    fn shown(path: &str) -> String {
        let piece = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => text.to_string(),
            Piece::Action(text) => format!("!{text}"),
            Piece::Key => "<key>".to_owned(),
            Piece::Anchor(text) => format!("@{text}"),
            Piece::Path { closed } => if *closed { "<path>:" } else { "<path>" }.to_owned(),
        };
        pieces(path).map_or_else(|| "-".to_owned(), |all| all.iter().map(piece).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn host_version_and_query_are_left_out() {
        for path in [
            "users/x/messages",
            "/users/x/messages/",
            "//users//x/messages",
            "/v1.0/users/x/messages",
            "beta/users/x/messages?$top=5",
            "https://graph.microsoft.com/v1.0/users/x/messages?$select=a/b#c",
            "HTTPS://GRAPH.microsoft.us/BETA/users/x/messages",
            "http://127.0.0.1:8080/v1.0/users/x/messages",
            "https://graph.microsoft.com/users/x/messages",
            "graph.microsoft.com/v1.0/users/x/messages",
            "  /users/x/messages ",
            "/users/x/m%65ssages",
        ] {
            assert_eq!(shown(path), "users x messages", "{path}");
        }
    }

    #[test]
    fn other_services_and_no_path_at_all_are_nothing() {
        for path in [
            "https://management.azure.com/subscriptions?api-version=2022-12-01",
            "https://api.partnercenter.microsoft.com/v1/customers",
            "ftp://graph.microsoft.com/v1.0/users/",
            "",
            "/",
            "https://graph.microsoft.com/v1.0/",
            "?$top=1",
        ] {
            assert_eq!(shown(path), "-", "{path}");
        }
        assert_eq!(shown(&"/a".repeat(LONGEST_PATH + 1)), "-");
    }

    #[test]
    fn known_hosts_are_those_of_the_clouds() {
        for (name, host) in ["public", "usgov", "usgov-dod", "china"].into_iter().zip(GRAPH_HOSTS) {
            assert_eq!(Cloud::named(name).unwrap().base(Service::Graph).host_str(), Some(host));
        }
    }

    #[test]
    fn keys_and_functions_in_parentheses_are_told_apart() {
        for (path, expected) in [
            ("/users('a@b.c')/messages", "users <key> messages"),
            ("/users(a)/messages", "users <key> messages"),
            ("/users/delta()", "users delta"),
            ("/users%28%27x%27%29", "users <key>"),
            ("/sites/getByPath(path='/a/b')/lists", "sites getByPath(path='/a/b') lists"),
            ("/reports/x(period='D7')", "reports x(period='D7')"),
            ("/users/O'Brien (a/b", "users O'Brien (a b"),
            ("/x('(')/y", "x <key> y"),
            ("/(team-id)/y", "(team-id) y"),
        ] {
            assert_eq!(shown(path), expected, "{path}");
        }
        assert_eq!(call("range(address='A=1')"), Some(("range", "address='A=1'")));
        assert_eq!(call("users('a=b')"), None);
        let names: Vec<_> = argument_names("a='x,y', b=[1,2],c=@c").collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn addressing_by_path_is_one_piece() {
        for (path, expected) in [
            ("/me/drive/root:/a/b.txt:/content", "me drive @root: <path>: content"),
            ("/me/drive/root:/a/b.txt", "me drive @root: <path>"),
            ("/me/drive/root:/a/b.txt:/", "me drive @root: <path>"),
            ("/me/drive/root:", "me drive root"),
            ("/me/drive/root:/", "me drive root"),
            ("/sites/h.sharepoint.com:/teams/x:/drive/root:/a", "sites @h.sharepoint.com: <path>: drive @root: <path>"),
            ("/drives/1/items/2:/a:/createUploadSession", "drives 1 items @2: <path>: createUploadSession"),
        ] {
            assert_eq!(shown(path), expected, "{path}");
        }
    }

    #[test]
    fn plain_words_have_no_paths_and_no_namespaces() {
        let plain_words = |path: &'static str, namespace| plain(&pieces(path).unwrap(), namespace);
        assert_eq!(plain_words("/me/drive/items/1", Namespace::Drop), None);
        assert_eq!(
            plain_words("/me/drive/root:/a:/content", Namespace::Drop),
            Some(vec![
                Piece::Text("me".into()),
                Piece::Text("drive".into()),
                Piece::Text("items".into()),
                Piece::Key,
                Piece::Text("content".into()),
            ])
        );
        let action = plain_words("/me/microsoft.graph.sendMail", Namespace::Drop);
        assert_eq!(action, Some(vec![Piece::Text("me".into()), Piece::Action("sendMail".into())]));
        let cast = plain_words("/me/microsoft.graph.user", Namespace::DropSegment);
        assert_eq!(cast, Some(vec![Piece::Text("me".into())]));
    }

    #[test]
    fn what_does_not_decode_stays_as_it_is() {
        assert_eq!(decoded("a%2"), "a%2");
        assert_eq!(decoded("a%zz%41"), "a%zzA");
        assert_eq!(decoded("%ff"), "%ff");
        assert_eq!(decoded("%E2%82%AC%2F"), "€/");
    }
}
