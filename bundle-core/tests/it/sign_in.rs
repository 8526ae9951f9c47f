//! Signing the service account in with a browser, which the test plays.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use url::Url;
use wiremock::ResponseTemplate;

use bundle_core::auth::{AssertionCallback, SignIn, SignInOptions, sign_in_with_browser};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, Result, TenantId};

use crate::support::{
    APP, PARTNER, access_token, form, login_fixture, received, shown, sign_in_options, token_answer, token_mock,
    token_path,
};

const CODE: &str = "0.canary-authorization-code";

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
    let options = sign_in_options(&server).client_secret("a+b&c".into()).login_hint("service@contoso.com");
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
    let (sign_in, (strangers, answer)) = with_browser(&sign_in_options(&server), act).await;
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
        let (outcome, (status, page)) = with_browser(&sign_in_options(&server), act).await;
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
    let error = with_browser(&sign_in_options(&server), act).await.0.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::OutcomeUnknown, 1));
    assert!(!shown(&error).contains("canary"), "{error:?}");
}

#[tokio::test]
async fn sign_in_without_a_refresh_token_is_refused() {
    let server = TestServer::start().await;
    token_mock(&PARTNER).respond_with(token_answer("canary", None)).mount(server.mock()).await;
    let act = |browser: Browser| async move { browser.back(&[("code", CODE)]).await };
    let error = with_browser(&sign_in_options(&server), act).await.0.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("offline_access") && !shown(&error).contains("canary"), "{error:?}");
}

#[tokio::test]
async fn browser_sign_in_ends_with_its_patience_and_closes_its_port() {
    let server = TestServer::start().await;
    let mut port = None;
    let open = |url: &Url| port = Browser::opened(url).redirect.port();
    let error = sign_in_with_browser(&sign_in_options(&server), Duration::ZERO, open).await.unwrap_err();
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
    let mut options = sign_in_options(&server).scopes(["https://graph.microsoft.com/User.Read"]);
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

#[tokio::test]
async fn browser_sign_in_proves_the_application_with_an_assertion_made_again_when_refused() {
    let server = TestServer::start().await;
    let unknown = login_fixture("certificate_unknown_700027");
    token_mock(&PARTNER).respond_with(unknown).up_to_n_times(1).expect(1).mount(server.mock()).await;
    let answer = token_answer(&access_token(), Some("refresh"));
    token_mock(&PARTNER).respond_with(answer).expect(1).mount(server.mock()).await;
    let source =
        AssertionCallback::new(
            |request| async move { Ok(if request.refused { "second".into() } else { "first".into() }) },
        );
    let options = sign_in_options(&server).client_assertion(Arc::new(source));
    let (sign_in, _) = with_browser(&options, |browser| async move { browser.back(&[("code", CODE)]).await }).await;
    assert_eq!(sign_in.unwrap().refresh_token().expose_secret(), "refresh");
    let forms: Vec<_> = received(&server).await.iter().map(form).collect();
    for (form, assertion) in forms.iter().zip(["first", "second"]) {
        assert_eq!((form["code"].as_str(), form["client_assertion"].as_str()), (CODE, assertion));
        assert!(!form.contains_key("client_secret"));
    }
}
