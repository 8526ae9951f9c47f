//! Tests: Partner Center.

use std::time::Duration;

use bundle_sandbox::Service;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{GRAPH, PARTNER_CENTER, Stage, customer, header, json, partner};

const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";
const EXCHANGE_APP: &str = "00000002-0000-0ff1-ce00-000000000000";
const EXAMPLE_ID: &str = "0b8cf1a6-6d3e-4d7a-8d8a-3a1c3d0f5a11";

async fn get(stage: &Stage, path: &str, token: &str) -> reqwest::Response {
    stage.call(Service::PartnerCenter, Method::GET, path, token).send().await.unwrap()
}

fn filtered(filter: &Value) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("size", "0")
        .append_pair("filter", &filter.to_string())
        .finish();
    format!("/v1/customers?{query}")
}

fn consent(stage: &Stage, grants: &[(&str, &str)]) -> Value {
    let grants: Vec<Value> =
        grants.iter().map(|(resource, scope)| json!({"enterpriseApplicationId": resource, "scope": scope})).collect();
    json!({"applicationId": stage.demo("applicationId"), "applicationGrants": grants})
}

async fn post_consent(stage: &Stage, number: usize, token: &str, body: &Value, id: &str) -> (u16, Value) {
    let path = format!("/v1/customers/{}/applicationconsents", customer(number));
    let answer = stage
        .call(Service::PartnerCenter, Method::POST, &path, token)
        .header("MS-RequestId", id)
        .json(body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), json(answer).await)
}

