//! What becomes of a call when the other side misbehaves: one table of faults, each over a real connection.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::Method;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use bundle_core::ErrorKind::{
    self, Connection, Decode, InvalidRequest, NotFound, OutcomeUnknown, PermissionDenied, Throttled, Timeout,
    Unavailable,
};
use bundle_core::auth::Principal;
use bundle_core::http::Pager;
use bundle_core::testing::FixedCredential;

use crate::support::raw::{Raw, answer, say};
use crate::support::{CUSTOMER, SCOPE, pipeline, shown};

/// What a server does with every connection.
#[derive(Clone)]
enum Fault {
    /// Resets it without reading.
    ResetAtOnce,
    /// Reads the request and resets it.
    ResetAfterRequest,
    /// Sends these bytes and closes.
    Says(Vec<u8>),
    /// Sends these bytes and resets.
    SaysAndResets(Vec<u8>),
    /// Sends these bytes and falls silent.
    SaysAndHangs(Vec<u8>),
    /// Sends these bytes, then zeros for ever.
    SaysAndFloods(Vec<u8>),
}

impl Fault {
    async fn serve(self) -> Raw {
        match self {
            Self::ResetAtOnce => Raw::accepting(|stream| async move { reset(stream) }).await,
            Self::ResetAfterRequest => Raw::start(|stream, _| async move { reset(stream) }).await,
            Self::Says(bytes) => Raw::saying(bytes).await,
            Self::SaysAndResets(bytes) => {
                Raw::start(move |mut stream, _| {
                    let bytes = bytes.clone();
                    async move {
                        stream.write_all(&bytes).await.unwrap();
                        // What was sent before a reset is lost unless the other side has read it.
                        read_by_the_client(&stream).await;
                        reset(stream);
                    }
                })
                .await
            }
            Self::SaysAndHangs(bytes) => {
                Raw::start(move |mut stream, _| {
                    let bytes = bytes.clone();
                    async move {
                        stream.write_all(&bytes).await.unwrap();
                        std::future::pending::<()>().await;
                    }
                })
                .await
            }
            Self::SaysAndFloods(bytes) => {
                Raw::start(move |mut stream, _| {
                    let bytes = bytes.clone();
                    async move {
                        let mut alive = stream.write_all(&bytes).await;
                        while alive.is_ok() {
                            alive = stream.write_all(&[b'0'; 1 << 16]).await;
                        }
                    }
                })
                .await
            }
        }
    }
}

/// Closing with a linger of zero sends a reset.
fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
    drop(stream);
}

/// Gives the client, which shares this thread, its turn to read.
async fn read_by_the_client(stream: &TcpStream) {
    for _ in 0..50 {
        stream.writable().await.unwrap();
        tokio::task::yield_now().await;
    }
}

