//! Assertions in place of a secret: in every grant, read anew each time, made again once when refused.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use serde_json::json;
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, ResponseTemplate};

use bundle_core::auth::{
    AssertionCallback, AssertionFile, AssertionRequest, ClientAssertion, Credential, PartnerCredential, Principal,
    TokenRequest, sign_in_with_device_code,
};
use bundle_core::testing::TestServer;
use bundle_core::{Error, ErrorKind, TenantId};

use crate::support::{
    APP, CUSTOMER, PARTNER, SCOPE, access_token, account, form, login_fixture, received, shown, sign_in_options,
    token_answer, token_mock, token_path, while_time_passes,
};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn app_only(tenant: TenantId) -> TokenRequest {
    TokenRequest::new(tenant, Principal::Application, SCOPE)
}

fn refusal(number: u32) -> ResponseTemplate {
    ResponseTemplate::new(401).set_body_json(json!({
        "error": "invalid_client", "error_description": format!("AADSTS{number}: canary-free text."),
        "error_codes": [number], "trace_id": format!("trace-{number}-0001"),
    }))
}

/// A credential whose assertions are numbered, with what they were asked for.
fn numbered(server: &TestServer) -> (PartnerCredential, Arc<std::sync::Mutex<Vec<AssertionRequest>>>) {
    let asked = Arc::<std::sync::Mutex<Vec<AssertionRequest>>>::default();
    let log = Arc::clone(&asked);
    let source = AssertionCallback::new(move |request| {
        let mut log = log.lock().unwrap();
        log.push(request);
        let assertion: SecretString = format!("canary-{}", log.len()).into();
        async move { Ok(assertion) }
    });
    (with_source(server, source), asked)
}

fn with_source(server: &TestServer, source: impl ClientAssertion + 'static) -> PartnerCredential {
    PartnerCredential::builder(PARTNER, APP).client_assertion(Arc::new(source)).build(&server.options()).unwrap()
}

/// A file of this test's own; removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("bundle-core-federated-{}-{name}", std::process::id())))
    }

    fn write(&self, content: impl AsRef<[u8]>) {
        std::fs::write(&self.0, content).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn assertion_stands_in_place_of_the_secret_in_each_grant() {
    let server = TestServer::start().await;
    for tenant in [PARTNER, CUSTOMER] {
        token_mock(&tenant).respond_with(token_answer("access", None)).mount(server.mock()).await;
    }
    let (credential, asked) = numbered(&server);
    credential.keep_refresh_token(&"refresh".into()).await.unwrap();
    credential.token(&app_only(PARTNER)).await.unwrap();
    credential.token(&account(CUSTOMER)).await.unwrap();

    let forms: Vec<_> = received(&server).await.iter().map(form).collect();
    assert_eq!(forms[0]["grant_type"], "client_credentials");
    assert_eq!(forms[1]["grant_type"], "refresh_token");
    for (at, form) in forms.iter().enumerate() {
        assert_eq!(form["client_assertion_type"], JWT_BEARER);
        assert_eq!(form["client_assertion"], format!("canary-{}", at + 1));
        assert_eq!(form["client_id"], APP.to_string());
        assert!(!form.contains_key("client_secret"));
    }
    let asked = asked.lock().unwrap();
    for (request, tenant) in asked.iter().zip([PARTNER, CUSTOMER]) {
        assert_eq!(request.audience.as_str(), format!("{}{}", server.uri(), token_path(&tenant)));
        assert_eq!((request.application, request.refused), (APP, false));
    }
}

#[tokio::test(start_paused = true)]
async fn device_code_poll_proves_the_application_and_makes_a_refused_assertion_again() {
    let server = TestServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/login/{PARTNER}/oauth2/v2.0/devicecode")))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "device_code": "d", "user_code": "u", "verification_uri": "https://microsoft.com/devicelogin",
            "expires_in": 36_000, "interval": 5,
        })))
        .mount(server.mock())
        .await;
    // The endpoint may refuse the assertion with the status that also means "not yet".
    let expired = ResponseTemplate::new(400).set_body_json(json!({
        "error": "invalid_client", "error_description": "AADSTS700024: expired.", "error_codes": [700_024],
    }));
    token_mock(&PARTNER).respond_with(expired).up_to_n_times(1).expect(1).mount(server.mock()).await;
    let done = token_answer(&access_token(), Some("refresh"));
    token_mock(&PARTNER).respond_with(done).expect(1).mount(server.mock()).await;

    let count = AtomicUsize::new(0);
    let source = AssertionCallback::new(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        async move { Ok(format!("assertion-{number}").into()) }
    });
    let options = sign_in_options(&server).client_assertion(Arc::new(source));
    while_time_passes(sign_in_with_device_code(&options, |_| {})).await.unwrap();
    let forms: Vec<_> = received(&server).await.iter().map(form).collect();
    assert!(!forms[0].contains_key("client_assertion"), "starting needs no proof");
    assert_eq!(forms[1]["client_assertion"], "assertion-0");
    assert_eq!(forms[2]["client_assertion"], "assertion-1");
}

#[tokio::test]
async fn assertion_refused_for_its_key_is_made_again_once() {
    let server = TestServer::start().await;
    let unknown = login_fixture("certificate_unknown_700027");
    token_mock(&PARTNER).respond_with(unknown).up_to_n_times(1).expect(1).mount(server.mock()).await;
    token_mock(&PARTNER)
        .and(body_string_contains("client_assertion=canary-2"))
        .respond_with(token_answer("access", None))
        .expect(1)
        .mount(server.mock())
        .await;
    let (credential, asked) = numbered(&server);
    credential.token(&app_only(PARTNER)).await.unwrap();
    let refused: Vec<bool> = asked.lock().unwrap().iter().map(|request| request.refused).collect();
    assert_eq!(refused, [false, true]);
}

