//! Users and licences.

use super::*;

#[tokio::test]
async fn users_are_created_changed_found_and_deleted() {
    let caller = Caller::partner(0).await;
    let created = caller.post("/v1.0/users", &new_user("nina")).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert!(created.body.get("passwordProfile").is_none());
    assert!(created.body.get("accountEnabled").is_none());
    let id = created.body["id"].as_str().unwrap();
    assert!(created.location.ends_with(&format!("/users/{id}")));
    let twice = caller.post("/v1.0/users", &new_user("nina")).await;
    assert_eq!(twice.body["error"]["details"][0]["code"], "ObjectConflict");
    let mut foreign = new_user("otto");
    foreign["userPrincipalName"] = json!("otto@elsewhere.example");
    assert!(caller.post("/v1.0/users", &foreign).await.message().contains("domain portion"));
    let mut weak = new_user("otto");
    weak["passwordProfile"]["password"] = json!("short");
    assert!(caller.post("/v1.0/users", &weak).await.message().contains("complexity"));
    let changed = caller
        .patch("/v1.0/users/nina@adatum.onmicrosoft.com", &json!({"jobTitle": "Agent", "usageLocation": "US"}))
        .await;
    assert_eq!(changed.status, 204);
    let shown =
        caller.get(&format!("/v1.0/users('{id}')?$select=id,jobTitle,usageLocation,accountEnabled,department")).await;
    assert_eq!(shown.body["jobTitle"], "Agent");
    assert_eq!(shown.body["department"], Value::Null);
    assert!(shown.body.get("displayName").is_none());
    let mfa = format!("/v1.0/users/{id}/authentication/requirements");
    assert_eq!(caller.get(&mfa).await.body["perUserMfaState"], "disabled");
    assert_eq!(caller.patch(&mfa, &json!({"perUserMfaState": "enforced"})).await.status, 204);
    assert_eq!(caller.get(&mfa).await.body["perUserMfaState"], "enforced");
    assert_eq!(caller.patch(&mfa, &json!({"perUserMfaState": "often"})).await.status, 400);
    assert_eq!(caller.delete(&format!("/v1.0/users/{id}")).await.status, 204);
    assert_eq!(caller.get(&format!("/v1.0/users/{id}")).await.status, 404);
    let bin = caller.get("/v1.0/directory/deletedItems/microsoft.graph.user").await;
    assert_eq!(bin.body["value"][0]["id"], *id);
}

#[tokio::test]
async fn licenses_need_a_location_and_a_free_seat() {
    let caller = Caller::partner(0).await;
    let id = caller.post("/v1.0/users", &new_user("nina")).await.body["id"].as_str().unwrap().to_owned();
    let skus = caller.get("/v1.0/subscribedSkus").await;
    let sku = skus.body["value"][0]["skuId"].clone();
    let wanted = json!({"addLicenses": [{"skuId": sku, "disabledPlans": []}], "removeLicenses": []});
    let path = format!("/v1.0/users/{id}/assignLicense");
    assert!(caller.post(&path, &wanted).await.message().contains("usage location"));
    assert_eq!(caller.patch(&format!("/v1.0/users/{id}"), &json!({"usageLocation": "US"})).await.status, 204);
    assert!(caller.post(&path, &json!({"addLicenses": []})).await.message().contains("missing parameters"));
    assert_eq!(caller.post(&path, &wanted).await.status, 200);
    let details = caller.get(&format!("/v1.0/users/{id}/licenseDetails")).await;
    assert_eq!(details.body["value"][0]["skuId"], sku);
    for sku in &mut caller.stage.sandbox.world().partner_tenant_mut().skus {
        sku.enabled = 0;
    }
    let other = caller
        .post(
            "/v1.0/users",
            &json!({"accountEnabled": true, "displayName": "O", "mailNickname": "o", "usageLocation": "US",
        "userPrincipalName": "o@adatum.onmicrosoft.com", "passwordProfile": {"password": "Not-4-guessing"}}),
        )
        .await;
    let full = caller.post(&format!("/v1.0/users/{}/assignLicense", other.body["id"].as_str().unwrap()), &wanted).await;
    assert!(full.message().contains("does not have any available licenses"), "{full:?}");
}
