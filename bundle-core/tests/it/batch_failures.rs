//! Batches: chains, batches that fail as a whole, answers that are not what was agreed.

use http::Method;
use serde_json::{Value, json};

use bundle_core::ErrorKind;
use bundle_core::http::Safety;

use crate::batch_service::{BatchService, Setup, call, get, ok, post, refused, throttled};

#[tokio::test(start_paused = true)]
async fn chain_is_a_batch_of_its_own_in_which_each_depends_on_the_one_before() {
    let setup = BatchService::echo().start();
    let outcome =
        setup.batch().request(get("x")).chain([post("a"), post("b"), get("c")]).request(get("y")).send().await;
    assert!(outcome.unwrap().is_ok());
    assert_eq!(setup.urls(), [vec!["/x", "/y"], vec!["/a", "/b", "/c"]]);
    let chain = setup.arrived()[1].body["requests"].clone();
    assert_eq!(chain[0].get("dependsOn"), None);
    assert_eq!((&chain[1]["dependsOn"], &chain[2]["dependsOn"]), (&json!(["1"]), &json!(["2"])));
}

#[tokio::test(start_paused = true)]
async fn item_that_waited_for_a_throttled_one_is_sent_again_with_it() {
    let setup = BatchService::new(|before, item| match (before, item["url"].as_str().unwrap()) {
        (0, "/b") => throttled("1"),
        _ => ok(item),
    })
    .start();
    let outcome = setup.batch().chain([post("a"), post("b"), post("c")]).send().await.unwrap();
    assert!(outcome.is_ok());
    assert_eq!(setup.urls(), [vec!["/a", "/b", "/c"], vec!["/b", "/c"]]);
    let again = setup.arrived()[1].body["requests"].clone();
    assert_eq!(again[0].get("dependsOn"), None, "what it depended on is done");
    assert_eq!(again[1]["dependsOn"], json!([again[0]["id"]]));
}

#[tokio::test(start_paused = true)]
async fn failure_in_a_chain_ends_it() {
    let setup = BatchService::new(|_, item| if item["url"] == "/b" { refused(404, "x") } else { ok(item) }).start();
    let outcome = setup.batch().chain([post("a"), get("b"), get("c")]).send().await.unwrap();
    let statuses: Vec<_> = outcome.failed().map(|(at, error)| (at, error.status().unwrap())).collect();
    assert_eq!(statuses, [(1, 404), (2, 424)]);
    assert_eq!(setup.arrived().len(), 1);

    // Given up, the ones after it may be tried again when it may.
    let setup = BatchService::new(|_, item| if item["url"] == "/a" { throttled("0") } else { ok(item) }).start();
    let outcome = setup.batch().chain([post("a"), post("b")]).send().await.unwrap();
    let kinds: Vec<_> = outcome.failed().map(|(_, error)| (error.status().unwrap(), error.kind())).collect();
    assert_eq!(kinds, [(429, ErrorKind::Throttled), (424, ErrorKind::Throttled)]);
}

#[tokio::test(start_paused = true)]
async fn chain_that_does_not_fit_is_refused() {
    let setup = BatchService::echo().start();
    let error = setup.batch().request(get("x")).chain((0..21).map(|_| post("a"))).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("request 1: the chain has 21 requests, but a batch takes 20"), "{error}");
    let beta = get("b").with_url("https://graph.microsoft.com/beta/b".parse().unwrap());
    let error = setup.batch().chain([get("a"), beta.clone()]).send().await.unwrap_err();
    assert!(error.to_string().contains("request 1: its chain is in another version"), "{error}");
    assert!(setup.arrived().is_empty());
    assert!(setup.batch().requests([get("a"), beta]).send().await.unwrap().is_ok());
    assert_eq!(
        setup.arrived().iter().map(|batch| batch.path.as_str()).collect::<Vec<_>>(),
        ["/v1.0/$batch", "/beta/$batch"]
    );
}

