//! Signing the service account in: by device code with a clock of the test's own, and in a browser played by it.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use url::Url;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use bundle_core::auth::{
    DeviceCodePrompt, PartnerCredential, SignIn, SignInOptions, sign_in_with_browser, sign_in_with_device_code,
};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, Result, TenantId};

use crate::support::{
    APP, PARTNER, form, login_fixture, received, shown, token_answer, token_mock, token_path, while_time_passes,
};

const CODE: &str = "0.canary-authorization-code";
const DEVICE_CODE: &str = "canary-device-code";

/// An access token whose claims say who signed in, and how.
fn access_token() -> String {
    let claims = json!({"tid": PARTNER, "upn": "service@contoso.com", "amr": ["pwd", "mfa"]});
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn options(server: &TestServer) -> SignInOptions {
    let mut client = server.options();
    // Hours of the test's clock pass while a real answer is on its way.
    client.attempt_timeout = Duration::from_secs(360_000);
    client.connect_timeout = Duration::from_secs(360_000);
    client.retry = client.retry.deadline(Duration::from_secs(360_000));
    SignInOptions::new(client, PARTNER, APP)
}

async fn device_code_answer(server: &TestServer, edit: Value) {
    let mut body = json!({
        "device_code": DEVICE_CODE, "user_code": "ABCD1234", "interval": 5, "expires_in": 36_000,
        "verification_uri": "https://microsoft.com/devicelogin", "message": "Open the page and type the code.",
    });
    for (name, value) in edit.as_object().unwrap() {
        body[name] = value.clone();
    }
    Mock::given(method("POST"))
        .and(path(format!("/login/{PARTNER}/oauth2/v2.0/devicecode")))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .expect(1)
        .mount(server.mock())
        .await;
}

fn refusal(error: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({"error": error, "error_description": "AADSTS70016: not yet"}))
}

