//! Listings that fetch one page ahead: when the next request goes out, how many do, and how it all ends.

use std::future::poll_fn;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::Stream as _;
use http::Method;
use http::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use wiremock::ResponseTemplate;
use wiremock::matchers::{query_param, query_param_is_missing};

use bundle_core::ErrorKind;
use bundle_core::http::{PageLink, Pager};
use bundle_core::testing::TestServer;

use crate::support::raw::{Raw, answer, say};
use crate::support::{fixture, graph, graph_mock, pipeline, received};

/// Which page a request is for; the first has no number.
fn number(head: &str) -> usize {
    let query = head.split_once("page=").map_or("1", |(_, rest)| rest);
    query.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// The beginning of a page, up to its items.
fn beginning(head: &str, next: usize) -> String {
    let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    format!(r#"{{"@odata.context":"x","@odata.nextLink":"http://{host}/v1.0/things?page={next}","value":["#)
}

/// A whole page with the items given, `last` without a link.
fn page(head: &str, last: usize, items: &str) -> Vec<u8> {
    let number = number(head);
    let beginning = if number < last { beginning(head, number + 1) } else { r#"{"value":["#.to_owned() };
    answer("200 OK", "", format!("{beginning}{items}]}}").as_bytes())
}

fn listing<T: serde::de::DeserializeOwned + Send + 'static>(server: &Raw) -> Pager<T> {
    Pager::odata(pipeline(&server.options()).0, server.request(Method::GET))
}

/// Ends a test that would wait for ever.
async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), work).await.expect("it ends")
}

/// Lets everything that is under way come to rest: what was sent has arrived after some exchanges of another kind.
async fn settle(server: &Raw) {
    let (pipeline, _) = pipeline(&server.options());
    for _ in 0..5 {
        let probe = server.request(Method::GET).header(PROBE, HeaderValue::from_static("1"));
        pipeline.send(probe).await.unwrap();
    }
}

const PROBE: HeaderName = HeaderName::from_static("x-probe");

/// The pages asked for, in the order they were.
fn asked(server: &Raw) -> Vec<usize> {
    server.heads().iter().filter(|head| !head.contains("x-probe")).map(|head| number(head)).collect()
}

