//! Tests: Exchange Online and the Compliance host.

use std::fmt::Write as _;

use bundle_sandbox::Service;
use bundle_sandbox::world::{Mailbox, RelationshipStatus};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{COMPLIANCE, EXCHANGE, GRAPH, Stage, customer, header, json};

/// Opens a stage whose first customer has granted the application Exchange, and the account its role.
async fn open() -> (Stage, String) {
    let stage = Stage::open(1).await;
    stage.give_roles(customer(1), &["Exchange Administrator"]);
    stage.grant(customer(1), "exchange", &["Exchange.Manage"]);
    let token = stage.token(customer(1), EXCHANGE).await;
    (stage, token)
}

fn anchor(tenant: Uuid) -> String {
    format!("APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{tenant}")
}

fn request(stage: &Stage, token: &str, body: &Value) -> RequestBuilder {
    let path = format!("/adminapi/beta/{}/InvokeCommand", customer(1));
    stage.call(Service::Exchange, Method::POST, &path, token).header("X-AnchorMailbox", anchor(customer(1))).json(body)
}

fn cmdlet(name: &str, parameters: &Value) -> Value {
    json!({"CmdletInput": {"CmdletName": name, "Parameters": parameters}})
}

async fn run(stage: &Stage, token: &str, name: &str, parameters: &Value) -> (u16, Value) {
    let answer = request(stage, token, &cmdlet(name, parameters)).send().await.unwrap();
    (answer.status().as_u16(), json(answer).await)
}

fn detail(body: &Value) -> &str {
    body["error"]["details"][0]["message"].as_str().unwrap_or_default()
}

fn add_mailboxes(stage: &Stage, count: usize) {
    let mut world = stage.sandbox.world();
    for number in 0..count {
        let (guid, mut name) = (world.new_id(), String::new());
        write!(name, "user{number:04}@contoso.onmicrosoft.com").unwrap();
        let mailbox = Mailbox::new(guid, None, &name, &format!("User {number:04}"));
        world.tenant_mut(&customer(1)).unwrap().mailboxes.insert(guid, mailbox);
    }
}

