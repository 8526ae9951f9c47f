//! The login authority: who gets a token for what, and how refusals read.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bundle_sandbox::world::{AccessAssignment, PasswordCredential, Secret};
use bundle_sandbox::{Sandbox, Service, demo};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::support::{Demo, GRAPH, claims};

const CONTOSO: usize = 1;
const FABRIKAM: usize = 2;
const NORTHWIND: usize = 3;
const WINGTIP: usize = 5;

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

/// Puts the service account into a group that the customer's relationship gives its roles to.
fn assign(sandbox: &Sandbox, customer: usize) {
    let mut world = sandbox.world();
    let now = world.now();
    let id = world.new_id();
    let account = world.demo.as_ref().unwrap().service_account;
    let partner = world.partner_tenant_mut();
    let group = partner.groups.values_mut().find(|group| group.display_name == "HelpdeskAgents").unwrap();
    group.members.insert(account);
    let group = group.id;
    let customer = demo::customer_tenant(customer);
    let relationship = world
        .relationships
        .values_mut()
        .find(|relationship| relationship.customer == Some(customer) && !relationship.display_name.starts_with("MLT_"))
        .unwrap();
    let roles = relationship.roles.clone();
    relationship.assignments.insert(id, AccessAssignment::new(id, group, roles, now));
}

/// Grants the application delegated permissions in a customer tenant.
fn consent(sandbox: &Sandbox, customer: usize, resource: &str, scopes: &[&str]) {
    let mut world = sandbox.world();
    let tenant = demo::customer_tenant(customer);
    let application = world.demo.as_ref().unwrap().application;
    let client = world.ensure_service_principal(&tenant, &application).unwrap();
    let resource = bundle_sandbox::world::resource_named(resource).unwrap().app_id;
    let resource = world.ensure_service_principal(&tenant, &resource).unwrap();
    let now = world.now();
    world.grant_scopes(&tenant, &client, &resource, None, scopes.iter().copied(), now);
}

#[tokio::test]
async fn refresh_at_home_answers_with_a_token_of_the_right_shape() {
    let demo = Demo::start(1).await;
    let (status, body) =
        demo.refresh(&demo.partner(), "https://graph.microsoft.com/.default openid offline_access").await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["token_type"], "Bearer");
    let life = body["expires_in"].as_i64().unwrap();
    assert!((3599..5400).contains(&life), "{life}");
    let access = claims(&body["access_token"]);
    assert_eq!(access["aud"], "https://graph.microsoft.com");
    assert_eq!(access["tid"], demo.partner());
    assert_eq!(access["amr"], json!(["pwd", "mfa"]));
    assert_eq!(access["appid"], demo.endpoints["demo"]["applicationId"]);
    let scopes: Vec<&str> = access["scp"].as_str().unwrap().split(' ').collect();
    assert!(scopes.contains(&"Application.ReadWrite.All"));
    assert!(access["wids"].as_array().unwrap().contains(&json!("62e90394-69f5-4237-9190-012177145e10")));
    assert_eq!(claims(&body["id_token"])["aud"], access["appid"]);
    let signature = body["access_token"].as_str().unwrap().rsplit('.').next().unwrap();
    assert!(signature.contains(Sandbox::CANARY));
    assert_ne!(body["refresh_token"], demo.endpoints["demo"]["refreshToken"]);
    assert!(body["scope"].as_str().unwrap().contains("https://graph.microsoft.com/User.ReadWrite.All"));
}

#[tokio::test]
async fn refresh_rotates_and_the_old_token_stays_valid() {
    let demo = Demo::start(1).await;
    let (_, first) = demo.refresh(&demo.partner(), GRAPH).await;
    let rotated = first["refresh_token"].as_str().unwrap();
    let (status, _) = demo.token(&demo.partner(), &demo.refresh_form(rotated, GRAPH)).await;
    assert_eq!(status, 200);
    assert_eq!(demo.refresh(&demo.partner(), GRAPH).await.0, 200);
}

