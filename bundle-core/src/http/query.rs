//! Building URLs the way Microsoft's services read them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// Appends path segments to a base URL; each is percent-encoded, so an id can never change the path. `.` and `..`,
/// which no URL can hold as a name, become names that no service knows.
///
/// Characters that OData keys need (`(`, `)`, `'`, `=`) stay as they are.
#[must_use]
pub fn join_path(base: &Url, segments: impl IntoIterator<Item: AsRef<str>>) -> Url {
    let path = base.path();
    let mut joined = String::with_capacity(LONG_PATH);
    joined.push_str(path.strip_suffix("/").unwrap_or(path));
    for segment in segments {
        joined.push('/');
        match segment.as_ref() {
            "." => joined.push_str("%252E"),
            ".." => joined.push_str("%252E%252E"),
            name => push_name(&mut joined, name),
        }
    }
    let mut url = base.clone();
    url.set_path(&joined);
    url
}

/// Appends a name with what would end it, and what a URL drops (what is left could be `..`), percent-encoded.
fn push_name(path: &mut String, name: &str) {
    let mut rest = name;
    while let Some(at) = rest.find(['%', '/', '\\', '\t', '\n', '\r']) {
        path.push_str(&rest[..at]);
        path.push_str(match rest.as_bytes()[at] {
            b'%' => "%25",
            b'/' => "%2F",
            b'\\' => "%5C",
            b'\t' => "%09",
            b'\n' => "%0A",
            _ => "%0D",
        });
        rest = &rest[at + 1..];
    }
    path.push_str(rest);
}

/// Appends one query option. Names stay as they are (`$filter`), values are percent-encoded with `%20` for a space and
/// `%2B` for a plus; the comma of lists stays.
pub fn append_query(url: &mut Url, name: &str, value: &str) {
    let before = url.query().unwrap_or_default();
    let mut query = String::with_capacity(before.len() + name.len() + 2 * value.len() + 2);
    if !before.is_empty() {
        query.push_str(before);
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    query.extend(utf8_percent_encode(value, ENCODED));
    url.set_query(Some(&query));
}

/// Quotes a text for an OData filter or key: `O'Neil` becomes `'O''Neil'`.
#[must_use]
pub fn odata_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What is percent-encoded in a value.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'*').remove(b',');
/// Longer paths grow.
const LONG_PATH: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_segments_cannot_escape() {
        let base = Url::parse("https://graph.microsoft.com").unwrap();
        let url = join_path(&base, &["v1.0", "users", "a/../b?c#d", "x y"]);
        assert_eq!(url.as_str(), "https://graph.microsoft.com/v1.0/users/a%2F..%2Fb%3Fc%23d/x%20y");
        let url = join_path(&base, &["v1.0", "servicePrincipals(appId='a')"]);
        assert_eq!(url.as_str(), "https://graph.microsoft.com/v1.0/servicePrincipals(appId='a')");
        for (name, path) in [
            ("..", "%252E%252E"),
            (".\t.", ".%09."),
            ("a\r\n", "a%0D%0A"),
            ("%2e%2e", "%252e%252e"),
            ("..\\é", "..%5C%C3%A9"),
        ] {
            assert_eq!(join_path(&base, &["v1.0", name, "x"]).path(), format!("/v1.0/{path}/x"));
        }
        let vault = Url::parse("http://127.0.0.1:1/vault").unwrap();
        assert_eq!(join_path(&vault, &["secrets"]).as_str(), "http://127.0.0.1:1/vault/secrets");
    }

    #[test]
    fn query_values_are_encoded_and_names_are_not() {
        let mut url = Url::parse("https://graph.microsoft.com/v1.0/groups").unwrap();
        append_query(&mut url, "$filter", &format!("displayName eq {}", odata_literal("O'Neil & + Söhne")));
        append_query(&mut url, "$select", "id,displayName");
        assert_eq!(
            url.as_str(),
            "https://graph.microsoft.com/v1.0/groups?$filter=displayName%20eq%20%27O%27%27Neil%20%26%20%2B%20\
             S%C3%B6hne%27&$select=id,displayName"
        );
    }
}