#[tokio::test(start_paused = true)]
async fn batch_that_fails_as_a_whole_is_an_error() {
    let html: Value = "<html>busy</html>".into();
    for (status, body, kind) in [
        (
            400,
            json!({"error": {"code": "BadRequest", "message": "Invalid batch payload format."}}),
            ErrorKind::InvalidRequest,
        ),
        (503, json!({}), ErrorKind::Unavailable),
        (200, html, ErrorKind::Decode),
        (200, json!({}), ErrorKind::Decode),
    ] {
        let given = body.clone();
        let setup = BatchService::echo().whole(move |_| Some(Ok((status, given.clone())))).start();
        let error = setup.batch().requests([get("a"), get("b")]).send().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some("graph.test")), "{body}");
        let outcome = setup.batch().request(post("a")).send().await.unwrap_err();
        let unsafe_kind = if status == 200 { ErrorKind::OutcomeUnknown } else { kind };
        assert_eq!(outcome.kind(), unsafe_kind, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn batch_that_fails_as_a_whole_leaves_the_others() {
    let setup = BatchService::echo().whole(|number| (number == 1).then(|| Ok((413, json!({}))))).start();
    let outcome = setup.batch().requests((0..41).map(|at| get(&format!("u{at}")))).send().await.unwrap();
    assert_eq!(outcome.failed().count(), 20);
    assert!(outcome.failed().all(|(_, error)| error.status() == Some(413)));
    assert_eq!(outcome.ok().count(), 21);
}

#[tokio::test(start_paused = true)]
async fn reads_are_sent_again_when_a_batch_with_writes_is_lost() {
    let setup = BatchService::echo().whole(|number| (number == 0).then_some(Err(()))).start();
    let outcome = setup.batch().requests([get("a"), post("b"), call(Method::PUT, "c")]).send().await.unwrap();
    assert_eq!(outcome[1].as_ref().unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(setup.urls(), [vec!["/a", "/b", "/c"], vec!["/a", "/c"]]);
    assert_eq!(outcome[0].as_ref().unwrap().attempts(), 2);

    // Reads alone are the pipeline's to repeat.
    let setup = BatchService::echo().whole(|number| (number == 0).then_some(Err(()))).start();
    assert!(setup.batch().requests([get("a"), get("b")]).send().await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn missing_answers_are_asked_for_again_or_unknown() {
    let setup =
        BatchService::new(|before, item| if before == 0 && item["url"] != "/b" { None } else { ok(item) }).start();
    let requests = [get("a"), get("b"), post("c"), post("d").safety(Safety::Idempotent)];
    let outcome = setup.batch().requests(requests).send().await.unwrap();
    assert_eq!(setup.urls(), [vec!["/a", "/b", "/c", "/d"], vec!["/a", "/d"]]);
    let failed: Vec<_> = outcome.failed().collect();
    let [(2, error)] = failed[..] else { panic!("{failed:?}") };
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert!(error.to_string().contains("answered without this item"), "{error}");
}

async fn with_answer(body: Value) -> Setup {
    BatchService::echo().whole(move |number| (number == 0).then(|| Ok((200, body.clone())))).start()
}

#[tokio::test(start_paused = true)]
async fn several_answers_to_one_item_are_an_error() {
    let body = json!({"responses": [
        {"id": "1", "status": 201}, {"id": "1", "status": 404}, {"id": "2", "status": 200}, {"id": "2", "status": 200},
        {"id": "9", "status": 200}, {"id": "3", "status": 204},
    ]});
    let setup = with_answer(body).await;
    let outcome = setup.batch().requests([post("a"), get("b"), get("c")]).send().await.unwrap();
    let kinds: Vec<_> = outcome.failed().map(|(at, error)| (at, error.kind())).collect();
    assert_eq!(kinds, [(0, ErrorKind::OutcomeUnknown), (1, ErrorKind::Decode)]);
    assert!(outcome[1].as_ref().unwrap_err().to_string().contains("several answers"));
}

#[tokio::test(start_paused = true)]
async fn rest_of_an_answer_is_fetched_where_the_batch_was_sent() {
    let first = |link: &str| json!({"responses": [{"id": "2", "status": 204}], "@odata.nextLink": link});
    let setup = BatchService::new(|_, item| {
        let rest = json!({"responses": [{"id": "1", "status": 201}]});
        if item["url"] == "/$batch-rest?$skiptoken=2" { Some((200, json!({}), rest)) } else { ok(item) }
    });
    let body = first("https://graph.microsoft.com/v1.0/$batch-rest?$skiptoken=2");
    let setup = setup.whole(move |number| (number == 0).then(|| Ok((200, body.clone())))).start();
    let outcome = setup.batch().requests([post("a"), post("b")]).send().await.unwrap();
    assert_eq!(outcome[0].as_ref().unwrap().status(), 201);
    assert_eq!(setup.arrived()[1].method, Method::GET);

    for link in ["https://evil.example/v1.0/rest", "https://graph.microsoft.com/beta/rest"] {
        let setup = with_answer(first(link)).await;
        let outcome = setup.batch().requests([post("a"), post("b")]).send().await.unwrap();
        assert_eq!(outcome[0].as_ref().unwrap_err().kind(), ErrorKind::OutcomeUnknown);
        assert_eq!(setup.arrived().len(), 1, "nothing is sent to {link}");
    }
}