#[tokio::test]
async fn customers_follow_the_continuation_header_to_the_end() {
    let stage = Stage::open(7).await;
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let mut uri = "/customers?size=3".to_owned();
    let mut continuation = None;
    let mut pages = Vec::new();
    loop {
        let mut request = stage.call(Service::PartnerCenter, Method::GET, &format!("/v1{uri}"), &token);
        if let Some(value) = continuation.take() {
            request = request.header("MS-ContinuationToken", String::clone(&value));
        }
        let page = json(request.send().await.unwrap()).await;
        assert_eq!(page["totalCount"], page["items"].as_array().unwrap().len());
        pages.push(page["items"].as_array().unwrap().clone());
        let next = &page["links"]["next"];
        if next.is_null() {
            break;
        }
        uri = next["uri"].as_str().unwrap().to_owned();
        assert_eq!(next["headers"][0]["key"], "MS-ContinuationToken");
        continuation = Some(next["headers"][0]["value"].as_str().unwrap().to_owned());
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    let mut names: Vec<String> =
        pages.concat().iter().map(|item| item["companyProfile"]["companyName"].as_str().unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["Contoso", "Customer 0006", "Customer 0007", "Fabrikam", "Northwind", "Tailspin", "Wingtip"]);
    // Without the header the link leads nowhere.
    let refused = get(&stage, "/v1/customers?size=3&seekOperation=Next", &token).await;
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn customers_filter_and_service_headers() {
    let stage = Stage::open(3).await;
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let filter = json!({"Field": "CompanyName", "Value": "CONT", "Operator": "starts_with"});
    let answer = stage
        .call(Service::PartnerCenter, Method::GET, &filtered(&filter), &token)
        .header("MS-RequestId", EXAMPLE_ID)
        .header("ValidateMfa", "true")
        .send()
        .await
        .unwrap();
    assert_eq!(header(&answer, "ms-requestid"), EXAMPLE_ID);
    assert_eq!(header(&answer, "ismfacompliant"), "true");
    assert!(!header(&answer, "ms-cv").is_empty());
    let bytes = answer.bytes().await.unwrap();
    assert!(bytes.starts_with(&[0xEF, 0xBB, 0xBF]), "collections carry a byte-order mark");
    let body: Value = serde_json::from_slice(&bytes[3..]).unwrap();
    assert_eq!(body["totalCount"], 1);
    assert_eq!(body["items"][0]["id"], customer(1).to_string());
    let wrong = get(&stage, &filtered(&json!({"Field": "Nothing"})), &token).await;
    assert_eq!(wrong.status(), 400);
    assert_eq!(json(wrong).await["source"], "PartnerFD");
}

#[tokio::test]
async fn customer_details_depend_on_the_relationship() {
    let stage = Stage::open(2).await;
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let contoso = json(get(&stage, &format!("/v1/customers/{}", customer(1)), &token).await).await;
    assert_eq!(contoso["allowDelegatedAccess"], false);
    assert!(contoso.get("billingProfile").is_none());
    let fabrikam = json(get(&stage, &format!("/v1/customers/{}", customer(2)), &token).await).await;
    assert_eq!(fabrikam["allowDelegatedAccess"], true);
    assert_eq!(fabrikam["billingProfile"]["companyName"], "Fabrikam");
    let unknown = get(&stage, &format!("/v1/customers/{EXAMPLE_ID}"), &token).await;
    assert_eq!(unknown.status(), 404);
    stage.sandbox.world().tenant_mut(&customer(1)).unwrap().reseller = false;
    let left = get(&stage, &format!("/v1/customers/{}", customer(1)), &token).await;
    assert_eq!(left.status(), 403);
    assert_eq!(json(left).await["code"], "20002");
}

#[tokio::test]
async fn callers_outside_the_agent_groups_and_other_tokens_are_refused() {
    let stage = Stage::open(1).await;
    let token = stage.token(partner(), PARTNER_CENTER).await;
    stage.set_agent(stage.account(), false);
    let denied = get(&stage, "/v1/customers", &token).await;
    assert_eq!(denied.status(), 403);
    assert_eq!(json(denied).await["code"], "900150");
    let graph = stage.token(partner(), GRAPH).await;
    let wrong = get(&stage, "/v1/customers", &graph).await;
    assert_eq!(wrong.status(), 401);
    assert_eq!(json(wrong).await["code"], 900_420);
    let missing =
        stage.client.get(format!("{}/v1/customers", stage.sandbox.base(Service::PartnerCenter))).send().await.unwrap();
    assert_eq!(missing.status(), 401);
    // Nobody serves this path: the gateway answers, in its own form.
    let route = json(get(&stage, "/v1/nothing", &token).await).await;
    assert_eq!(route["statusCode"], 404);
}

#[tokio::test]
async fn application_only_tokens_read_customers_but_no_profile() {
    let stage = Stage::open(1).await;
    let token = stage.app_token(partner(), PARTNER_CENTER).await;
    assert_eq!(get(&stage, "/v1/customers", &token).await.status(), 200);
    let refused = get(&stage, "/v1/profiles/organization", &token).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(json(refused).await["code"], 900_329);
    let user = stage.token(partner(), PARTNER_CENTER).await;
    let profile = get(&stage, "/v1/profiles/organization", &user).await.bytes().await.unwrap();
    assert!(profile.starts_with(&[0xEF, 0xBB, 0xBF]));
    let profile: Value = serde_json::from_slice(&profile[3..]).unwrap();
    assert_eq!(profile["companyName"], "Adatum Partner");
    assert_eq!(profile["tenantId"], partner().to_string());
}

#[tokio::test]
async fn throttled_call_answers_in_the_gateways_form_once() {
    let stage = Stage::open(1).await;
    let token = stage.token(partner(), PARTNER_CENTER).await;
    stage.sandbox.faults().throttle(Service::PartnerCenter, 1, "7");
    let throttled = get(&stage, "/v1/customers", &token).await;
    assert_eq!(throttled.status(), 429);
    assert_eq!(header(&throttled, "retry-after"), "7");
    assert_eq!(json(throttled).await["statusCode"], 429);
    assert_eq!(get(&stage, "/v1/customers", &token).await.status(), 200);
}

#[tokio::test]
async fn subscriptions_are_listed_and_read_back() {
    let stage = Stage::open(1).await;
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let path = format!("/v1/customers/{}/subscriptions", customer(1));
    let list = json(get(&stage, &path, &token).await).await;
    assert_eq!(list["totalCount"], 1);
    let id = list["items"][0]["id"].as_str().unwrap();
    let one = json(get(&stage, &format!("{path}/{id}"), &token).await).await;
    assert_eq!(one, list["items"][0]);
    let none = get(&stage, &format!("{path}/{EXAMPLE_ID}"), &token).await;
    assert_eq!(none.status(), 404);
    assert_eq!(json(none).await["code"], "20003");
}

#[tokio::test]
async fn consent_creates_principal_and_grant_that_counts_half_a_minute_later() {
    let stage = Stage::open(1).await;
    stage.give_roles(customer(1), &["Application Administrator"]);
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let body = consent(&stage, &[(GRAPH_APP, "Directory.ReadWrite.All,DelegatedPermissionGrant.ReadWrite.All")]);
    let (status, answer) = post_consent(&stage, 1, &token, &body, EXAMPLE_ID).await;
    assert_eq!((status, &answer["applicationId"]), (201, &body["applicationId"]));
    let early = stage.try_token(customer(1), GRAPH).await;
    assert_eq!(early["error_codes"][0], 65_001);
    stage.sandbox.clock().advance(Duration::from_secs(30));
    let later = stage.try_token(customer(1), GRAPH).await;
    let scopes = later["scope"].as_str().unwrap();
    assert!(scopes.contains("Directory.ReadWrite.All"), "{scopes}");
    assert!(scopes.contains("DelegatedPermissionGrant.ReadWrite.All"), "{scopes}");
}

#[tokio::test]
async fn consent_repeated_replays_by_request_id_and_conflicts_otherwise() {
    let stage = Stage::open(1).await;
    stage.give_roles(customer(1), &["Global Administrator"]);
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let body = consent(&stage, &[(GRAPH_APP, "User.Read.All")]);
    assert_eq!(post_consent(&stage, 1, &token, &body, "first").await.0, 201);
    assert_eq!(post_consent(&stage, 1, &token, &body, "first").await.0, 201);
    let (status, answer) = post_consent(&stage, 1, &token, &body, "second").await;
    assert_eq!(status, 409);
    assert!(answer["description"].as_str().unwrap().contains("Permission entry already exists"));

    let path = format!("/v1/customers/{}/applicationconsents/{}", customer(1), stage.demo("applicationId"));
    let delete = || stage.call(Service::PartnerCenter, Method::DELETE, &path, &token).send();
    assert_eq!(delete().await.unwrap().status(), 200);
    assert_eq!(delete().await.unwrap().status(), 404);
    let world = stage.sandbox.world();
    assert!(world.tenant(&customer(1)).unwrap().grants.is_empty());
}

#[tokio::test]
async fn consent_needs_agent_role_and_policy() {
    let stage = Stage::open(2).await;
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let body = consent(&stage, &[(GRAPH_APP, "User.Read.All")]);
    // No relationship at all, then one without a role that may consent.
    assert_eq!(post_consent(&stage, 1, &token, &body, "1").await.1["code"], 900_308);
    stage.give_roles(customer(1), &["User Administrator"]);
    assert_eq!(post_consent(&stage, 1, &token, &body, "2").await.1["code"], 900_308);
    stage.give_roles(customer(1), &["Cloud Application Administrator"]);
    stage.set_agent(stage.account(), false);
    assert_eq!(post_consent(&stage, 1, &token, &body, "3").await.1["code"], 900_308);
    stage.set_agent(stage.account(), true);
    assert_eq!(post_consent(&stage, 1, &token, &body, "4").await.0, 201);
    // The policy of the second customer keeps the partner out whatever its roles are.
    stage.give_roles(customer(2), &["Cloud Application Administrator"]);
    let (status, answer) = post_consent(&stage, 2, &token, &body, "5").await;
    assert_eq!((status, &answer["code"]), (403, &json!(900_309)));
    let application = stage.app_token(partner(), PARTNER_CENTER).await;
    let (status, answer) = post_consent(&stage, 1, &application, &body, "6").await;
    assert_eq!((status, &answer["code"]), (403, &json!(900_329)));
}

#[tokio::test]
async fn consent_refuses_wrong_bodies_and_changes_nothing() {
    let stage = Stage::open(3).await;
    for number in [1, 3] {
        stage.give_roles(customer(number), &["Application Administrator"]);
    }
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let mut other = consent(&stage, &[(GRAPH_APP, "User.Read.All")]);
    other["applicationId"] = json!(EXAMPLE_ID);
    let cases = [
        ("other application", 1, other),
        ("no grants", 1, consent(&stage, &[])),
        ("spaces", 1, consent(&stage, &[(GRAPH_APP, "User.Read.All Group.Read.All")])),
        ("unknown scope", 1, consent(&stage, &[(GRAPH_APP, "Nothing.Read")])),
        ("unknown resource", 1, consent(&stage, &[(EXAMPLE_ID, "User.Read.All")])),
        ("no Exchange", 3, consent(&stage, &[(GRAPH_APP, "User.Read.All"), (EXCHANGE_APP, "Exchange.Manage")])),
    ];
    for (case, number, body) in cases {
        let (status, answer) = post_consent(&stage, number, &token, &body, case).await;
        assert_eq!(status, 400, "{case}: {answer}");
        assert_eq!(answer["source"], "PartnerFD", "{case}");
    }
    let (_, answer) =
        post_consent(&stage, 3, &token, &consent(&stage, &[(EXCHANGE_APP, "Exchange.Manage")]), "text").await;
    assert!(answer["description"].as_str().unwrap().contains("lacks a service principal"));
    let world = stage.sandbox.world();
    for number in [1, 3] {
        assert!(world.tenant(&customer(number)).unwrap().grants.is_empty());
    }
}

async fn send(stage: &Stage, method: Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
    let answer = stage.call(Service::PartnerCenter, method, path, token).json(body).send().await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(&bytes)).unwrap_or_default())
}