#[tokio::test]
async fn next_page_is_asked_for_while_this_one_arrives() {
    for compressed in [false, true] {
        let second_arrived = Arc::new(Notify::new());
        let server = Raw::start(move |mut stream, head| {
            let second_arrived = Arc::clone(&second_arrived);
            async move {
                if number(&head) == 2 {
                    second_arrived.notify_one();
                    return say(&mut stream, &answer("200 OK", "", br#"{"value":[3]}"#)).await;
                }
                let mut body = Body::new(compressed);
                let headers = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n";
                stream.write_all(headers.as_bytes()).await.unwrap();
                stream.write_all(&body.piece(&format!("{}1,", beginning(&head, 2)))).await.unwrap();
                // Without looking ahead this never comes, and neither does the end.
                second_arrived.notified().await;
                stream.write_all(&body.piece("2]}")).await.unwrap();
                say(&mut stream, &body.end()).await;
            }
        })
        .await;
        assert_eq!(in_time(listing::<u32>(&server).collect_all()).await.unwrap(), [1, 2, 3]);
        assert_eq!(asked(&server), [1, 2]);
    }
}

/// Pieces of a body, plain or compressed so that each piece can be read when it has arrived.
struct Body(Option<GzEncoder<Vec<u8>>>);

impl Body {
    fn new(compressed: bool) -> Self {
        Self(compressed.then(|| GzEncoder::new(Vec::new(), Compression::default())))
    }

    fn piece(&mut self, text: &str) -> Vec<u8> {
        let Some(encoder) = &mut self.0 else { return text.into() };
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.flush().unwrap();
        std::mem::take(encoder.get_mut())
    }

    fn end(self) -> Vec<u8> {
        self.0.map(|encoder| encoder.finish().unwrap()).unwrap_or_default()
    }
}

#[tokio::test]
async fn no_more_than_one_page_is_fetched_ahead() {
    const LAST: usize = 20;
    let handed_out = Arc::new(AtomicUsize::new(0));
    let too_early = Arc::new(AtomicUsize::new(0));
    let counters = (Arc::clone(&handed_out), Arc::clone(&too_early));
    let server = Raw::start(move |mut stream, head| {
        let (handed_out, too_early) = (Arc::clone(&counters.0), Arc::clone(&counters.1));
        async move {
            // The page that is waited for, and the one after it.
            let allowed = handed_out.load(Ordering::SeqCst) + 2;
            too_early.fetch_add(usize::from(number(&head) > allowed), Ordering::SeqCst);
            say(&mut stream, &page(&head, LAST, "1,2")).await;
        }
    })
    .await;
    let mut pages = listing::<u32>(&server).pages();
    for number in 1..=LAST {
        let page = in_time(pages.try_next()).await.unwrap().unwrap();
        assert_eq!((page.items, page.next.is_some()), (vec![1, 2], number < LAST));
        handed_out.store(number, Ordering::SeqCst);
        if number == 5 {
            settle(&server).await;
            assert_eq!(asked(&server), [1, 2, 3, 4, 5, 6]);
        }
    }
    assert!(pages.try_next().await.unwrap().is_none());
    assert_eq!(too_early.load(Ordering::SeqCst), 0);
    assert_eq!(asked(&server), (1..=LAST).collect::<Vec<_>>());
}

static LIVE: AtomicIsize = AtomicIsize::new(0);
static MOST: AtomicIsize = AtomicIsize::new(0);

/// An item that is counted while it is in memory.
struct Counted;

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer)?;
        MOST.fetch_max(LIVE.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Ok(Self)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn items_of_one_page_are_in_memory_at_most() {
    let server = Raw::start(|mut stream, head| async move {
        say(&mut stream, &page(&head, 15, "1,2,3,4,5,6,7,8,9,10")).await;
    })
    .await;
    let mut items = listing::<Counted>(&server);
    let mut count = 0;
    while let Some(item) = in_time(items.try_next()).await.unwrap() {
        drop(item);
        count += 1;
        if count % 30 == 1 {
            settle(&server).await;
        }
    }
    assert_eq!((count, LIVE.load(Ordering::SeqCst)), (150, 0));
    let most = MOST.load(Ordering::SeqCst);
    // One at a time while a page is read as it is handed out; the last, without a link, is read whole.
    assert!(most <= 11, "{most}");
}

#[tokio::test]
async fn without_look_ahead_a_page_is_asked_for_when_it_is_needed() {
    let server = Raw::start(|mut stream, head| async move { say(&mut stream, &page(&head, 3, "1,2")).await }).await;
    let mut items = listing::<u32>(&server).look_ahead(false);
    for number in 1..=3 {
        for item in 1..=2 {
            assert_eq!(in_time(items.try_next()).await.unwrap(), Some(item));
            settle(&server).await;
            assert_eq!(asked(&server).len(), number);
        }
    }
    assert_eq!(items.try_next().await.unwrap(), None);
    assert_eq!(asked(&server), [1, 2, 3]);
}

#[tokio::test]
async fn dropping_a_listing_breaks_off_both_pages() {
    let second_arrived = Arc::new(Notify::new());
    let closed = Arc::new([Notify::new(), Notify::new()]);
    let told = (Arc::clone(&second_arrived), Arc::clone(&closed));
    let server = Raw::start(move |mut stream, head| {
        let (second_arrived, closed) = (Arc::clone(&told.0), Arc::clone(&told.1));
        async move {
            let number = number(&head);
            let text = format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{}", beginning(&head, number + 1));
            if number == 1 {
                stream.write_all(text.as_bytes()).await.unwrap();
            } else {
                second_arrived.notify_one();
            }
            until_closed(&mut stream).await;
            closed[number - 1].notify_one();
        }
    })
    .await;
    let mut items = Box::pin(listing::<u32>(&server));
    let arrived = async {
        tokio::select! {
            _ = poll_fn(|context| items.as_mut().poll_next(context)) => panic!("no page is whole"),
            () = second_arrived.notified() => {}
        }
    };
    in_time(arrived).await;
    drop(items);
    in_time(closed[0].notified()).await;
    in_time(closed[1].notified()).await;
    assert_eq!(asked(&server), [1, 2]);
}

async fn until_closed(stream: &mut TcpStream) {
    while stream.read(&mut [0; 64]).await.is_ok_and(|count| count > 0) {}
}

#[tokio::test]
async fn link_of_an_attempt_that_failed_is_given_up() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let wrong_arrived = Arc::new(Notify::new());
    let server = Raw::start(move |mut stream, head| {
        let (attempts, wrong_arrived) = (Arc::clone(&attempts), Arc::clone(&wrong_arrived));
        async move {
            match number(&head) {
                1 if attempts.fetch_add(1, Ordering::SeqCst) == 0 => {
                    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{}", beginning(&head, 666));
                    stream.write_all(text.as_bytes()).await.unwrap();
                    wrong_arrived.notified().await;
                }
                666 => {
                    wrong_arrived.notify_one();
                    until_closed(&mut stream).await;
                }
                _ => say(&mut stream, &page(&head, 2, "1,2")).await,
            }
        }
    })
    .await;
    assert_eq!(in_time(listing::<u32>(&server).collect_all()).await.unwrap(), [1, 2, 1, 2]);
    assert_eq!(asked(&server), [1, 666, 1, 2]);
}

#[tokio::test]
async fn error_of_the_page_ahead_comes_after_the_items_before_it() {
    let failed = Arc::new(Notify::new());
    let server = Raw::start(move |mut stream, head| {
        let failed = Arc::clone(&failed);
        async move {
            if number(&head) == 2 {
                say(&mut stream, &answer("403 Forbidden", "", b"")).await;
                return failed.notify_one();
            }
            let text = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", beginning(&head, 2));
            stream.write_all(text.as_bytes()).await.unwrap();
            // By now the page ahead has its error, and this page has no item yet.
            failed.notified().await;
            say(&mut stream, b"1,2]}").await;
        }
    })
    .await;
    let mut items = listing::<u32>(&server);
    for item in [1, 2] {
        assert_eq!(in_time(items.try_next()).await.unwrap(), Some(item));
    }
    let error = in_time(items.try_next()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.last_page().is_some());
    assert_eq!(items.try_next().await.unwrap(), None);
    assert!(items.position().is_none());
}

/// Serves page `number`, the first without a number, with a link to the next up to the third.
async fn numbered(server: &TestServer, number: u32, answer: Option<ResponseTemplate>) {
    let body = |number: u32| {
        let mut body = json!({"value": [number]});
        if number < 3 {
            body["@odata.nextLink"] = format!("{}/graph/v1.0/things?page={}", server.uri(), number + 1).into();
        }
        ResponseTemplate::new(200).set_body_json(body)
    };
    let mock = graph_mock("GET", "things").and(wiremock::matchers::header("ConsistencyLevel", "eventual"));
    let mock = match number {
        1 => mock.and(query_param_is_missing("page")),
        _ => mock.and(query_param("page", number.to_string())),
    };
    mock.respond_with(answer.unwrap_or_else(|| body(number))).mount(server.mock()).await;
}

fn numbered_listing(server: &TestServer) -> Pager<u32> {
    let first = graph(server, Method::GET, "things")
        .header(HeaderName::from_static("consistencylevel"), HeaderValue::from_static("eventual"));
    Pager::odata(pipeline(&server.options()).0, first)
}

#[tokio::test]
async fn listing_goes_on_from_its_position_in_another_process() {
    let server = TestServer::start().await;
    for number in 1..=3 {
        numbered(&server, number, None).await;
    }
    for ahead in [true, false] {
        for taken in 0..=3 {
            let mut items = numbered_listing(&server).look_ahead(ahead);
            for _ in 0..taken {
                items.try_next().await.unwrap().unwrap();
            }
            let stored = serde_json::to_string(&items.position()).unwrap();
            drop(items);
            let rest = match serde_json::from_str::<Option<PageLink>>(&stored).unwrap() {
                Some(link) => numbered_listing(&server).resume(&link).unwrap().collect_all().await.unwrap(),
                None => Vec::new(),
            };
            assert_eq!(rest, (taken + 1..=3).collect::<Vec<_>>(), "after {taken}");
        }
    }
    // In the middle of a page the page itself is the place.
    let server = Raw::start(|mut stream, head| async move { say(&mut stream, &page(&head, 2, "1,2")).await }).await;
    let mut items = listing::<u32>(&server);
    assert_eq!(items.try_next().await.unwrap(), Some(1));
    let rest = listing::<u32>(&server).resume(&items.position().unwrap()).unwrap();
    assert_eq!(rest.collect_all().await.unwrap(), [1, 2, 1, 2]);
}

#[tokio::test]
async fn place_of_another_listing_is_refused_and_nothing_is_sent() {
    let server = TestServer::start().await;
    for url in ["https://evil.example/graph/v1.0/things", "http://127.0.0.1:1/graph/v1.0/things"] {
        let link: PageLink = serde_json::from_value(json!({"url": url})).unwrap();
        assert_eq!(numbered_listing(&server).resume(&link).unwrap_err().kind(), ErrorKind::Config);
    }
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn expired_page_token_names_the_page_to_go_on_from() {
    let server = TestServer::start().await;
    numbered(&server, 1, None).await;
    numbered(&server, 2, None).await;
    numbered(&server, 3, Some(fixture("graph/page_token_expired"))).await;
    let mut items = numbered_listing(&server);
    assert_eq!(items.try_next().await.unwrap(), Some(1));
    assert_eq!(items.try_next().await.unwrap(), Some(2));
    let error = items.try_next().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidRequest, Some("Directory_ExpiredPageToken")));
    assert_eq!(error.diagnosis().unwrap().issue, "page-token-expired");
    assert_eq!(error.attempts(), 1);

    // Asked again, the page that could be read brings a link that is good.
    server.mock().reset().await;
    numbered(&server, 2, None).await;
    numbered(&server, 3, None).await;
    let rest = numbered_listing(&server).resume(error.last_page().unwrap()).unwrap();
    assert_eq!(rest.collect_all().await.unwrap(), [2, 3]);
}

#[tokio::test]
async fn pages_come_with_their_places() {
    let server = TestServer::start().await;
    for number in 1..=3 {
        numbered(&server, number, None).await;
    }
    let mut pages = numbered_listing(&server).pages();
    let mut expected: Option<PageLink> = None;
    for number in 1..=3 {
        let page = pages.try_next().await.unwrap().unwrap();
        assert_eq!(page.items, [number]);
        assert!(expected.is_none_or(|link| link == page.link), "page {number}");
        expected = page.next;
    }
    assert!(expected.is_none() && pages.try_next().await.unwrap().is_none());
    let debug = format!("{pages:?} {:?}", numbered_listing(&server).look_ahead(false));
    assert!(debug.contains("graph.test") && !debug.contains("page="), "{debug}");
    let _: Value = serde_json::to_value(numbered_listing(&server).position()).unwrap();
}