/// How a call ends: what kind of error, with which status, after how many attempts.
type Ends = (ErrorKind, Option<u16>, u32);

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// An announced length, and less than it.
fn cut(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: 100000\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

const GZIP: &str = "Content-Encoding: gzip\r\nContent-Type: application/json\r\n";
const HTML: &[u8] = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";

/// Name, fault, and how a read and a write end that expect JSON of at most a megabyte.
fn faults() -> Vec<(&'static str, Fault, Ends, Ends)> {
    use Fault::{ResetAfterRequest, ResetAtOnce, Says, SaysAndFloods, SaysAndHangs, SaysAndResets};
    let json = br#"{"value":[{"id":"11111111-1111-4111-8111-111111111111"}]}"#;
    let whole = gzip(json);
    let mut corrupt = whole.clone();
    corrupt[12..20].fill(0xff);
    let mut wrong_sum = whole.clone();
    wrong_sum[whole.len() - 8] ^= 0xff;
    let no_answer = ((Connection, None, 5), (OutcomeUnknown, None, 1));
    let lost = ((Connection, Some(200), 5), (OutcomeUnknown, Some(200), 1));
    let unreadable = ((Decode, Some(200), 1), (Decode, Some(200), 1));
    let refused = |kind, status| ((kind, Some(status), 1), (kind, Some(status), 1));
    let throttled = |attempts| ((Throttled, Some(429), attempts), (Throttled, Some(429), attempts));
    let rows = [
        ("reset before the request is read", ResetAtOnce, no_answer),
        ("reset after the request", ResetAfterRequest, no_answer),
        ("closed without a word", Says(vec![]), no_answer),
        ("closed in the head", Says(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()), no_answer),
        ("no HTTP", Says(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), no_answer),
        ("a head without end", SaysAndFloods(b"HTTP/1.1 200 OK\r\nX-Long: ".to_vec()), no_answer),
        (
            "two lengths",
            Says(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12".to_vec()),
            no_answer,
        ),
        ("closed in the body", Says(cut("200 OK", "", json)), lost),
        ("reset in the body", SaysAndResets(cut("200 OK", "", json)), lost),
        ("closed in a chunk", Says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{".to_vec()), lost),
        ("a chunk of no length", Says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n".to_vec()), lost),
        ("an absurd length", Says(cut("200 OK", "", b"{").replace("100000", "9000000000000000000")), lost),
        ("gzip cut short", Says(answer("200 OK", GZIP, &whole[..whole.len() / 2])), lost),
        ("gzip corrupt", Says(answer("200 OK", GZIP, &corrupt)), unreadable),
        ("gzip with a wrong sum", Says(answer("200 OK", GZIP, &wrong_sum)), unreadable),
        ("gzip bomb", Says(answer("200 OK", GZIP, &gzip(&vec![0; 100 << 20]))), unreadable),
        ("plain bomb", SaysAndFloods(cut("200 OK", "", b"").replace("100000", "999999999999")), unreadable),
        ("HTML of a proxy with 200", Says(answer("200 OK", "", HTML)), unreadable),
        ("nothing with 200", Says(answer("200 OK", "", b"")), unreadable),
        ("NULs marked gzip with 200", Says(answer("200 OK", GZIP, &[0; 64])), unreadable),
        ("NULs marked gzip with 403", Says(answer("403 Forbidden", GZIP, &[0; 64])), refused(PermissionDenied, 403)),
        ("text marked gzip with 403", Says(answer("403 Forbidden", GZIP, b"no")), refused(PermissionDenied, 403)),
        ("gzip cut short with 404", Says(answer("404 Not Found", GZIP, &whole[..20])), refused(NotFound, 404)),
        (
            "gzip bomb with 400",
            Says(answer("400 Bad Request", GZIP, &gzip(&[b'0'; 10 << 20]))),
            refused(InvalidRequest, 400),
        ),
        ("error cut short", Says(cut("403 Forbidden", "", b"{\"error\":{\"co")), refused(PermissionDenied, 403)),
        ("error reset in the body", SaysAndResets(cut("403 Forbidden", "", b"{")), refused(PermissionDenied, 403)),
        ("error without end", SaysAndFloods(cut("403 Forbidden", "", b"")), refused(PermissionDenied, 403)),
        (
            "HTML of a proxy with 502",
            Says(answer("502 Bad Gateway", "", HTML)),
            ((Unavailable, Some(502), 5), (OutcomeUnknown, Some(502), 1)),
        ),
        ("429 for ever", Says(answer("429 Too Many Requests", "", b"")), throttled(5)),
        ("429 for ever, after 0 s", Says(answer("429 Too Many Requests", "Retry-After: 0\r\n", b"")), throttled(5)),
        ("429, after an hour", Says(answer("429 Too Many Requests", "Retry-After: 3600\r\n", b"")), throttled(1)),
        ("silence", SaysAndHangs(vec![]), ((Timeout, None, 5), (OutcomeUnknown, None, 1))),
        ("silence in the body", SaysAndHangs(cut("200 OK", "", b"{")), ((Timeout, None, 5), (OutcomeUnknown, None, 1))),
    ];
    rows.into_iter().map(|(name, fault, (read, write))| (name, fault, read, write)).collect()
}

trait Replace {
    fn replace(self, from: &str, to: &str) -> Self;
}

impl Replace for Vec<u8> {
    fn replace(self, from: &str, to: &str) -> Self {
        String::from_utf8(self).unwrap().replace(from, to).into_bytes()
    }
}

#[tokio::test]
async fn every_fault_ends_as_documented_in_bounded_time_and_shows_no_token() {
    let token = FixedCredential::header(&CUSTOMER, Principal::Account, SCOPE);
    let mut wrong = Vec::new();
    for (name, fault, read, write) in faults() {
        for (verb, ends) in [(Method::GET, read), (Method::POST, write)] {
            let hangs = matches!(fault, Fault::SaysAndHangs(_));
            let server = fault.clone().serve().await;
            let mut options = server.options();
            options.max_body = 1 << 20;
            // Where the server is silent the attempt's time is all that ends it.
            options.attempt_timeout = if hangs { Duration::from_millis(20) } else { Duration::from_secs(60) };
            let call = async { pipeline(&options).0.send(server.request(verb)).await?.json::<Value>() };
            let bounded = tokio::time::timeout(Duration::from_secs(30), call).await;
            let error = bounded.unwrap_or_else(|_| panic!("{name}: does not end")).expect_err(name);
            let ended = (error.kind(), error.status(), error.attempts());
            // Every attempt makes a connection.
            if ended != ends || server.connections() != ends.2 as usize {
                wrong.push(format!("{name}: {ended:?} and not {ends:?}, {} connections", server.connections()));
            }
            assert_eq!((error.operation(), error.tenant()), (Some("graph.test"), Some(&CUSTOMER)), "{name}");
            assert!(!shown(&error).contains(&token), "{name}: {error:?}");
            assert!(error.to_string().len() < 1000 && !error.to_string().contains(['<', '\n']), "{name}: {error}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn bodies_that_are_not_what_they_are_marked_as_are_read_as_what_they_are() {
    let json = br#"{"a":1}"#;
    for (marked, body) in [
        ("Content-Encoding: gzip", &json[..]),
        ("Content-Encoding: deflate", json),
        ("Content-Encoding: br", json),
        ("Content-Encoding: GZIP", &gzip(json)),
        ("Content-Encoding: x-gzip", &gzip(json)),
        ("Content-Type: application/json", &gzip(json)),
        ("Content-Type: application/json", &[&gzip(br#"{"a""#)[..], &gzip(b":1}")].concat()),
        ("Content-Type: application/octet-stream", json),
    ] {
        let server = Raw::saying(answer("200 OK", &format!("{marked}\r\n"), body)).await;
        let response = pipeline(&server.options()).0.send(server.request(Method::GET)).await.unwrap();
        assert_eq!(response.json::<Value>().unwrap()["a"], 1, "{marked}");
    }
    // An archive is handed out as it is.
    let archive = gzip(json);
    let server = Raw::saying(answer("200 OK", "Content-Type: application/gzip\r\n", &archive)).await;
    let response = pipeline(&server.options()).0.send(server.request(Method::GET)).await.unwrap();
    assert_eq!(response.body(), archive);
}

#[tokio::test]
async fn compressed_error_says_what_the_service_said() {
    let body = gzip(br#"{"error":{"code":"Request_ResourceNotFound","message":"Resource 'x' does not exist."}}"#);
    let server = Raw::saying(answer("404 Not Found", GZIP, &body)).await;
    let error = server.error(Method::GET, &server.options()).await;
    assert_eq!((error.kind(), error.code()), (NotFound, Some("Request_ResourceNotFound")));
    assert!(error.body().unwrap().contains("does not exist"), "{:?}", error.body());
}

#[tokio::test]
async fn any_cap_may_be_set() {
    let server = Raw::saying(answer("200 OK", "", b"{}")).await;
    let (pipeline, _) = pipeline(&server.options());
    assert_eq!(pipeline.send(server.request(Method::GET).max_body(usize::MAX)).await.unwrap().body(), b"{}");
    assert_eq!(pipeline.send(server.request(Method::GET).max_body(0)).await.unwrap_err().kind(), Decode);
}

#[tokio::test]
async fn error_of_a_hundred_megabytes_is_hung_up_on() {
    let closed = Arc::new(Notify::new());
    let taken = Arc::new(AtomicUsize::new(0));
    let (told, counted) = (Arc::clone(&closed), Arc::clone(&taken));
    let server = Raw::start(move |mut stream, _| {
        let (told, counted) = (Arc::clone(&told), Arc::clone(&counted));
        async move {
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 104857600\r\n\r\n").await.unwrap();
            while stream.write_all(&[b'x'; 1 << 16]).await.is_ok() {
                counted.fetch_add(1 << 16, Ordering::SeqCst);
            }
            told.notify_one();
        }
    })
    .await;
    let error = server.error(Method::GET, &server.options()).await;
    assert_eq!((error.kind(), error.status()), (PermissionDenied, Some(403)));
    assert!(error.body().unwrap().len() <= 16 << 10);
    tokio::time::timeout(Duration::from_secs(30), closed.notified()).await.expect("the connection is closed");
    // What lies in the buffers of the two sockets was never read.
    let taken = taken.load(Ordering::SeqCst);
    assert!(taken < 32 << 20, "{taken} bytes were taken");
}

/// A server that stands for another host: it must see no connection at all.
async fn foreign() -> Raw {
    Raw::saying(answer("200 OK", "", br#"{"value":[]}"#)).await
}

#[tokio::test]
async fn redirect_to_another_host_is_an_error_and_nothing_is_sent_there() {
    let foreign = foreign().await;
    for status in [301, 302, 303, 307, 308] {
        for verb in [Method::GET, Method::POST] {
            let location = format!("Location: {}/v1.0/things\r\n", foreign.base());
            let server = Raw::saying(answer(&format!("{status} Moved"), &location, b"")).await;
            let error = server.error(verb, &server.options()).await;
            assert_eq!((error.kind(), error.status(), error.attempts()), (Decode, Some(status), 1));
        }
    }
    assert_eq!(foreign.connections(), 0);
}

#[tokio::test]
async fn link_to_another_host_ends_the_listing_and_nothing_is_sent_there() {
    let foreign = foreign().await;
    let link = format!("{}/v1.0/things?page=2", foreign.base());
    for page in [
        // Early, where the next page would be asked for while this one arrives, and late.
        format!(r#"{{"@odata.context":"x","@odata.nextLink":"{link}","value":[1]}}"#),
        format!(r#"{{"@odata.context":"x","value":[1],"@odata.nextLink":"{link}"}}"#),
    ] {
        let server = Raw::saying(answer("200 OK", "", page.as_bytes())).await;
        for ahead in [true, false] {
            let (pipeline, _) = pipeline(&server.options());
            let mut items = Pager::<u32>::odata(pipeline, server.request(Method::GET)).look_ahead(ahead);
            let error = items.try_next().await.unwrap_err();
            assert_eq!((error.kind(), error.status()), (Decode, Some(200)));
            assert!(!shown(&error).contains("page=2"), "{error:?}");
            assert_eq!(items.try_next().await.unwrap(), None);
        }
        assert_eq!(server.connections(), 2);
    }
    assert_eq!(foreign.connections(), 0);
}

#[tokio::test]
async fn link_that_leads_in_a_circle_ends_the_listing() {
    for early in [true, false] {
        let server = Raw::start(move |mut stream, head| async move {
            let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
            let next = if head.contains("page=2") { "page=1" } else { "page=2" };
            let link = format!("\"@odata.nextLink\":\"http://{host}/v1.0/things?{next}\"");
            let body = if early { format!("{{{link},\"value\":[1]}}") } else { format!("{{\"value\":[1],{link}}}") };
            say(&mut stream, &answer("200 OK", "", body.as_bytes())).await;
        })
        .await;
        let first = server.request(Method::GET).query("page", "1");
        let mut items = Pager::<u32>::odata(pipeline(&server.options()).0, first);
        for _ in 0..2 {
            assert_eq!(items.try_next().await.unwrap(), Some(1));
        }
        assert_eq!(items.try_next().await.unwrap_err().kind(), Decode);
        assert_eq!(items.try_next().await.unwrap(), None);
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn claims_are_found_in_any_of_several_challenges_and_a_loop_of_them_ends() {
    // The claims are `{"access_token":{}}`.
    let headers = "WWW-Authenticate: Basic realm=\"x\"\r\nwww-authenticate: Bearer realm=\"\", \
                   error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\"\r\n";
    let server = Raw::saying(answer("401 Unauthorized", headers, b"")).await;
    let (pipeline, credential) = pipeline(&server.options());
    let error = pipeline.send(server.request(Method::GET)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::ReauthenticationRequired, 2));
    assert_eq!(error.diagnosis().unwrap().issue, "claims-challenge");
    assert_eq!(server.connections(), 2);
    let asked = credential.requests();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].claims.as_deref(), Some(r#"{"access_token":{}}"#));
    assert!(asked[1].rejected.is_some());
}
