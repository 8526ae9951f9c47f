//! Batches against a service that takes them as Microsoft does.

use bundle_core::ErrorKind;
use bundle_sandbox::Sandbox;
use futures_util::future::join_all;
use graph_client::{NewGroup, Query};
use http::Method;
use serde_json::{Value, json};

use crate::support::graph;

#[tokio::test]
async fn batch_creates_and_reads_many_and_says_what_failed() {
    let sandbox = Sandbox::demo(1).await.unwrap();
    let graph = graph(&sandbox).await;
    let group = |at: usize| {
        let new = json!({"displayName": format!("Batch {at:02}"), "mailEnabled": false,
                         "mailNickname": format!("batch{at}"), "securityEnabled": true});
        graph.request(Method::POST, "groups").json(&new).unwrap()
    };
    let created = graph.batch().requests((0..25).map(group)).send().await.unwrap();
    let ids: Vec<String> = created
        .into_json::<Value>()
        .into_iter()
        .map(|group| group.unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    let absent = "00000000-1111-4111-8111-111111111111";
    let read = |id: &str| graph.request(Method::GET, &format!("groups/{id}")).query("$select", "id,displayName");
    let outcome = graph.batch().request(read(absent)).requests(ids.iter().map(|id| read(id))).send().await.unwrap();
    let failed: Vec<_> = outcome.failed().map(|(position, error)| (position, error.kind())).collect();
    assert_eq!(failed, [(0, ErrorKind::NotFound)]);
    for (at, (_, group)) in outcome.ok().enumerate() {
        assert_eq!(group.json::<Value>().unwrap()["displayName"], format!("Batch {at:02}"));
    }

    let chain = [
        graph.request(Method::PATCH, &format!("groups/{}", ids[0])).json(&json!({"description": "first"})).unwrap(),
        graph.request(Method::DELETE, &format!("groups/{absent}")),
        graph.request(Method::DELETE, &format!("groups/{}", ids[0])),
    ];
    let outcome = graph.batch().chain(chain).send().await.unwrap();
    let statuses: Vec<_> = outcome.failed().map(|(_, error)| error.status()).collect();
    assert_eq!(statuses, [Some(404), Some(424)]);
    assert_eq!(read_all(&graph).await, 25, "nothing is done after a failure");
}

async fn read_all(graph: &graph_client::TenantGraph) -> usize {
    let query = Query::new().filter("startswith(displayName,'Batch ')");
    graph.groups().list(&query).collect_all().await.unwrap().len()
}

#[tokio::test]
async fn coalescing_answers_as_single_reads_do() {
    let sandbox = Sandbox::demo(1).await.unwrap();
    let graph = graph(&sandbox).await;
    let new = NewGroup::security("Gathered", "gathered");
    let group = graph.groups().create(&new).await.unwrap();
    let read = |at: usize| {
        let path = if at.is_multiple_of(3) { format!("groups/{}", group.id) } else { format!("groups/absent-{at}") };
        graph.request(Method::GET, &path)
    };
    sandbox.log().reset();
    let gathering = graph.coalescing();
    let gathered = join_all((0..40).map(|at| gathering.send(read(at)))).await;
    assert!(sandbox.log().requests() <= 4, "{}", sandbox.log().requests());
    for (at, gathered) in gathered.into_iter().enumerate() {
        match (gathered, graph.send(read(at)).await) {
            (Ok(gathered), Ok(single)) => {
                assert_eq!(gathered.json::<Value>().unwrap(), single.json::<Value>().unwrap());
                assert_eq!(gathered.headers()["content-type"], single.headers()["content-type"]);
            }
            (Err(gathered), Err(single)) => {
                assert_eq!((gathered.kind(), gathered.code()), (single.kind(), single.code()));
                assert_eq!((gathered.message(), gathered.tenant()), (single.message(), single.tenant()));
            }
            other => panic!("{at}: {other:?}"),
        }
    }
}