#[tokio::test]
async fn refresh_at_a_customer_needs_gdap_then_policy_then_consent() {
    let demo = Demo::start(2).await;
    let fabrikam = demo::customer_tenant(FABRIKAM).to_string();
    let refused = async |wanted: u32| {
        let (status, body) = demo.refresh(&fabrikam, GRAPH).await;
        assert_eq!((status, &body["error_codes"]), (400, &json!([wanted])), "{body}");
        body
    };
    let body = refused(50020).await;
    assert_eq!(body["error"], "invalid_grant");
    assign(&demo.sandbox, FABRIKAM);
    refused(50020).await;
    demo.sandbox.clock().advance(minutes(1));
    let body = refused(53003).await;
    assert_eq!(body["suberror"], "message_only");
    {
        let mut world = demo.sandbox.world();
        let now = world.now();
        let tenant = world.tenant_mut(&demo::customer_tenant(FABRIKAM)).unwrap();
        let policy = tenant.policies.list().next().unwrap();
        let (id, mut changed) = (policy.id, policy.body.clone());
        changed["conditions"]["users"]["excludeGuestsOrExternalUsers"] = json!({
            "guestOrExternalUserTypes": "serviceProvider",
            "externalTenants": {"membershipKind": "enumerated", "members": [demo.partner()]},
        });
        assert!(tenant.policies.update(&id, changed, now));
    }
    demo.sandbox.clock().advance(minutes(29));
    refused(53003).await;
    demo.sandbox.clock().advance(minutes(1));
    let body = refused(65001).await;
    assert_eq!(body["suberror"], "consent_required");
    consent(&demo.sandbox, FABRIKAM, "graph", &["User.Read.All", "Group.ReadWrite.All"]);
    let (status, body) = demo.refresh(&fabrikam, GRAPH).await;
    assert_eq!(status, 200, "{body}");
    let access = claims(&body["access_token"]);
    assert_eq!(access["tid"], fabrikam);
    assert_eq!(access["scp"], "Group.ReadWrite.All User.Read.All");
    assert_eq!(access["wids"].as_array().unwrap().len(), 12);
    assert_eq!(access["idp"], format!("https://sts.windows.net/{}/", demo.partner()));
}

#[tokio::test]
async fn refresh_at_a_customer_without_relationship_names_user_and_tenant() {
    let demo = Demo::start(1).await;
    let (_, body) = demo.refresh(&demo::customer_tenant(CONTOSO).to_string(), GRAPH).await;
    let text = body["error_description"].as_str().unwrap();
    assert!(text.starts_with("AADSTS50020: User account 'svc-bundle@adatum.onmicrosoft.com' from identity provider"));
    for part in ["'Contoso'", "(Bundle Connector)", "Trace ID: ", "Correlation ID: ", "Timestamp: "] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(body["error_uri"], "https://login.microsoftonline.com/error?code=50020");
}

#[tokio::test]
async fn refresh_for_exchange_without_the_product_answers_650052() {
    let demo = Demo::start(5).await;
    assign(&demo.sandbox, WINGTIP);
    demo.sandbox.clock().advance(minutes(1));
    consent(&demo.sandbox, WINGTIP, "graph", &["User.Read.All"]);
    let wingtip = demo::customer_tenant(WINGTIP);
    let exchange = "https://outlook.office365.com/.default";
    assert_eq!(demo.refresh(&wingtip.to_string(), exchange).await.1["error_codes"], json!([65001]));
    let id = {
        let mut world = demo.sandbox.world();
        let tenant = world.tenant_mut(&wingtip).unwrap();
        let resource = bundle_sandbox::world::resource_named("exchange").unwrap();
        let principal = tenant.service_principal_by_app_id(&resource.app_id).unwrap().id;
        tenant.service_principals.get_mut(&principal).unwrap().account_enabled = false;
        principal
    };
    assert_eq!(demo.refresh(&wingtip.to_string(), exchange).await.1["error_codes"], json!([500_014]));
    demo.sandbox.world().tenant_mut(&wingtip).unwrap().remove_service_principal(&id);
    let (status, body) = demo.refresh(&wingtip.to_string(), exchange).await;
    assert_eq!((status, &body["error_codes"]), (401, &json!([650_052])));
}

#[tokio::test]
async fn consent_counts_only_from_its_time_on() {
    let demo = Demo::start(5).await;
    assign(&demo.sandbox, WINGTIP);
    demo.sandbox.clock().advance(minutes(1));
    consent(&demo.sandbox, WINGTIP, "graph", &["User.Read.All"]);
    let wingtip = demo::customer_tenant(WINGTIP);
    {
        let mut world = demo.sandbox.world();
        let later = world.now().saturating_add(jiff::SignedDuration::from_secs(30)).unwrap();
        world.tenant_mut(&wingtip).unwrap().grants.values_mut().for_each(|grant| grant.effective_at = later);
    }
    assert_eq!(demo.refresh(&wingtip.to_string(), GRAPH).await.1["error_codes"], json!([65001]));
    demo.sandbox.clock().advance(Duration::from_secs(30));
    assert_eq!(demo.refresh(&wingtip.to_string(), GRAPH).await.0, 200);
}

