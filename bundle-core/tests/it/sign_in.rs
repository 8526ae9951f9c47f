//! Signing the service account in with a browser, which the test plays.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;
use wiremock::ResponseTemplate;

use bundle_core::auth::{AssertionCallback, CancelSignIn, SignIn, SignInOptions, SignInPrompt, sign_in_with_browser};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, Result, TenantId};

use crate::support::{
    APP, PARTNER, Traced, access_token, form, login_fixture, received, shown, sign_in_options, token_answer,
    token_mock, token_path,
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

    async fn connection(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.redirect.port().unwrap())).await.unwrap()
    }

    /// Sends these bytes and answers all that comes back.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connection().await;
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        // A listener that closes on too much resets the connection.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    /// The target of a request that is the answer.
    fn target(&self) -> String {
        format!("/?code={CODE}&state={}", self.query["state"])
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
    let outcome = sign_in_with_browser(&options.clone().patience(PATIENCE), open).await;
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
        let _silent = browser.connection().await;
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
async fn browser_listener_survives_what_is_no_request() {
    let server = TestServer::start().await;
    token_mock(&PARTNER).respond_with(token_answer("a", Some("r"))).expect(1).mount(server.mock()).await;
    let act = |browser: Browser| async move {
        let target = browser.target();
        // Silent, half-said and refused connections stay open to the end.
        let mut half = browser.connection().await;
        half.write_all(format!("GET {target}").as_bytes()).await.unwrap();
        let _silent = [browser.connection().await, browser.connection().await];
        let long = "x".repeat(200 << 10);
        let strangers = [
            browser.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xff\xfe\r\n\r\n").await,
            browser.raw(format!("GET {target}").as_bytes()).await,
            browser.raw(format!("POST {target} HTTP/1.1\r\n\r\n").as_bytes()).await,
            browser.raw(format!("GET /other{target} HTTP/1.1\r\n\r\n").as_bytes()).await,
            browser.raw(format!("GET {target}&code=evil HTTP/1.1\r\n\r\n").as_bytes()).await,
            browser.raw(format!("GET /?{long}&{} HTTP/1.1\r\n\r\n", &target[2..]).as_bytes()).await,
        ];
        // Cookies of other programs on this machine are large and no text.
        let cookies = [b"Cookie: a=".as_slice(), &[0xe9; 8000], b"\r\n\r\n"].concat();
        let request = [format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n").as_bytes(), &cookies].concat();
        (strangers, browser.raw(&request).await)
    };
    let (sign_in, (strangers, page)) = with_browser(&sign_in_options(&server), act).await;
    sign_in.unwrap();
    for answer in strangers {
        // Too much is cut off, perhaps before the page arrives.
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 404 "), "{answer}");
        assert!(!answer.contains("canary") && !answer.contains("evil"), "{answer}");
    }
    for line in [
        "HTTP/1.1 200 OK\r\n",
        "Content-Type: text/html; charset=utf-8\r\n",
        "Cache-Control: no-store\r\n",
        "Referrer-Policy: no-referrer\r\n",
        "X-Content-Type-Options: nosniff\r\n",
    ] {
        assert!(page.contains(line), "{page}");
    }
    assert_eq!(form(&received(&server).await[0])["code"], CODE);
}

#[tokio::test]
async fn browser_listener_takes_one_answer_of_many() {
    let server = TestServer::start().await;
    token_mock(&PARTNER).respond_with(token_answer("a", Some("r"))).expect(1).mount(server.mock()).await;
    let act = |browser: Browser| async move {
        let request = format!("GET {} HTTP/1.1\r\n\r\n", browser.target());
        let mut streams = Vec::new();
        for _ in 0..20 {
            streams.push(browser.connection().await);
        }
        for stream in &mut streams {
            // The listener may have what it waits for, and be gone.
            let _ = stream.write_all(request.as_bytes()).await;
        }
    };
    with_browser(&sign_in_options(&server), act).await.0.unwrap();
    assert_eq!(received(&server).await.len(), 1);
}

#[tokio::test]
async fn browser_that_resolves_localhost_to_ipv6_reaches_the_listener() {
    // A machine without IPv6 has nothing to show here.
    let Ok(probe) = TcpListener::bind("[::1]:0").await else { return };
    drop(probe);
    let server = TestServer::start().await;
    token_mock(&PARTNER).respond_with(token_answer("a", Some("r"))).expect(1).mount(server.mock()).await;
    let act = |browser: Browser| async move {
        let mut stream = TcpStream::connect(("::1", browser.redirect.port().unwrap())).await.unwrap();
        stream.write_all(format!("GET {} HTTP/1.1\r\n\r\n", browser.target()).as_bytes()).await.unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).await.unwrap();
        page
    };
    let (sign_in, page) = with_browser(&sign_in_options(&server), act).await;
    sign_in.unwrap();
    assert!(page.contains("Signed in"), "{page}");
}

#[tokio::test]
async fn browser_sign_in_comes_back_to_the_port_asked_for() {
    let server = TestServer::start().await;
    token_mock(&PARTNER).respond_with(token_answer("a", Some("r"))).mount(server.mock()).await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = sign_in_options(&server).redirect_port(port);

    let error = sign_in_with_browser(&options, |_| panic!("nothing to open")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().starts_with(&format!("redirect_port: {port} cannot be opened")), "{error}");
    drop(taken);

    let act = |browser: Browser| async move {
        browser.back(&[("code", CODE)]).await;
        browser.redirect
    };
    let (sign_in, redirect) = with_browser(&options, act).await;
    sign_in.unwrap();
    assert_eq!(redirect.as_str(), format!("http://localhost:{port}/"));
    let error = sign_in_with_browser(&options.redirect_port(0), |_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "redirect_port: 0 is no port");
}

#[tokio::test]
async fn browser_is_asked_as_the_options_say() {
    let claims = r#"{"access_token":{"capolids":{"essential":true,"values":["x"]}}}"#;
    for (prompt, word) in [
        (SignInPrompt::SelectAccount, Some("select_account")),
        (SignInPrompt::Login, Some("login")),
        (SignInPrompt::Consent, Some("consent")),
        (SignInPrompt::Automatic, None),
        (SignInPrompt::Silent, Some("none")),
    ] {
        let server = TestServer::start().await;
        token_mock(&PARTNER).respond_with(token_answer("a", Some("r"))).mount(server.mock()).await;
        let options = sign_in_options(&server).prompt(prompt).domain_hint("contoso.com").claims(claims);
        let act = |browser: Browser| async move {
            browser.back(&[("code", CODE)]).await;
            browser.query
        };
        let (sign_in, asked) = with_browser(&options, act).await;
        sign_in.unwrap();
        assert_eq!(asked.get("prompt").map(String::as_str), word);
        assert_eq!((asked["domain_hint"].as_str(), asked["claims"].as_str()), ("contoso.com", claims));
        assert_eq!(form(&received(&server).await[0])["claims"], claims);
    }
    let server = TestServer::start().await;
    let error = sign_in_with_browser(&sign_in_options(&server).claims("x"), |_| {}).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Config, "claims: not a JSON object"));
}