#[tokio::test]
async fn assertion_refused_twice_is_an_error_with_both_request_ids() {
    let server = TestServer::start().await;
    token_mock(&PARTNER).respond_with(refusal(700_024)).up_to_n_times(1).expect(1).mount(server.mock()).await;
    token_mock(&PARTNER).respond_with(refusal(700_027)).expect(1).mount(server.mock()).await;
    let (credential, asked) = numbered(&server);
    let error = credential.token(&app_only(PARTNER)).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidClient, Some("AADSTS700027")));
    assert_eq!((error.attempts(), error.tenant()), (2, Some(&PARTNER)));
    let position = |id: &str| error.request_ids().iter().position(|known| known == id).unwrap();
    assert!(position("trace-700024-0001") < position("trace-700027-0001"));
    assert_eq!(asked.lock().unwrap().len(), 2);
    assert!(!shown(&error).contains("canary-1") && !shown(&error).contains("canary-2"), "{}", shown(&error));
}

#[tokio::test]
async fn other_refusals_are_not_repeated() {
    // A wrong secret and a federated credential that does not fit do not change by asking again, not even where the
    // text says that the secret may not be known everywhere yet.
    for number in [7_000_215, 700_213, 70_021] {
        let server = TestServer::start().await;
        token_mock(&PARTNER).respond_with(refusal(number)).expect(1).mount(server.mock()).await;
        let (credential, _) = numbered(&server);
        let error = credential.token(&app_only(PARTNER)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidClient, "{number}");
    }
    for number in [7_000_215, 700_024, 700_027] {
        let server = TestServer::start().await;
        token_mock(&PARTNER).respond_with(refusal(number)).expect(1).mount(server.mock()).await;
        let builder = PartnerCredential::builder(PARTNER, APP).client_secret("canary".into());
        let credential = builder.build(&server.options()).unwrap();
        assert_eq!(credential.token(&app_only(PARTNER)).await.unwrap_err().attempts(), 1, "{number}");
    }
}

#[tokio::test]
async fn clock_of_the_endpoint_is_used_when_ours_is_wrong() {
    let server = TestServer::start().await;
    let theirs = SystemTime::now() + Duration::from_secs(86_400);
    let refused = refusal(700_024).insert_header("date", httpdate_text(theirs).as_str());
    token_mock(&PARTNER).respond_with(refused).up_to_n_times(1).expect(1).mount(server.mock()).await;
    for tenant in [PARTNER, CUSTOMER] {
        token_mock(&tenant).respond_with(token_answer("access", None)).expect(1).mount(server.mock()).await;
    }
    let (credential, asked) = numbered(&server);
    credential.token(&app_only(PARTNER)).await.unwrap();
    credential.token(&app_only(CUSTOMER)).await.unwrap();
    let asked = asked.lock().unwrap();
    let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let apart: Vec<u64> = asked.iter().map(|asked| seconds(asked.now).abs_diff(seconds(theirs))).collect();
    assert!(apart[0] > 86_000, "{apart:?}");
    assert!(apart[1] < 60 && apart[2] < 60, "the next exchange starts with the right time: {apart:?}");
}

fn httpdate_text(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).unwrap().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[tokio::test]
async fn error_of_the_source_is_returned_and_nothing_is_sent() {
    let server = TestServer::start().await;
    let source = AssertionCallback::new(|_| async { Err(Error::config("pipeline identity: not available")) });
    let error = with_source(&server, source).token(&app_only(PARTNER)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some("login.client_credentials")));
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn file_is_read_at_each_exchange_and_again_when_its_token_was_refused() {
    let server = TestServer::start().await;
    let file = Scratch::new("rotated");
    file.write("e30.first.c2ln\n");
    for tenant in [PARTNER, CUSTOMER] {
        let second = token_mock(&tenant).and(body_string_contains("client_assertion=e30.second.c2ln"));
        second.respond_with(token_answer("access", None)).expect(1).mount(server.mock()).await;
    }
    // The file is rotated while the first token is on its way.
    let path = file.0.clone();
    token_mock(&PARTNER)
        .and(body_string_contains("client_assertion=e30.first.c2ln"))
        .respond_with(move |_: &wiremock::Request| {
            std::fs::write(&path, "e30.second.c2ln").unwrap();
            refusal(700_024)
        })
        .expect(1)
        .mount(server.mock())
        .await;
    let credential = with_source(&server, AssertionFile::new(&file.0));
    credential.token(&app_only(PARTNER)).await.unwrap();
    credential.token(&app_only(CUSTOMER)).await.unwrap();
}

#[tokio::test]
async fn unusable_file_is_named_and_nothing_is_sent() {
    let server = TestServer::start().await;
    let file = Scratch::new("unusable");
    let credential = with_source(&server, AssertionFile::new(&file.0));
    let ask = || async { credential.token(&app_only(PARTNER)).await.unwrap_err() };
    let mut said = vec![(ask().await, "cannot be read")];
    for (content, what) in [
        (b" \n".to_vec(), "is empty"),
        (b"canary".to_vec(), "holds no JSON web token"),
        (b"canary.canary canary.canary".to_vec(), "holds no JSON web token"),
        (vec![b'a'; 65_537], "is larger than any token"),
        (vec![0xff; 20], "is no text"),
    ] {
        file.write(content);
        said.push((ask().await, what));
    }
    for (error, what) in said {
        let text = shown(&error);
        assert_eq!(error.kind(), ErrorKind::Config, "{text}");
        assert!(text.contains(what) && text.contains("bundle-core-federated"), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }
    assert!(received(&server).await.is_empty());
}
