//! Batches: what is sent, and what becomes of each request.

use std::collections::BTreeSet;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::{Method, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use bundle_core::auth::Principal;
use bundle_core::http::{Quota, Safety, odata_page};
use bundle_core::{ErrorKind, Service};

use crate::batch_service::{BatchService, call, get, ok, post, refused, rules, throttled, token};
use crate::support::{CUSTOMER, PARTNER, SCOPE, shown};

#[tokio::test(start_paused = true)]
async fn send_splits_and_answers_in_the_order_of_the_requests() {
    let setup = BatchService::echo().start();
    let outcome = setup.batch().requests((0..45).map(|at| get(&format!("u{at}")))).send().await.unwrap();
    assert!(outcome.is_ok());
    assert_eq!((outcome.len(), outcome.ok().count(), outcome.failed().count()), (45, 45, 0));
    for (at, answer) in outcome.into_json::<Value>().into_iter().enumerate() {
        assert_eq!(answer.unwrap()["asked"], format!("/u{at}"));
    }
    assert_eq!(setup.urls().iter().map(Vec::len).collect::<Vec<_>>(), [20, 20, 5]);
    for batch in setup.arrived() {
        assert_eq!((batch.method, batch.path.as_str(), batch.token), (Method::POST, "/v1.0/$batch", token()));
        let ids = batch.body["requests"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap());
        let ids: BTreeSet<String> = ids.map(str::to_lowercase).collect();
        assert_eq!(ids.len(), batch.body["requests"].as_array().unwrap().len());
        assert!(!batch.body.to_string().to_lowercase().contains("authorization"));
    }
}

#[tokio::test(start_paused = true)]
async fn send_writes_method_headers_and_body_of_each_request() {
    let setup = BatchService::echo().start();
    let prefer = (HeaderName::from_static("prefer"), HeaderValue::from_static("return=minimal"));
    let batch = setup
        .batch()
        .request(get("users").query("$select", "id,mail").header(prefer.0, prefer.1))
        .request(post("groups").json(&json!({"displayName": "a"})).unwrap())
        .request(
            call(Method::PUT, "photo").header(header::CONTENT_TYPE, HeaderValue::from_static("image/png")).body("x"),
        )
        .request(post("revoke"));
    assert!(batch.send().await.unwrap().is_ok());
    assert_eq!(
        setup.arrived()[0].body,
        json!({"requests": [
            {"id": "1", "method": "GET", "url": "/users?$select=id,mail", "headers": {"prefer": "return=minimal"}},
            {"id": "2", "method": "POST", "url": "/groups", "headers": {"content-type": "application/json"},
             "body": {"displayName": "a"}},
            {"id": "3", "method": "PUT", "url": "/photo", "headers": {"content-type": "image/png"}, "body": "eA=="},
            {"id": "4", "method": "POST", "url": "/revoke", "headers": {"content-type": "application/json"}, "body": {}},
        ]})
    );
}

#[tokio::test(start_paused = true)]
async fn throttled_items_alone_are_sent_again_after_the_longest_wait() {
    let setup = BatchService::new(|before, item| match (before, item["url"].as_str().unwrap()) {
        (0, "/a") => throttled("0.249"),
        (0, "/c") => throttled("2"),
        _ => ok(item),
    })
    .start();
    let start = Instant::now();
    let outcome = setup.batch().requests([post("a"), post("b"), post("c"), get("d")]).send().await.unwrap();
    assert_eq!(
        outcome.ok().map(|(at, answer)| (at, answer.attempts())).collect::<Vec<_>>(),
        [(0, 2), (1, 1), (2, 2), (3, 1)]
    );
    assert_eq!(setup.urls(), [vec!["/a", "/b", "/c", "/d"], vec!["/a", "/c"]]);
    assert!(start.elapsed() >= Duration::from_secs(2) && start.elapsed() < Duration::from_millis(2_100));
}

#[tokio::test(start_paused = true)]
async fn throttled_item_makes_other_calls_to_the_tenant_wait() {
    let setup = BatchService::new(|before, item| match (before, item["url"].as_str().unwrap()) {
        (0, "/a") => throttled("5"),
        _ => ok(item),
    })
    .start();
    let mut answers = setup.batch().requests([get("a"), get("b")]).stream().unwrap();
    let start = Instant::now();
    assert_eq!(answers.next().await.unwrap().0, 1, "what is done does not wait for what is not");
    let elsewhere = get("x").bearer(PARTNER, Principal::Account, SCOPE);
    setup.pipeline.send(elsewhere).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
    setup.pipeline.send(get("y")).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(5));
    assert_eq!(answers.next().await.unwrap().0, 0);
    assert!(answers.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn throttled_item_parks_its_own_area() {
    let policies = "https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies";
    let policies = get("x").with_url(policies.parse().unwrap());
    let setup = BatchService::new(|before, item| match (before, item["url"].as_str().unwrap()) {
        (0, "/identity/conditionalAccess/policies") => throttled("5"),
        _ => ok(item),
    })
    .start();
    let mut answers = setup.batch().requests([get("a"), policies.clone()]).stream().unwrap();
    let start = Instant::now();
    assert_eq!(answers.next().await.unwrap().0, 0);
    setup.pipeline.send(get("b")).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "the directory goes on");
    setup.pipeline.send(policies).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn each_item_counts_against_the_quota() {
    let quota = Quota::new(20, Duration::from_secs(1)).unwrap();
    let setup = BatchService::echo().start_with(|options| options.quota(Service::Graph, quota));
    let start = Instant::now();
    assert!(setup.batch().requests((0..60).map(|at| get(&format!("u{at}")))).send().await.unwrap().is_ok());
    assert!(start.elapsed() >= Duration::from_millis(1_800), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn failed_items_are_sent_again_only_when_that_is_safe() {
    let setup =
        BatchService::new(|before, item| if before == 0 { refused(500, "generalException") } else { ok(item) }).start();
    let outcome = setup
        .batch()
        .requests([get("read"), post("write"), call(Method::DELETE, "gone"), post("same").safety(Safety::Idempotent)])
        .send()
        .await
        .unwrap();
    assert_eq!(setup.urls()[1], ["/read", "/gone", "/same"]);
    assert_eq!(setup.urls().len(), 2);
    let failed: Vec<_> = outcome.failed().collect();
    let [(1, error)] = failed[..] else { panic!("{failed:?}") };
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::OutcomeUnknown, 1, Some(500)));
}

#[tokio::test(start_paused = true)]
async fn error_of_an_item_is_that_of_a_request_of_its_own() {
    let setup = BatchService::new(|_, _| refused(403, "Authorization_RequestDenied")).start();
    let alone = setup.pipeline.send(get("a")).await.unwrap_err();
    let outcome = setup.batch().request(get("a")).send().await.unwrap();
    let error = outcome[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(
        (error.kind(), error.code(), error.status(), error.message(), error.attempts(), error.body()),
        (alone.kind(), alone.code(), alone.status(), alone.message(), alone.attempts(), alone.body())
    );
    assert_eq!((error.operation(), error.tenant()), (Some("graph.test"), Some(&CUSTOMER)));
    assert_eq!(error.diagnosis().map(|known| known.issue), alone.diagnosis().map(|known| known.issue));
    assert!(error.request_ids().contains(&"99999999-9999-4999-8999-999999999999".to_owned()), "{error:?}");
    assert!(error.request_ids().contains(&"of-call-1".to_owned()), "{error:?}");
    assert!(outcome.into_result().is_err());
}

#[tokio::test(start_paused = true)]
async fn retries_end_with_the_policy() {
    let setup = BatchService::new(|_, _| throttled("0")).start();
    let outcome = setup.batch().request(post("a")).send().await.unwrap();
    let error = outcome[0].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.attempts(), setup.arrived().len()), (ErrorKind::Throttled, 5, 5));

    let setup = BatchService::new(|_, _| throttled("10800")).start();
    let start = Instant::now();
    let outcome = setup.batch().request(get("a")).send().await.unwrap();
    let error = outcome[0].as_ref().unwrap_err();
    assert_eq!((error.retry_after(), setup.arrived().len()), (Some(Duration::from_secs(10_800)), 1));
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn refused_token_of_an_item_is_mended_by_a_request_of_its_own() {
    let setup = BatchService::new(|before, item| match (before, item["url"].as_str().unwrap()) {
        (0 | 1, "/a") => Some((401, json!({}), json!({}))),
        _ => ok(item),
    })
    .start();
    let outcome = setup.batch().requests([post("a"), get("b")]).send().await.unwrap();
    assert_eq!(outcome[0].as_ref().unwrap().attempts(), 3);
    assert_eq!(setup.urls(), [vec!["/a", "/b"], vec!["alone /v1.0/a"], vec!["alone /v1.0/a"]]);
    assert!(setup.credential.requests().iter().any(|request| request.rejected.is_some()));
}

#[tokio::test(start_paused = true)]
async fn one_mailbox_is_worked_in_by_one_batch_at_a_time() {
    let setup = BatchService::echo().start();
    let rules = rules().mailbox(|path| path.strip_prefix("/mail-").map(|name| name[..1].to_owned()));
    let batch = bundle_core::http::Batch::new(setup.pipeline.clone(), rules);
    let start = Instant::now();
    let requests = (0..9).map(|at| get(&format!("mail-a{at}"))).chain((0..31).map(|at| get(&format!("u{at}"))));
    assert!(batch.requests(requests).send().await.unwrap().is_ok());
    let of_mailbox = |urls: &Vec<String>| urls.iter().filter(|url| url.starts_with("/mail-")).count();
    assert_eq!(setup.urls().iter().map(of_mailbox).collect::<Vec<_>>(), [4, 4, 1]);
    assert_eq!(setup.urls().iter().map(Vec::len).sum::<usize>(), 40);
    assert!(start.elapsed() >= Duration::from_millis(60), "one after the other");
}

#[tokio::test(start_paused = true)]
async fn bad_requests_are_named_before_anything_is_sent() {
    let setup = BatchService::echo().start();
    let canary = HeaderValue::from_static("Bearer canary");
    let bad = [
        (get("b").bearer(PARTNER, Principal::Account, SCOPE), "another tenant"),
        (get("b").bearer(CUSTOMER, Principal::Application, SCOPE), "another principal"),
        (get("b").header(AUTHORIZATION, canary), "authorization"),
        (get("b").with_url("https://evil.example/v1.0/b?canary".parse().unwrap()), "evil.example"),
        (post("b").body("canary"), "content-type"),
    ];
    for (request, said) in bad {
        let error = setup.batch().requests([get("a"), request]).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let text = shown(&error);
        assert!(text.contains("request 1: ") && text.contains(said) && !text.contains("canary"), "{text}");
    }
    assert!(setup.batch().send().await.unwrap().is_empty());
    assert!(setup.arrived().is_empty());
}

#[tokio::test(start_paused = true)]
async fn listing_in_a_batch_tells_the_request_for_its_next_page() {
    let setup = BatchService::new(|_, _| {
        let next = "https://graph.microsoft.com/v1.0/users?$skiptoken=x";
        Some((200, json!({"Content-Type": "application/json"}), json!({"@odata.nextLink": next, "value": [1]})))
    })
    .start();
    let request = get("users");
    let outcome = setup.batch().request(request.clone()).send().await.unwrap();
    let page = odata_page::<u32>(&request, outcome[0].as_ref().unwrap()).unwrap();
    assert_eq!((page.items, page.next.unwrap().url().query()), (vec![1], Some("$skiptoken=x")));
}