#[tokio::test]
async fn claims_of_a_refusal_lead_to_a_sign_in_that_satisfies_them() {
    let server = TestServer::start().await;
    let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
    let refused = ResponseTemplate::new(400).set_body_json(serde_json::json!({
        "error": "interaction_required", "error_description": "AADSTS50076: because.", "claims": claims,
    }));
    token_mock(&PARTNER).respond_with(refused).up_to_n_times(1).mount(server.mock()).await;
    token_mock(&PARTNER).respond_with(token_answer("a", Some("r"))).mount(server.mock()).await;
    let back = |browser: Browser| async move {
        browser.back(&[("code", CODE)]).await;
        browser.query
    };
    let options = sign_in_options(&server);
    let error = with_browser(&options, back).await.0.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MfaRequired);
    let (sign_in, asked) = with_browser(&options.claims(error.claims().unwrap()), back).await;
    sign_in.unwrap();
    assert_eq!(asked["claims"], claims);
}

#[tokio::test]
async fn browser_refusal_with_a_subcode_is_the_persons_no() {
    let server = TestServer::start().await;
    let act = |browser: Browser| async move {
        browser.back(&[("error", "access_denied"), ("error_subcode", "cancel")]).await
    };
    let (outcome, (status, page)) = with_browser(&sign_in_options(&server), act).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::ReauthenticationRequired, "the sign-in was declined"));
    assert!(status == 200 && page.contains("the sign-in was declined"), "{page}");
}

