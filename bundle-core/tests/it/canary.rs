//! Secrets planted everywhere, looked for everywhere: traces, errors with all their causes, `Debug` and `Display` of
//! what is public, and files.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::Method;
use http::header::{COOKIE, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use bundle_core::auth::{
    AccessToken, AccountKey, Credential, FileTokenStore, MemoryTokenStore, PartnerCredential, Principal, SignInOptions,
    StoreKey, TokenRequest, TokenStore, sign_in_with_browser, sign_in_with_device_code,
};
use bundle_core::http::{Body, ClientOptions, Pager, Pipeline, Proxy, Request, RetryPolicy, SendFailure};
use bundle_core::{Cloud, Error, ErrorKind};

use crate::support::fake::{Fake, Reply, reply, things};
use crate::support::trace::Trace;
use crate::support::{APP, CUSTOMER, PARTNER, SCOPE, account, form_of, shown};

/// One secret of each sort, none a part of another, in shapes Microsoft's have.
const CLIENT_SECRET: &str = "canary1A~client.secret-000000000000000000";
const REFRESH: &str = "1.canary2Refresh-000000000000000000000000000000";
const ACCESS: &str = "canary3Header.canary3Payload.canary3Signature";
const CODE: &str = "0.canary4Code-00000000000000000000000000000000";
const DEVICE_CODE: &str = "canary5DeviceCode-0000000000000000000000000000";
const STORE_KEY: &str = "Y2FuYXJ5NkNhbmFyeTZDYW5hcnk2Q2FuYXJ5NkNhbmE=";
const BODY: &str = "canary7Body0000";
const HEADER: &str = "canary8Header0000";
const QUERY: &str = "canary9Query0000";
const PROXY: &str = "canary10Proxy0000";

/// Everything that was shown to anybody.
struct Shown {
    trace: Trace,
    texts: Vec<String>,
    /// Secrets that the library made itself.
    own: Vec<String>,
}

impl Shown {
    fn value(&mut self, value: &dyn std::fmt::Debug) {
        self.texts.push(format!("{value:?} {value:#?}"));
    }

    fn error(&mut self, error: &Error) {
        self.texts.push(format!(
            "{} {error:#?} {:?} {:?} {:?}",
            shown(error),
            error.code(),
            error.claims(),
            error.last_page()
        ));
    }

    fn assert_clean(&self) {
        let mut secrets = vec!["anary", STORE_KEY, "Y2FuYXJ5"];
        secrets.extend(self.own.iter().map(String::as_str));
        let trace = self.trace.text();
        assert!(trace.contains("graph.test"), "what is traced is looked at");
        for text in self.texts.iter().chain([&trace]) {
            for secret in &secrets {
                let near = |at: usize| {
                    text.get(at.saturating_sub(300)..).map(|text| text.chars().take(600).collect::<String>())
                };
                assert!(!text.contains(secret), "{secret} in {:?}", text.find(secret).map(near));
            }
        }
    }
}

fn started() -> (Shown, tracing::subscriber::DefaultGuard) {
    let (trace, guard) = Trace::start();
    (Shown { trace, texts: Vec::new(), own: Vec::new() }, guard)
}

fn tokens() -> Value {
    json!({"token_type": "Bearer", "expires_in": 3599, "access_token": ACCESS, "refresh_token": REFRESH,
           "id_token": "eyJhbGciOiJub25lIn0.canary.x"})
}

/// What a careless service says: everything it was sent.
fn echo() -> String {
    format!(
        "client_secret={CLIENT_SECRET}&refresh_token={REFRESH}&code={CODE}&device_code={DEVICE_CODE} \
         password={BODY} Authorization: Bearer {ACCESS} Cookie: {HEADER} \
         see https://contoso.example/a?sig={QUERY}"
    )
}

/// Answers that fail, each with secrets in it.
fn failures() -> Vec<fn() -> Reply> {
    vec![
        || {
            Ok(reply(400, &[], json!({"error": {"code": "Request_BadRequest", "message": echo(), "innerError": {"password": BODY, "secretText": BODY}}}).to_string()))
        },
        || {
            Ok(reply(400, &[], json!({"error": "invalid_grant", "error_description": echo(), "access_token": ACCESS, "refresh_token": REFRESH}).to_string()))
        },
        || Ok(reply(401, &[("set-cookie", HEADER), ("location", "https://contoso.example/?code=canary")], echo())),
        || Ok(reply(302, &[("location", "https://contoso.example/?code=canary")], "")),
        || Ok(reply(502, &[], format!("<html><title>x=https://contoso.example/?sig={QUERY}</title></html>"))),
        || Ok(reply(200, &[], format!(r#"{{"access_token":"{ACCESS}","value":"#))),
        || Ok(reply(200, &[], format!(r#"{{"access_token":["{ACCESS}"],"value":"{BODY}"}}"#))),
        || Ok(reply(200, &[], format!("<html>{BODY}</html>"))),
        || Ok(reply(200, &[("content-encoding", "gzip")], [b"\x1f\x8b\x08", BODY.as_bytes()].concat())),
        || {
            let broken = stream::iter([Ok(Bytes::from(BODY))])
                .chain(stream::iter([Err(SendFailure::lost(Error::new(ErrorKind::Connection, "broken")))]));
            Ok(http::Response::new(Body::from_stream(broken)))
        },
        || Err(SendFailure::not_sent(Error::new(ErrorKind::Connection, "refused"))),
    ]
}

/// A request with secrets wherever one may be.
fn laden() -> Request {
    things(Method::POST)
        .query("$filter", QUERY)
        .header(COOKIE, HeaderValue::from_static(HEADER))
        .header(HeaderName::from_static("x-secret"), HeaderValue::from_static(HEADER))
        .body(format!(r#"{{"passwordProfile":{{"password":"{BODY}"}}}}"#))
}

fn options(fake: &Arc<Fake>) -> ClientOptions {
    fake.options().retry(RetryPolicy::none())
}

fn is_login(request: &http::Request<Bytes>) -> bool {
    request.uri().host() == Some("login.microsoftonline.com")
}

fn store_file() -> (PathBuf, SecretString) {
    (std::env::temp_dir().join(format!("bundle-shown-{}", Uuid::new_v4())), STORE_KEY.into())
}

#[tokio::test]
async fn calls_that_succeed_show_no_secret() {
    let (mut seen, _guard) = started();
    let fake = Fake::new(|_, request| async move {
        let next = request.uri().query().is_some_and(|query| query.contains("skiptoken"));
        let body = match () {
            () if is_login(&request) => tokens(),
            () if next => json!({"value": [{"secret": BODY}]}),
            () => json!({"@odata.nextLink": format!("https://graph.microsoft.com/v1.0/things?$skiptoken={QUERY}"),
                         "value": [{"secret": BODY}]}),
        };
        Ok(reply(200, &[("set-cookie", HEADER)], body.to_string()))
    });
    let (path, key) = store_file();
    let key = StoreKey::from_base64(&key).unwrap();
    seen.value(&key);
    let store: Arc<dyn TokenStore> = Arc::new(FileTokenStore::new(&path, key));
    let builder =
        PartnerCredential::builder(PARTNER, APP).client_secret(CLIENT_SECRET.into()).store(Arc::clone(&store));
    seen.value(&builder);
    let credential = builder.build(&options(&fake)).unwrap();
    credential.keep_refresh_token(&REFRESH.into()).await.unwrap();
    let key = AccountKey::new(PARTNER, APP);
    let stored = store.load(&key).await.unwrap();
    seen.value(&(&store, &credential, &key, &stored));

    let token = credential.token(&account(PARTNER)).await.unwrap();
    let mut again = account(CUSTOMER);
    again.rejected = Some(token.clone());
    seen.value(&(&token, token.claims(), &again));
    let application = TokenRequest::new(CUSTOMER, Principal::Application, SCOPE);
    seen.value(&credential.token(&application).await.unwrap());

    let pipeline = Pipeline::new(Some(Arc::new(credential)), &options(&fake)).unwrap();
    let response = pipeline.send(laden()).await.unwrap();
    let mut download = pipeline.open(laden()).await.unwrap();
    seen.value(&(&pipeline, &laden(), &response, &download));
    while let Some(chunk) = download.chunk().await.unwrap() {
        drop(chunk);
    }
    let mut items = Pager::<Value>::odata(pipeline.clone(), laden());
    items.try_next().await.unwrap().unwrap();
    seen.value(&(&items, items.position()));
    let mut pages = Pager::<Value>::odata(pipeline, laden()).pages();
    let page = pages.try_next().await.unwrap().unwrap();
    seen.value(&(&pages, &page.link, &page.next));

    let mut options = options(&fake);
    options.proxy =
        Proxy::Through { url: "http://127.0.0.1:1".parse().unwrap(), login: Some(("a".to_owned(), PROXY.into())) };
    let sign_in = SignInOptions::new(options.clone(), PARTNER, APP).client_secret(CLIENT_SECRET.into());
    seen.value(&(&options, &sign_in));

    let file = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    seen.texts.push(String::from_utf8_lossy(&file).into_owned());
    seen.assert_clean();
    assert!(fake.asked().len() >= 8);
}

#[tokio::test(start_paused = true)]
async fn calls_that_fail_show_no_secret() {
    let (mut seen, _guard) = started();
    for (at, failure) in failures().into_iter().enumerate() {
        // First the service fails, then the authority.
        for login_fails in [false, true] {
            let fake = Fake::new(move |_, request| async move {
                if is_login(&request) == login_fails { failure() } else { Ok(reply(200, &[], tokens().to_string())) }
            });
            let builder = PartnerCredential::builder(PARTNER, APP).client_secret(CLIENT_SECRET.into());
            let credential = builder.build(&options(&fake)).unwrap();
            credential.keep_refresh_token(&REFRESH.into()).await.unwrap();
            let pipeline = Pipeline::new(Some(Arc::new(credential)), &options(&fake)).unwrap();
            let call = async { pipeline.send(laden()).await?.json::<Vec<u32>>() };
            seen.error(&call.await.expect_err(&format!("failure {at}")));
            let mut items = Pager::<u32>::odata(pipeline.clone(), laden());
            seen.error(&items.try_next().await.expect_err(&format!("failure {at}")));
            if let Err(error) = pipeline.open(laden()).await {
                seen.error(&error);
            }
        }
    }
    // What is refused before anything is sent.
    let fake = Fake::new(|_, _| std::future::ready(Ok(reply(200, &[], tokens().to_string()))));
    let pipeline = Pipeline::new(None, &options(&fake)).unwrap();
    seen.error(&pipeline.send(laden()).await.unwrap_err());
    for url in [format!("https://u:{PROXY}@graph.microsoft.com/?{QUERY}"), format!("https://evil.example/?{QUERY}")] {
        let request = laden().with_url(url.parse().unwrap());
        seen.value(&request);
        seen.error(&pipeline.send(request).await.unwrap_err());
    }
    let url: Url = format!("http://u:{PROXY}@127.0.0.1:1/").parse().unwrap();
    let proxied = ClientOptions::default().proxy(Proxy::Through { url, login: None });
    seen.value(&proxied);
    seen.error(&Pipeline::new(None, &proxied).unwrap_err());
    for bad in [STORE_KEY.trim_start_matches('Y').to_owned(), format!("{STORE_KEY}{BODY}"), BODY.to_owned()] {
        seen.error(&StoreKey::from_base64(&bad.into()).unwrap_err());
    }
    let (path, key) = store_file();
    std::fs::write(&path, format!("bundle-tokens-1\n{REFRESH}")).unwrap();
    let store = FileTokenStore::new(&path, StoreKey::from_base64(&key).unwrap());
    seen.error(&store.load(&AccountKey::new(PARTNER, APP)).await.unwrap_err());
    std::fs::remove_file(&path).unwrap();
    let pairs = [
        ("graph", format!("https://u:{BODY}@x.example:99999/")),
        ("keyVaultUrl", format!("https://u:{BODY}@x.example/")),
    ];
    for (key, value) in pairs {
        let mut file = json!({});
        for service in bundle_core::Service::ALL {
            let placeholder = if service.is_per_resource() { "{vault}{account}" } else { "" };
            file[service.endpoint_key()] = format!("https://x.example/{placeholder}").into();
        }
        file[key] = value.into();
        seen.error(&Cloud::from_endpoint_file(&file.to_string()).unwrap_err());
    }
    // A token that cannot stand in a header.
    let odd = AccessToken::new(format!("{ACCESS}\n").into(), std::time::Duration::from_secs(3600));
    seen.value(&odd);
    seen.assert_clean();
}

#[tokio::test(start_paused = true)]
async fn device_code_sign_in_shows_no_secret() {
    let (mut seen, _guard) = started();
    for failure in failures().into_iter().map(Some).chain([None]) {
        let fake = Fake::new(move |_, request| async move {
            if request.uri().path().ends_with("/devicecode") {
                let body = json!({"device_code": DEVICE_CODE, "user_code": "ABCD1234", "interval": 5, "expires_in": 900,
                    "verification_uri": "https://microsoft.com/devicelogin", "message": "Type the code."});
                return Ok(reply(200, &[], body.to_string()));
            }
            failure.map_or_else(|| Ok(reply(200, &[], tokens().to_string())), |failure| failure())
        });
        let options = SignInOptions::new(options(&fake), PARTNER, APP).client_secret(CLIENT_SECRET.into());
        let mut prompt = None;
        match sign_in_with_device_code(&options, |shown| prompt = Some(shown.clone())).await {
            Ok(sign_in) => seen.value(&sign_in),
            Err(error) => seen.error(&error),
        }
        seen.value(&prompt.unwrap());
        assert!(fake.asked().len() >= 2);
    }
    trace_something(&seen).await;
    seen.assert_clean();
}

#[tokio::test]
async fn browser_sign_in_shows_no_secret() {
    let (mut seen, _guard) = started();
    for failure in failures().into_iter().map(Some).chain([None]) {
        let fake = Fake::new(move |_, _| async move {
            failure.map_or_else(|| Ok(reply(200, &[], tokens().to_string())), |failure| failure())
        });
        let options = SignInOptions::new(options(&fake), PARTNER, APP).client_secret(CLIENT_SECRET.into());
        let state = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&state);
        let open = move |url: &Url| {
            let field = |name| url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
            let (state, redirect) = (field("state").unwrap(), field("redirect_uri").unwrap());
            kept.lock().unwrap().clone_from(&state);
            let port = redirect.parse::<Url>().unwrap().port().unwrap();
            let back = format!("http://127.0.0.1:{port}/?code={CODE}&state={state}");
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            tokio::spawn(async move { client.get(back).send().await.unwrap().text().await.unwrap() });
        };
        match sign_in_with_browser(&options, open).await {
            Ok(sign_in) => seen.value(&sign_in),
            Err(error) => seen.error(&error),
        }
        let sent = form_of(fake.asked()[0].body());
        assert_eq!((sent["code"].as_str(), sent["client_secret"].as_str()), (CODE, CLIENT_SECRET));
        seen.own.push(sent["code_verifier"].clone());
        let state = state.lock().unwrap().clone();
        seen.own.push(state);
    }
    trace_something(&seen).await;
    seen.assert_clean();
}

/// A call of Graph, by which the check sees that traces are kept at all.
async fn trace_something(seen: &Shown) {
    let fake = Fake::new(|_, _| std::future::ready(Ok(reply(204, &[], ""))));
    let credential = PartnerCredential::builder(PARTNER, APP).store(Arc::new(MemoryTokenStore::new()));
    let pipeline = Pipeline::new(Some(Arc::new(credential.build(&options(&fake)).unwrap())), &options(&fake)).unwrap();
    pipeline.send(laden()).await.unwrap_err();
    assert!(seen.trace.own().iter().any(|entry| entry.is_span));
}