#[tokio::test]
async fn organization_config_and_domains_are_answered() {
    let (stage, token) = open().await;
    let (status, body) = run(&stage, &token, "get-organizationconfig", &json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(body["value"][0]["DisplayName"], "Contoso");
    assert_eq!(body["@adminapi.warnings"], json!([]));
    assert_eq!(body["value"][0]["Guid@odata.type"], "#Guid");
    let (_, domains) = run(&stage, &token, "Get-AcceptedDomain", &json!({})).await;
    assert_eq!(domains["value"][0]["DomainName"], "contoso.onmicrosoft.com");
    let (_, roles) = run(&stage, &token, "Get-ManagementRoleAssignment", &json!({"Delegating": false})).await;
    let rows = roles["value"].as_array().unwrap();
    assert!(rows.len() > 30);
    assert!(rows.iter().all(|row| row["RoleAssignmentDelegationType"] == "Regular"));
}

#[tokio::test]
async fn mailboxes_continue_by_posting_the_same_body() {
    let (stage, token) = open().await;
    add_mailboxes(&stage, 23);
    let body = cmdlet("Get-Mailbox", &json!({"ResultSize": "Unlimited"}));
    let send = |url: String, body: Value| {
        stage
            .client
            .post(url)
            .bearer_auth(&token)
            .header("X-AnchorMailbox", anchor(customer(1)))
            .header("Prefer", "odata.maxpagesize=10")
            .json(&body)
            .send()
    };
    let first = format!(
        "{}/adminapi/beta/{}/InvokeCommand?$select=PrimarySmtpAddress,ExchangeGuid",
        stage.sandbox.base(Service::Exchange),
        customer(1)
    );
    let (mut url, mut sizes, mut last) = (first, Vec::new(), None);
    loop {
        let page = json(send(url, body.clone()).await.unwrap()).await;
        let rows = page["value"].as_array().unwrap();
        sizes.push(rows.len());
        assert!(rows[0]["PrimarySmtpAddress"].is_string());
        assert_eq!(rows[0]["ExchangeGuid@odata.type"], "#Guid");
        assert!(rows[0].get("DisplayName").is_none());
        match page["@odata.nextLink"].as_str() {
            Some(next) => url = next.to_owned(),
            None => break,
        }
        last = Some(url.clone());
    }
    assert_eq!(sizes, [10, 10, 5]);
    let other = cmdlet("Get-Mailbox", &json!({"ResultSize": 5}));
    let stale = send(last.unwrap(), other).await.unwrap();
    assert_eq!(stale.status(), 400);
    assert!(json(stale).await["error"]["message"].as_str().unwrap().contains("pagination"));
}

#[tokio::test]
async fn result_size_cuts_with_a_warning() {
    let (stage, token) = open().await;
    add_mailboxes(&stage, 1001);
    let (_, cut) = run(&stage, &token, "Get-Mailbox", &json!({"ResultSize": 2})).await;
    assert_eq!(cut["value"].as_array().unwrap().len(), 2);
    assert!(cut["@adminapi.warnings"][0].as_str().unwrap().contains("ResultSize"));
    // Without a size a thousand rows are the most, on ten pages.
    let (_, default) = run(&stage, &token, "Get-Mailbox", &json!({})).await;
    assert_eq!(default["value"].as_array().unwrap().len(), 100);
    assert!(default["@adminapi.warnings"][0].is_string());
    let (_, all) = run(&stage, &token, "Get-Mailbox", &json!({"ResultSize": "Unlimited"})).await;
    assert_eq!(all["@adminapi.warnings"], json!([]));
}

#[tokio::test]
async fn mailbox_is_found_changed_and_missed() {
    let (stage, token) = open().await;
    let megan = json!({"Identity": "megan@contoso.onmicrosoft.com"});
    let (_, found) = run(&stage, &token, "Get-Mailbox", &megan).await;
    assert_eq!(found["value"][0]["DisplayName"], "Megan Bowen");
    let set = json!({
        "Identity": "megan",
        "Type": "Shared",
        "GrantSendOnBehalfTo": {"@odata.type": "#Exchange.GenericHashTable", "Add": ["alex"]},
    });
    let (status, answer) = run(&stage, &token, "Set-Mailbox", &set).await;
    assert_eq!((status, &answer["value"]), (200, &json!([])));
    let (_, again) = run(&stage, &token, "Set-Mailbox", &set).await;
    assert!(again["@adminapi.warnings"][0].as_str().unwrap().contains("no settings"));
    let (_, shared) = run(&stage, &token, "Get-Mailbox", &json!({"RecipientTypeDetails": "SharedMailbox"})).await;
    assert_eq!(shared["value"][0]["GrantSendOnBehalfTo"], json!(["alex"]));
    assert_eq!(shared["value"].as_array().unwrap().len(), 1);
    let filter = json!({"Filter": "RecipientTypeDetails -eq 'SharedMailbox' -and DisplayName -like 'meg*'"});
    let (_, filtered) = run(&stage, &token, "Get-Mailbox", &filter).await;
    assert_eq!(filtered["value"], shared["value"]);
    let (status, _) = run(&stage, &token, "Get-Mailbox", &json!({"Filter": "whatever"})).await;
    assert_eq!(status, 400);
    let (status, missing) = run(&stage, &token, "Get-Mailbox", &json!({"Identity": "nobody"})).await;
    assert_eq!(status, 404);
    let parts: Vec<&str> = detail(&missing).splitn(3, '|').collect();
    assert!(parts[0].starts_with("Ex") && parts[1].ends_with("ManagementObjectNotFoundException"));
}

#[tokio::test]
async fn wrong_bodies_are_refused() {
    let (stage, token) = open().await;
    let tagged = "#Exchange.GenericHashTable";
    let cases = [
        ("unknown cmdlet", cmdlet("Get-Nothing", &json!({})), "CommandNotFoundException"),
        ("unknown parameter", cmdlet("Get-Mailbox", &json!({"Nothing": 1})), "ParameterBindingException"),
        ("missing parameter", cmdlet("Set-Mailbox", &json!({})), "ParameterBindingException"),
        (
            "untagged hashtable",
            cmdlet("Set-Mailbox", &json!({"Identity": "megan", "GrantSendOnBehalfTo": {"Add": ["alex"]}})),
            "ParameterBindingArgumentTransformationException",
        ),
        (
            "untagged inner hashtable",
            cmdlet(
                "Set-Mailbox",
                &json!({"Identity": "megan", "EmailAddresses": {"@odata.type": tagged, "Add": [{"a": 1}]}}),
            ),
            "ParameterBindingArgumentTransformationException",
        ),
        ("bare cmdlet", json!({"CmdletName": "Get-Mailbox", "Parameters": {}}), ""),
        ("extra member", json!({"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {}}, "More": 1}), ""),
    ];
    for (case, body, exception) in cases {
        let answer = request(&stage, &token, &body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{case}");
        let body = json(answer).await;
        assert!(detail(&body).contains(exception), "{case}: {body}");
    }
}

#[tokio::test]
async fn anchor_must_lead_to_the_tenant() {
    let (stage, token) = open().await;
    let path = format!("/adminapi/v1.0/{}/InvokeCommand", customer(1));
    let body = cmdlet("Get-OrganizationConfig", &json!({}));
    let send = |anchor: Option<&str>| {
        let request = stage.call(Service::Exchange, Method::POST, &path, &token).json(&body);
        match anchor {
            Some(anchor) => request.header("X-AnchorMailbox", anchor),
            None => request,
        }
        .send()
    };
    let good = [
        "megan@contoso.onmicrosoft.com",
        "UPN:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@contoso.onmicrosoft.com",
        "SystemMailbox{8cc370d3-822a-4ab8-a926-bb94bd0641a9}",
    ];
    for anchor in good {
        assert_eq!(send(Some(anchor)).await.unwrap().status(), 200, "{anchor}");
    }
    let bad = [None, Some("svc-bundle@adatum.onmicrosoft.com"), Some("7a1c2f60-3b0d-4b7e-9f51-0d2c1e5a9b00")];
    for anchor in bad {
        let answer = send(anchor).await.unwrap();
        assert_eq!(answer.status(), 400, "{anchor:?}");
        assert_eq!(json(answer).await["error"]["code"], "ErrorIncorrectRoutingHint");
    }
}

#[tokio::test]
async fn missing_role_is_refused_with_a_body_or_with_garbage() {
    let stage = Stage::open(1).await;
    stage.give_roles(customer(1), &["User Administrator"]);
    stage.grant(customer(1), "exchange", &["Exchange.Manage"]);
    let token = stage.token(customer(1), EXCHANGE).await;
    let (status, body) = run(&stage, &token, "Get-Mailbox", &json!({})).await;
    assert_eq!(status, 403);
    assert!(detail(&body).ends_with("Insufficient access rights to perform the operation."));
    stage.sandbox.world().exchange_garbles_refusals = true;
    let answer = request(&stage, &token, &cmdlet("Get-Mailbox", &json!({}))).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(header(&answer, "content-encoding"), "gzip");
    let bytes = answer.bytes().await.unwrap();
    assert!(!bytes.is_empty() && bytes.iter().all(|byte| *byte == 0));
}

#[tokio::test]
async fn application_needs_permission_and_directory_role() {
    let stage = Stage::open(1).await;
    stage.grant_as_app(customer(1), "exchange", "Exchange.ManageAsApp", None);
    let token = stage.app_token(customer(1), EXCHANGE).await;
    let (status, body) = run(&stage, &token, "Get-Mailbox", &json!({})).await;
    assert_eq!(status, 403);
    assert!(body["error"]["message"].as_str().unwrap().contains("The role assigned to application"));
    stage.grant_as_app(customer(1), "exchange", "Exchange.ManageAsApp", Some("Global Reader"));
    let token = stage.app_token(customer(1), EXCHANGE).await;
    assert_eq!(run(&stage, &token, "Get-Mailbox", &json!({})).await.0, 200);
    let set = json!({"Identity": "megan", "DisplayName": "Megan B"});
    assert_eq!(run(&stage, &token, "Set-Mailbox", &set).await.0, 403);
    stage.grant_as_app(customer(1), "exchange", "Exchange.ManageAsApp", Some("Exchange Administrator"));
    let token = stage.app_token(customer(1), EXCHANGE).await;
    assert_eq!(run(&stage, &token, "Set-Mailbox", &set).await.0, 200);
}

#[tokio::test]
async fn lapsed_tenant_ended_relationship_and_wrong_tokens_are_refused() {
    let (stage, token) = open().await;
    let graph = request(&stage, "no-token", &cmdlet("Get-Mailbox", &json!({}))).send().await.unwrap();
    assert_eq!(graph.status(), 401);
    assert!(header(&graph, "www-authenticate").contains("invalid_token"));
    stage.grant(customer(1), "graph", &["User.Read.All"]);
    let wrong = stage.token(customer(1), GRAPH).await;
    assert_eq!(request(&stage, &wrong, &json!({})).send().await.unwrap().status(), 401);

    let skus = std::mem::take(&mut stage.sandbox.world().tenant_mut(&customer(1)).unwrap().skus);
    let (status, body) = run(&stage, &token, "Get-Mailbox", &json!({})).await;
    assert_eq!(status, 403);
    assert!(detail(&body).contains("subscription within the tenant has lapsed"));
    stage.sandbox.world().tenant_mut(&customer(1)).unwrap().skus = skus;

    {
        let mut world = stage.sandbox.world();
        let now = world.now();
        for relationship in world.relationships.values_mut() {
            relationship.terminated_at = Some(now);
            assert_ne!(relationship.status(now), RelationshipStatus::Active);
        }
    }
    let (_, body) = run(&stage, &token, "Get-Mailbox", &json!({})).await;
    assert_eq!(body["error"]["message"], "User was not found.");
}

#[tokio::test]
async fn throttled_cmdlet_works_at_the_next_try() {
    let (stage, token) = open().await;
    stage.sandbox.faults().throttle(Service::Exchange, 1, "3");
    let body = cmdlet("Get-OrganizationConfig", &json!({}));
    let throttled = request(&stage, &token, &body).send().await.unwrap();
    assert_eq!(throttled.status(), 429);
    assert_eq!(header(&throttled, "retry-after"), "3");
    assert_eq!(request(&stage, &token, &body).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn batch_answers_items_by_id_and_goes_on_when_asked() {
    let (stage, token) = open().await;
    let item = |id: &str, name: &str| {
        json!({
            "id": id,
            "method": "POST",
            "url": format!("https://outlook.office365.com/adminapi/beta/{}/InvokeCommand?", customer(1)),
            "headers": {"Content-Type": "application/json", "X-AnchorMailbox": anchor(customer(1))},
            "body": cmdlet(name, &json!({})),
        })
    };
    let body = json!({"requests": [item("a", "Get-Nothing"), item("b", "Get-OrganizationConfig")]});
    let path = format!("/adminapi/beta/{}/$batch", customer(1));
    let send = |prefer: &'static str| {
        stage
            .call(Service::Exchange, Method::POST, &path, &token)
            .header("X-AnchorMailbox", anchor(customer(1)))
            .header("Prefer", prefer)
            .json(&body)
            .send()
    };
    let stopped = json(send("odata.maxpagesize=1000").await.unwrap()).await;
    assert_eq!(stopped["responses"].as_array().unwrap().len(), 1);
    let all = json(send("odata.maxpagesize=1000;odata.continue-on-error").await.unwrap()).await;
    let responses = all["responses"].as_array().unwrap();
    assert_eq!((&responses[0]["id"], &responses[0]["status"]), (&json!("a"), &json!(400)));
    assert_eq!(responses[1]["body"]["value"][0]["DisplayName"], "Contoso");
}

#[tokio::test]
async fn compliance_banner_redirects_to_its_own_host() {
    let stage = Stage::open(1).await;
    stage.give_roles(customer(1), &["Exchange Administrator"]);
    stage.grant(customer(1), "exchange", &["Exchange.Manage"]);
    let token = stage.token(customer(1), COMPLIANCE).await;
    let get = |service, path: String| {
        stage.call(service, Method::GET, &path, &token).header("X-AnchorMailbox", anchor(customer(1))).send()
    };
    let path = format!("/adminapi/beta/{}/EXOBanner('AutogenSession')?Version=3.9.2", customer(1));
    let banner: Response = get(Service::Compliance, path.clone()).await.unwrap();
    assert_eq!(banner.status(), 302);
    assert!(header(&banner, "location").starts_with(stage.sandbox.base(Service::Compliance)));
    // The token is for Compliance, which Exchange does not accept.
    assert_eq!(request(&stage, &token, &cmdlet("Get-Mailbox", &json!({}))).send().await.unwrap().status(), 401);
    let modules =
        get(Service::Compliance, format!("/adminapi/v1.0/{}/EXOModuleFile?Version=3.9.2", customer(1))).await.unwrap();
    let names = json(modules).await["value"][0]["exportedCmdlets"].as_str().unwrap().to_owned();
    assert!(names.split(',').any(|name| name == "Get-Label"), "{names}");
}
