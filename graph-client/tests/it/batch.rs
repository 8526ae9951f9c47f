//! Batches: what is sent, and what becomes of each request.

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, Request, ResponseTemplate};

use bundle_core::ErrorKind;
use bundle_core::http::Response;
use bundle_core::ids::UserId;

use crate::support::{Call, Setup, assert_error, guid, id};

fn batch(requests: &Value) -> Call {
    Call::new("POST", "$batch").body(json!({"requests": requests}))
}

fn group(name: &str) -> Value {
    json!({"displayName": name, "mailEnabled": false, "mailNickname": name, "securityEnabled": true})
}

fn create(number: &str, name: &str) -> Value {
    json!({"id": number, "method": "POST", "url": "/groups",
           "headers": {"content-type": "application/json"}, "body": group(name)})
}

#[tokio::test]
async fn batch_answers_each_request() {
    let setup = Setup::new().await;
    let sent = batch(&json!([
        {"id": "1", "method": "GET", "url": "/organization?$select=id,displayName"},
        {"id": "2", "method": "PATCH", "url": "/users/alex@contoso.com",
         "headers": {"content-type": "application/json"}, "body": {"jobTitle": "Auditor"}},
        {"id": "3", "method": "GET", "url": format!("/users/{}", guid(5))},
        {"id": "4", "method": "GET", "url": "/me/photo/$value"},
    ]));
    setup.expect(sent.answers(200, "batch/mixed_200")).await;
    let graph = &setup.graph;
    let outcome = graph
        .batch()
        .request(graph.request(Method::GET, "/organization").query("$select", "id,displayName"))
        .request(graph.request(Method::PATCH, "/users/alex@contoso.com").json(&json!({"jobTitle": "Auditor"})).unwrap())
        .request(graph.request(Method::GET, &format!("/users/{}", guid(5))))
        .request(graph.request(Method::GET, "/me/photo/$value"))
        .send()
        .await
        .unwrap();
    let answer = |position: usize| -> &Response { outcome[position].as_ref().unwrap() };
    assert_eq!(answer(0).json::<Value>().unwrap()["value"][0]["displayName"], "Contoso");
    assert_eq!((answer(1).status().as_u16(), answer(1).body()), (204, &b""[..]));
    assert_error(outcome[2].as_ref().unwrap_err(), ErrorKind::NotFound, "graph.request");
    assert_eq!(&answer(3).body()[..4], b"\xff\xd8\xff\xe0");
    assert_eq!(outcome.failed().map(|(position, _)| position).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn batch_sends_a_throttled_request_again_and_no_other() {
    let setup = Setup::new().await;
    let sent = batch(&json!([create("1", "a"), create("2", "b")]));
    setup.expect(sent.answers(200, "batch/throttled_item_200")).await;
    setup.expect(batch(&json!([create("1", "b")])).answers(200, "batch/throttled_item_again_200")).await;
    let new = |name| setup.graph.request(Method::POST, "/groups").json(&group(name)).unwrap();
    let outcome = setup.graph.batch().request(new("a")).request(new("b")).send().await.unwrap();
    let attempts: Vec<u32> = outcome.ok().map(|(_, answer)| answer.attempts()).collect();
    assert_eq!(attempts, [1, 2]);
    let ids: Vec<Value> = outcome.into_json::<Value>().into_iter().map(|group| group.unwrap()["id"].clone()).collect();
    assert_eq!(ids, [guid(6), guid(7)]);
}

#[tokio::test]
async fn chain_ends_with_the_first_failure() {
    let setup = Setup::new().await;
    let sent = batch(&json!([
        {"id": "1", "method": "POST", "url": "/groups", "headers": {"content-type": "application/json"},
         "body": group("a")},
        {"id": "2", "method": "GET", "url": "/groups", "dependsOn": ["1"]},
    ]));
    setup.expect(sent.answers(200, "batch/chain_failed_200")).await;
    let graph = setup.graph.clone();
    let chain =
        [graph.request(Method::POST, "groups").json(&group("a")).unwrap(), graph.request(Method::GET, "groups")];
    let outcome = graph.batch().chain(chain).send().await.unwrap();
    assert_error(outcome[0].as_ref().unwrap_err(), ErrorKind::PermissionDenied, "graph.request");
    let error = outcome[1].as_ref().unwrap_err();
    assert_error(error, ErrorKind::InvalidRequest, "graph.request");
    assert_eq!((error.status(), error.code()), (Some(424), Some("FailedDependency")));
}

#[tokio::test]
async fn batch_refused_as_a_whole_is_an_error_that_shows_nothing_sent() {
    let setup = Setup::new().await;
    let body = json!({"passwordProfile": {"password": "canary"}});
    let sent = batch(&json!([{"id": "1", "method": "POST", "url": "/users", "headers": {
        "content-type": "application/json"}, "body": body}]));
    setup.expect(sent.answers(400, "batch/malformed_400")).await;
    let request = setup.graph.request(Method::POST, "users").json(&body).unwrap();
    let batch = setup.graph.batch().request(request);
    let shown = format!("{batch:?}");
    let error = batch.send().await.unwrap_err();
    assert_error(&error, ErrorKind::InvalidRequest, "graph.request");
    assert!(!format!("{shown} {error} {error:?} {:?}", error.body()).contains("canary"));
}

/// Answers every GET of a batch with the user it asked for, last one first.
async fn serve_users(setup: &Setup) {
    let user = |url: &str| json!({"id": url.split(['/', '?']).nth(2), "displayName": url});
    let answer = move |request: &Request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let answers = body["requests"].as_array().unwrap().iter().rev().map(|item| {
            json!({"id": item["id"], "status": 200, "headers": {"Content-Type": "application/json"},
                   "body": user(item["url"].as_str().unwrap())})
        });
        ResponseTemplate::new(200).set_body_json(json!({"responses": answers.collect::<Vec<_>>()}))
    };
    Mock::given(method("POST")).and(path("/graph/v1.0/$batch")).respond_with(answer).mount(setup.server.mock()).await;
    let single = move |request: &Request| {
        ResponseTemplate::new(200).set_body_json(user(request.url.path().strip_prefix("/graph/v1.0").unwrap()))
    };
    Mock::given(method("GET")).respond_with(single).with_priority(200).mount(setup.server.mock()).await;
}

async fn sizes(setup: &Setup) -> Vec<usize> {
    let received = setup.server.mock().received_requests().await.unwrap();
    let size = |request: &Request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        body["requests"].as_array().map_or(0, Vec::len)
    };
    received.iter().map(size).collect()
}

#[tokio::test]
async fn batch_of_many_is_split_and_streams() {
    let setup = Setup::new().await;
    serve_users(&setup).await;
    let requests = (0..21).map(|at| setup.graph.request(Method::GET, &format!("users/u{at}")));
    let mut answers = setup.graph.batch().requests(requests).stream().unwrap();
    let mut seen = Vec::new();
    while let Some((position, answer)) = answers.next().await {
        assert_eq!(answer.unwrap().json::<Value>().unwrap()["displayName"], format!("/users/u{position}"));
        seen.push(position);
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..21).collect::<Vec<_>>());
    let mut sizes = sizes(&setup).await;
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 20]);
}

#[tokio::test]
async fn coalescing_gathers_reads_of_the_handlers() {
    let setup = Setup::new().await;
    serve_users(&setup).await;
    let users = setup.graph.coalescing().users();
    let ids: Vec<UserId> = (1..=9).map(id).collect();
    let found = join_all(ids.iter().map(|id| users.get(id))).await;
    for (id, user) in ids.iter().zip(found) {
        assert_eq!(user.unwrap().id, *id);
    }
    let mut sizes = sizes(&setup).await;
    sizes.sort_unstable();
    assert_eq!(sizes, [0, 8]);
}
