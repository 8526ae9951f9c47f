//! The ports of leaving a customer: consent and the reseller relationship.

use bundle_core::ErrorKind;
use bundle_core::customer::ConsentApi;
use bundle_core::offboarding::{ResellerApi, ResellerLink};
use bundle_core::testing::TestServer;
use serde_json::json;
use wiremock::matchers::body_json;
use wiremock::{MockBuilder, ResponseTemplate};

use crate::support::{answer, application, client, customer, partner_center, throttled};

fn get() -> MockBuilder {
    partner_center("GET", &format!("customers/{}", customer()))
}

fn end() -> MockBuilder {
    let body = json!({"relationshipToPartner": "none", "attributes": {"objectType": "Customer"}});
    partner_center("PATCH", &format!("customers/{}", customer())).and(body_json(body))
}

fn subscriptions() -> MockBuilder {
    partner_center("GET", &format!("customers/{}/subscriptions", customer()))
}

fn revoke() -> MockBuilder {
    partner_center("DELETE", &format!("customers/{}/applicationconsents/{}", customer(), application()))
}

async fn expect(server: &TestServer, request: MockBuilder, status: u16, fixture: &str) {
    request.respond_with(answer(status, fixture, server)).up_to_n_times(1).expect(1).mount(server.mock()).await;
}

#[tokio::test]
async fn consent_is_taken_back_once_and_then_absent() {
    let server = TestServer::start().await;
    throttled(&server, revoke()).await;
    let done = ResponseTemplate::new(200);
    revoke().respond_with(done).up_to_n_times(1).expect(1).mount(server.mock()).await;
    expect(&server, revoke(), 404, "application_consents/error_404_absent.json").await;
    let port: &dyn ConsentApi = &client(&server);
    port.revoke(&customer(), &application()).await.unwrap();
    let error = port.revoke(&customer(), &application()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn consent_without_the_role_is_not_taken_back() {
    let server = TestServer::start().await;
    expect(&server, revoke(), 403, "application_consents/error_403_no_role.json").await;
    let port: &dyn ConsentApi = &client(&server);
    let error = port.revoke(&customer(), &application()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[tokio::test]
async fn reseller_link_counts_active_subscriptions_of_all_pages() {
    let server = TestServer::start().await;
    throttled(&server, get()).await;
    expect(&server, get(), 200, "customers/get.json").await;
    expect(&server, subscriptions(), 200, "subscriptions/list_page_1.json").await;
    expect(&server, subscriptions(), 200, "subscriptions/list_page_2.json").await;
    let port: &dyn ResellerApi = &client(&server);
    let link = port.reseller_link(&customer()).await.unwrap();
    assert_eq!(link, Some(ResellerLink::new(ACTIVE)));
}

/// How many of the fixtures' subscriptions are active.
const ACTIVE: usize = 1;

#[tokio::test]
async fn a_tenant_the_partner_does_not_sell_to_has_no_link() {
    for (status, fixture) in [
        (404, "customers/error_404_absent.json"),
        (403, "customers/error_403_no_relationship.json"),
        (200, "customers/get_former.json"),
    ] {
        let server = TestServer::start().await;
        expect(&server, get(), status, fixture).await;
        let port: &dyn ResellerApi = &client(&server);
        assert_eq!(port.reseller_link(&customer()).await.unwrap(), None, "{fixture}");
    }
}

#[tokio::test]
async fn reseller_link_denied_is_an_error_and_not_none() {
    let server = TestServer::start().await;
    expect(&server, get(), 403, "customers/error_403_denied.json").await;
    let port: &dyn ResellerApi = &client(&server);
    let error = port.reseller_link(&customer()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[tokio::test]
async fn ending_the_link_says_what_is_in_the_way_and_absent_is_not_found() {
    for (status, fixture, kind) in [
        (400, "customers/error_400_subscription_active.json", ErrorKind::InvalidRequest),
        (403, "customers/error_403_no_relationship.json", ErrorKind::NotFound),
        (404, "customers/error_404_absent.json", ErrorKind::NotFound),
    ] {
        let server = TestServer::start().await;
        expect(&server, end(), status, fixture).await;
        let port: &dyn ResellerApi = &client(&server);
        let error = port.end_reseller_link(&customer()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}
