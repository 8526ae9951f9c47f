//! Microsoft Graph: relationships, requests, operations, access assignments, delegated customers.

use std::time::Duration;

use bundle_sandbox::world;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::graph::{Answer, Caller};
use crate::stage::{GRAPH, Stage, customer, partner};

const PATH: &str = "/v1.0/tenantRelationships/delegatedAdminRelationships";
const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
const EXCHANGE_ADMINISTRATOR: &str = "29232cdf-9323-42fd-ade2-1d097af3e4de";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

fn details(roles: &[&str]) -> Value {
    let roles: Vec<Value> = roles.iter().map(|role| json!({"roleDefinitionId": role})).collect();
    json!({"unifiedRoles": roles})
}

fn new_relationship(name: &str) -> Value {
    json!({
        "displayName": name,
        "duration": "P730D",
        "autoExtendDuration": "P180D",
        "customer": {"tenantId": customer(1), "displayName": "Contoso"},
        "accessDetails": details(&[USER_ADMINISTRATOR, EXCHANGE_ADMINISTRATOR]),
    })
}

fn assignment(group: &str, roles: &[&str]) -> Value {
    json!({"accessContainer": {"accessContainerId": group, "accessContainerType": "securityGroup"}, "accessDetails": details(roles)})
}

fn advance(caller: &Caller, seconds: u64) {
    caller.stage.sandbox.clock().advance(Duration::from_secs(seconds));
}

fn path_of(answer: &Answer) -> String {
    format!("{PATH}/{}", answer.body["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")))
}

async fn change(caller: &Caller, method: Method, path: &str, etag: &Value, body: Option<&Value>) -> Answer {
    caller.run(method, path, &[("If-Match", etag.as_str().unwrap())], body).await
}

async fn etag(caller: &Caller, path: &str) -> Value {
    caller.get(path).await.body["@odata.etag"].clone()
}

/// Walks a new relationship to `active`, within the life of the token.
async fn activate(caller: &Caller, path: &str) {
    let locked = caller.post(&format!("{path}/requests"), &json!({"action": "lockForApproval"})).await;
    assert_eq!(locked.status, 201, "{locked:?}");
    advance(caller, 600 + 120);
    assert_eq!(caller.get(path).await.body["status"], "active");
}

