//! Batches.

use super::*;

#[tokio::test]
async fn batch_answers_each_part_for_itself_in_any_order() {
    let caller = Caller::partner(0).await;
    let batch = json!({"requests": [
        {"id": "1", "method": "POST", "url": "/groups", "headers": {"Content-Type": "application/json"}, "body": new_group("Batched")},
        {"id": "2", "method": "GET", "url": "groups?$filter=displayName eq 'Batched'", "dependsOn": ["1"]},
        {"id": "3", "method": "POST", "url": "/groups", "headers": {"Content-Type": "application/json"}, "body": {"nope": 1}},
        {"id": "4", "method": "GET", "url": "/me", "dependsOn": ["3"]},
        {"id": "5", "method": "POST", "url": "/groups", "body": new_group("No content type")},
    ]});
    let answer = caller.post("/v1.0/$batch", &batch).await;
    assert_eq!(answer.status, 200);
    let of = |id: &str| {
        answer.body["responses"].as_array().unwrap().iter().find(|response| response["id"] == id).unwrap().clone()
    };
    let statuses: Vec<u64> = ["1", "2", "3", "4", "5"].iter().map(|id| of(id)["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 200, 400, 424, 400]);
    assert_eq!(of("2")["body"]["value"][0]["displayName"], "Batched");
    assert!(of("3")["body"]["error"]["innerError"]["request-id"].is_string());
    assert_ne!(answer.body["responses"][0]["id"], "1");
}

#[tokio::test]
async fn malformed_batches_are_refused_as_a_whole() {
    let caller = Caller::partner(0).await;
    let get = |id: &str| json!({"id": id, "method": "GET", "url": "/me"});
    let many: Vec<Value> = (0..21).map(|number| get(&number.to_string())).collect();
    for requests in [
        json!([]),
        json!(many),
        json!([get("a"), get("A")]),
        json!([{"id": "1", "method": "GET"}]),
        json!([{"id": "1", "method": "GET", "url": "https://graph.microsoft.com/v1.0/me"}]),
        json!([{"id": "1", "method": "GET", "url": "/me", "dependsOn": ["9"]}]),
        json!([{"id": "1", "method": "GET", "url": "/me", "dependsOn": ["2"]}, {"id": "2", "method": "GET", "url": "/me", "dependsOn": ["1"]}]),
    ] {
        assert_eq!(caller.post("/v1.0/$batch", &json!({"requests": requests})).await.status, 400, "{requests}");
    }
    assert_eq!(caller.post("/v1.0/$batch", &json!({"requests": many[..20]})).await.status, 200);
}
