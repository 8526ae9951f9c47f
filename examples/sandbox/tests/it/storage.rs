//! Blob and table storage.

use bundle_sandbox::{Service, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Demo;

const SCOPE: &str = "https://storage.azure.com/.default";

/// The demonstration with an app-only token for Fabrikam's storage account.
struct Account {
    demo: Demo,
    token: String,
}

impl Account {
    async fn open() -> Self {
        let demo = Demo::start(2).await;
        let (_, body) = demo.app_only(&demo::customer_tenant(2).to_string(), SCOPE).await;
        Self { token: body["access_token"].as_str().unwrap().to_owned(), demo }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/fabrikamstorage/{path}", self.demo.sandbox.base(Service::Storage));
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.demo.http.request(method, url).bearer_auth(&self.token)
    }

    async fn status(&self, method: &str, path: &str) -> u16 {
        self.request(method, path).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn blob_is_written_read_in_part_listed_and_deleted() {
    let account = Account::open().await;
    assert_eq!(account.status("PUT", "Bad_Name?restype=container").await, 400);
    assert_eq!(account.status("PUT", "backup?restype=container").await, 201);
    let again = account.request("PUT", "backup?restype=container").send().await.unwrap();
    assert_eq!(again.status(), 409);
    assert_eq!(again.headers()["x-ms-error-code"], "ContainerAlreadyExists");
    for name in ["one", "two"] {
        let put = account.request("PUT", &format!("backup/{name}")).header("x-ms-blob-type", "BlockBlob");
        assert_eq!(put.body("0123456789").send().await.unwrap().status(), 201);
    }
    let part = account.request("GET", "backup/one").header("range", "bytes=2-4").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.text().await.unwrap(), "234");
    let list = account.request("GET", "backup?restype=container&comp=list&maxresults=1").send().await.unwrap();
    let list = list.text().await.unwrap();
    assert!(list.contains("<Name>one</Name>") && list.contains("<NextMarker>two</NextMarker>"), "{list}");
    assert_eq!(account.status("DELETE", "backup/one").await, 202);
    assert_eq!(account.status("GET", "backup/one").await, 404);
    assert_eq!(account.status("GET", "nowhere/one").await, 404);
}

#[tokio::test]
async fn entity_is_inserted_once_and_changed_by_its_etag() {
    let account = Account::open().await;
    let post = async |path: &str, body: Value| {
        let response =
            account.request("POST", path).header("accept", "application/json").json(&body).send().await.unwrap();
        response.status().as_u16()
    };
    assert_eq!(post("Tables", json!({"TableName": "jobs"})).await, 201);
    assert_eq!(post("Tables", json!({"TableName": "Jobs"})).await, 409);
    for row in ["a", "b"] {
        assert_eq!(post("jobs", json!({"PartitionKey": "p", "RowKey": row, "State": "new"})).await, 201);
    }
    assert_eq!(post("jobs", json!({"PartitionKey": "p", "RowKey": "a"})).await, 409);
    let one = "jobs(PartitionKey='p',RowKey='a')";
    let read = account.request("GET", one).send().await.unwrap();
    let tag = read.headers()["etag"].to_str().unwrap().to_owned();
    let merge = async |tag: &str| {
        let request = account.request("MERGE", one).header("if-match", tag);
        request.json(&json!({"State": "done"})).send().await.unwrap().status().as_u16()
    };
    assert_eq!(merge(&tag).await, 204);
    assert_eq!(merge(&tag).await, 412);
    let page = account.request("GET", "jobs()?$filter=PartitionKey%20eq%20'p'&$top=1").send().await.unwrap();
    assert_eq!(page.headers()["x-ms-continuation-NextRowKey"], "b");
    let page: Value = page.json().await.unwrap();
    assert_eq!(page["value"][0]["State"], "done");
    assert_eq!(account.status("DELETE", one).await, 400);
}

#[tokio::test]
async fn token_of_another_audience_or_tenant_is_refused() {
    let mut account = Account::open().await;
    let demo = &account.demo;
    let fabrikam = demo::customer_tenant(2).to_string();
    let (_, graph) = demo.app_only(&fabrikam, crate::support::GRAPH).await;
    let (_, partner) = demo.app_only(&demo.partner(), SCOPE).await;
    for body in [graph, partner] {
        account.token = body["access_token"].as_str().unwrap().to_owned();
        let refused = account.request("GET", "?comp=list").send().await.unwrap();
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.headers()["x-ms-error-code"], "InvalidAuthenticationInfo");
    }
}
