//! The HTTP status inside a text.

/// The first number that the words around it call a status.
pub(super) fn in_text(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut seen = 0;
    while at + 3 <= bytes.len() && seen < MAX_NUMBERS {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let alone = at == 0
            || bytes[at.saturating_sub(4)..at].eq_ignore_ascii_case(b"http")
            || !(bytes[at - 1].is_ascii_alphanumeric() || b"-_.".contains(&bytes[at - 1]));
        if digits == 3 && alone {
            seen += 1;
            let status: u16 = text[at..at + 3].parse().unwrap_or_default();
            let said = named(text, at) || reason(&text[at + 3..]) || begins(text, at);
            if (300..600).contains(&status) && said {
                return Some(status);
            }
        }
        at += digits;
    }
    by_name(text)
}

/// Whether the words before the number announce a status.
fn named(text: &str, at: usize) -> bool {
    let start = (at.saturating_sub(40)..=at).find(|at| text.is_char_boundary(*at)).unwrap_or(at);
    let before = text[start..at].to_ascii_lowercase();
    let before = before.trim_end_matches(|c: char| " :=(\"'[\t\\".contains(c));
    [
        "status",
        "statuscode",
        "status code",
        "status code of",
        "status_code",
        "httpstatus",
        "http",
        "http/1.1",
        "http/1.0",
        "http/2",
        "http/2.0",
        "http code",
        "http error",
        "http status",
        "returned",
        "success",
        "response code",
        "responsecode",
        "error code",
        "server returned an error",
        "returned an error",
        "server error",
        "client error",
        "code",
        " a",
        " with",
        " got",
        "getting",
        "returns",
        "throws",
    ]
    .iter()
    .any(|word| before.ends_with(word))
}

/// Whether a line begins with it: `401 - The caller is not authenticated.`
fn begins(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches([' ', '*', '[', '(', '"']);
    (before.is_empty() || before.ends_with('\n')) && text[at + 3..].starts_with(" - ")
}

/// Whether a reason phrase follows.
fn reason(after: &str) -> bool {
    let after = after.trim_start_matches([' ', ')', ':', '-', '(', ',', '\'']);
    REASONS.iter().any(|name| after.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

/// The status of `Code="Forbidden"`, `HttpStatusCode: NotFound`, `does not indicate success: BadRequest`.
fn by_name(text: &str) -> Option<u16> {
    let lower = text.to_ascii_lowercase();
    for label in ["code", "success", "failed with"] {
        for (at, _) in lower.match_indices(label).take(MAX_NUMBERS) {
            let rest = lower[at + label.len()..].trim_start_matches([' ', ':', '=', '"', '\'', '\\', '>', '*', '`']);
            if let Some((_, status)) = NAMES.iter().find(|(name, _)| rest.starts_with(name)) {
                return Some(*status);
            }
        }
    }
    None
}

const REASONS: [&str; 17] = [
    "error response",
    "Client Error",
    "Bad Request",
    "Unauthorized",
    "Payment Required",
    "Forbidden",
    "Not Found",
    "Method Not Allowed",
    "Request Timeout",
    "Conflict",
    "Precondition Failed",
    "Too Many Requests",
    "Internal Server Error",
    "Bad Gateway",
    "Service Unavailable",
    "Server Error",
    "Gateway Time",
];

const NAMES: [(&str, u16); 11] = [
    ("badrequest", 400),
    ("unauthorized", 401),
    ("forbidden", 403),
    ("notfound", 404),
    ("conflict", 409),
    ("preconditionfailed", 412),
    ("toomanyrequests", 429),
    ("internalservererror", 500),
    ("badgateway", 502),
    ("serviceunavailable", 503),
    ("gatewaytimeout", 504),
];

const MAX_NUMBERS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_found_by_the_words_around_it() {
        for (text, status) in [
            ("HTTP/1.1 403 Forbidden\nx: 1", Some(403)),
            ("HTTP/2 404", Some(404)),
            ("Response status code does not indicate success: 429 (Too Many Requests).", Some(429)),
            ("StatusCode=403 -- Original Error", Some(403)),
            ("The client received an HTTP status code of 403 from the service", Some(403)),
            ("AADGraph Request failed with BadRequest.", Some(400)),
            ("401 - The caller is not authenticated.", Some(401)),
            ("Status: 503", Some(503)),
            ("The remote server returned an error: (401) Unauthorized.", Some(401)),
            ("Code: Forbidden Message: no", Some(403)),
            ("requests.exceptions.HTTPError: 400 Client Error: Bad Request for url", Some(400)),
            ("it took 403 days", None),
            ("AADSTS500121 and 4030", None),
            ("", None),
        ] {
            assert_eq!(in_text(text), status, "{text}");
        }
    }
}
