//! Reads that are made at the same time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use http::Method;
use http::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::time::Instant;

use bundle_core::ErrorKind;
use bundle_core::auth::Principal;
use bundle_core::http::{Coalescer, Request};

use crate::batch_service::{BatchService, Setup, call, get, ok, refused, rules, throttled};
use crate::support::{CUSTOMER, SCOPE};

fn coalescer(setup: &Setup) -> Coalescer {
    Coalescer::new(setup.pipeline.clone(), rules())
}

async fn all(coalescer: &Coalescer, requests: impl IntoIterator<Item = Request>) -> Vec<bundle_core::Result<Value>> {
    let calls: Vec<_> = requests.into_iter().map(|request| coalescer.send(request)).collect();
    join_all(calls).await.into_iter().map(|answer| answer?.json()).collect()
}

fn gets(count: usize) -> Vec<Request> {
    (0..count).map(|at| get(&format!("u{at}"))).collect()
}

#[tokio::test(start_paused = true)]
async fn calls_one_after_the_other_are_sent_as_they_are_and_at_once() {
    let setup = BatchService::echo().start();
    let coalescer = coalescer(&setup);
    let start = Instant::now();
    for at in 0..5 {
        coalescer.send(get(&format!("u{at}"))).await.unwrap();
    }
    assert!(setup.arrived().iter().all(|call| call.method == Method::GET));
    // The clock of the tests rounds each wait up by a millisecond at most.
    assert!(start.elapsed() <= Duration::from_millis(105), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn calls_at_the_same_time_share_batches_and_each_gets_its_own_answer() {
    let setup = BatchService::echo().start();
    let answers = all(&coalescer(&setup), gets(44)).await;
    for (at, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.unwrap()["asked"], format!("/u{at}"));
    }
    let calls = setup.urls();
    assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [1, 20, 20, 3]);
    assert_eq!(calls[0], ["alone /v1.0/u0"]);
    let started = setup.arrived()[0].at;
    assert!(setup.arrived()[3].at - started <= Duration::from_millis(3), "the last ones wait for no more than that");
}

#[tokio::test(start_paused = true)]
async fn one_that_stays_alone_is_sent_as_it_is() {
    let setup = BatchService::echo().start();
    assert!(all(&coalescer(&setup), gets(2)).await.iter().all(Result::is_ok));
    assert_eq!(setup.urls(), [["alone /v1.0/u0"], ["alone /v1.0/u1"]]);
}

