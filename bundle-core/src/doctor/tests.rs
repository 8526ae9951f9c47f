use serde_json::Value;

use super::*;
use crate::error::Diagnosis;

fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/doctor/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn service(from: &str) -> Option<Service> {
    Some(match from {
        "token-endpoint" | "authorize-callback" => Service::Login,
        "graph" => Service::Graph,
        "partner-center" => Service::PartnerCenter,
        "exchange-adminapi" => Service::Exchange,
        "azure-resource-manager" => Service::ResourceManager,
        "key-vault" => Service::KeyVault,
        _ => return None,
    })
}

/// The issues of a finding: its own and the candidates.
fn issues(finding: &Finding) -> Vec<&str> {
    finding.issue.into_iter().chain(finding.candidates.iter().map(|other| other.diagnosis.issue)).collect()
}

/// Samples whose bytes belong to another issue as well: what is told, and the issue that stays a candidate. Only what
/// happened around them tells the two apart.
const SHARED: [(&str, &str); 22] = [
    ("access-denied-403", "missing-graph-scopes"),
    ("azure-401-unauthorized", "azure-wrong-tenant-token"),
    ("azure-401-unauthorized", "vault-rbac-missing"),
    ("client-error-400", ""),
    ("consent-application-id-missing", "service-not-subscribed"),
    ("consent-to-client-permissions", "admin-agents-missing"),
    ("consent-to-client-permissions", "delegated-consent-forbidden-gdap"),
    ("delegated-consent-conditional-access", "conditional-access-blocked"),
    ("duo-external-authentication-403", "missing-graph-scopes"),
    ("invalid-client-missing-key-vault", ""),
    ("invalid-token-device-object", "device-object-not-found"),
    ("invalid-token-grant-expired", "grant-revoked"),
    ("owned-app-errors-in-crates", "app-not-multi-tenant"),
    ("owned-app-errors-in-crates", "redirect-uri-mismatch"),
    ("password-profile-update-forbidden", "missing-graph-scopes"),
    ("refresh-options-failed", "admin-agents-missing"),
    ("tenant-resource-id-not-found", "service-not-subscribed"),
    ("uninstall-hangs", ""),
    ("unsupported-token-bad-request", "unsupported-token-gdap-not-ready"),
    ("user-account-not-in-tenant", "user-unauthorized-50020"),
    ("user-was-not-found", ""),
    ("user-was-not-found", "reseller-relationship-missing"),
];

/// Samples of a neighbour: the number beside the issue's own.
const NEIGHBOURS: [(&str, &str); 1] = [("wrong-client-secret-7000215", "client-secret-expired")];

