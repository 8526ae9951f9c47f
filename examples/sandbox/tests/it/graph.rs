//! Microsoft Graph: versions, tokens, query options, paging, bodies, users, groups, batches.

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
        self.body["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["displayName"].as_str().unwrap())
            .collect()
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
        Answer {
            status,
            body,
            location,
        }
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

    fn add_groups(&self, count: usize) {
        let mut world = self.stage.sandbox.world();
        for number in 0..count {
            let (id, now) = (world.new_id(), world.now());
            let group = Group::security(id, &format!("Team {number:03}"), now);
            world.partner_tenant_mut().groups.insert(id, group);
        }
    }
}

const EVENTUAL: (&str, &str) = ("ConsistencyLevel", "eventual");

fn new_group(name: &str) -> Value {
    json!({"displayName": name, "mailEnabled": false, "mailNickname": "group", "securityEnabled": true})
}

fn new_user(name: &str) -> Value {
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
    let response = caller
        .send(
            Method::GET,
            "/v1.0/organization",
            &[("client-request-id", id)],
            None,
        )
        .await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "client-request-id"), id);
    assert!(Uuid::parse_str(&header(&response, "request-id")).is_ok());
    assert!(header(&response, "date").ends_with("GMT"));
    assert!(
        header(&response, "content-type").starts_with("application/json;odata.metadata=minimal")
    );
    let body = body_of(response).await;
    let base = caller.stage.sandbox.base(Service::Graph);
    assert_eq!(
        body["@odata.context"],
        format!("{base}/v1.0/$metadata#organization")
    );
    let organization = &body["value"][0];
    assert_eq!(organization["id"], partner().to_string());
    assert_eq!(organization["verifiedDomains"][0]["isInitial"], true);
}

#[tokio::test]
async fn errors_carry_the_inner_error_and_beta_is_an_alias() {
    let caller = Caller::partner(0).await;
    let missing = caller
        .get(&format!("/beta/users/{}", Uuid::from_u128(5)))
        .await;
    assert_eq!(
        (missing.status, missing.code()),
        (404, "Request_ResourceNotFound")
    );
    let inner = &missing.body["error"]["innerError"];
    assert_eq!(inner["client-request-id"], inner["request-id"]);
    assert_eq!(
        inner["date"].as_str().unwrap().len(),
        "2026-01-01T00:00:00".len()
    );
    assert_eq!(
        caller.get("/v3.0/users").await.message(),
        "Invalid version: v3.0"
    );
    assert_eq!(
        caller.get("/v1.0/nothing").await.message(),
        "Resource not found for the segment 'nothing'."
    );
    assert_eq!(
        caller.post("/v1.0/organization", &json!({})).await.status,
        405
    );
    let doubled = caller.get("/v1.0/v1.0/groups").await;
    assert_eq!(doubled.message(), "Resource not found for the segment 'v1.0'.");
}

#[tokio::test]
async fn tokens_of_other_audiences_and_old_tokens_are_refused() {
    let mut caller = Caller::partner(0).await;
    caller
        .stage
        .sandbox
        .clock()
        .advance(std::time::Duration::from_secs(3 * 3600));
    let expired = caller.get("/v1.0/me").await;
    assert_eq!(
        (expired.status, expired.code()),
        (401, "InvalidAuthenticationToken")
    );
    caller
        .stage
        .grant(partner(), "exchange", &["Exchange.Manage"]);
    caller.token = caller.stage.token(partner(), EXCHANGE).await;
    assert_eq!(caller.get("/v1.0/me").await.status, 401);
    caller.token = "nonsense".to_owned();
    assert_eq!(caller.get("/v1.0/me").await.status, 401);
}

