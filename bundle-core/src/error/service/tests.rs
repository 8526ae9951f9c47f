use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::*;
use crate::error::ErrorKind;

/// The id the service gave, and the one the caller chose.
const SERVICE_ID: &str = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const CALLER_ID: &str = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";

#[test]
fn every_answer_is_classified_as_its_fixture_expects() {
    for name in names() {
        let expected = &fixture(&name)["expect"];
        let text = |member: &str| expected[member].as_str();
        let error = Answer::load(&name).classify();
        assert_eq!(Some(error.kind().as_str()), text("kind"), "{name}: {error}");
        assert_eq!(error.code(), text("code"), "{name}: {error}");
        assert_eq!(error.diagnosis().map(|row| row.issue), text("issue"), "{name}: {error}");
        assert_eq!(error.request_id(), text("requestId"), "{name}: {error:?}");
        assert!(error.diagnosis().is_none_or(|row| row.kind == error.kind()), "{name}");
        assert!(!error.message().contains(['\n', '\r']) && error.message().chars().count() <= 301, "{name}: {error}");
        for noise in ["Trace ID", "|Microsoft", "AADSTS", "<html", "RequestId:"] {
            assert!(!error.message().contains(noise), "{name}: {error}");
        }
    }
}

#[test]
fn every_wire_shape_has_fixtures() {
    let folders: BTreeSet<_> = names().iter().map(|name| service(name)).collect();
    for service in [Service::Login, Service::Graph, Service::PartnerCenter, Service::Exchange, Service::KeyVault] {
        assert!(folders.contains(&service), "{service}");
    }
}

#[test]
fn message_is_what_microsoft_said_without_the_noise() {
    for (name, message) in [
        (
            "login/device_gone_700003",
            "Device object was not found in the tenant '11111111-1111-4111-8111-111111111111' directory.",
        ),
        (
            "exchange/not_found_as_500",
            "The operation couldn't be performed because object 'adele|x' couldn't be found.",
        ),
        ("exchange/parameter_conversion", "Cannot convert value \"x\" to type \"Boolean\"."),
        ("graph/odata_error", "Unsupported token. Unable to initialize the authorization context."),
        ("graph/gateway_page", "the answer is a web page: 504 Gateway Time-out"),
        ("graph/unknown_error", "the service refused the request without saying why"),
        ("login/callback_declined", "User declined to consent to access the app."),
        ("blob/container_exists", "The specified container exists before this."),
        ("key_vault/token_missing", "Request is missing a Bearer or PoP token."),
    ] {
        assert_eq!(Answer::load(name).classify().message(), message, "{name}");
    }
}

#[test]
fn claims_and_every_request_id_are_kept() {
    let error = Answer::load("login/mfa_required_50076").classify();
    assert!(error.claims().unwrap().starts_with("{\"access_token\":{\"capolids\""), "{error:?}");
    assert_eq!(error.request_ids(), [CALLER_ID, SERVICE_ID]);
    assert_eq!(error.status(), Some(400));
}

#[test]
fn wait_of_the_gateway_text_is_kept() {
    let error = Answer::load("partner_center/gateway_throttled").classify();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(57)));
}

#[test]
fn garbage_is_classified_by_its_status() {
    let deep = vec![b'['; 1_000_000];
    let nested = format!("{}1{}", "{\"error\":".repeat(100), "}".repeat(100));
    let quoted = format!("\"{}\"", "\\\"".repeat(1000));
    let bodies: [&[u8]; 16] = [
        b"",
        b"\0\0\0",
        b"\xEF\xBB\xBF",
        b"<",
        b"<html",
        b"<Code>",
        "<é>".as_bytes(),
        b"\xFF\xFE\xFD{",
        b"{\"error\":",
        b"{\"error\":null}",
        b"{\"error\":{\"code\":{},\"message\":[],\"details\":{},\"innererror\":7}}",
        b"[1,2,3]",
        b"error=",
        &deep,
        nested.as_bytes(),
        quoted.as_bytes(),
    ];
    for service in Service::ALL {
        for body in bodies {
            let answer = Answer { service, status: 404, headers: HeaderMap::new(), body: body.to_vec() };
            let error = answer.classify();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{service} {error:?}");
            assert!(!error.message().is_empty() && error.code().is_some());
            assert!(error.body().is_none_or(|body| !body.is_empty() && body.len() <= 16 * 1024));
        }
    }
}

