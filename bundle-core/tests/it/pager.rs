//! Listings: pages, links and how they end.

use futures_util::StreamExt as _;
use http::Method;
use http::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;
use wiremock::matchers::{header, query_param, query_param_is_missing};

use bundle_core::ErrorKind;
use bundle_core::http::{Page, Pager, Request, Response};
use bundle_core::testing::TestServer;

use crate::support::{graph, graph_mock, pipeline, received};

/// Serves page `number` (1 is the first), with a link to page `next`.
async fn page(server: &TestServer, number: u32, items: &[u32], next: Option<u32>) {
    let mut body = json!({"@odata.context": "#things", "value": items});
    if let Some(next) = next {
        body["@odata.nextLink"] = format!("{}/graph/v1.0/things?$skiptoken={next}", server.uri()).into();
    }
    let mock = graph_mock("GET", "things").and(header("ConsistencyLevel", "eventual"));
    let mock = match number {
        1 => mock.and(query_param_is_missing("$skiptoken")),
        _ => mock.and(query_param("$skiptoken", number.to_string())),
    };
    mock.respond_with(ResponseTemplate::new(200).set_body_json(body)).expect(1).mount(server.mock()).await;
}

fn listing(server: &TestServer) -> Pager<u32> {
    let first = graph(server, Method::GET, "things")
        .header(HeaderName::from_static("consistencylevel"), HeaderValue::from_static("eventual"));
    Pager::odata(pipeline(&server.options()).0, first)
}

#[tokio::test]
async fn list_follows_next_links_until_absent_and_keeps_headers() {
    let server = TestServer::start().await;
    page(&server, 1, &[1, 2], Some(2)).await;
    page(&server, 2, &[], Some(3)).await;
    page(&server, 3, &[3], Some(4)).await;
    page(&server, 4, &[], None).await;
    assert_eq!(listing(&server).collect_all().await.unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn list_is_a_stream_that_sends_when_asked() {
    let server = TestServer::start().await;
    page(&server, 1, &[1, 2], Some(2)).await;
    page(&server, 2, &[3], None).await;
    let mut items = listing(&server).look_ahead(false);
    assert!(received(&server).await.is_empty());
    assert_eq!(items.next().await.unwrap().unwrap(), 1);
    assert_eq!(items.next().await.unwrap().unwrap(), 2);
    assert_eq!(received(&server).await.len(), 1);
    assert_eq!(items.next().await.unwrap().unwrap(), 3);
    for _ in 0..2 {
        assert!(items.next().await.is_none());
    }
}

#[tokio::test]
async fn list_ends_at_a_link_that_repeats() {
    for (links, good) in [(vec![(1, 2), (2, 2)], 2), (vec![(1, 2), (2, 3), (3, 2)], 3)] {
        let server = TestServer::start().await;
        for (number, next) in links {
            page(&server, number, &[number], Some(next)).await;
        }
        let mut items = listing(&server);
        for expected in 1..=good {
            assert_eq!(items.try_next().await.unwrap(), Some(expected));
        }
        let error = items.try_next().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("graph.test")));
        assert_eq!(items.try_next().await.unwrap(), None);
    }
}

