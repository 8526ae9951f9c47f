//! Microsoft Graph: versions, tokens, headers, errors, bodies, who may do what.

mod batch;
mod groups;
mod query;
mod users;

use bundle_sandbox::world::{Group, User};
use bundle_sandbox::{Sandbox, Service};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{EXCHANGE, GRAPH, Stage, customer, header, json as body_of, partner};

/// A caller of Graph in one tenant.
pub(crate) struct Caller {
    pub(crate) stage: Stage,
    pub(crate) token: String,
}

/// One answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) location: String,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.body["value"].as_array().unwrap().iter().map(|item| item["displayName"].as_str().unwrap()).collect()
    }
}

impl Caller {
    /// The service account in the partner tenant.
    pub(crate) async fn partner(customers: usize) -> Self {
        let stage = Stage::open(customers).await;
        let token = stage.token(partner(), GRAPH).await;
        Self { stage, token }
    }

    /// The service account in the first customer's tenant, with these GDAP roles and scopes.
    pub(crate) async fn customer(roles: &[&str], scopes: &[&str]) -> Self {
        let stage = Stage::open(1).await;
        stage.give_roles(customer(1), roles);
        stage.grant(customer(1), "graph", scopes);
        let token = stage.token(customer(1), GRAPH).await;
        Self { stage, token }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Response {
        let mut request = self.stage.call(Service::Graph, method, path, &self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn run(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let response = self.send(method, path, headers, body).await;
        let (status, location) = (response.status().as_u16(), header(&response, "location"));
        let bytes = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, body, location }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.run(Method::GET, path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.run(Method::POST, path, &[], Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.run(Method::PATCH, path, &[], Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.run(Method::DELETE, path, &[], None).await
    }

    pub(super) fn add_groups(&self, count: usize) {
        let mut world = self.stage.sandbox.world();
        for number in 0..count {
            let (id, now) = (world.new_id(), world.now());
            let group = Group::security(id, &format!("Team {number:03}"), now);
            world.partner_tenant_mut().groups.insert(id, group);
        }
    }
}

pub(super) const EVENTUAL: (&str, &str) = ("ConsistencyLevel", "eventual");

pub(super) fn new_group(name: &str) -> Value {
    json!({"displayName": name, "mailEnabled": false, "mailNickname": "group", "securityEnabled": true})
}

pub(super) fn new_user(name: &str) -> Value {
    json!({
        "accountEnabled": true,
        "displayName": "New User",
        "mailNickname": name,
        "userPrincipalName": format!("{name}@adatum.onmicrosoft.com"),
        "passwordProfile": {"password": "Not-4-guessing", "forceChangePasswordNextSignIn": false},
    })
}

#[tokio::test]
async fn answers_carry_ids_context_and_microsofts_media_type() {
    let caller = Caller::partner(0).await;
    let id = "0b4f1c52-6f4e-4a68-9b0f-3f6f0f0f0f0f";
    let response = caller.send(Method::GET, "/v1.0/organization", &[("client-request-id", id)], None).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "client-request-id"), id);
    assert!(Uuid::parse_str(&header(&response, "request-id")).is_ok());
    assert!(header(&response, "date").ends_with("GMT"));
    assert!(header(&response, "content-type").starts_with("application/json;odata.metadata=minimal"));
    let body = body_of(response).await;
    let base = caller.stage.sandbox.base(Service::Graph);
    assert_eq!(body["@odata.context"], format!("{base}/v1.0/$metadata#organization"));
    let organization = &body["value"][0];
    assert_eq!(organization["id"], partner().to_string());
    assert_eq!(organization["verifiedDomains"][0]["isInitial"], true);
}

#[tokio::test]
async fn errors_carry_the_inner_error_and_beta_is_an_alias() {
    let caller = Caller::partner(0).await;
    let missing = caller.get(&format!("/beta/users/{}", Uuid::from_u128(5))).await;
    assert_eq!((missing.status, missing.code()), (404, "Request_ResourceNotFound"));
    let inner = &missing.body["error"]["innerError"];
    assert_eq!(inner["client-request-id"], inner["request-id"]);
    assert_eq!(inner["date"].as_str().unwrap().len(), "2026-01-01T00:00:00".len());
    assert_eq!(caller.get("/v3.0/users").await.message(), "Invalid version: v3.0");
    assert_eq!(caller.get("/v1.0/nothing").await.message(), "Resource not found for the segment 'nothing'.");
    assert_eq!(caller.post("/v1.0/organization", &json!({})).await.status, 405);
    let doubled = caller.get("/v1.0/v1.0/groups").await;
    assert_eq!(doubled.message(), "Resource not found for the segment 'v1.0'.");
}

#[tokio::test]
async fn tokens_of_other_audiences_and_old_tokens_are_refused() {
    let mut caller = Caller::partner(0).await;
    caller.stage.sandbox.clock().advance(std::time::Duration::from_secs(3 * 3600));
    let expired = caller.get("/v1.0/me").await;
    assert_eq!((expired.status, expired.code()), (401, "InvalidAuthenticationToken"));
    caller.stage.grant(partner(), "exchange", &["Exchange.Manage"]);
    caller.token = caller.stage.token(partner(), EXCHANGE).await;
    assert_eq!(caller.get("/v1.0/me").await.status, 401);
    caller.token = "nonsense".to_owned();
    assert_eq!(caller.get("/v1.0/me").await.status, 401);
}

#[tokio::test]
async fn bodies_are_checked_before_they_are_used() {
    let caller = Caller::partner(0).await;
    let mut body = new_group("A");
    body["nope"] = json!(1);
    assert_eq!(caller.post("/v1.0/groups", &body).await.message(), "Invalid property 'nope'.");
    let wrong = json!({"displayName": 1});
    assert!(caller.post("/v1.0/groups", &wrong).await.message().contains("does not match schema"));
    let read_only = json!({"createdDateTime": "2026-01-01T00:00:00Z"});
    assert!(caller.post("/v1.0/groups", &read_only).await.message().contains("read-only"));
    let incomplete = caller.post("/v1.0/groups", &json!({"displayName": "A"})).await;
    assert!(incomplete.message().contains("'mailNickname' of resource 'Group'"));
    let request = |body: &'static str, kind: Option<&'static str>| {
        let request = caller.stage.call(Service::Graph, Method::POST, "/v1.0/groups", &caller.token).body(body);
        kind.map_or_else(
            || request.try_clone().unwrap(),
            |kind| request.try_clone().unwrap().header("content-type", kind),
        )
        .send()
    };
    assert_eq!(request("{}", Some("text/plain")).await.unwrap().status(), 415);
    for (body, kind, part) in [
        ("{}", None, "Content-Type header"),
        ("{", Some("application/json"), "Unable to read JSON"),
        ("", None, "Empty Payload"),
    ] {
        let refused = body_of(request(body, kind).await.unwrap()).await;
        assert!(refused["error"]["message"].as_str().unwrap().contains(part), "{refused}");
    }
}

#[tokio::test]
async fn partner_user_is_nobody_in_the_customers_directory() {
    let caller = Caller::customer(&["User Administrator"], &["User.ReadWrite.All", "Group.ReadWrite.All"]).await;
    assert_eq!(caller.get("/v1.0/users").await.status, 200);
    assert_eq!(caller.get("/v1.0/me").await.status, 404);
    assert_eq!(caller.post("/v1.0/groups", &new_group("By role")).await.status, 201);
}

#[tokio::test]
async fn writes_in_a_customer_need_scope_and_gdap_role() {
    let caller = Caller::customer(&["Exchange Administrator"], &["User.ReadWrite.All", "Group.Read.All"]).await;
    assert_eq!(caller.get("/v1.0/groups").await.status, 200);
    let no_role = caller.patch("/v1.0/users/megan@contoso.onmicrosoft.com", &json!({"jobTitle": "X"})).await;
    assert_eq!((no_role.status, no_role.code()), (403, "Authorization_RequestDenied"));
    assert_eq!(no_role.message(), "Insufficient privileges to complete the operation.");
    assert_eq!(caller.post("/v1.0/groups", &new_group("No scope")).await.status, 403);
}

#[tokio::test]
async fn application_alone_needs_the_application_permission() {
    let stage = Stage::open(1).await;
    stage.grant_as_app(customer(1), "graph", "User.Read.All", None);
    let token = stage.app_token(customer(1), GRAPH).await;
    let caller = Caller { stage, token };
    assert_eq!(caller.get("/v1.0/users").await.status, 200);
    let me = caller.get("/v1.0/me").await;
    assert_eq!(me.message(), "/me request is only valid with delegated authentication flow.");
    assert_eq!(caller.post("/v1.0/users", &new_user("x")).await.status, 403);
}

#[tokio::test]
async fn no_answer_of_graph_shows_a_password() {
    let caller = Caller::partner(1).await;
    for path in [
        "/v1.0/users?$select=id,passwordProfile",
        "/v1.0/applications",
        "/v1.0/servicePrincipals?$select=id,passwordCredentials",
        "/v1.0/organization",
    ] {
        let text = caller.send(Method::GET, path, &[], None).await.text().await.unwrap();
        // The hint of a secret is its first three characters only.
        assert!(!text.contains(Sandbox::CANARY), "{path}");
    }
}