#[test]
fn every_status_has_a_kind_and_only_safe_ones_are_retryable() {
    for (status, kind) in [
        (302, ErrorKind::Decode),
        (400, ErrorKind::InvalidRequest),
        (401, ErrorKind::ReauthenticationRequired),
        (403, ErrorKind::PermissionDenied),
        (404, ErrorKind::NotFound),
        (408, ErrorKind::Unavailable),
        (409, ErrorKind::Conflict),
        (410, ErrorKind::NotFound),
        (412, ErrorKind::PreconditionFailed),
        (428, ErrorKind::PreconditionFailed),
        (429, ErrorKind::Throttled),
        (500, ErrorKind::Unavailable),
        (501, ErrorKind::InvalidRequest),
        (503, ErrorKind::Unavailable),
        (504, ErrorKind::Unavailable),
        (509, ErrorKind::Throttled),
    ] {
        let answer = Answer { service: Service::Graph, status, headers: HeaderMap::new(), body: Vec::new() };
        assert_eq!(answer.classify().kind(), kind, "{status}");
    }
}

#[test]
fn no_secret_of_a_body_is_shown() {
    const TOKEN: &str = "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJjYW5hcnkifQ.Y2FuYXJ5LWNhbmFyeS1jYW5hcnk";
    let bodies = [
        format!(r#"{{"error":{{"code":"x","message":"bad token {TOKEN}","innerError":{{"code":"{TOKEN}"}}}}}}"#),
        format!(
            r#"{{"error":"invalid_request","error_description":"refresh_token={TOKEN}","client_secret":"Y2FuYXJ5"}}"#
        ),
        format!(r#"{{"code":"{TOKEN}","description":"see https://contoso.example/?sig=Y2FuYXJ5"}}"#),
        r#"{"error":{"code":"x","message":"{\"Message\":\"password=Y2FuYXJ5\"}"}}"#.to_owned(),
        format!("Bearer {TOKEN}"),
        format!("<html><title>{TOKEN}</title></html>"),
        format!("error=invalid_client&error_description=secret%3DY2FuYXJ5&code={TOKEN}"),
    ];
    for service in Service::ALL {
        for body in &bodies {
            let answer = Answer { service, status: 400, headers: HeaderMap::new(), body: body.clone().into_bytes() };
            let error = answer.classify();
            let shown = format!("{error} {error:?} {:?} {:?}", error.body(), error.code());
            assert!(!shown.contains("Y2FuYXJ5"), "{shown}");
        }
    }
}

#[test]
fn ids_that_are_none_are_left_out() {
    let mut headers = HeaderMap::new();
    headers.insert("request-id", HeaderValue::from_static("short"));
    headers.insert("client-request-id", HeaderValue::from_str(&"x".repeat(200)).unwrap());
    let answer = Answer { service: Service::Graph, status: 500, headers, body: Vec::new() };
    assert_eq!(answer.classify().request_id(), None);
}

struct Answer {
    service: Service,
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// Reads a fixture; a body that is text goes out as it stands.
    fn load(name: &str) -> Self {
        let fixture = fixture(name);
        let headers = fixture["headers"].as_object().unwrap().iter();
        Self {
            service: service(name),
            status: fixture["status"].as_u64().unwrap().try_into().unwrap(),
            headers: headers
                .map(|(name, value)| {
                    let value = HeaderValue::from_str(value.as_str().unwrap()).unwrap();
                    (HeaderName::try_from(name).unwrap(), value)
                })
                .collect(),
            body: match &fixture["body"] {
                Value::String(text) => text.clone().into_bytes(),
                body => body.to_string().into_bytes(),
            },
        }
    }

    fn classify(&self) -> Error {
        let Self { service, status, headers, body } = self;
        classify(&ServiceAnswer { service: *service, status: *status, headers, body })
    }
}

fn service(name: &str) -> Service {
    let folder = name.split('/').next().unwrap().replace('_', "-");
    Service::ALL.into_iter().find(|service| service.to_string() == folder).unwrap()
}

fn fixture(name: &str) -> Value {
    let text = std::fs::read_to_string(root().join(name).with_extension("json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The fixtures as `<service>/<case>`.
fn names() -> Vec<String> {
    let folders = root().read_dir().unwrap().map(|folder| folder.unwrap().path());
    let files = folders.flat_map(|folder| folder.read_dir().unwrap().map(|file| file.unwrap().path()));
    let name = |path: PathBuf| path.strip_prefix(root()).unwrap().with_extension("").to_str().unwrap().to_owned();
    files.map(name).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/errors")
}

#[test]
fn code_of_a_header_with_control_characters_is_no_code() {
    let mut headers = HeaderMap::new();
    headers.insert("x-ms-error-code", HeaderValue::from_static("Auth\tFailed"));
    let error = classify(&ServiceAnswer { service: Service::Blob, status: 409, headers: &headers, body: b"" });
    assert_eq!((error.code(), error.to_string().contains('\t')), (Some("Conflict"), false));
}