#[tokio::test]
async fn refresh_token_dies_when_idle_revoked_or_given_to_another_client() {
    let demo = Demo::start(1).await;
    let partner = demo.partner();
    let mut form = demo.refresh_form(demo.refresh_token(), GRAPH);
    form[0].1 = demo.endpoints["demo"]["adminClientId"].as_str().unwrap().to_owned();
    form.retain(|(name, _)| name != "client_secret");
    assert_eq!(demo.token(&partner, &form).await.1["suberror"], "client_mismatch");
    demo.sandbox.clock().advance(Duration::from_secs(89 * 86_400));
    assert_eq!(demo.refresh(&partner, GRAPH).await.0, 200);
    demo.sandbox.clock().advance(Duration::from_secs(89 * 86_400));
    let rotated = demo.refresh(&partner, GRAPH).await.1["refresh_token"].as_str().unwrap().to_owned();
    demo.sandbox.clock().advance(Duration::from_secs(90 * 86_400));
    assert_eq!(demo.refresh(&partner, GRAPH).await.1["error_codes"], json!([700_082]));
    {
        let mut world = demo.sandbox.world();
        let now = world.now();
        let account = world.demo.as_ref().unwrap().service_account;
        world.partner_tenant_mut().users.get_mut(&account).unwrap().sessions_valid_from = now;
    }
    let (status, body) = demo.token(&partner, &demo.refresh_form(&rotated, GRAPH)).await;
    assert_eq!((status, &body["error_codes"]), (400, &json!([50173])));
}

#[tokio::test]
async fn client_credentials_need_default_a_tenant_and_a_service_principal() {
    let demo = Demo::start(2).await;
    let fabrikam = demo::customer_tenant(FABRIKAM).to_string();
    let (status, body) = demo.app_only(&fabrikam, GRAPH).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.get("refresh_token").is_none() && body.get("scope").is_none());
    let access = claims(&body["access_token"]);
    assert_eq!(access["idtyp"], "app");
    assert!(access["roles"].as_array().unwrap().contains(&json!("Policy.ReadWrite.ConditionalAccess")));
    for (tenant, scope, code) in [
        (demo::customer_tenant(CONTOSO).to_string(), GRAPH, 700_016),
        (fabrikam.clone(), "https://graph.microsoft.com/User.Read.All", 1_002_012),
        ("common".to_owned(), GRAPH, 50059),
        ("00000000-1111-4222-8333-444444444444".to_owned(), GRAPH, 90002),
        ("nonsense".to_owned(), GRAPH, 900_023),
        (fabrikam.clone(), "https://nowhere.example/.default", 500_011),
    ] {
        let (status, body) = demo.app_only(&tenant, scope).await;
        assert_eq!((status, &body["error_codes"]), (400, &json!([code])), "{body}");
    }
}

#[tokio::test]
async fn first_version_answers_with_strings() {
    let demo = Demo::start(0).await;
    let form = [
        ("client_id", demo.text("applicationId")),
        ("client_secret", demo.text("clientSecret")),
        ("grant_type", "client_credentials"),
        ("resource", "https://graph.microsoft.com"),
    ];
    let url = format!("{}/{}/oauth2/token", demo.sandbox.base(Service::Login), demo.partner());
    let body: Value = demo.http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    assert!(body["expires_in"].as_str().unwrap().parse::<u32>().is_ok());
    assert_eq!(body["resource"], "https://graph.microsoft.com");
}

