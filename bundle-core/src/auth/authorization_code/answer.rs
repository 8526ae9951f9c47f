//! What the browser brings back: pure.

use oauth2::{AuthorizationCode, CsrfToken};
use subtle::ConstantTimeEq as _;
use url::Url;

use crate::auth::sign_in::ended;
use crate::error::{Error, ErrorKind, Result, ServiceAnswer, classify};
use crate::service::Service;

/// The outcome in the first line of a request, `None` when the request is no answer to our question: not a GET, another
/// path, another state, a field that stands there twice, neither a code nor an error.
pub(super) fn read(line: &str, expected: &CsrfToken) -> Option<Result<AuthorizationCode>> {
    let target = line.strip_prefix("GET ")?.split(' ').next()?;
    let url = Url::parse("http://localhost").ok()?.join(target).ok()?;
    if url.host_str() != Some("localhost") || url.path() != "/" {
        return None;
    }
    let mut fields = [const { None }; FIELDS.len()];
    for (name, value) in url.query_pairs() {
        if let Some(at) = FIELDS.iter().position(|known| *known == name)
            && fields[at].replace(value.into_owned()).is_some()
        {
            return None;
        }
    }
    let [state, code, error, description, subcode, suberror, claims] = fields;
    if !bool::from(state?.as_bytes().ct_eq(expected.secret().as_bytes())) {
        return None;
    }
    match (error, code) {
        (Some(error), _) => {
            Some(Err(refusal(&error, description.as_deref(), subcode.or(suberror).as_deref(), claims.as_deref())))
        }
        (None, Some(code)) if !code.is_empty() => Some(Ok(AuthorizationCode::new(code))),
        _ => None,
    }
}

fn refusal(error: &str, description: Option<&str>, suberror: Option<&str>, claims: Option<&str>) -> Error {
    let cancelled = suberror == Some("cancel");
    let body = serde_json::json!({
        "error": error, "error_description": description, "suberror": suberror, "claims": claims,
    });
    let said = classify(&ServiceAnswer {
        service: Service::Login,
        status: 400,
        headers: &http::HeaderMap::new(),
        body: body.to_string().as_bytes(),
    });
    match error {
        // The word stands for policies and missing consent too, which the classification names.
        "access_denied" if cancelled || said.kind() == ErrorKind::PermissionDenied => {
            ended("the sign-in was declined", said)
        }
        _ => said,
    }
}

/// The fields of an authorization response. Source: "OAuth 2.0 authorization code flow" (Microsoft Learn).
const FIELDS: [&str; 7] = ["state", "code", "error", "error_description", "error_subcode", "suberror", "claims"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn state() -> CsrfToken {
        CsrfToken::new("expected".to_owned())
    }

    fn get(target: &str) -> Option<Result<AuthorizationCode>> {
        read(&format!("GET {target} HTTP/1.1"), &state())
    }

    #[test]
    fn only_the_right_state_is_an_answer() {
        for target in
            ["/?code=c0de&state=expected", "/?state=expected&code=c0de&session_state=x#y", "?code=c0de&state=expected"]
        {
            assert_eq!(get(target).unwrap().unwrap().secret(), "c0de", "{target}");
        }
        for other in [
            "/favicon.ico",
            "/?code=c0de",
            "/?code=c0de&state=",
            "/?code=c0de&state=expecteD",
            "/?code=c0de&state=expected2",
            "/?code=c0de&state=expecte",
            "/?state=expected",
            "/?code=&state=expected",
            "/other?code=c0de&state=expected",
            "http://evil.example/?code=c0de&state=expected",
            "//evil.example/?code=c0de&state=expected",
            "http:",
            "",
        ] {
            assert!(get(other).is_none(), "{other}");
        }
    }

    #[test]
    fn field_that_stands_there_twice_is_no_answer() {
        for field in FIELDS {
            let target = format!(
                "/?code=c&state=expected&error=x&error_description=&error_subcode=&suberror=&claims=&{field}=2"
            );
            assert!(get(&target).is_none(), "{field}");
        }
    }

    #[test]
    fn only_get_is_an_answer() {
        for line in [
            "POST /?code=c0de&state=expected HTTP/1.1",
            "get /?code=c0de&state=expected HTTP/1.1",
            "GET",
            "GET ",
            "\u{16}\u{3}\u{1}",
        ] {
            assert!(read(line, &state()).is_none(), "{line}");
        }
    }

    #[test]
    fn refusal_is_classified() {
        for (query, kind) in [
            ("error=access_denied&error_description=AADSTS65004%3A+declined", ErrorKind::ConsentRequired),
            ("error=access_denied&error_subcode=cancel", ErrorKind::ReauthenticationRequired),
            (
                "error=access_denied&error_subcode=cancel&error_description=AADSTS65004%3A+x",
                ErrorKind::ReauthenticationRequired,
            ),
            ("error=access_denied&code=c0de", ErrorKind::ReauthenticationRequired),
            ("error=access_denied&error_description=AADSTS53003%3A+x", ErrorKind::ConditionalAccess),
            ("error=interaction_required&suberror=message_only", ErrorKind::ConditionalAccess),
            ("error=invalid_client&error_description=AADSTS650051%3A+x", ErrorKind::NotPropagated),
            ("error=login_required", ErrorKind::ReauthenticationRequired),
            ("error=temporarily_unavailable", ErrorKind::Unavailable),
            ("error=", ErrorKind::InvalidRequest),
        ] {
            let error = get(&format!("/?state=expected&{query}")).unwrap().unwrap_err();
            assert_eq!(error.kind(), kind, "{query}: {error}");
        }
        let error = get("/?state=expected&error=interaction_required&claims=%7B%22a%22%3A1%7D").unwrap().unwrap_err();
        assert_eq!(error.claims(), Some(r#"{"a":1}"#));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_line_is_taken(line in any::<String>()) {
            prop_assert!(read(&line, &state()).is_none());
            prop_assert!(get(&line).is_none());
        }
    }
}