#[tokio::test(start_paused = true)]
async fn answer_and_error_are_those_of_the_request_alone() {
    let setup = BatchService::new(|_, item| match item["url"].as_str().unwrap() {
        "/missing" => refused(404, "Request_ResourceNotFound"),
        "/odd" => {
            Some((200, json!({"content-type": "application/json", "etag": "W/\"1\""}), json!({"b": [1.5], "a": null})))
        }
        _ => ok(item),
    })
    .start();
    for name in ["missing", "odd"] {
        let alone = setup.pipeline.send(get(name)).await;
        let coalescer = coalescer(&setup);
        let (_, shared, _) =
            tokio::join!(coalescer.send(get("x")), coalescer.send(get(name)), coalescer.send(get("y")));
        match (alone, shared) {
            (Ok(alone), Ok(shared)) => {
                assert_eq!((alone.status(), alone.body()), (shared.status(), shared.body()));
                assert_eq!(alone.headers()["etag"], shared.headers()["etag"]);
                assert!(shared.headers().contains_key("request-id"));
                assert_eq!(alone.attempts(), shared.attempts());
            }
            (Err(alone), Err(shared)) => {
                assert_eq!(
                    (alone.kind(), alone.code(), alone.status()),
                    (shared.kind(), shared.code(), shared.status())
                );
                assert_eq!((alone.operation(), alone.tenant()), (shared.operation(), shared.tenant()));
                assert_eq!((alone.attempts(), alone.message()), (shared.attempts(), shared.message()));
                assert!(shared.request_ids().len() >= alone.request_ids().len());
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(setup.arrived().iter().any(|call| call.urls() == ["/odd", "/y"]));
}

#[tokio::test(start_paused = true)]
async fn throttled_call_is_repeated_and_the_others_do_not_wait_for_it() {
    let setup = BatchService::new(|before, item| match (before, item["url"].as_str().unwrap()) {
        (0, "/u2") => throttled("3"),
        _ => ok(item),
    })
    .start();
    let coalescer = coalescer(&setup);
    let start = Instant::now();
    let calls: Vec<_> = gets(4).into_iter().map(|request| coalescer.send(request)).collect();
    let times = join_all(calls.into_iter().map(|call| async move {
        call.await.unwrap();
        start.elapsed() >= Duration::from_secs(3)
    }))
    .await;
    assert_eq!(times, [false, false, true, false]);
}

#[tokio::test(start_paused = true)]
async fn caller_that_goes_away_does_not_matter_to_the_others() {
    let setup = BatchService::echo().start();
    let coalescer = Arc::new(coalescer(&setup));
    let calls: Vec<_> = gets(30)
        .into_iter()
        .map(|request| {
            let coalescer = Arc::clone(&coalescer);
            tokio::spawn(async move { coalescer.send(request).await })
        })
        .collect();
    // The first is alone, the second opened the batch that is under way, the last but one opened the next.
    tokio::time::advance(Duration::from_millis(1)).await;
    for gone in [0, 1, 28] {
        calls[gone].abort();
    }
    for (at, call) in calls.into_iter().enumerate() {
        match call.await {
            Ok(answer) => assert_eq!(answer.unwrap().json::<Value>().unwrap()["asked"], format!("/u{at}")),
            Err(gone) => assert!(gone.is_cancelled() && [0, 1, 28].contains(&at)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn batch_the_service_does_not_take_is_sent_as_single_requests() {
    for (status, body) in [(400, json!({})), (200, "<html></html>".into()), (404, json!({}))] {
        let setup = BatchService::echo().whole(move |_| Some(Ok((status, Value::clone(&body))))).start();
        let answers = all(&coalescer(&setup), gets(5)).await;
        assert!(answers.iter().all(Result::is_ok), "{status}");
        assert_eq!(setup.urls().iter().filter(|urls| urls[0].starts_with("alone")).count(), 5);
    }
}

#[tokio::test(start_paused = true)]
async fn outage_is_the_error_of_every_call() {
    let setup = BatchService::echo().whole(|_| Some(Ok((503, json!({}))))).start();
    let answers = all(&coalescer(&setup), gets(4)).await;
    assert!(answers[0].is_ok(), "it was on its way alone");
    for answer in &answers[1..] {
        let error = answer.as_ref().unwrap_err();
        assert_eq!(
            (error.kind(), error.operation(), error.attempts()),
            (ErrorKind::Unavailable, Some("graph.test"), 5)
        );
        assert_eq!(error.tenant(), Some(&CUSTOMER));
    }
    assert_eq!(setup.arrived().len(), 6, "no storm of single requests");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_a_plain_read_is_never_gathered() {
    let setup = BatchService::echo().start();
    let prefer = HeaderName::from_static("prefer");
    let odd = || {
        vec![
            call(Method::POST, "a"),
            call(Method::PUT, "b"),
            get("c").header(prefer.clone(), HeaderValue::from_static("outlook.timezone=\"UTC\"")),
            get("$count"),
            get("delta()"),
            get("content"),
            get("d").max_body(1_000),
            get("e").deadline(Duration::from_secs(9)),
        ]
    };
    assert!(all(&coalescer(&setup), odd().into_iter().chain(odd())).await.iter().all(Result::is_ok));
    assert!(setup.urls().iter().all(|urls| urls[0].starts_with("alone")));

    let eventual = get("f").header(HeaderName::from_static("consistencylevel"), HeaderValue::from_static("eventual"));
    let by_application = |request: Request| request.bearer(CUSTOMER, Principal::Application, SCOPE);
    let requests = gets(3).into_iter().chain([eventual]).chain(gets(3).into_iter().map(by_application));
    let before = setup.arrived().len();
    assert!(all(&coalescer(&setup), requests).await.iter().all(Result::is_ok));
    let sizes: Vec<_> = setup.urls()[before..].iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 1, 3, 2], "one alone and one batch for each principal");
}

/// How long `total` reads take with so many under way, in virtual time.
async fn wall(total: usize, tasks: usize, gather: bool) -> Duration {
    let setup = BatchService::echo().start();
    let (coalescer, pipeline) = (coalescer(&setup), setup.pipeline.clone());
    let start = Instant::now();
    let calls = stream::iter(gets(total)).map(|request| {
        let (coalescer, pipeline) = (coalescer.clone(), pipeline.clone());
        async move { if gather { coalescer.send(request).await } else { pipeline.send(request).await } }
    });
    let mut calls = calls.buffer_unordered(tasks);
    while let Some(answer) = calls.next().await {
        answer.unwrap();
    }
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn many_callers_are_served_in_a_tenth_of_the_time() {
    let (single, gathered) = (wall(4_000, 200, false).await, wall(4_000, 200, true).await);
    assert!(gathered * 10 <= single, "{gathered:?} of {single:?}");
    let (single, gathered) = (wall(1_000, 64, false).await, wall(1_000, 64, true).await);
    assert!(gathered < single, "{gathered:?} of {single:?}");
    // So few fit into one batch: what remains is the time they were gathered.
    let (single, gathered) = (wall(1_000, 16, false).await, wall(1_000, 16, true).await);
    assert!(gathered * 10 <= single * 11, "{gathered:?} of {single:?}");
}
