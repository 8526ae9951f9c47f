use std::path::Path;
use std::time::{Duration, SystemTime};

use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, ids::RelationshipId};
use http::{HeaderMap, HeaderValue};
use partner_center_client::webhooks::{
    NewRegistration, SignedEvent, SigningAlgorithm, TestEventId, WebhookEvent, WebhookEventName, Webhooks,
};
use serde_json::json;
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockBuilder};

use crate::support::{PARTNER_CENTER_SCOPE, RELATIONSHIP, answer, client, fixture, partner, received, throttled};

const ADDRESS: &str = "https://hooks.contoso.com/partner-center";
const TEST_EVENT: &str = "04af2aea-d413-42db-824e-f328001484d1";

fn webhooks(server: &TestServer) -> Webhooks {
    client(server).webhooks()
}

fn registration(verb: &str, rest: &str) -> MockBuilder {
    let token = bundle_core::testing::FixedCredential::header(
        &partner(),
        bundle_core::auth::Principal::Account,
        PARTNER_CENTER_SCOPE,
    );
    Mock::given(method(verb))
        .and(path(format!("/partner-center/webhooks/v1/registration{rest}")))
        .and(header("authorization", token))
}

fn new() -> NewRegistration {
    let events = [WebhookEventName::GranularAdminRelationshipApproved, WebhookEventName::TestCreated];
    NewRegistration::new(ADDRESS, events)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/webhooks").join(name)).unwrap()
}

fn event(audit_uri: &str) -> WebhookEvent {
    let mut event = fixture("webhooks/event_relationship_approved.json");
    event["AuditUri"] = audit_uri.into();
    WebhookEvent::parse(event.to_string().as_bytes()).unwrap()
}