#[tokio::test]
async fn client_secret_is_checked_in_body_and_header() {
    let demo = Demo::start(0).await;
    let partner = demo.partner();
    let url = format!("{}/{partner}/oauth2/v2.0/token", demo.sandbox.base(Service::Login));
    let form = [("grant_type", "client_credentials"), ("scope", GRAPH)];
    let secret: String = url::form_urlencoded::byte_serialize(demo.text("clientSecret").as_bytes()).collect();
    let basic = demo.http.post(&url).basic_auth(demo.text("applicationId"), Some(secret)).form(&form);
    assert_eq!(basic.send().await.unwrap().status(), 200);

    let ask = async |secret: &str| {
        let mut form = demo.app_only_form(GRAPH);
        form.retain(|(name, _)| name != "client_secret");
        if !secret.is_empty() {
            form.push(("client_secret".to_owned(), secret.to_owned()));
        }
        let (status, body) = demo.token(&partner, &form).await;
        (status, body["error_codes"][0].as_u64().unwrap_or_default())
    };
    assert_eq!(ask("").await, (401, 7_000_218));
    assert_eq!(ask("wrong").await, (401, 7_000_215));
    {
        let mut world = demo.sandbox.world();
        let (now, key_id) = (world.now(), Uuid::from_u128(7));
        let application = world.partner_tenant_mut().applications.values_mut().next().unwrap();
        application.passwords.push(PasswordCredential {
            key_id,
            display_name: None,
            secret: Secret::new("c4n4ry-new"),
            start: now,
            end: now.saturating_add(jiff::SignedDuration::from_secs(3600)).unwrap(),
            created_at: now,
        });
    }
    assert_eq!(ask("c4n4ry-new").await, (401, 7_000_215));
    demo.sandbox.clock().advance(Duration::from_secs(10));
    assert_eq!(ask("c4n4ry-new").await, (200, 0));
    demo.sandbox.clock().advance(Duration::from_secs(3600));
    assert_eq!(ask("c4n4ry-new").await, (401, 7_000_222));
}

