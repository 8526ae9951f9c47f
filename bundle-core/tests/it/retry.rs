//! Which outcomes are repeated, end to end: the rows of `decide` over a real connection.

use std::time::{Duration, Instant};

use http::Method;
use wiremock::matchers::any;
use wiremock::{Mock, Request as Arrived, ResponseTemplate};

use bundle_core::http::{RetryPolicy, Safety};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, TenantId};

use crate::support::{
    CUSTOMER, closed_address, fixture, graph, graph_at, graph_mock, header, options_at, pipeline, received,
};

/// What becomes of a request whose first attempt ends badly.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    Repeated,
    Returned,
    Unknown,
}

/// Answers badly once, then well, and says what became of a read, an idempotent and an unsafe request.
async fn outcomes(bad: ResponseTemplate) -> [Ends; 3] {
    let mut ends = Vec::new();
    for (verb, safety) in
        [(Method::GET, Safety::Read), (Method::PATCH, Safety::Idempotent), (Method::POST, Safety::Unsafe)]
    {
        let server = TestServer::start().await;
        graph_mock(verb.as_str(), "things").respond_with(bad.clone()).up_to_n_times(1).mount(server.mock()).await;
        graph_mock(verb.as_str(), "things").respond_with(ResponseTemplate::new(200)).mount(server.mock()).await;
        let (pipeline, _) = pipeline(&server.options());
        let outcome = pipeline.send(graph(&server, verb, "things").safety(safety)).await;
        let sent = received(&server).await.len();
        ends.push(match outcome {
            Ok(response) => {
                assert_eq!((response.attempts(), sent), (2, 2));
                Ends::Repeated
            }
            Err(error) => {
                assert_eq!((error.attempts(), sent), (1, 1));
                assert!(error.status().is_some());
                let unknown = error.kind() == ErrorKind::OutcomeUnknown;
                if unknown { Ends::Unknown } else { Ends::Returned }
            }
        });
    }
    ends.try_into().unwrap()
}

#[tokio::test]
async fn send_follows_the_table_for_every_answer() {
    use Ends::{Repeated, Returned, Unknown};
    let plain = ResponseTemplate::new;
    let after = |status, wait| ResponseTemplate::new(status).insert_header("Retry-After", wait);
    let rows = [
        (plain(429), [Repeated, Repeated, Repeated]),
        (after(429, "0"), [Repeated, Repeated, Repeated]),
        (after(429, "0.01"), [Repeated, Repeated, Repeated]),
        (plain(509), [Repeated, Repeated, Repeated]),
        (after(503, "0"), [Repeated, Repeated, Repeated]),
        (plain(503), [Repeated, Repeated, Returned]),
        (plain(408), [Repeated, Repeated, Returned]),
        (plain(500), [Repeated, Repeated, Unknown]),
        (after(500, "0"), [Repeated, Repeated, Unknown]),
        (plain(502), [Repeated, Repeated, Unknown]),
        (plain(504), [Repeated, Repeated, Unknown]),
        (plain(501), [Returned, Returned, Returned]),
        (plain(400), [Returned, Returned, Returned]),
        (fixture("graph/insufficient_privileges"), [Returned, Returned, Returned]),
        (after(404, "0"), [Returned, Returned, Returned]),
        (after(302, "0"), [Returned, Returned, Returned]),
    ];
    for (at, (bad, expected)) in rows.into_iter().enumerate() {
        assert_eq!(outcomes(bad).await, expected, "row {at}");
    }
}

#[tokio::test]
async fn send_repeats_when_nothing_was_sent_even_if_unsafe() {
    let (_reserved, closed) = closed_address();
    let (pipeline, _) = pipeline(&options_at(&closed));
    for verb in [Method::GET, Method::PUT, Method::POST] {
        let url = format!("{closed}/v1.0/things").parse().unwrap();
        let error = pipeline.send(graph_at(url, verb)).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Connection, 5, None));
        assert_eq!(error.tenant(), Some(&CUSTOMER));
    }
}