/// What may be told for a sample of an issue besides the issue itself.
fn may_be_told<'a>(rows: &'a [(&str, &'a str)], id: &str, told: Option<&str>) -> bool {
    rows.iter().any(|(issue, other)| *issue == id && told.unwrap_or_default() == *other)
}

#[test]
fn every_issue_of_the_specification_has_a_row_and_its_samples_lead_there() {
    let mut wrong = Vec::new();
    for issue in fixture("issues").as_array().unwrap() {
        let id = issue["id"].as_str().unwrap();
        assert!(Diagnosis::find(id).is_some(), "{id}");
        let samples = issue["samples"].as_array().unwrap();
        assert!(!samples.is_empty(), "{id} has no fixture");
        for sample in samples {
            let body = match &sample["body"] {
                Value::String(text) => text.clone(),
                body => body.to_string(),
            };
            let status = sample["http"].as_u64().and_then(|status| u16::try_from(status).ok());
            let known =
                diagnose_answer(service(sample["from"].as_str().unwrap()), status, &HeaderMap::new(), body.as_bytes());
            for (how, finding) in [("with", known), ("without", diagnose(&body))] {
                let candidate = finding.candidates.iter().any(|other| other.diagnosis.issue == id);
                let shared = candidate && may_be_told(&SHARED, id, finding.issue);
                let right = match sample["match"].as_str().unwrap() {
                    // Short numbers and bare statuses mean nothing without the service that sent them.
                    "strong" | "code-only" if how == "without" && sample["from"] == "partner-center" => true,
                    "strong" => finding.issue == Some(id) || shared,
                    "code-only" if how == "without" => true,
                    "code-only" => finding.issue == Some(id) || shared || may_be_told(&NEIGHBOURS, id, finding.issue),
                    _ => finding.issue != Some(id),
                };
                if !right {
                    wrong.push(format!(
                        "{id} {how} {} {:?} {}: {body}",
                        sample["match"],
                        issues(&finding),
                        sample["from"]
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_issue_is_told_by_itself_for_a_sample_that_only_it_has() {
    let told_alone = |id: &str| !SHARED.iter().any(|(issue, _)| *issue == id);
    for issue in fixture("issues").as_array().unwrap() {
        let id = issue["id"].as_str().unwrap();
        let strong = issue["samples"].as_array().unwrap().iter().filter(|sample| sample["match"] == "strong");
        for sample in strong.filter(|_| told_alone(id)) {
            let status = sample["http"].as_u64().and_then(|status| u16::try_from(status).ok());
            let body = match &sample["body"] {
                Value::String(text) => text.clone(),
                body => body.to_string(),
            };
            let from = service(sample["from"].as_str().unwrap());
            let finding = diagnose_answer(from, status, &HeaderMap::new(), body.as_bytes());
            assert_eq!(finding.issue, Some(id), "{body}");
            assert_eq!(Some(finding.kind), Diagnosis::find(id).map(|row| row.kind), "{body}");
            assert_ne!(finding.confidence, Confidence::Unknown, "{body}");
        }
    }
}

#[test]
fn every_aadsts_number_of_the_list_has_the_kind_of_its_class() {
    for row in fixture("aadsts").as_array().unwrap() {
        let finding = diagnose(&format!("AADSTS{}: text", row["code"]));
        let expected = match row["class"].as_str().unwrap() {
            "consent" => ErrorKind::ConsentRequired,
            "conditional-access" => ErrorKind::ConditionalAccess,
            "mfa" => ErrorKind::MfaRequired,
            "expired-grant" => ErrorKind::ReauthenticationRequired,
            "invalid-client" => ErrorKind::InvalidClient,
            "invalid-request" | "tenant-not-found" => ErrorKind::InvalidRequest,
            "user-not-found" => ErrorKind::RelationshipInactive,
            "throttled-transient" => ErrorKind::Unavailable,
            "licence" => ErrorKind::LicenseMissing,
            _ => finding.kind,
        };
        if row["classedBy"] == "rule" && finding.confidence == Confidence::Likely {
            assert_eq!(finding.kind, expected, "{row}");
        }
        assert_eq!(finding.kind == ErrorKind::Other, row["code"] == 70016, "{row}");
    }
}

#[test]
fn every_partner_center_number_of_the_list_has_a_kind() {
    for row in fixture("partner_center").as_array().unwrap() {
        let body = format!(r#"{{"code":{},"description":"text","data":[],"source":"PartnerFD"}}"#, row["code"]);
        assert_ne!(diagnose(&body).kind, ErrorKind::Other, "{row}");
    }
}

#[test]
fn unseen_numbers_of_a_known_range_are_likely() {
    for (number, kind) in [
        ("50999", ErrorKind::ReauthenticationRequired),
        ("53999", ErrorKind::ConditionalAccess),
        ("65999", ErrorKind::ConsentRequired),
        ("650999", ErrorKind::ConsentRequired),
        ("7000999", ErrorKind::InvalidClient),
        ("90999", ErrorKind::InvalidRequest),
    ] {
        let finding = diagnose(&format!("AADSTS{number}: something new"));
        assert_eq!((finding.kind, finding.confidence), (kind, Confidence::Likely), "{number}");
    }
    assert_eq!(diagnose("AADSTS33333: something new").confidence, Confidence::Unknown);
}

#[test]
fn meanings_of_one_number_are_told_apart() {
    for (text, kind, confidence) in [
        (
            "Value length '8060' is out of the valid range of '1' to '8000' for property 'DelegationScope'.",
            ErrorKind::InvalidRequest,
            Confidence::Certain,
        ),
        (
            "The service principal cannot be created because the service principal name is already present",
            ErrorKind::Conflict,
            Confidence::Certain,
        ),
        (
            "Claim is invalid: X.Y does not exist on resource application Z",
            ErrorKind::InvalidRequest,
            Confidence::Certain,
        ),
        ("Something else.", ErrorKind::NotPropagated, Confidence::Likely),
    ] {
        let finding = diagnose(&format!("AADSTS650051: {text}"));
        assert_eq!((finding.kind, finding.confidence), (kind, confidence), "{text}");
    }
}

#[test]
fn young_role_is_a_candidate_of_a_refused_exchange_token() {
    let mut headers = HeaderMap::new();
    headers.insert("www-authenticate", "Bearer error=\"invalid_token\"".parse().unwrap());
    let finding = diagnose_answer(Some(Service::Exchange), Some(401), &headers, b"");
    assert_eq!(finding.confidence, Confidence::Likely);
    assert!(issues(&finding).contains(&"exchange-role-too-young"));
}

#[test]
fn any_form_of_one_error_is_the_same_finding() {
    let escaped = r#"{\"error\":{\"code\":\"Authorization_RequestDenied\",\"message\":\"Insufficient privileges to complete the operation.\"}}"#;
    for text in [
        format!("2026-05-04 ERROR call failed: {escaped}"),
        escaped.replace('\\', ""),
        format!("\"{escaped}\""),
        format!("HTTP/1.1 403 Forbidden\r\nrequest-id: 1\r\n\r\n{}", escaped.replace('\\', "")),
        "Microsoft.Graph.ServiceException: Code: Authorization_RequestDenied\nMessage: Insufficient privileges to complete the operation.".to_owned(),
        "{'error': {'code': 'Authorization_RequestDenied', 'message': 'Insufficient privileges to complete the operation.'}}".to_owned(),
        "[Authorization_RequestDenied] : Insufficient privileges to complete the operation.".to_owned(),
    ] {
        let finding = diagnose(&text);
        assert_eq!((finding.kind, finding.issue), (ErrorKind::PermissionDenied, Some("missing-graph-scopes")), "{text}");
    }
}

#[test]
fn ids_and_times_are_found_by_their_labels() {
    let finding = diagnose(
        "AADSTS700016: Application with identifier '11111111-1111-4111-8111-111111111111' was not found in the directory \
         '22222222-2222-4222-8222-222222222222'. Trace ID: 33333333-3333-4333-8333-333333333333 Correlation ID: \
         44444444-4444-4444-8444-444444444444 Timestamp: 2026-05-04 09:12:33Z someone@contoso.example",
    );
    let ids = &finding.identifiers;
    assert_eq!(ids.applications, ["11111111-1111-4111-8111-111111111111"]);
    assert_eq!(ids.tenants, ["22222222-2222-4222-8222-222222222222"]);
    assert_eq!(ids.trace_ids, ["33333333-3333-4333-8333-333333333333"]);
    assert_eq!(ids.correlation_ids, ["44444444-4444-4444-8444-444444444444"]);
    assert_eq!(ids.timestamps, ["2026-05-04 09:12:33Z"]);
    assert!(!serde_json::to_string(&finding).unwrap().contains("contoso"));
}

#[test]
fn pasted_secrets_are_named_and_not_shown() {
    let token = "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJjYW5hcnkifQ.Y2FuYXJ5LWNhbmFyeS1jYW5hcnk";
    for (text, named) in [
        (format!("Authorization: Bearer {token}\nHTTP/1.1 401 Unauthorized"), "access token"),
        (format!("{{\"code\":\"{token}\",\"message\":\"x\"}}"), "access token"),
        (
            "refresh_token=1.AXkA8pQ-Y2FuYXJ5_Y2FuYXJ5_Y2FuYXJ5_Y2FuYXJ5_Y2FuYXJ5AgABAwEAAADW".to_owned(),
            "refresh token",
        ),
        ("the secret abc8Q~Y2FuYXJ5.Y2FuYXJ5_Y2FuYXJ5-c~Y2FuYXJ5 AADSTS7000215".to_owned(), "client secret"),
        ("client_secret=c2f00000-Y2FuYXJ5".to_owned(), "secret"),
        ("https://a.blob.core.windows.net/c?sv=1&sig=Y2FuYXJ5Y2FuYXJ5".to_owned(), "secret"),
    ] {
        let finding = diagnose(&text);
        let shown = format!("{finding:?} {}", serde_json::to_string(&finding).unwrap());
        assert!(!shown.contains("Y2FuYXJ5"), "{shown}");
        assert!(finding.identifiers.secrets.iter().any(|secret| secret.contains(named)), "{text}: {shown}");
    }
}

#[test]
fn waits_come_from_header_or_text() {
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", "17".parse().unwrap());
    let finding = diagnose_answer(Some(Service::Graph), Some(429), &headers, b"{}");
    assert_eq!((finding.retry, finding.wait), (RetryAdvice::AfterDelay, Some(Duration::from_secs(17))));
    let finding = diagnose("429 Too Many Requests: Rate limit is exceeded. Try again in 57 seconds.");
    assert_eq!((finding.kind, finding.wait), (ErrorKind::Throttled, Some(Duration::from_secs(57))));
}

#[test]
fn sentences_without_a_code_are_likely_at_most() {
    for (text, kind) in [
        ("This feature needs a Premium license.", ErrorKind::LicenseMissing),
        ("Property 'colour' does not exist on type 'Event'.", ErrorKind::InvalidRequest),
        ("The If-Match header must be specified.", ErrorKind::InvalidRequest),
        ("The If-Match header did not match.", ErrorKind::PreconditionFailed),
        ("SyntaxError: Unexpected token u in JSON at position 4", ErrorKind::Decode),
        ("System.Text.Json.JsonReaderException: the input ended", ErrorKind::Decode),
        ("Your role does not have the rights for this operation.", ErrorKind::PermissionDenied),
        ("SMTP AUTH is disabled for the mailbox.", ErrorKind::PermissionDenied),
        ("The store is down for maintenance.", ErrorKind::Unavailable),
        ("The client cannot connect to the endpoint.", ErrorKind::Connection),
        ("401 - who are you?", ErrorKind::ReauthenticationRequired),
        ("No managed identity is turned on here.", ErrorKind::Config),
        ("https://app.example/?error=access_denied&error_subcode=cancel", ErrorKind::ReauthenticationRequired),
        ("Application is over its IncomingBytes limit.", ErrorKind::Throttled),
        ("'message': '/me request is only valid with delegated authentication flow.'", ErrorKind::InvalidRequest),
        ("authority_not_in_valid_list: 'authority' is not in the list of valid addresses", ErrorKind::Config),
        ("AADSTS50034: The user account x does not exist in the y directory.", ErrorKind::RelationshipInactive),
        (
            "AADSTS650052: The app is trying to access a service that your organization lacks.",
            ErrorKind::LicenseMissing,
        ),
        ("A1 NO AUTHENTICATE failed.", ErrorKind::ReauthenticationRequired),
        ("A2 BAD User is authenticated but not connected.", ErrorKind::PermissionDenied),
        ("This task does not support recipients of this type.", ErrorKind::InvalidRequest),
        ("subscription ID could not be determined and was not specified", ErrorKind::Config),
        ("The passed in delegatedAdminRelationshipId is invalid.", ErrorKind::RelationshipInactive),
        ("Client address is not authorized and caller is not a trusted service.", ErrorKind::PermissionDenied),
        ("It was not unexpected.", ErrorKind::Other),
    ] {
        let finding = diagnose(text);
        assert_eq!(finding.kind, kind, "{text}");
        assert_ne!(finding.confidence, Confidence::Certain, "{text}");
    }
}

#[test]
fn text_says_more_than_the_code_beside_it() {
    for (text, kind) in [
        ("RESPONSE 503\nERROR CODE: ServerBusy\nEgress is over the account limit.", ErrorKind::Throttled),
        ("Organization is already enabled for customization. [Enable-OrganizationCustomization]", ErrorKind::Conflict),
        (r#"{"odata.error":{"code":"PropertiesNeedValue","message":{"value":"Not all."}}}"#, ErrorKind::InvalidRequest),
    ] {
        assert_eq!(diagnose(text).kind, kind, "{text}");
    }
}

#[test]
fn garbage_is_unknown() {
    let deep = "[".repeat(1_000_000);
    let braces = "{\"a\":".repeat(1_000_000);
    for text in ["", "\0\0", "{", "hello", "\u{feff}", "é{é", "<", "<a", "code", "code:", "error=", &deep, &braces] {
        let finding = diagnose(text);
        assert_eq!((finding.confidence, finding.issue), (Confidence::Unknown, None), "{}", &text[..text.len().min(20)]);
    }
    let _ = diagnose_answer(None, None, &HeaderMap::new(), b"\xff\xfe\xfd{\"error\":\xff");
}

#[test]
fn json_has_the_members_of_the_contract() {
    let value = serde_json::to_value(diagnose("AADSTS50076: x")).unwrap();
    let names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["candidates", "cause", "confidence", "identifiers", "issue", "kind", "remedy", "retry", "whoActs"];
    assert_eq!(std::collections::BTreeSet::from_iter(names), std::collections::BTreeSet::from(expected));
    assert!(value["retry"].get("waitSeconds").is_some());
}

/// `cargo test --release -p bundle-core --lib -- --ignored --nocapture microseconds`.
#[test]
#[ignore = "a measurement, of a release build"]
fn a_typical_body_takes_at_most_20_microseconds() {
    use std::hint::black_box;
    use std::time::Instant;

    use crate::error::{ServiceAnswer, classify};

    const ROUNDS: u32 = 20_000;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/errors");
    let headers = HeaderMap::new();
    let mut slowest = Duration::ZERO;
    for (service, name) in [
        (Service::Login, "login/mfa_required_50076"),
        (Service::Graph, "graph/odata_error"),
        (Service::PartnerCenter, "partner_center/gateway_throttled"),
        (Service::Exchange, "exchange/not_found_as_500"),
        (Service::KeyVault, "key_vault/token_missing"),
        (Service::Blob, "blob/container_exists"),
    ] {
        let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
        let fixture: Value = serde_json::from_str(&text).unwrap();
        let status = fixture["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap();
        let body = match &fixture["body"] {
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        let time = |call: &dyn Fn()| {
            let start = Instant::now();
            (0..ROUNDS).for_each(|_| call());
            start.elapsed() / ROUNDS
        };
        let live = time(&|| {
            let answer = ServiceAnswer { service, status, headers: &headers, body: body.as_bytes() };
            drop(black_box(classify(black_box(&answer))));
        });
        let pasted = time(&|| drop(black_box(diagnose(black_box(&body)))));
        println!("{name}: live {live:?}, pasted {pasted:?}, {} bytes", body.len());
        slowest = slowest.max(live).max(pasted);
    }
    assert!(slowest <= Duration::from_micros(20), "{slowest:?}");
}