/// Signs in by device code and says how long it took by the test's clock.
async fn by_device_code(options: &SignInOptions) -> (Result<SignIn>, Option<DeviceCodePrompt>, Duration) {
    let (mut prompt, start) = (None, Instant::now());
    let outcome = while_time_passes(sign_in_with_device_code(options, |shown| prompt = Some(shown.clone()))).await;
    (outcome, prompt, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn device_code_is_polled_in_the_interval_until_the_person_is_done() {
    let server = TestServer::start().await;
    device_code_answer(&server, json!({})).await;
    for answer in
        [refusal("authorization_pending"), refusal("slow_down"), token_answer(&access_token(), Some("refresh"))]
    {
        token_mock(&PARTNER).respond_with(answer).up_to_n_times(1).expect(1).mount(server.mock()).await;
    }
    let (sign_in, prompt, took) = by_device_code(&options(&server).client_secret("secret".into())).await;
    let sign_in = sign_in.unwrap();
    assert_eq!(sign_in.refresh_token().expose_secret(), "refresh");
    assert!(sign_in.claims().has_mfa());
    assert_eq!(sign_in.claims().tenant, Some(PARTNER));
    assert!(took >= Duration::from_secs(5 + 5 + 10), "{took:?}");
    let prompt = prompt.unwrap();
    assert_eq!((prompt.user_code.as_str(), prompt.expires_in), ("ABCD1234", Duration::from_secs(36_000)));

    let arrived = received(&server).await;
    let started = form(&arrived[0]);
    assert_eq!(started["client_id"], APP.to_string());
    assert_eq!(started["scope"], "https://graph.microsoft.com/.default openid profile offline_access");
    let polled = form(&arrived[1]);
    assert_eq!(polled["grant_type"], "urn:ietf:params:oauth:grant-type:device_code");
    assert_eq!((polled["device_code"].as_str(), polled["client_secret"].as_str()), (DEVICE_CODE, "secret"));

    // What the sign-in brought is what the credential redeems.
    let credential = PartnerCredential::builder(PARTNER, APP).build(&server.options()).unwrap();
    credential.keep(&sign_in).await.unwrap();
    assert!(credential.has_refresh_token().await.unwrap());
    assert!(!format!("{sign_in:?}").contains("refresh\""));
}

#[tokio::test(start_paused = true)]
async fn device_code_interval_is_never_zero_and_five_seconds_when_absent() {
    for (interval, least) in [(json!(0), 1), (Value::Null, 5)] {
        let server = TestServer::start().await;
        let mut body =
            json!({"device_code": DEVICE_CODE, "user_code": "A", "verification_url": "x", "expires_in": 36_000});
        if !interval.is_null() {
            body["interval"] = interval;
        }
        Mock::given(path(format!("/login/{PARTNER}/oauth2/v2.0/devicecode")))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(server.mock())
            .await;
        token_mock(&PARTNER).respond_with(token_answer("a", Some("r"))).expect(1).mount(server.mock()).await;
        let (sign_in, _, took) = by_device_code(&options(&server)).await;
        sign_in.unwrap();
        assert!(took >= Duration::from_secs(least), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn device_code_ends_when_the_person_or_a_policy_says_no() {
    for (answer, kind, word) in [
        (refusal("authorization_declined"), ErrorKind::ReauthenticationRequired, "declined"),
        (refusal("access_denied"), ErrorKind::ReauthenticationRequired, "declined"),
        (refusal("expired_token"), ErrorKind::ReauthenticationRequired, "expired"),
        (login_fixture("device_code_expired"), ErrorKind::ReauthenticationRequired, "expired"),
        (login_fixture("conditional_access_53003"), ErrorKind::ConditionalAccess, "Conditional Access"),
        (login_fixture("secret_missing_7000218"), ErrorKind::InvalidClient, "client_secret"),
    ] {
        let server = TestServer::start().await;
        device_code_answer(&server, json!({})).await;
        token_mock(&PARTNER).respond_with(answer).expect(1).mount(server.mock()).await;
        let error = by_device_code(&options(&server)).await.0.unwrap_err();
        assert_eq!((error.kind(), error.tenant()), (kind, Some(&PARTNER)), "{error}");
        assert_eq!(error.operation(), Some("login.device_code.poll"));
        assert!(error.to_string().contains(word), "{error}");
        assert!(!shown(&error).contains(DEVICE_CODE));
    }
}

#[tokio::test(start_paused = true)]
async fn device_code_is_not_polled_after_its_end() {
    for (edit, polls) in [(json!({"expires_in": 0}), 0), (json!({"expires_in": 4}), 0), (json!({"expires_in": 14}), 2)]
    {
        let server = TestServer::start().await;
        device_code_answer(&server, edit).await;
        let pending = token_mock(&PARTNER).respond_with(refusal("authorization_pending"));
        pending.expect(0..=polls).mount(server.mock()).await;
        let error = by_device_code(&options(&server)).await.0.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReauthenticationRequired);
        assert!(error.to_string().contains("expired"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn device_code_that_cannot_be_started_shows_nothing() {
    let server = TestServer::start().await;
    Mock::given(path(format!("/login/{PARTNER}/oauth2/v2.0/devicecode")))
        .respond_with(login_fixture("application_unknown_700016"))
        .expect(1)
        .mount(server.mock())
        .await;
    let (outcome, prompt, _) = by_device_code(&options(&server)).await;
    assert_eq!(outcome.unwrap_err().code(), Some("AADSTS700016"));
    assert!(prompt.is_none());
}

/// What the page of the authority would send the browser back with.
struct Browser {
    redirect: Url,
    query: HashMap<String, String>,
}

impl Browser {
    fn opened(url: &Url) -> Self {
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        Self { redirect: query["redirect_uri"].parse().unwrap(), query }
    }

    /// Comes back with these fields, and with the state unless another one is among them.
    async fn back(&self, fields: &[(&str, &str)]) -> (u16, String) {
        let mut url = self.redirect.clone();
        // The listener is on IPv4; a name could lead elsewhere first.
        url.set_host(Some("127.0.0.1")).unwrap();
        url.query_pairs_mut().extend_pairs(fields);
        if !fields.iter().any(|(name, _)| *name == "state") {
            url.query_pairs_mut().append_pair("state", &self.query["state"]);
        }
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn silent_connection(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.redirect.port().unwrap())).await.unwrap()
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

/// Signs in with a browser that does this.
async fn with_browser<T: Send + 'static, Fut: Future<Output = T> + Send + 'static>(
    options: &SignInOptions,
    act: impl FnOnce(Browser) -> Fut + Send,
) -> (Result<SignIn>, T) {
    let mut browser: Option<JoinHandle<T>> = None;
    let open = |url: &Url| browser = Some(tokio::spawn(act(Browser::opened(url))));
    let outcome = sign_in_with_browser(options, PATIENCE, open).await;
    (outcome, browser.unwrap().await.unwrap())
}

#[tokio::test]
async fn browser_sign_in_redeems_the_code_with_the_verifier_of_its_challenge() {
    let server = TestServer::start().await;
    let answer = token_answer(&access_token(), Some("refresh"));
    token_mock(&PARTNER).respond_with(answer).expect(1).mount(server.mock()).await;
    let options = options(&server).client_secret("a+b&c".into()).login_hint("service@contoso.com");
    let act = |browser: Browser| async move {
        let page = browser.back(&[("code", CODE), ("session_state", "x")]).await;
        (browser.query, page)
    };
    let (sign_in, (asked, (status, page))) = with_browser(&options, act).await;
    let sign_in = sign_in.unwrap();
    assert_eq!(sign_in.refresh_token().expose_secret(), "refresh");
    assert_eq!(sign_in.claims().user_principal_name.as_deref(), Some("service@contoso.com"));
    assert_eq!(status, 200);
    assert!(page.contains("Signed in") && !page.contains("canary"), "{page}");

    for (name, value) in [
        ("client_id", APP.to_string().as_str()),
        ("response_type", "code"),
        ("response_mode", "query"),
        ("code_challenge_method", "S256"),
        ("scope", "https://graph.microsoft.com/.default openid profile offline_access"),
        ("login_hint", "service@contoso.com"),
        ("prompt", "select_account"),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }
    assert!(!asked.contains_key("client_secret"));
    assert!(asked["redirect_uri"].starts_with("http://localhost:"));

    let redeemed = form(&received(&server).await[0]);
    assert_eq!((redeemed["grant_type"].as_str(), redeemed["code"].as_str()), ("authorization_code", CODE));
    assert_eq!((&redeemed["redirect_uri"], redeemed["client_secret"].as_str()), (&asked["redirect_uri"], "a+b&c"));
    let verifier = PkceCodeVerifier::new(redeemed["code_verifier"].clone());
    assert_eq!(PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str(), asked["code_challenge"]);
}

#[tokio::test]
async fn browser_listener_ignores_what_is_no_answer() {
    let server = TestServer::start().await;
    token_mock(&PARTNER).respond_with(token_answer("a", Some("r"))).expect(1).mount(server.mock()).await;
    let act = |browser: Browser| async move {
        // Browsers open connections ahead; one that stays silent holds nothing up.
        let _silent = browser.silent_connection().await;
        let strangers = [
            browser.back(&[("code", "evil"), ("state", "wrong")]).await,
            browser.back(&[("error", "access_denied"), ("state", "")]).await,
            browser.back(&[("session_state", "x")]).await,
        ];
        (strangers, browser.back(&[("code", CODE)]).await)
    };
    let (sign_in, (strangers, answer)) = with_browser(&options(&server), act).await;
    sign_in.unwrap();
    for (status, page) in strangers {
        assert_eq!(status, 404);
        assert!(!page.contains("evil"), "{page}");
    }
    assert_eq!(answer.0, 200);
    assert_eq!(form(&received(&server).await[0])["code"], CODE);
}

#[tokio::test]
async fn browser_refusal_is_classified_and_nothing_is_redeemed() {
    for (error, description, kind) in [
        ("access_denied", "AADSTS65004: User declined to consent to access the app.", ErrorKind::ConsentRequired),
        ("interaction_required", "AADSTS53003: Access has been blocked.", ErrorKind::ConditionalAccess),
        ("access_denied", "<script>alert(1)</script>", ErrorKind::PermissionDenied),
    ] {
        let server = TestServer::start().await;
        let act = move |browser: Browser| async move {
            browser.back(&[("error", error), ("error_description", description)]).await
        };
        let (outcome, (status, page)) = with_browser(&options(&server), act).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some("login.authorize")), "{error}");
        assert_eq!(error.tenant(), Some(&PARTNER));
        assert!(status == 200 && page.contains("Not signed in") && !page.contains("script"), "{page}");
        assert!(received(&server).await.is_empty());
    }
}

#[tokio::test]
async fn code_is_redeemed_once_even_when_the_answer_is_lost() {
    let server = TestServer::start().await;
    token_mock(&PARTNER).respond_with(ResponseTemplate::new(502)).expect(1).mount(server.mock()).await;
    let act = |browser: Browser| async move { browser.back(&[("code", CODE)]).await };
    let error = with_browser(&options(&server), act).await.0.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::OutcomeUnknown, 1));
    assert!(!shown(&error).contains("canary"), "{error:?}");
}

#[tokio::test]
async fn sign_in_without_a_refresh_token_is_refused() {
    let server = TestServer::start().await;
    token_mock(&PARTNER).respond_with(token_answer("canary", None)).mount(server.mock()).await;
    let act = |browser: Browser| async move { browser.back(&[("code", CODE)]).await };
    let error = with_browser(&options(&server), act).await.0.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("offline_access") && !shown(&error).contains("canary"), "{error:?}");
}

#[tokio::test]
async fn browser_sign_in_ends_with_its_patience_and_closes_its_port() {
    let server = TestServer::start().await;
    let mut port = None;
    let open = |url: &Url| port = Browser::opened(url).redirect.port();
    let error = sign_in_with_browser(&options(&server), Duration::ZERO, open).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let refused = TcpStream::connect(("127.0.0.1", port.unwrap())).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn sign_in_goes_to_the_tenant_asked_for() {
    let server = TestServer::start().await;
    let tenant = TenantId::from_u128(3);
    token_mock(&tenant).respond_with(token_answer("a", Some("r"))).expect(1).mount(server.mock()).await;
    let mut options = options(&server).scopes(["https://graph.microsoft.com/User.Read"]);
    options.tenant = tenant;
    let act = |browser: Browser| async move {
        browser.back(&[("code", CODE)]).await;
        browser.query
    };
    let (sign_in, asked) = with_browser(&options, act).await;
    sign_in.unwrap();
    assert_eq!(asked["scope"], "https://graph.microsoft.com/User.Read openid profile offline_access");
    let arrived = received(&server).await;
    assert_eq!(arrived[0].url.path(), token_path(&tenant));
    assert!(!form(&arrived[0]).contains_key("client_secret"));
}