#[tokio::test]
async fn browser_sign_in_is_cancelled_from_elsewhere_or_by_dropping_it() {
    let server = TestServer::start().await;
    let cancel = CancelSignIn::new();
    let options = sign_in_options(&server).cancel(&cancel);
    let act = |browser: Browser| async move {
        cancel.cancel();
        browser.redirect.port().unwrap()
    };
    let (outcome, port) = with_browser(&options, act).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::ReauthenticationRequired, Some("login.authorize")));
    assert!(error.to_string().contains("cancelled"), "{error}");
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());

    let (opened, browser) = tokio::sync::oneshot::channel();
    let options = sign_in_options(&server);
    let open = |url: &Url| opened.send(Browser::opened(url).redirect.port().unwrap()).unwrap();
    let mut sign_in = Box::pin(sign_in_with_browser(&options, open));
    let port = tokio::select! {
        _ = &mut sign_in => panic!("nobody came back"),
        port = browser => port.unwrap(),
    };
    drop(sign_in);
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[tokio::test]
async fn browser_sign_in_shows_no_secret_anywhere() {
    let traced = Traced::start();
    let server = TestServer::start().await;
    let options = sign_in_options(&server).client_secret("canary-secret".into());
    let mut text = format!("{options:?}");
    let good = token_answer("canary-access", Some("canary-refresh"));
    let garbage = ResponseTemplate::new(200).set_body_string("{\"refresh_token\":\"canary-refresh\"");
    let refused = ResponseTemplate::new(400).set_body_json(serde_json::json!({
        "error": "invalid_grant", "error_description": format!("AADSTS70000: code={CODE} was refused."),
    }));
    for answer in [good, garbage, refused] {
        token_mock(&PARTNER).respond_with(answer).up_to_n_times(1).expect(1).mount(server.mock()).await;
        let act = |browser: Browser| async move {
            let stranger = browser.back(&[("code", CODE), ("state", "canary-state")]).await.1;
            (browser.back(&[("code", CODE)]).await.1, stranger, browser.query)
        };
        let (outcome, (page, stranger, asked)) = with_browser(&options, act).await;
        let seen = match &outcome {
            Ok(sign_in) => format!("{sign_in:?}"),
            Err(error) => shown(error),
        };
        let verifier = form(received(&server).await.last().unwrap())["code_verifier"].clone();
        let all = format!("{seen} {page} {stranger} {}", traced.text());
        assert!(!all.contains(&verifier) && !all.contains(&asked["state"]), "{all}");
        text += &all;
    }
    assert!(text.contains("login.authorization_code"), "{text}");
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn browser_refusal_is_classified_and_nothing_is_redeemed() {
    for (error, description, kind) in [
        ("access_denied", "AADSTS65004: User declined to consent to access the app.", ErrorKind::ConsentRequired),
        ("interaction_required", "AADSTS53003: Access has been blocked.", ErrorKind::ConditionalAccess),
        ("access_denied", "<script>alert(1)</script>", ErrorKind::ReauthenticationRequired),
        ("invalid_request", "AADSTS900971: <script>alert(1)</script>", ErrorKind::InvalidRequest),
    ] {
        let server = TestServer::start().await;
        let act = move |browser: Browser| async move {
            browser.back(&[("error", error), ("error_description", description)]).await
        };
        let (outcome, (status, page)) = with_browser(&sign_in_options(&server), act).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some("login.authorize")), "{error}");
        assert_eq!(error.tenant(), Some(&PARTNER));
        assert!(status == 200 && page.contains("Not signed in") && !page.contains("<script"), "{page}");
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
    let error = sign_in_with_browser(&sign_in_options(&server).patience(Duration::ZERO), open).await.unwrap_err();
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
