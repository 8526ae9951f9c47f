//! Groups and members.

use super::*;

#[tokio::test]
async fn groups_take_members_once_and_give_them_back() {
    let caller = Caller::partner(0).await;
    let account = caller.stage.account();
    let base = caller.stage.sandbox.base(Service::Graph).to_owned();
    let reference = |id: &str| json!({"@odata.id": format!("{base}/v1.0/directoryObjects/{id}")});
    let mut body = new_group("Outer");
    body["members@odata.bind"] = json!([format!("{base}/v1.0/users/{account}")]);
    let outer = caller.post("/v1.0/groups", &new_group("Outer shell")).await.body["id"].as_str().unwrap().to_owned();
    let inner = caller.post("/v1.0/groups", &body).await;
    assert_eq!(inner.status, 201, "{inner:?}");
    let inner = inner.body["id"].as_str().unwrap().to_owned();
    assert_eq!(caller.post(&format!("/v1.0/groups/{outer}/members/$ref"), &reference(&inner)).await.status, 204);
    let twice = caller.post(&format!("/v1.0/groups/{outer}/members/$ref"), &reference(&inner)).await;
    assert_eq!(
        twice.message(),
        "One or more added object references already exist for the following modified properties: 'members'."
    );
    let nobody =
        caller.post(&format!("/v1.0/groups/{outer}/members/$ref"), &reference(&Uuid::from_u128(7).to_string())).await;
    assert_eq!(nobody.status, 404);
    assert!(
        caller
            .post(&format!("/v1.0/groups/{outer}/members/$ref"), &json!({"@odata.id": inner}))
            .await
            .message()
            .contains("Invalid URL")
    );
    let direct = caller.get(&format!("/v1.0/groups/{outer}/members")).await;
    assert_eq!(direct.body["value"][0]["@odata.type"], "#microsoft.graph.group");
    let all = caller.get(&format!("/v1.0/groups/{outer}/transitiveMembers?$select=id")).await;
    assert_eq!(all.body["value"].as_array().unwrap().len(), 2);
    let direct = caller.get("/v1.0/me/memberOf?$select=id,displayName").await;
    assert!(!direct.names().contains(&"Outer shell"));
    assert!(caller.get("/v1.0/me/transitiveMemberOf?$select=id,displayName").await.names().contains(&"Outer shell"));
    let cast = caller.get("/v1.0/me/memberOf/microsoft.graph.group").await;
    assert!(!cast.names().contains(&"Global Administrator"));
    let checked = caller.post("/v1.0/me/checkMemberGroups", &json!({"groupIds": [outer, Uuid::from_u128(7)]})).await;
    assert_eq!(checked.body["value"], json!([outer]));
    assert_eq!(caller.delete(&format!("/v1.0/groups/{outer}/members/{inner}")).await.status, 405);
    assert_eq!(caller.delete(&format!("/v1.0/groups/{outer}/members/{inner}/$ref")).await.status, 204);
    assert_eq!(caller.delete(&format!("/v1.0/groups/{outer}/members/{inner}/$ref")).await.status, 404);
    let expanded = caller.get(&format!("/v1.0/groups/{inner}?$select=id&$expand=members($select=id)")).await;
    assert_eq!(expanded.body["members"][0]["id"], account.to_string());
    assert_eq!(caller.delete(&format!("/v1.0/groups/{outer}")).await.status, 204);
    assert_eq!(caller.get(&format!("/v1.0/groups/{outer}")).await.status, 404);
}

#[tokio::test]
async fn groups_bind_twenty_at_most_and_fix_role_assignability() {
    let caller = Caller::partner(0).await;
    let members: Vec<String> = {
        let mut world = caller.stage.sandbox.world();
        let now = world.now();
        (0..21)
            .map(|number| {
                let id = world.new_id();
                world
                    .partner_tenant_mut()
                    .users
                    .insert(id, User::new(id, &format!("u{number}@adatum.onmicrosoft.com"), "U", now));
                format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}")
            })
            .collect()
    };
    let mut body = new_group("Big");
    body["members@odata.bind"] = json!(members);
    assert_eq!(caller.post("/v1.0/groups", &body).await.status, 400);
    body["members@odata.bind"] = json!(members[..20]);
    let big = caller.post("/v1.0/groups", &body).await;
    assert_eq!(big.status, 201, "{big:?}");
    let path = format!("/v1.0/groups/{}", big.body["id"].as_str().unwrap());
    assert_eq!(caller.patch(&path, &json!({"members@odata.bind": members[20..]})).await.status, 204);
    assert!(caller.patch(&path, &json!({"isAssignableToRole": true})).await.message().contains("read-only"));
    let mut assignable = new_group("Roles");
    assignable["isAssignableToRole"] = json!(true);
    let created = caller.post("/v1.0/groups", &assignable).await;
    assert_eq!(created.body["isAssignableToRole"], true);
    assignable["mailNickname"] = json!("has space");
    assert!(caller.post("/v1.0/groups", &assignable).await.message().contains("mailNickname"));
}