#[tokio::test]
async fn subscription_changes_with_its_etag_and_only_as_a_whole() {
    let stage = Stage::open(1).await;
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let path = format!("/v1/customers/{}/subscriptions", customer(1));
    let mut read = json(get(&stage, &path, &token).await).await["items"][0].clone();
    let path = format!("{path}/{}", read["id"].as_str().unwrap());
    let old = read.clone();
    read["quantity"] = json!(read["quantity"].as_u64().unwrap() + 5);
    read["autoRenewEnabled"] = json!(false);
    let (status, changed) = send(&stage, Method::PATCH, &path, &token, &read).await;
    assert_eq!((status, &changed["quantity"], &changed["autoRenewEnabled"]), (200, &read["quantity"], &json!(false)));
    assert_ne!(changed["attributes"]["etag"], read["attributes"]["etag"]);
    // The version that was read is gone.
    let (status, stale) = send(&stage, Method::PATCH, &path, &token, &old).await;
    assert_eq!((status, &stale["code"]), (400, &json!("2055")));
    for (quantity, code) in [(0, "2002"), (301, "2002")] {
        let mut wrong = changed.clone();
        wrong["quantity"] = json!(quantity);
        assert_eq!(send(&stage, Method::PATCH, &path, &token, &wrong).await.1["code"], code);
    }
    let mut only = json!({"id": changed["id"], "quantity": changed["quantity"], "status": "active"});
    only["attributes"] = changed["attributes"].clone();
    let (_, reset) = send(&stage, Method::PATCH, &path, &token, &only).await;
    assert_eq!(reset["billingCycle"], "none", "what is left out is reset");
    let audit = json(get(&stage, "/v1/auditrecords", &token).await).await;
    let newest = &audit["items"][0];
    assert_eq!((&newest["operationType"], &newest["customerId"]), (&json!("update_subscription"), &json!(customer(1))));
    let id = newest["id"].as_str().unwrap();
    let one = json(get(&stage, &format!("/auditactivity/v1/auditrecords/{id}"), &token).await).await;
    assert_eq!(&one, newest);
    assert_eq!(get(&stage, "/v1/auditrecords?startDate=2001-01-01", &token).await.status(), 400);
}