async fn group(caller: &Caller, name: &str) -> String {
    let body = json!({"displayName": name, "mailEnabled": false, "mailNickname": "g", "securityEnabled": true});
    caller.post("/v1.0/groups", &body).await.body["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn relationship_walks_from_created_to_active() {
    let caller = Caller::partner(1).await;
    let made = caller.post(PATH, &new_relationship("Contoso-GDAP")).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.body["status"], "created");
    assert_eq!(made.body["autoExtendDuration"], "P180D");
    assert_eq!(made.body["activatedDateTime"], Value::Null);
    assert_eq!(made.body["id"].as_str().unwrap().len(), 73);
    let path = path_of(&made);
    assert!(made.location.ends_with(&path));
    let request = caller.post(&format!("{path}/requests"), &json!({"action": "lockForApproval"})).await;
    assert_eq!((request.status, &request.body["status"]), (201, &json!("created")));
    assert_eq!(caller.get(&path).await.body["status"], "created");
    assert_eq!(caller.post(&format!("{path}/requests"), &json!({"action": "lockForApproval"})).await.status, 400);
    let mut seen = Vec::new();
    for seconds in [5, 595, 30, 90] {
        advance(&caller, seconds);
        seen.push(caller.get(&path).await.body["status"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, ["approvalPending", "approved", "activating", "active"]);
    let active = caller.get(&path).await;
    assert!(active.body["endDateTime"].is_string());
    let request = format!("{path}/requests/{}", request.body["id"].as_str().unwrap());
    assert_eq!(caller.get(&request).await.body["status"], "succeeded");
    assert_eq!(caller.get(&format!("{path}/requests")).await.body["value"][0]["action"], "lockForApproval");
    assert_eq!(caller.get("/v1.0/tenantRelationships/delegatedAdminCustomers").await.names(), ["Contoso"]);
    assert_eq!(caller.post(&format!("{path}/requests"), &json!({"action": "terminate"})).await.status, 201);
    assert_eq!(caller.get(&path).await.body["status"], "terminationRequested");
    advance(&caller, 60);
    assert_eq!(caller.get(&path).await.body["status"], "terminated");
    let customers = caller.get("/v1.0/tenantRelationships/delegatedAdminCustomers").await;
    assert_eq!(customers.body["value"], json!([]));
}

#[tokio::test]
async fn relationship_bodies_are_held_to_the_rules() {
    let caller = Caller::partner(1).await;
    let with = |name: &str, value: Value| {
        let mut body = new_relationship("Rules");
        body[name] = value;
        body
    };
    let mut global = with("accessDetails", details(&[GLOBAL_ADMINISTRATOR]));
    for wrong in [
        with("displayName", json!("x".repeat(51))),
        with("displayName", json!("")),
        with("duration", json!("P731D")),
        with("duration", json!("PT1H")),
        with("duration", json!("two years")),
        with("duration", json!("730 days, 0:00:00")),
        with("autoExtendDuration", json!("P90D")),
        with("accessDetails", details(&[])),
        with("accessDetails", details(&["10dae51f-b6af-4016-8d66-8c2a99b929b3"])),
        with("accessDetails", details(&[USER_ADMINISTRATOR, USER_ADMINISTRATOR])),
        with("accessDetails", details(&["00000000-0000-4000-8000-000000000001"])),
        with("customer", json!({"tenantId": Uuid::from_u128(4)})),
        with("customer", json!({"tenant": customer(1)})),
        with("status", json!("active")),
        global.clone(),
    ] {
        assert_eq!(caller.post(PATH, &wrong).await.status, 400, "{wrong}");
    }
    global["autoExtendDuration"] = json!("P0D");
    let made = caller.post(PATH, &global).await;
    assert_eq!((made.status, &made.body["autoExtendDuration"]), (201, &json!("PT0S")));
    let twice = caller.post(PATH, &global).await;
    assert_eq!((twice.status, twice.code()), (409, "conflict"));
    assert_eq!(caller.post(PATH, &with("duration", json!("P2Y"))).await.status, 409);
    let mut longest = with("duration", json!("P2Y"));
    longest["displayName"] = json!("x".repeat(50));
    assert_eq!(caller.post(PATH, &longest).await.status, 201);
}

#[tokio::test]
async fn changes_need_the_current_etag() {
    let caller = Caller::partner(1).await;
    let made = caller.post(PATH, &new_relationship("Etag")).await;
    let (path, first) = (path_of(&made), made.body["@odata.etag"].clone());
    let rename = json!({"displayName": "Renamed"});
    assert_eq!(caller.patch(&path, &rename).await.status, 428);
    assert_eq!(caller.delete(&path).await.status, 428);
    let changed = change(&caller, Method::PATCH, &path, &first, Some(&rename)).await;
    assert_eq!((changed.status, &changed.body["displayName"]), (200, &json!("Renamed")));
    assert_eq!(change(&caller, Method::PATCH, &path, &first, Some(&rename)).await.status, 412);
    assert_eq!(change(&caller, Method::DELETE, &path, &first, None).await.status, 412);
    assert_eq!(change(&caller, Method::DELETE, &path, &changed.body["@odata.etag"], None).await.status, 204);
    let gone = caller.get(&path).await;
    assert_eq!((gone.status, gone.code()), (404, "notFound"));
}

#[tokio::test]
async fn active_relationship_only_loses_global_administrator_and_turns_extension() {
    let caller = Caller::partner(1).await;
    let mut body = new_relationship("Narrow");
    body["accessDetails"] = details(&[USER_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]);
    body["autoExtendDuration"] = json!("PT0S");
    let path = path_of(&caller.post(PATH, &body).await);
    let before = etag(&caller, &path).await;
    activate(&caller, &path).await;
    let extend = json!({"autoExtendDuration": "P180D"});
    assert_eq!(change(&caller, Method::PATCH, &path, &before, Some(&extend)).await.status, 412);
    let now = etag(&caller, &path).await;
    for refused in
        [json!({"displayName": "Other"}), json!({"accessDetails": details(&[EXCHANGE_ADMINISTRATOR])}), extend.clone()]
    {
        assert_eq!(change(&caller, Method::PATCH, &path, &now, Some(&refused)).await.status, 400, "{refused}");
    }
    let narrow = json!({"accessDetails": details(&[USER_ADMINISTRATOR])});
    let accepted = change(&caller, Method::PATCH, &path, &now, Some(&narrow)).await;
    assert_eq!(accepted.status, 202);
    let operation =
        accepted.location.strip_prefix(caller.stage.sandbox.base(bundle_sandbox::Service::Graph)).unwrap().to_owned();
    let shown = caller.get(&operation).await;
    assert_eq!(
        (&shown.body["status"], &shown.body["operationType"]),
        (&json!("notStarted"), &json!("unknownFutureValue"))
    );
    advance(&caller, 60);
    let evolved = caller.run(Method::GET, &operation, &[("Prefer", "include-unknown-enum-members")], None).await;
    assert_eq!(
        (&evolved.body["status"], &evolved.body["operationType"]),
        (&json!("succeeded"), &json!("delegatedAdminRelationshipUpdate"))
    );
    let now = etag(&caller, &path).await;
    assert_eq!(change(&caller, Method::PATCH, &path, &now, Some(&extend)).await.status, 200);
    let now = etag(&caller, &path).await;
    assert_eq!(change(&caller, Method::DELETE, &path, &now, None).await.status, 400);
}

#[tokio::test]
async fn assignments_wait_for_the_relationship_and_take_a_minute() {
    let caller = Caller::partner(1).await;
    let path = path_of(&caller.post(PATH, &new_relationship("Assign")).await);
    let assignments = format!("{path}/accessAssignments");
    let group = group(&caller, "GDAP User Administrator").await;
    let early = caller.post(&assignments, &assignment(&group, &[USER_ADMINISTRATOR])).await;
    assert_eq!((early.status, early.message()), (400, "The passed in delegatedAdminRelationshipId is invalid."));
    activate(&caller, &path).await;
    let foreign = caller.post(&assignments, &assignment(&group, &[GLOBAL_ADMINISTRATOR])).await;
    assert!(foreign.message().contains("not part of the delegated admin relationship"));
    let nobody = caller.post(&assignments, &assignment(&Uuid::from_u128(4).to_string(), &[USER_ADMINISTRATOR])).await;
    assert!(nobody.message().contains("access container"));
    let made = caller.post(&assignments, &assignment(&group, &[USER_ADMINISTRATOR])).await;
    assert_eq!((made.status, &made.body["status"]), (201, &json!("pending")));
    let twice = caller.post(&assignments, &assignment(&group, &[EXCHANGE_ADMINISTRATOR])).await;
    assert_eq!((twice.status, twice.message()), (409, "The resource already exists."));
    advance(&caller, 60);
    let one = format!("{assignments}/{}", made.body["id"].as_str().unwrap());
    assert_eq!(caller.get(&one).await.body["status"], "active");
    assert_eq!(caller.get(&assignments).await.body["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn assignments_change_through_operations_and_stay_listed_when_deleted() {
    let caller = Caller::partner(1).await;
    let path = path_of(&caller.post(PATH, &new_relationship("Change")).await);
    activate(&caller, &path).await;
    let group = group(&caller, "GDAP").await;
    let made = caller.post(&format!("{path}/accessAssignments"), &assignment(&group, &[USER_ADMINISTRATOR])).await;
    let one = format!("{path}/accessAssignments/{}", made.body["id"].as_str().unwrap());
    let both = json!({"accessDetails": details(&[USER_ADMINISTRATOR, EXCHANGE_ADMINISTRATOR])});
    assert_eq!(caller.patch(&one, &both).await.status, 428);
    let first = etag(&caller, &one).await;
    let accepted = change(&caller, Method::PATCH, &one, &first, Some(&both)).await;
    assert_eq!(accepted.status, 202);
    assert!(accepted.location.contains("/operations/"));
    assert_eq!(change(&caller, Method::PATCH, &one, &first, Some(&both)).await.status, 412);
    let now = etag(&caller, &one).await;
    let same = change(&caller, Method::PATCH, &one, &now, Some(&both)).await;
    assert_eq!((same.status, &same.body["id"]), (200, &made.body["id"]));
    assert_eq!(caller.delete(&one).await.status, 428);
    assert_eq!(change(&caller, Method::DELETE, &one, &now, None).await.status, 204);
    assert_eq!(caller.get(&one).await.body["status"], "deleting");
    advance(&caller, 60);
    assert_eq!(caller.get(&one).await.body["status"], "deleted");
    let again = caller.post(&format!("{path}/accessAssignments"), &assignment(&group, &[USER_ADMINISTRATOR])).await;
    assert_eq!(again.status, 201);
    assert_eq!(caller.get(&format!("{path}/accessAssignments")).await.body["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn relationships_are_filtered_selected_and_paged() {
    let caller = Caller::partner(5).await;
    {
        let mut world = caller.stage.sandbox.world();
        let now = world.now();
        let role = USER_ADMINISTRATOR.parse().unwrap();
        for number in 0..305 {
            let relationship = world::Relationship::new(
                format!("r{number:04}"),
                &format!("Draft {number:04}"),
                Some(customer(1)),
                vec![role],
                now,
            );
            world.relationships.insert(relationship.id.clone(), relationship);
        }
    }
    let page = caller.get(&format!("{PATH}?$filter=status eq 'created'&$select=id,displayName,status&$top=300")).await;
    assert_eq!(page.names().len(), 300);
    assert!(page.body["value"][0].get("duration").is_none());
    let next = page.body["@odata.nextLink"].as_str().unwrap();
    let next = next.strip_prefix(caller.stage.sandbox.base(bundle_sandbox::Service::Graph)).unwrap();
    assert_eq!(caller.get(next).await.names().len(), 5);
    let active =
        caller.get(&format!("{PATH}?$filter=status eq 'active' and customer/tenantId eq '{}'", customer(5))).await;
    assert_eq!(active.names().len(), 2);
    assert!(active.body["value"].as_array().unwrap().iter().all(|item| item["@odata.etag"].is_string()));
    assert_eq!(caller.get(&format!("{PATH}?$top=301")).await.status, 400);
    assert_eq!(caller.get(&format!("{PATH}?$filter=state eq 'active'")).await.status, 400);
}

#[tokio::test]
async fn only_admin_agents_of_the_partner_change_relationships() {
    let caller = Caller::partner(1).await;
    caller.stage.set_agent(caller.stage.account(), false);
    assert_eq!(caller.get(PATH).await.status, 200);
    let refused = caller.post(PATH, &new_relationship("No agent")).await;
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    assert!(refused.message().contains("does not have the required permissions"));
    let elsewhere = Caller::customer(&["Global Administrator"], &["DelegatedAdminRelationship.ReadWrite.All"]).await;
    assert_eq!(elsewhere.get(PATH).await.status, 403);
}

#[tokio::test]
async fn partner_cannot_approve_in_the_customers_place() {
    let caller = Caller::partner(1).await;
    let path = path_of(&caller.post(PATH, &new_relationship("Approve")).await);
    assert_eq!(caller.post(&format!("{path}/requests"), &json!({"action": "approve"})).await.status, 403);
    assert_eq!(caller.post(&format!("{path}/requests"), &json!({"action": "terminate"})).await.status, 400);
    assert_eq!(caller.post(&format!("{path}/requests"), &json!({"action": "dance"})).await.status, 400);
}

#[tokio::test]
async fn application_alone_needs_delegated_administration_in_the_partner_tenant() {
    let stage = Stage::open(1).await;
    stage.grant_as_app(partner(), "graph", "DelegatedAdminRelationship.ReadWrite.All", None);
    stage.grant_as_app(partner(), "graph", "Application.ReadWrite.All", None);
    let token = stage.app_token(partner(), GRAPH).await;
    let caller = Caller { stage, token };
    let early = caller.post(PATH, &new_relationship("App")).await;
    assert_eq!((early.status, early.code()), (500, "unexpectedError"));
    let principal = json!({"appId": "2832473f-ec63-45fb-976f-5d45a7d4bb91"});
    assert_eq!(caller.post("/v1.0/servicePrincipals", &principal).await.status, 201);
    assert_eq!(caller.post(PATH, &new_relationship("App")).await.status, 201);
}
