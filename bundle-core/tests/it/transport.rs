//! How requests leave: the port, proxies, timeouts, cancelling.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use http::header::AUTHORIZATION;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::time::Instant;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use bundle_core::auth::{AccessToken, Credential, Principal, TokenRequest};
use bundle_core::http::{Body, ClientOptions, HttpTransport, Pipeline, Proxy, RetryPolicy, SendFailure};
use bundle_core::ids::AppId;
use bundle_core::testing::FixedCredential;
use bundle_core::{Cloud, Error, ErrorKind, Result, TenantId};

use crate::support::fake::{Fake, reply, things};
use crate::support::raw::{Raw, answer, say};
use crate::support::{APP, CUSTOMER, SCOPE, closed_address, graph_at, header, options_at, pipeline, shown};

#[tokio::test]
async fn transport_of_ones_own_gets_the_whole_request_and_needs_no_network() {
    let fake = Fake::new(|_, _| std::future::ready(Ok(reply(200, &[("x-own", "1")], r#"{"a":1}"#))));
    let (pipeline, _) = pipeline(&fake.options().application("contoso-sync/2.1"));
    let response = pipeline.send(things(Method::POST).query("a", "b c").body("{}")).await.unwrap();
    assert_eq!((response.json::<serde_json::Value>().unwrap()["a"].as_u64(), response.attempts()), (Some(1), 1));
    assert_eq!(response.headers()["x-own"], "1");
    let asked = &fake.asked()[0];
    assert_eq!((asked.method(), asked.body().as_ref()), (&Method::POST, &b"{}"[..]));
    assert_eq!(asked.uri(), "https://graph.microsoft.com/v1.0/things?a=b%20c");
    assert_eq!(asked.headers()[AUTHORIZATION], FixedCredential::header(&CUSTOMER, Principal::Account, SCOPE));
    assert!(asked.headers()[AUTHORIZATION].is_sensitive());
}

#[tokio::test(start_paused = true)]
async fn transport_says_whether_a_write_may_be_repeated() {
    for (sent, kind, attempts) in [(false, ErrorKind::Connection, 5), (true, ErrorKind::OutcomeUnknown, 1)] {
        let fake = Fake::new(move |_, _| {
            let error = Error::new(ErrorKind::Connection, "broken");
            std::future::ready(Err(if sent { SendFailure::lost(error) } else { SendFailure::not_sent(error) }))
        });
        let error = pipeline(&fake.options()).0.send(things(Method::POST)).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), fake.asked().len()), (kind, attempts as u32, attempts));
        assert_eq!(error.request_ids().len(), attempts, "the ids of ours by which the attempts can be found");
    }
}

#[tokio::test]
async fn clients_of_the_same_options_share_one_transport() {
    let server = Raw::start(|mut stream, _| async move {
        for _ in 0..2 {
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
        }
    })
    .await;
    let options = server.options().shared_transport().unwrap();
    for _ in 0..2 {
        pipeline(&options).0.send(server.request(Method::GET)).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

fn login() -> Option<(String, secrecy::SecretString)> {
    Some(("contoso".to_owned(), "canary-password".into()))
}

#[tokio::test]
async fn proxy_carries_plain_requests_and_alone_hears_its_login() {
    let proxy = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string("{}")).mount(&proxy).await;
    // Nobody listens where the request goes, so only the proxy can have answered.
    let (_reserved, closed) = closed_address();
    let through = Proxy::Through { url: proxy.uri().parse().unwrap(), login: login() };
    let options = options_at(&closed).proxy(through);
    let url = format!("{closed}/v1.0/things");
    pipeline(&options).0.send(graph_at(url.parse().unwrap(), Method::GET)).await.unwrap();
    let arrived = &proxy.received_requests().await.unwrap()[0];
    assert!(header(arrived, "proxy-authorization").starts_with("Basic "));
    assert!(closed.contains(header(arrived, "host")));
    assert!(!format!("{options:?}").contains("canary"), "{options:?}");

    let server = Raw::saying(answer("200 OK", "", b"{}")).await;
    pipeline(&server.options().proxy(Proxy::Direct)).0.send(server.request(Method::GET)).await.unwrap();
    assert!(!server.heads()[0].contains("proxy-authorization"));
}

#[tokio::test]
async fn proxy_is_asked_for_a_tunnel_and_sees_no_token() {
    let proxy = Raw::start(|mut stream, _| async move {
        say(&mut stream, &answer("407 Proxy Authentication Required", "", b"")).await;
    })
    .await;
    let through = Proxy::Through { url: proxy.base().parse().unwrap(), login: login() };
    let retry = RetryPolicy::default().base_wait(Duration::ZERO).max_attempts(2);
    let options = ClientOptions::new(Cloud::public()).proxy(through).retry(retry);
    let error = pipeline(&options).0.send(things(Method::POST)).await.unwrap_err();
    // Nothing was sent, so that even a write was repeated.
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 2));
    assert!(!shown(&error).contains("canary"));
    for head in proxy.heads() {
        assert!(head.starts_with("CONNECT graph.microsoft.com:443 "), "{head}");
        assert!(head.to_lowercase().contains("\r\nproxy-authorization: basic "), "{head}");
        assert!(!head.contains("Bearer"), "{head}");
    }
    assert_eq!(proxy.connections(), 2);
}