#[tokio::test]
async fn list_follows_next_links_to_the_end_without_repeats() {
    let caller = Caller::partner(0).await;
    caller.add_groups(230);
    let mut path =
        "/v1.0/groups?$select=displayName&$filter=startsWith(displayName,'Team')".to_owned();
    let (mut sizes, mut names) = (Vec::new(), Vec::new());
    loop {
        let page = caller.get(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        sizes.push(page.names().len());
        names.extend(page.names().into_iter().map(str::to_owned));
        assert!(page.body["value"][0].get("id").is_none());
        match page.body["@odata.nextLink"].as_str() {
            Some(next) => {
                path = next
                    .strip_prefix(caller.stage.sandbox.base(Service::Graph))
                    .unwrap()
                    .to_owned();
            }
            None => break,
        }
    }
    assert_eq!(sizes, [100, 100, 30]);
    names.dedup();
    assert_eq!(names.len(), 230);
    assert_eq!(caller.get("/v1.0/groups?$top=999").await.names().len(), 233);
}

#[tokio::test]
async fn next_link_stands_before_the_values_and_bad_tokens_expire() {
    let caller = Caller::partner(0).await;
    let text = caller
        .send(Method::GET, "/v1.0/groups?$top=1", &[], None)
        .await
        .text()
        .await
        .unwrap();
    assert!(text.find("@odata.nextLink").unwrap() < text.find("\"value\"").unwrap());
    let stale = caller.get("/v1.0/groups?$skiptoken=abc").await;
    assert_eq!(
        (stale.status, stale.code()),
        (400, "Directory_ExpiredPageToken")
    );
    let large = caller.get("/v1.0/groups?$top=1000").await;
    assert_eq!(
        (large.status, large.code()),
        (400, "Request_UnsupportedQuery")
    );
    let fixed = caller.get("/v1.0/organization?$top=1").await;
    assert!(
        fixed
            .message()
            .contains("does not support custom page sizes")
    );
}

#[tokio::test]
async fn unknown_options_and_properties_are_refused() {
    let caller = Caller::partner(0).await;
    for (query, part) in [
        ("$select=id,nope", "Could not find a property named 'nope'"),
        (
            "$filter=nope eq 'x'",
            "Could not find a property named 'nope'",
        ),
        ("$filter=displayName = 'x'", "Invalid filter clause"),
        ("$expand=nope", "Could not find a property named 'nope'"),
        ("$orderby=nope", "Could not find a property named 'nope'"),
        ("$inlinecount=allpages", "'$inlinecount' is not supported"),
        ("page=2", "Unrecognized query argument"),
        ("$skip=1", "'$skip' is not supported"),
        ("$top=1&$top=2", "more than once"),
    ] {
        let refused = caller.get(&format!("/v1.0/users?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
        assert!(
            refused.message().contains(part),
            "{query}: {}",
            refused.message()
        );
    }
    let me = caller.get("/v1.0/me?$filter=id eq 'x'").await;
    assert_eq!(me.status, 400);
}

#[tokio::test]
async fn advanced_queries_need_the_header_and_the_count_on_every_page() {
    let caller = Caller::partner(0).await;
    let path = "/v1.0/groups?$filter=displayName ne 'AdminAgents'&$count=true&$top=1";
    assert_eq!(caller.get(path).await.code(), "Request_UnsupportedQuery");
    let first = caller.run(Method::GET, path, &[EVENTUAL], None).await;
    assert_eq!(
        (first.status, &first.body["@odata.count"]),
        (200, &json!(2))
    );
    let next = first.body["@odata.nextLink"].as_str().unwrap();
    let next = next
        .strip_prefix(caller.stage.sandbox.base(Service::Graph))
        .unwrap();
    assert_eq!(caller.get(next).await.status, 400);
    let second = caller.run(Method::GET, next, &[EVENTUAL], None).await;
    assert_eq!(second.status, 200);
    assert!(second.body.get("@odata.count").is_none());
    assert!(second.body.get("@odata.nextLink").is_none());
    let uncounted = caller
        .run(
            Method::GET,
            "/v1.0/groups?$filter=displayName ne 'x'",
            &[EVENTUAL],
            None,
        )
        .await;
    assert_eq!(uncounted.status, 400);
    let sorted = "/v1.0/groups?$filter=startsWith(displayName,'A')&$orderby=displayName";
    assert_eq!(
        caller.get(sorted).await.message(),
        "Sorting not supported for current query."
    );
    assert_eq!(
        caller
            .get("/v1.0/groups?$search=\"displayName:admin\"")
            .await
            .status,
        400
    );
    let found = caller
        .run(
            Method::GET,
            "/v1.0/groups?$search=\"displayName:admin\"",
            &[EVENTUAL],
            None,
        )
        .await;
    assert_eq!(found.names(), ["AdminAgents"]);
    assert!(
        caller
            .get("/v1.0/groups?$count=true")
            .await
            .body
            .get("@odata.count")
            .is_none()
    );
    assert_eq!(caller.get("/v1.0/groups/$count").await.status, 400);
    let counted = caller
        .send(Method::GET, "/v1.0/groups/$count", &[EVENTUAL], None)
        .await;
    assert_eq!(counted.text().await.unwrap(), "3");
}

#[tokio::test]
async fn bodies_are_checked_before_they_are_used() {
    let caller = Caller::partner(0).await;
    let mut body = new_group("A");
    body["nope"] = json!(1);
    assert_eq!(
        caller.post("/v1.0/groups", &body).await.message(),
        "Invalid property 'nope'."
    );
    let wrong = json!({"displayName": 1});
    assert!(
        caller
            .post("/v1.0/groups", &wrong)
            .await
            .message()
            .contains("does not match schema")
    );
    let read_only = json!({"createdDateTime": "2026-01-01T00:00:00Z"});
    assert!(
        caller
            .post("/v1.0/groups", &read_only)
            .await
            .message()
            .contains("read-only")
    );
    let incomplete = caller
        .post("/v1.0/groups", &json!({"displayName": "A"}))
        .await;
    assert!(
        incomplete
            .message()
            .contains("'mailNickname' of resource 'Group'")
    );
    let request = |body: &'static str, kind: Option<&'static str>| {
        let request = caller
            .stage
            .call(Service::Graph, Method::POST, "/v1.0/groups", &caller.token)
            .body(body);
        kind.map_or_else(
            || request.try_clone().unwrap(),
            |kind| request.try_clone().unwrap().header("content-type", kind),
        )
        .send()
    };
    assert_eq!(
        request("{}", Some("text/plain")).await.unwrap().status(),
        415
    );
    for (body, kind, part) in [
        ("{}", None, "Content-Type header"),
        ("{", Some("application/json"), "Unable to read JSON"),
        ("", None, "Empty Payload"),
    ] {
        let refused = body_of(request(body, kind).await.unwrap()).await;
        assert!(
            refused["error"]["message"].as_str().unwrap().contains(part),
            "{refused}"
        );
    }
}

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
    assert!(
        caller
            .post("/v1.0/users", &foreign)
            .await
            .message()
            .contains("domain portion")
    );
    let mut weak = new_user("otto");
    weak["passwordProfile"]["password"] = json!("short");
    assert!(
        caller
            .post("/v1.0/users", &weak)
            .await
            .message()
            .contains("complexity")
    );
    let changed = caller
        .patch(
            "/v1.0/users/nina@adatum.onmicrosoft.com",
            &json!({"jobTitle": "Agent", "usageLocation": "US"}),
        )
        .await;
    assert_eq!(changed.status, 204);
    let shown = caller
        .get(&format!(
            "/v1.0/users('{id}')?$select=id,jobTitle,usageLocation,accountEnabled,department"
        ))
        .await;
    assert_eq!(shown.body["jobTitle"], "Agent");
    assert_eq!(shown.body["department"], Value::Null);
    assert!(shown.body.get("displayName").is_none());
    let mfa = format!("/v1.0/users/{id}/authentication/requirements");
    assert_eq!(caller.get(&mfa).await.body["perUserMfaState"], "disabled");
    assert_eq!(
        caller
            .patch(&mfa, &json!({"perUserMfaState": "enforced"}))
            .await
            .status,
        204
    );
    assert_eq!(caller.get(&mfa).await.body["perUserMfaState"], "enforced");
    assert_eq!(
        caller
            .patch(&mfa, &json!({"perUserMfaState": "often"}))
            .await
            .status,
        400
    );
    assert_eq!(
        caller.delete(&format!("/v1.0/users/{id}")).await.status,
        204
    );
    assert_eq!(caller.get(&format!("/v1.0/users/{id}")).await.status, 404);
    let bin = caller
        .get("/v1.0/directory/deletedItems/microsoft.graph.user")
        .await;
    assert_eq!(bin.body["value"][0]["id"], *id);
}

#[tokio::test]
async fn licenses_need_a_location_and_a_free_seat() {
    let caller = Caller::partner(0).await;
    let id = caller.post("/v1.0/users", &new_user("nina")).await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let skus = caller.get("/v1.0/subscribedSkus").await;
    let sku = skus.body["value"][0]["skuId"].clone();
    let wanted =
        json!({"addLicenses": [{"skuId": sku, "disabledPlans": []}], "removeLicenses": []});
    let path = format!("/v1.0/users/{id}/assignLicense");
    assert!(
        caller
            .post(&path, &wanted)
            .await
            .message()
            .contains("usage location")
    );
    assert_eq!(
        caller
            .patch(
                &format!("/v1.0/users/{id}"),
                &json!({"usageLocation": "US"})
            )
            .await
            .status,
        204
    );
    assert!(
        caller
            .post(&path, &json!({"addLicenses": []}))
            .await
            .message()
            .contains("missing parameters")
    );
    assert_eq!(caller.post(&path, &wanted).await.status, 200);
    let details = caller
        .get(&format!("/v1.0/users/{id}/licenseDetails"))
        .await;
    assert_eq!(details.body["value"][0]["skuId"], sku);
    for sku in &mut caller.stage.sandbox.world().partner_tenant_mut().skus {
        sku.enabled = 0;
    }
    let other = caller.post("/v1.0/users", &json!({"accountEnabled": true, "displayName": "O", "mailNickname": "o", "usageLocation": "US",
        "userPrincipalName": "o@adatum.onmicrosoft.com", "passwordProfile": {"password": "Not-4-guessing"}})).await;
    let full = caller
        .post(
            &format!(
                "/v1.0/users/{}/assignLicense",
                other.body["id"].as_str().unwrap()
            ),
            &wanted,
        )
        .await;
    assert!(
        full.message()
            .contains("does not have any available licenses"),
        "{full:?}"
    );
}

#[tokio::test]
async fn groups_take_members_once_and_give_them_back() {
    let caller = Caller::partner(0).await;
    let account = caller.stage.account();
    let base = caller.stage.sandbox.base(Service::Graph).to_owned();
    let reference = |id: &str| json!({"@odata.id": format!("{base}/v1.0/directoryObjects/{id}")});
    let mut body = new_group("Outer");
    body["members@odata.bind"] = json!([format!("{base}/v1.0/users/{account}")]);
    let outer = caller
        .post("/v1.0/groups", &new_group("Outer shell"))
        .await
        .body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let inner = caller.post("/v1.0/groups", &body).await;
    assert_eq!(inner.status, 201, "{inner:?}");
    let inner = inner.body["id"].as_str().unwrap().to_owned();
    assert_eq!(
        caller
            .post(
                &format!("/v1.0/groups/{outer}/members/$ref"),
                &reference(&inner)
            )
            .await
            .status,
        204
    );
    let twice = caller
        .post(
            &format!("/v1.0/groups/{outer}/members/$ref"),
            &reference(&inner),
        )
        .await;
    assert_eq!(
        twice.message(),
        "One or more added object references already exist for the following modified properties: 'members'."
    );
    let nobody = caller
        .post(
            &format!("/v1.0/groups/{outer}/members/$ref"),
            &reference(&Uuid::from_u128(7).to_string()),
        )
        .await;
    assert_eq!(nobody.status, 404);
    assert!(
        caller
            .post(
                &format!("/v1.0/groups/{outer}/members/$ref"),
                &json!({"@odata.id": inner})
            )
            .await
            .message()
            .contains("Invalid URL")
    );
    let direct = caller.get(&format!("/v1.0/groups/{outer}/members")).await;
    assert_eq!(
        direct.body["value"][0]["@odata.type"],
        "#microsoft.graph.group"
    );
    let all = caller
        .get(&format!(
            "/v1.0/groups/{outer}/transitiveMembers?$select=id"
        ))
        .await;
    assert_eq!(all.body["value"].as_array().unwrap().len(), 2);
    let direct = caller.get("/v1.0/me/memberOf?$select=id,displayName").await;
    assert!(!direct.names().contains(&"Outer shell"));
    assert!(
        caller
            .get("/v1.0/me/transitiveMemberOf?$select=id,displayName")
            .await
            .names()
            .contains(&"Outer shell")
    );
    let cast = caller.get("/v1.0/me/memberOf/microsoft.graph.group").await;
    assert!(!cast.names().contains(&"Global Administrator"));
    let checked = caller
        .post(
            "/v1.0/me/checkMemberGroups",
            &json!({"groupIds": [outer, Uuid::from_u128(7)]}),
        )
        .await;
    assert_eq!(checked.body["value"], json!([outer]));
    assert_eq!(
        caller
            .delete(&format!("/v1.0/groups/{outer}/members/{inner}"))
            .await
            .status,
        405
    );
    assert_eq!(
        caller
            .delete(&format!("/v1.0/groups/{outer}/members/{inner}/$ref"))
            .await
            .status,
        204
    );
    assert_eq!(
        caller
            .delete(&format!("/v1.0/groups/{outer}/members/{inner}/$ref"))
            .await
            .status,
        404
    );
    let expanded = caller
        .get(&format!(
            "/v1.0/groups/{inner}?$select=id&$expand=members($select=id)"
        ))
        .await;
    assert_eq!(expanded.body["members"][0]["id"], account.to_string());
    assert_eq!(
        caller.delete(&format!("/v1.0/groups/{outer}")).await.status,
        204
    );
    assert_eq!(
        caller.get(&format!("/v1.0/groups/{outer}")).await.status,
        404
    );
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
                world.partner_tenant_mut().users.insert(
                    id,
                    User::new(id, &format!("u{number}@adatum.onmicrosoft.com"), "U", now),
                );
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
    assert_eq!(
        caller
            .patch(&path, &json!({"members@odata.bind": members[20..]}))
            .await
            .status,
        204
    );
    assert!(
        caller
            .patch(&path, &json!({"isAssignableToRole": true}))
            .await
            .message()
            .contains("read-only")
    );
    let mut assignable = new_group("Roles");
    assignable["isAssignableToRole"] = json!(true);
    let created = caller.post("/v1.0/groups", &assignable).await;
    assert_eq!(created.body["isAssignableToRole"], true);
    assignable["mailNickname"] = json!("has space");
    assert!(
        caller
            .post("/v1.0/groups", &assignable)
            .await
            .message()
            .contains("mailNickname")
    );
}

#[tokio::test]
async fn partner_user_is_nobody_in_the_customers_directory() {
    let caller = Caller::customer(
        &["User Administrator"],
        &["User.ReadWrite.All", "Group.ReadWrite.All"],
    )
    .await;
    assert_eq!(caller.get("/v1.0/users").await.status, 200);
    assert_eq!(caller.get("/v1.0/me").await.status, 404);
    assert_eq!(
        caller
            .post("/v1.0/groups", &new_group("By role"))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn writes_in_a_customer_need_scope_and_gdap_role() {
    let caller = Caller::customer(
        &["Exchange Administrator"],
        &["User.ReadWrite.All", "Group.Read.All"],
    )
    .await;
    assert_eq!(caller.get("/v1.0/groups").await.status, 200);
    let no_role = caller
        .patch(
            "/v1.0/users/megan@contoso.onmicrosoft.com",
            &json!({"jobTitle": "X"}),
        )
        .await;
    assert_eq!(
        (no_role.status, no_role.code()),
        (403, "Authorization_RequestDenied")
    );
    assert_eq!(
        no_role.message(),
        "Insufficient privileges to complete the operation."
    );
    assert_eq!(
        caller
            .post("/v1.0/groups", &new_group("No scope"))
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn application_alone_needs_the_application_permission() {
    let stage = Stage::open(1).await;
    stage.grant_as_app(customer(1), "graph", "User.Read.All", None);
    let token = stage.app_token(customer(1), GRAPH).await;
    let caller = Caller { stage, token };
    assert_eq!(caller.get("/v1.0/users").await.status, 200);
    let me = caller.get("/v1.0/me").await;
    assert_eq!(
        me.message(),
        "/me request is only valid with delegated authentication flow."
    );
    assert_eq!(caller.post("/v1.0/users", &new_user("x")).await.status, 403);
}

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
        answer.body["responses"]
            .as_array()
            .unwrap()
            .iter()
            .find(|response| response["id"] == id)
            .unwrap()
            .clone()
    };
    let statuses: Vec<u64> = ["1", "2", "3", "4", "5"]
        .iter()
        .map(|id| of(id)["status"].as_u64().unwrap())
        .collect();
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
        assert_eq!(
            caller
                .post("/v1.0/$batch", &json!({"requests": requests}))
                .await
                .status,
            400,
            "{requests}"
        );
    }
    assert_eq!(
        caller
            .post("/v1.0/$batch", &json!({"requests": many[..20]}))
            .await
            .status,
        200
    );
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
        let text = caller
            .send(Method::GET, path, &[], None)
            .await
            .text()
            .await
            .unwrap();
        // The hint of a secret is its first three characters only.
        assert!(!text.contains(Sandbox::CANARY), "{path}");
    }
}