#[tokio::test]
async fn authorization_code_works_once_and_only_with_its_verifier() {
    let demo = Demo::start(0).await;
    let verifier = "a-verifier-that-is-long-enough-to-be-accepted-0123";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let redirect = "http://localhost:5000/";
    let authorize = async || {
        let response = demo
            .open(
                &format!("{}/common/oauth2/v2.0/authorize", demo.sandbox.base(Service::Login)),
                &[
                    ("client_id", demo.text("applicationId")),
                    ("response_type", "code"),
                    ("redirect_uri", redirect),
                    ("scope", "User.Read.All Mail.Read openid offline_access"),
                    ("state", "st&te"),
                    ("nonce", "n1"),
                    ("code_challenge", &challenge),
                    ("code_challenge_method", "S256"),
                ],
            )
            .await;
        assert_eq!(response.status(), 302);
        let location = url::Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
        let pairs: std::collections::HashMap<String, String> = location.query_pairs().into_owned().collect();
        assert_eq!(pairs["state"], "st&te", "{location}");
        pairs["code"].clone()
    };
    let redeem = async |code: &str, verifier: &str| {
        let form: Vec<(String, String)> = [
            ("client_id", demo.text("applicationId")),
            ("client_secret", demo.text("clientSecret")),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
            ("client_info", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
        demo.token("common", &form).await
    };
    let code = authorize().await;
    assert_eq!(
        redeem(&code, "another-verifier-that-is-long-enough-0123456789").await.1["error_codes"],
        json!([501_481])
    );
    assert_eq!(redeem(&code, "").await.1["error_codes"], json!([50148]));
    let (status, body) = redeem(&code, verifier).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(claims(&body["id_token"])["nonce"], "n1");
    let scopes = claims(&body["access_token"])["scp"].as_str().unwrap().to_owned();
    assert!(scopes.split(' ').any(|scope| scope == "Mail.Read"), "{scopes}");
    assert!(body["refresh_token"].is_string() && body["client_info"].is_string());
    assert_eq!(redeem(&code, verifier).await.1["error_codes"], json!([54005]));
    let late = authorize().await;
    demo.sandbox.clock().advance(minutes(10));
    assert_eq!(redeem(&late, verifier).await.1["error_codes"], json!([70008]));
}

#[tokio::test]
async fn authorize_with_an_unknown_redirect_stays_on_the_page() {
    let demo = Demo::start(0).await;
    let response = demo
        .open(
            &format!("{}/organizations/oauth2/v2.0/authorize", demo.sandbox.base(Service::Login)),
            &[
                ("client_id", demo.text("applicationId")),
                ("response_type", "code"),
                ("redirect_uri", "https://evil.example/"),
                ("scope", "User.Read"),
            ],
        )
        .await;
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("AADSTS50011"));
}

#[tokio::test]
async fn device_code_is_pending_for_ten_seconds() {
    let demo = Demo::start(0).await;
    let client = demo.text("adminClientId");
    let code: Value = demo
        .http
        .post(format!("{}/organizations/oauth2/v2.0/devicecode", demo.sandbox.base(Service::Login)))
        .form(&[("client_id", client), ("scope", "Application.ReadWrite.All offline_access")])
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(code["interval"], 5);
    let form: Vec<(String, String)> = [
        ("client_id", client),
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", code["device_code"].as_str().unwrap()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    let (status, body) = demo.token("organizations", &form).await;
    assert_eq!((status, &body["error"]), (400, &json!("authorization_pending")));
    demo.sandbox.clock().advance(Duration::from_secs(10));
    let (status, body) = demo.token("organizations", &form).await;
    assert_eq!(status, 200, "{body}");
    let access = claims(&body["access_token"]);
    assert_eq!(access["upn"], "admin@adatum.onmicrosoft.com");
    assert_eq!(access["scp"], "Application.ReadWrite.All");
}

#[tokio::test]
async fn tool_gets_what_a_global_administrator_names_and_nothing_elsewhere() {
    let demo = Demo::start(1).await;
    let ask = async |tenant: &str, scope: &str| {
        let form = [
            ("client_id", demo.text("adminClientId")),
            ("grant_type", "refresh_token"),
            ("refresh_token", demo.text("adminRefreshToken")),
            ("scope", scope),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        demo.token(tenant, &form).await
    };
    let (status, body) = ask(&demo.partner(), "Application.ReadWrite.All Directory.ReadWrite.All").await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["scope"], "Application.ReadWrite.All Directory.ReadWrite.All");
    assert_eq!(ask(&demo.partner(), "No.Such.Scope").await.1["error"], "invalid_scope");
    let contoso = demo::customer_tenant(CONTOSO).to_string();
    assert_eq!(ask(&contoso, "User.Read.All").await.1["error_codes"], json!([50020]));
}

#[tokio::test]
async fn admin_consent_creates_principal_and_grants_unless_the_customer_declines() {
    let demo = Demo::start(4).await;
    let open = async |tenant: usize| {
        let response = demo
            .open(
                &format!("{}/{}/v2.0/adminconsent", demo.sandbox.base(Service::Login), demo::customer_tenant(tenant)),
                &[
                    ("client_id", demo.text("applicationId")),
                    ("redirect_uri", "http://localhost:1"),
                    ("scope", GRAPH),
                    ("state", "s"),
                ],
            )
            .await;
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    let location = open(CONTOSO).await;
    assert!(location.contains("admin_consent=True") && location.contains("state=s"), "{location}");
    {
        let world = demo.sandbox.world();
        let contoso = world.tenant(&demo::customer_tenant(CONTOSO)).unwrap();
        let application = world.demo.as_ref().unwrap().application;
        assert!(contoso.service_principal_by_app_id(&application).is_some());
        assert_eq!(contoso.grants.len(), 1);
    }
    let location = open(4).await;
    assert!(location.contains("error=access_denied"), "{location}");
}

#[tokio::test]
async fn discovery_tells_the_tenant_of_a_domain() {
    let demo = Demo::start(NORTHWIND).await;
    let base = demo.sandbox.base(Service::Login);
    let get = async |path: &str| {
        let response = demo.http.get(format!("{base}/{path}")).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (_, document) = get("northwind.onmicrosoft.com/v2.0/.well-known/openid-configuration").await;
    let id = demo::customer_tenant(NORTHWIND);
    assert_eq!(document["issuer"], format!("https://login.microsoftonline.com/{id}/v2.0"));
    assert_eq!(document["token_endpoint"], format!("https://login.microsoftonline.com/{id}/oauth2/v2.0/token"));
    let (_, document) = get("common/v2.0/.well-known/openid-configuration").await;
    assert_eq!(document["issuer"], "https://login.microsoftonline.com/{tenantid}/v2.0");
    let (status, body) = get("nobody.example/v2.0/.well-known/openid-configuration").await;
    assert_eq!((status, &body["error_codes"]), (400, &json!([90002])));
    let (_, realm) = get("common/userrealm/x@contoso.onmicrosoft.com?api-version=1.0").await;
    assert_eq!(realm["account_type"], "Managed");
    let (_, keys) = get("common/discovery/v2.0/keys").await;
    assert_eq!(keys["keys"][0]["kty"], "RSA");
}