#[tokio::test]
async fn events_keep_names_nobody_knows_yet() {
    let server = TestServer::start().await;
    throttled(&server, registration("GET", "/events")).await;
    registration("GET", "/events")
        .respond_with(answer(200, "webhooks/events.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let events = webhooks(&server).events().await.unwrap();
    assert_eq!(events[0], WebhookEventName::SubscriptionUpdated);
    assert_eq!(events[2], WebhookEventName::Unknown("mauve-created".to_owned()));
}

#[tokio::test]
async fn ensure_creates_replaces_or_leaves_the_registration() {
    let other = NewRegistration::new("https://hooks.contoso.com/other", [WebhookEventName::TestCreated]);
    for (found, wanted, verb) in [
        ((404, "webhooks/error_404_absent.json"), new(), Some("POST")),
        ((200, "webhooks/registration.json"), new(), None),
        ((200, "webhooks/registration.json"), other, Some("PUT")),
    ] {
        let server = TestServer::start().await;
        registration("GET", "").respond_with(answer(found.0, found.1, &server)).expect(1).mount(server.mock()).await;
        if let Some(verb) = verb {
            registration(verb, "")
                .and(body_json(json!({"WebhookUrl": wanted.url, "WebhookEvents": wanted.events})))
                .respond_with(answer(200, "webhooks/registration.json", &server))
                .expect(1)
                .mount(server.mock())
                .await;
        }
        let registration = webhooks(&server).ensure(&wanted).await.unwrap();
        assert_eq!(registration.webhook_url, ADDRESS);
        assert_eq!(received(&server).await, 1 + usize::from(verb.is_some()));
    }
}

#[tokio::test]
async fn create_beside_another_registration_is_a_conflict_and_without_rights_denied() {
    for (status, fixture, kind) in [
        (409, "webhooks/error_409_already_there.json", ErrorKind::Conflict),
        (403, "customers/error_403_denied.json", ErrorKind::PermissionDenied),
    ] {
        let server = TestServer::start().await;
        registration("POST", "")
            .and(body_json(json!({
                "WebhookUrl": ADDRESS,
                "WebhookEvents": ["granular-admin-relationship-approved", "test-created"],
                "SignatureTokenToMsSignatureHeader": true,
            })))
            .respond_with(answer(status, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let error = webhooks(&server).create(&new().signature_in_own_header(true)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn address_nobody_can_reach_is_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    let webhooks = webhooks(&server);
    for url in ["http://hooks.contoso.com/x", "hooks.contoso.com", "https://user:canary@hooks.contoso.com/x"] {
        let wrong = NewRegistration::new(url, [WebhookEventName::TestCreated]);
        for error in [webhooks.ensure(&wrong).await.unwrap_err(), webhooks.update(&wrong).await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        }
    }
    let error = webhooks.create(&NewRegistration::new(ADDRESS, [])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert_eq!(received(&server).await, 0);
}

#[tokio::test]
async fn test_event_is_sent_and_its_delivery_read() {
    let server = TestServer::start().await;
    registration("POST", "/validationEvents")
        .respond_with(answer(200, "webhooks/test_event_sent.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    registration("GET", &format!("/validationEvents/{TEST_EVENT}"))
        .respond_with(answer(200, "webhooks/test_event.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let webhooks = webhooks(&server);
    let id = webhooks.send_test_event().await.unwrap();
    assert_eq!(id, TestEventId::new(TEST_EVENT));
    let event = webhooks.test_event(&id).await.unwrap();
    assert!(event.has_arrived());
    assert_eq!(event.results[0].response_code.as_deref(), Some("InternalServerError"));
    assert_eq!(event.results[1].date_time_utc, Some("2026-12-08T21:39:48.2386997Z".parse().unwrap()));
}

#[tokio::test]
async fn audit_record_is_read_from_the_service_itself() {
    for fixture in ["audit_records/get.json", "audit_records/list_page_1.json"] {
        let server = TestServer::start().await;
        Mock::given(method("GET"))
            .and(path("/partner-center/auditactivity/v1/auditrecords/7"))
            .respond_with(answer(200, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let event = event(&format!("{}/partner-center/auditactivity/v1/auditrecords/7", server.uri()));
        let record = webhooks(&server).audit_record(&event).await.unwrap().unwrap();
        assert_eq!(record.new_value().unwrap()["Id"], RELATIONSHIP);
        assert_eq!(event.relationship(), Some(RelationshipId::new(RELATIONSHIP)));
    }
}

#[tokio::test]
async fn audit_link_to_another_host_is_never_followed() {
    let foreign = TestServer::start().await;
    let server = TestServer::start().await;
    let port = server.uri().rsplit(':').next().unwrap().to_owned();
    for link in [
        format!("{}/partner-center/v1/auditrecords/7", foreign.uri()),
        format!("http://user@127.0.0.1:{port}/partner-center/v1/auditrecords/7"),
        "https://api.partnercenter.microsoft.com.evil.example/v1/auditrecords/7".to_owned(),
        "/v1/auditrecords/7".to_owned(),
        "javascript:7".to_owned(),
        String::new(),
    ] {
        let error = webhooks(&server).audit_record(&event(&link)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    assert_eq!((received(&foreign).await, received(&server).await), (0, 0));
    let mut none = fixture("webhooks/event_relationship_approved.json");
    none["AuditUri"] = serde_json::Value::Null;
    let none = WebhookEvent::parse(none.to_string().as_bytes()).unwrap();
    assert_eq!(webhooks(&server).audit_record(&none).await.unwrap(), None);
}

fn headers(signature: &str, algorithm: &str, certificate: &str) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_str(text).unwrap();
    HeaderMap::from_iter([
        (http::header::AUTHORIZATION, value(signature)),
        (http::HeaderName::from_static("x-ms-signature-algorithm"), value(algorithm)),
        (http::HeaderName::from_static("x-ms-certificate-url"), value(certificate)),
    ])
}

const CERTIFICATE: &str =
    "https://3psostorageacct.blob.core.windows.net/cert/pcnotifications-dispatch.microsoft.com.cer";

fn signature(name: &str) -> String {
    format!("Signature {}", String::from_utf8(bytes(name)).unwrap())
}

#[test]
fn signed_event_is_verified_up_to_a_root() {
    let body = bytes("event_relationship_approved.json");
    for (name, algorithm, read) in [
        ("signature_leaf.txt", "rsa-sha256", SigningAlgorithm::RsaSha256),
        ("signature_leaf_sha384.txt", "RSA-SHA384", SigningAlgorithm::RsaSha384),
    ] {
        let event = SignedEvent::read(&headers(&signature(name), algorithm, CERTIFICATE), &body).unwrap();
        assert_eq!((event.algorithm(), event.certificate_url().as_str()), (read, CERTIFICATE));
        let verified = event.verify(&[bytes("leaf.der")], &[bytes("root.der")], soon()).unwrap();
        assert_eq!(verified.event_name, WebhookEventName::GranularAdminRelationshipApproved);
    }
    let mut own = headers("Bearer x", "rsa-sha256", CERTIFICATE);
    own.insert("x-ms-signature", HeaderValue::from_str(&signature("signature_leaf.txt")).unwrap());
    let event = SignedEvent::read(&own, &body).unwrap();
    event.verify(&[bytes("leaf.der")], &[bytes("root.der")], soon()).unwrap();
}

#[test]
fn signature_that_is_not_microsofts_is_refused() {
    let body = bytes("event_relationship_approved.json");
    let read = |name: &str, body: &[u8]| {
        SignedEvent::read(&headers(&signature(name), "rsa-sha256", CERTIFICATE), body).unwrap()
    };
    let (leaf, other, root) = (bytes("leaf.der"), bytes("other.der"), bytes("root.der"));
    let late = SystemTime::now() + Duration::from_secs(200 * 365 * 86_400);
    let mut changed = body.clone();
    changed.push(b' ');
    for (event, chain, roots, now, said) in [
        (read("signature_leaf.txt", &changed), vec![leaf.clone()], vec![root.clone()], soon(), "not that of"),
        (read("signature_other.txt", &body), vec![leaf.clone()], vec![root.clone()], soon(), "not that of"),
        (read("signature_other.txt", &body), vec![other], vec![root.clone()], soon(), "not Microsoft's"),
        (read("signature_leaf.txt", &body), vec![leaf.clone()], vec![leaf.clone()], soon(), "root"),
        (read("signature_leaf.txt", &body), vec![leaf.clone()], vec![], soon(), "root"),
        (read("signature_leaf.txt", &body), vec![leaf], vec![root.clone()], late, "time is over"),
        (read("signature_leaf.txt", &body), vec![], vec![root.clone()], soon(), "no certificate"),
        (read("signature_leaf.txt", &body), vec![vec![1, 2, 3]], vec![root], soon(), "no certificate"),
    ] {
        let error = event.verify(&chain, &roots, now).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().contains(said), "{said}: {error}");
    }
}

#[test]
fn request_without_what_signs_it_is_no_signed_event() {
    let good = signature("signature_leaf.txt");
    for wrong in [
        headers("Bearer abc", "rsa-sha256", CERTIFICATE),
        headers("Signature", "rsa-sha256", CERTIFICATE),
        headers("Signature !", "rsa-sha256", CERTIFICATE),
        headers(&good, "rsa-sha1", CERTIFICATE),
        headers(&good, "rsa-sha256", "http://3psostorageacct.blob.core.windows.net/cert/x.cer"),
        headers(&good, "rsa-sha256", "https://evil.example/x.cer"),
        headers(&good, "rsa-sha256", "https://evilmicrosoft.com/x.cer"),
        headers(&good, "rsa-sha256", "https://a@www.microsoft.com/x.cer"),
        headers(&good, "rsa-sha256", "https://www.microsoft.com:8443/x.cer"),
        HeaderMap::new(),
    ] {
        let error = SignedEvent::read(&wrong, b"{}").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
}

fn soon() -> SystemTime {
    SystemTime::now() + Duration::from_secs(86_400)
}