#[tokio::test]
async fn send_stops_after_the_last_attempt_and_keeps_all_request_ids() {
    let server = TestServer::start().await;
    let respond = |request: &Arrived| {
        // The service's own id differs with every attempt, as ours does.
        let id = format!("answer-{}", &header(request, "client-request-id")[..8]);
        ResponseTemplate::new(429).insert_header("Retry-After", "0").insert_header("request-id", id.as_str())
    };
    Mock::given(any()).respond_with(respond).expect(7).mount(server.mock()).await;
    let retry = RetryPolicy::default().base_wait(Duration::ZERO).max_attempts(7);
    let (pipeline, _) = pipeline(&server.options().retry(retry));
    let error = pipeline.send(graph(&server, Method::POST, "things")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Throttled, 7, Some(429)));
    assert_eq!(error.request_ids().len(), 7);
    for (id, arrived) in error.request_ids().iter().zip(received(&server).await) {
        assert!(header(&arrived, "client-request-id").starts_with(id.strip_prefix("answer-").unwrap()));
    }
    assert!(error.to_string().ends_with("after 7 attempts"), "{error}");
}

#[tokio::test]
async fn send_waits_as_long_as_the_service_asks() {
    let server = TestServer::start().await;
    let throttled = ResponseTemplate::new(429).insert_header("Retry-After", "0.05");
    graph_mock("GET", "things").respond_with(throttled).up_to_n_times(1).mount(server.mock()).await;
    graph_mock("GET", "things").respond_with(ResponseTemplate::new(200)).mount(server.mock()).await;
    let (pipeline, _) = pipeline(&server.options());
    let start = Instant::now();
    let response = pipeline.send(graph(&server, Method::GET, "things")).await.unwrap();
    assert_eq!(response.attempts(), 2);
    assert!(start.elapsed() >= Duration::from_millis(50), "{:?}", start.elapsed());
}

#[tokio::test]
async fn send_reads_dates_and_returns_waits_beyond_the_deadline_at_once() {
    let date = "Sun, 06 Nov 1994 08:49:30 GMT";
    let rows = [
        ("Sun, 06 Nov 1994 08:49:30 GMT", None),
        ("Sun, 06 Nov 1994 08:00:00 GMT", None),
        ("Sun, 06 Nov 1994 11:49:30 GMT", Some(10_800)),
        ("10800", Some(10_800)),
        ("301", Some(301)),
    ];
    for (value, wait) in rows {
        let server = TestServer::start().await;
        let throttled = ResponseTemplate::new(429).insert_header("Date", date).insert_header("Retry-After", value);
        graph_mock("GET", "things").respond_with(throttled).up_to_n_times(1).mount(server.mock()).await;
        graph_mock("GET", "things").respond_with(ResponseTemplate::new(200)).mount(server.mock()).await;
        let (pipeline, _) = pipeline(&server.options());
        let start = Instant::now();
        let outcome = pipeline.send(graph(&server, Method::GET, "things")).await;
        assert!(start.elapsed() < Duration::from_secs(60), "{value}");
        match wait {
            None => assert_eq!(outcome.unwrap().attempts(), 2, "{value}"),
            Some(seconds) => {
                let error = outcome.unwrap_err();
                assert_eq!((error.kind(), error.attempts()), (ErrorKind::Throttled, 1), "{value}");
                assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)), "{value}");
                assert!(error.is_retryable());
            }
        }
    }
}

#[tokio::test]
async fn throttled_tenant_is_parked_and_others_are_not() {
    let server = TestServer::start().await;
    let throttled = ResponseTemplate::new(429).insert_header("Retry-After", "10800");
    graph_mock("GET", "slow").respond_with(throttled).expect(1).mount(server.mock()).await;
    graph_mock("GET", "fast").respond_with(ResponseTemplate::new(200)).expect(1).mount(server.mock()).await;
    let (pipeline, _) = pipeline(&server.options());
    pipeline.send(graph(&server, Method::GET, "slow")).await.unwrap_err();

    // The same tenant is answered without asking, by every clone.
    let error = pipeline.clone().send(graph(&server, Method::GET, "fast")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Throttled, 0));
    assert!(error.retry_after().unwrap() > Duration::from_secs(10_000));

    let other = TenantId::from_u128(7);
    pipeline.send(graph(&server, Method::GET, "fast").about(other)).await.unwrap();
}

#[tokio::test]
async fn cause_in_the_body_decides_over_the_status() {
    // A refusal that will pass, in a 400; and one that will not, in a 500.
    let busy = serde_json::json!({"error": {"code": "ErrorServerBusy", "message": "The server is busy."}});
    assert_eq!(
        outcomes(ResponseTemplate::new(400).set_body_json(busy)).await,
        [Ends::Repeated, Ends::Repeated, Ends::Returned]
    );
    let gone = serde_json::json!({"error": {"code": "Request_ResourceNotFound", "message": "It does not exist."}});
    assert_eq!(outcomes(ResponseTemplate::new(500).set_body_json(gone)).await, [Ends::Returned; 3]);
}