#[tokio::test]
async fn list_ends_after_an_error_midway() {
    let server = TestServer::start().await;
    page(&server, 1, &[1], Some(2)).await;
    graph_mock("GET", "things")
        .and(query_param("$skiptoken", "2"))
        .respond_with(ResponseTemplate::new(403))
        .expect(1)
        .mount(server.mock())
        .await;
    let mut items = listing(&server);
    assert_eq!(items.try_next().await.unwrap(), Some(1));
    assert_eq!(items.try_next().await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(items.try_next().await.unwrap(), None);
}

#[tokio::test]
async fn list_repeats_a_throttled_page() {
    let server = TestServer::start().await;
    graph_mock("GET", "things").respond_with(ResponseTemplate::new(429)).up_to_n_times(1).mount(server.mock()).await;
    page(&server, 1, &[1], None).await;
    assert_eq!(listing(&server).collect_all().await.unwrap(), [1]);
}

/// Serves a page 1 and a page 2 with an item that cannot be read.
async fn server_with_a_bad_item() -> TestServer {
    let server = TestServer::start().await;
    page(&server, 1, &[1, 2], Some(2)).await;
    let next = format!("{}/graph/v1.0/things?$skiptoken=3", server.uri());
    let body = json!({"@odata.nextLink": next, "value": [3, "hunter2", 5]});
    let mock = graph_mock("GET", "things").and(query_param("$skiptoken", "2"));
    mock.respond_with(ResponseTemplate::new(200).set_body_json(body)).expect(1).mount(server.mock()).await;
    server
}

#[tokio::test]
async fn item_that_cannot_be_read_ends_the_listing_after_those_before_it() {
    let server = server_with_a_bad_item().await;
    let mut items = listing(&server).look_ahead(false);
    for expected in [1, 2, 3] {
        assert_eq!(items.try_next().await.unwrap(), Some(expected));
    }
    let error = items.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(!error.to_string().contains("hunter2"), "{error}");
    // Page 2 was not read to its end.
    let last = serde_json::to_string(error.last_page().unwrap()).unwrap();
    assert!(!last.contains("skiptoken"), "{last}");
    assert_eq!(items.try_next().await.unwrap(), None);
    assert!(items.position().is_none());
}

#[tokio::test]
async fn page_with_an_item_that_cannot_be_read_is_not_handed_out() {
    let server = server_with_a_bad_item().await;
    let mut pages = listing(&server).look_ahead(false).pages();
    assert_eq!(pages.try_next().await.unwrap().unwrap().items, [1, 2]);
    let error = pages.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.last_page().is_some());
    assert!(pages.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn page_that_is_no_page_is_refused() {
    for body in [json!({"value": 1}), json!([]), json!({"value": ["one"]}), json!({"@odata.nextLink": 5})] {
        let server = TestServer::start().await;
        graph_mock("GET", "things")
            .respond_with(ResponseTemplate::new(200).set_body_json(&body))
            .mount(server.mock())
            .await;
        let error = listing(&server).collect_all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
    }
    // An answer without `value` or with an empty link is the last page.
    for body in [json!({}), json!({"value": [], "@odata.nextLink": ""})] {
        let server = TestServer::start().await;
        graph_mock("GET", "things")
            .respond_with(ResponseTemplate::new(200).set_body_json(&body))
            .mount(server.mock())
            .await;
        assert!(listing(&server).collect_all().await.unwrap().is_empty(), "{body}");
    }
}

#[tokio::test]
async fn listing_that_goes_on_in_a_header_is_no_loop() {
    fn decode(request: &Request, response: &Response) -> bundle_core::Result<Page<Value>> {
        #[derive(Deserialize)]
        struct Body {
            items: Vec<Value>,
            token: Option<String>,
        }
        let body: Body = response.json()?;
        let next = body.token.map(|token| {
            let value = HeaderValue::from_str(&token).expect("the test writes plain tokens");
            request.clone().header(HeaderName::from_static("ms-continuationtoken"), value)
        });
        Ok(Page { items: body.items, next })
    }
    let server = TestServer::start().await;
    for (token, next) in [("a", json!("b")), ("b", Value::Null)] {
        let body = json!({"items": [token], "token": next});
        let answer = ResponseTemplate::new(200).set_body_json(body);
        let mock = graph_mock("GET", "things").and(header("MS-ContinuationToken", token));
        mock.respond_with(answer).expect(1).mount(server.mock()).await;
    }
    let first = ResponseTemplate::new(200).set_body_json(json!({"items": ["first"], "token": "a"}));
    graph_mock("GET", "things").respond_with(first).expect(1).with_priority(200).mount(server.mock()).await;
    let first = graph(&server, Method::GET, "things");
    let items = Pager::new(pipeline(&server.options()).0, first, decode).collect_all().await.unwrap();
    assert_eq!(items, ["first", "a", "b"]);
}