#[test]
fn proxy_with_a_password_in_its_url_is_refused_and_not_shown() {
    for url in ["http://contoso:canary@127.0.0.1:8080", "http://canary@127.0.0.1", "ftp://:canary@127.0.0.1"] {
        let options = ClientOptions::default().proxy(Proxy::Through { url: url.parse().unwrap(), login: None });
        let error = HttpTransport::new(&options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("login"), "{error}");
        assert!(!format!("{} {options:?}", shown(&error)).contains("canary"), "{error:?} {options:?}");
    }
}

#[tokio::test]
async fn silence_of_the_connection_is_bounded_apart_from_the_attempt() {
    for head in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"] {
        let server = Raw::start(move |mut stream, _| async move {
            stream.write_all(head.as_bytes()).await.unwrap();
            std::future::pending::<()>().await;
        })
        .await;
        let mut options = server.options().retry(RetryPolicy::none());
        options.read_timeout = Some(Duration::from_millis(20));
        let call = server.error(Method::GET, &options);
        let error = tokio::time::timeout(Duration::from_secs(30), call).await.expect("the silence is bounded");
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn error_that_falls_silent_keeps_its_status() {
    let silent = || Body::from_stream(futures_util::stream::pending());
    let fake = Fake::new(move |_, _| {
        let mut answer = http::Response::new(silent());
        *answer.status_mut() = http::StatusCode::FORBIDDEN;
        std::future::ready(Ok(answer))
    });
    let start = Instant::now();
    let options = fake.options().attempt_timeout(Duration::from_secs(9));
    let error = pipeline(&options).0.send(things(Method::POST)).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::PermissionDenied, Some(403), 1));
    assert_eq!(start.elapsed(), Duration::from_secs(9));
}

#[tokio::test(start_paused = true)]
async fn deadline_of_a_call_bounds_attempts_and_waits() {
    let silent = Fake::new(|_, _| std::future::pending());
    let busy = Fake::new(|_, _| std::future::ready(Ok(reply(503, &[], ""))));
    let patience = Duration::from_secs(5);
    for (fake, kind) in [(silent, ErrorKind::Timeout), (busy, ErrorKind::Unavailable)] {
        let start = Instant::now();
        let request = things(Method::GET).deadline(patience);
        let error = pipeline(&fake.options()).0.send(request).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(start.elapsed() <= patience, "{:?}", start.elapsed());
        assert!(fake.asked().len() < 5);
    }
}

/// Never has a token.
#[derive(Debug)]
struct Silent;

#[async_trait]
impl Credential for Silent {
    async fn token(&self, _: &TokenRequest) -> Result<AccessToken> {
        std::future::pending().await
    }

    async fn forget(&self, _: &TenantId) {}

    fn application(&self) -> AppId {
        APP
    }
}

#[tokio::test(start_paused = true)]
async fn deadline_of_a_call_bounds_the_wait_for_a_token() {
    let fake = Fake::new(|_, _| std::future::ready(Ok(reply(200, &[], ""))));
    let pipeline = Pipeline::new(Some(Arc::new(Silent)), &fake.options()).unwrap();
    let (start, patience) = (Instant::now(), Duration::from_secs(5));
    let error = pipeline.send(things(Method::GET).deadline(patience)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), start.elapsed()), (ErrorKind::Timeout, 0, patience));
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn dropped_call_closes_its_connection_and_frees_its_place() {
    let (arrived, closed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let told = (Arc::clone(&arrived), Arc::clone(&closed));
    let server = Raw::start(move |mut stream, head| {
        let (arrived, closed) = (Arc::clone(&told.0), Arc::clone(&told.1));
        async move {
            if head.starts_with("GET") {
                return say(&mut stream, &answer("204 No Content", "", b"")).await;
            }
            arrived.notify_one();
            while stream.read(&mut [0; 64]).await.is_ok_and(|count| count > 0) {}
            closed.notify_one();
        }
    })
    .await;
    let mut options = server.options();
    options.concurrency_per_tenant = 1;
    let (pipeline, _) = pipeline(&options);
    tokio::select! {
        _ = pipeline.send(server.request(Method::POST)) => panic!("nobody answers"),
        () = arrived.notified() => {}
    }
    tokio::time::timeout(Duration::from_secs(30), closed.notified()).await.expect("the connection is closed");
    pipeline.send(server.request(Method::GET)).await.unwrap();
}

#[tokio::test]
async fn name_of_the_library_is_told_to_graph_unless_switched_off() {
    let fake = Fake::new(|_, _| std::future::ready(Ok(reply(204, &[], ""))));
    let mut options = fake.options();
    pipeline(&options).0.send(things(Method::GET)).await.unwrap();
    options.sdk_version = false;
    pipeline(&options).0.send(things(Method::GET)).await.unwrap();
    let asked = fake.asked();
    let sdk = asked[0].headers()["sdkversion"].to_str().unwrap();
    assert!(sdk.starts_with("graph-rust-bundle/") && sdk.contains("hostOS="), "{sdk}");
    assert!(!asked[1].headers().contains_key("sdkversion"));
}