#[tokio::test]
async fn relationship_ends_when_everything_is_suspended() {
    let stage = Stage::open(1).await;
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let path = format!("/v1/customers/{}", customer(1));
    let end = json!({"relationshipToPartner": "none", "attributes": {"objectType": "Customer"}});
    assert_eq!(send(&stage, Method::PATCH, &path, &token, &end).await.0, 400);
    let list = json(get(&stage, &format!("{path}/subscriptions"), &token).await).await;
    for mut subscription in list["items"].as_array().unwrap().clone() {
        subscription["status"] = json!("suspended");
        let one = format!("{path}/subscriptions/{}", subscription["id"].as_str().unwrap());
        assert_eq!(send(&stage, Method::PATCH, &one, &token, &subscription).await.0, 200);
    }
    assert_eq!(send(&stage, Method::PATCH, &path, &token, &end).await.0, 200);
    assert_eq!(get(&stage, &path, &token).await.status(), 403);
}

#[tokio::test]
async fn webhooks_are_registered_once_and_replaced() {
    let stage = Stage::open(1).await;
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let path = "/webhooks/v1/registration";
    assert_eq!(get(&stage, path, &token).await.status(), 404);
    let wanted = json!({"WebhookUrl": "https://hooks.contoso.com/x", "WebhookEvents": ["test-created"]});
    assert_eq!(send(&stage, Method::PUT, path, &token, &wanted).await.0, 404);
    let (status, made) = send(&stage, Method::POST, path, &token, &wanted).await;
    assert_eq!((status, &made["WebhookUrl"]), (200, &wanted["WebhookUrl"]));
    assert_eq!(send(&stage, Method::POST, path, &token, &wanted).await.0, 409);
    let (_, test) = send(&stage, Method::POST, &format!("{path}/validationEvents"), &token, &json!({})).await;
    let id = test["correlationId"].as_str().unwrap();
    let state = json(get(&stage, &format!("{path}/validationEvents/{id}"), &token).await).await;
    assert_eq!(state["callbackUrl"], wanted["WebhookUrl"]);
    for wrong in [
        json!({"WebhookUrl": "ftp://x", "WebhookEvents": ["test-created"]}),
        json!({"WebhookUrl": "https://hooks.contoso.com/x", "WebhookEvents": ["mauve"]}),
    ] {
        assert_eq!(send(&stage, Method::PUT, path, &token, &wrong).await.0, 400);
    }
    let events = json(get(&stage, &format!("{path}/events"), &token).await).await;
    assert!(events.as_array().unwrap().contains(&json!("granular-admin-relationship-approved")));
}

#[tokio::test]
async fn control_service_has_events_posted_once() {
    let stage = Stage::open(1).await;
    let token = stage.token(partner(), PARTNER_CENTER).await;
    let (taken, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    let address = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::path("/events"))
        .respond_with(move |request: &wiremock::Request| {
            taken.send(request.body_json::<Value>().unwrap()).unwrap();
            wiremock::ResponseTemplate::new(200)
        })
        .mount(&address)
        .await;
    let control = format!("{}/events", stage.sandbox.control());
    let post = async || json(stage.client.post(&control).send().await.unwrap()).await;
    assert_eq!(post().await, json!({"due": 0}));
    let path = "/webhooks/v1/registration";
    let wanted = json!({"WebhookUrl": format!("{}/events", address.uri()), "WebhookEvents": ["test-created"]});
    assert_eq!(send(&stage, Method::POST, path, &token, &wanted).await.0, 200);
    assert_eq!(send(&stage, Method::POST, &format!("{path}/validationEvents"), &token, &json!({})).await.0, 200);
    assert_eq!(post().await, json!({"due": 1}));
    assert_eq!(arrived.recv().await.unwrap()["EventName"], "test-created");
    assert_eq!(stage.sandbox.post_events().await, 0);
}
