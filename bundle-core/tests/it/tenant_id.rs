//! Finding the tenant of a domain.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockBuilder, ResponseTemplate};

use bundle_core::auth::TenantDirectory;
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, TenantId};

use crate::support::{CUSTOMER, PARTNER, later, login_fixture, received};

fn discovery(domain: &str) -> MockBuilder {
    Mock::given(method("GET")).and(path(format!("/login/{domain}/v2.0/.well-known/openid-configuration")))
}

fn document(issuer: &str, endpoint: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "issuer": format!("https://login.microsoftonline.com/{issuer}/v2.0"),
        "token_endpoint": format!("https://login.microsoftonline.com/{endpoint}/oauth2/v2.0/token"),
        "tenant_region_scope": "EU", "cloud_instance_name": "microsoftonline.com",
    }))
}

fn document_of(tenant: TenantId) -> ResponseTemplate {
    document(&tenant.to_string(), &tenant.to_string())
}

#[tokio::test]
async fn domain_is_asked_for_once_however_many_want_it() {
    let server = TestServer::start().await;
    discovery("contoso.com").respond_with(document_of(PARTNER)).expect(1).mount(server.mock()).await;
    discovery("fabrikam.com").respond_with(document_of(CUSTOMER)).expect(1).mount(server.mock()).await;
    let directory = TenantDirectory::new(&server.options()).unwrap();
    let names = ["contoso.com", "fabrikam.com", "CONTOSO.com"].into_iter().cycle().take(30);
    let found = join_all(names.map(|name| directory.resolve(name))).await;
    for (at, tenant) in found.into_iter().enumerate() {
        assert_eq!(tenant.unwrap(), if at % 3 == 1 { CUSTOMER } else { PARTNER });
    }
    assert_eq!(directory.clone().resolve("contoso.com").await.unwrap(), PARTNER);
}

#[tokio::test]
async fn tenant_id_is_answered_and_bad_text_refused_without_a_request() {
    let server = TestServer::start().await;
    let directory = TenantDirectory::new(&server.options()).unwrap();
    assert_eq!(directory.resolve(&PARTNER.to_string()).await.unwrap(), PARTNER);
    for bad in ["", "common", "contoso.com/v2.0", "../contoso.com", "user@contoso.com"] {
        assert_eq!(directory.resolve(bad).await.unwrap_err().kind(), ErrorKind::Config, "{bad}");
    }
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn unknown_domain_is_not_found_and_asked_for_again_a_minute_later() {
    let server = TestServer::start().await;
    discovery("nobody.example")
        .respond_with(login_fixture("tenant_unknown_90002"))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    let directory = TenantDirectory::new(&server.options()).unwrap();
    for _ in 0..2 {
        let error = directory.resolve("nobody.example").await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("login.discovery")));
        assert!(error.to_string().contains("no tenant of this cloud has the domain \"nobody.example\""), "{error}");
        assert_eq!(error.request_id(), Some("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"));
    }
    discovery("nobody.example").respond_with(document_of(CUSTOMER)).expect(1).mount(server.mock()).await;
    later(Duration::from_secs(61)).await;
    assert_eq!(directory.resolve("nobody.example").await.unwrap(), CUSTOMER);
}

#[tokio::test]
async fn refusal_keeps_code_and_diagnosis() {
    let server = TestServer::start().await;
    discovery("nobody.example").respond_with(login_fixture("tenant_unknown_90002")).mount(server.mock()).await;
    let directory = TenantDirectory::new(&server.options()).unwrap();
    let error = directory.resolve("nobody.example").await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(400), Some("AADSTS90002")));
    assert_eq!(error.diagnosis().unwrap().issue, "tenant-not-found");
}

#[tokio::test]
async fn failure_is_not_kept() {
    let server = TestServer::start().await;
    let broken = ResponseTemplate::new(404).set_body_string("<html>");
    discovery("contoso.com").respond_with(broken).up_to_n_times(1).expect(1).mount(server.mock()).await;
    let directory = TenantDirectory::new(&server.options()).unwrap();
    let error = directory.resolve("contoso.com").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "a gateway's page says nothing about the domain");
    discovery("contoso.com").respond_with(document_of(PARTNER)).expect(1).mount(server.mock()).await;
    assert_eq!(directory.resolve("contoso.com").await.unwrap(), PARTNER);
}

#[tokio::test]
async fn document_has_to_name_one_tenant() {
    let (partner, customer) = (PARTNER.to_string(), CUSTOMER.to_string());
    for answer in [document(&partner, &customer), document("{tenantid}", "common"), document(&partner, "contoso.com")] {
        let server = TestServer::start().await;
        discovery("contoso.com").respond_with(answer).mount(server.mock()).await;
        let directory = TenantDirectory::new(&server.options()).unwrap();
        let error = directory.resolve("contoso.com").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert!(error.to_string().contains("contoso.com"), "{error}");
    }
}
