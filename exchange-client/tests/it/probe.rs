use bundle_core::shield::{Probe, ProbeOutcome};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, Integration};
use exchange_client::ExchangeProbe;
use serde_json::json;
use wiremock::ResponseTemplate;
use wiremock::matchers::query_param;

use crate::support::{answer, client, cmdlet, tenant};

#[tokio::test]
async fn probe_names_the_organization_and_acts_as_the_account() {
    let server = TestServer::start().await;
    cmdlet("Get-OrganizationConfig", &json!({}))
        .and(query_param("$select", "Name,DisplayName,IsDehydrated"))
        .respond_with(answer(200, "organization/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let probe = ExchangeProbe::new(client(&server).as_application());
    assert_eq!(probe.integration(), Integration::Exchange);
    assert_eq!(probe.probe(&tenant()).await.unwrap(), ProbeOutcome::Works("organization Contoso".into()));
}

#[tokio::test]
async fn probe_of_a_tenant_without_exchange_is_not_licensed() {
    let server = TestServer::start().await;
    cmdlet("Get-OrganizationConfig", &json!({}))
        .respond_with(answer(403, "invoke/error_403_subscription_lapsed.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let outcome = ExchangeProbe::new(client(&server)).probe(&tenant()).await.unwrap();
    let ProbeOutcome::NotLicensed(text) = outcome else { panic!("{outcome:?}") };
    assert!(text.contains("lapsed"), "{text}");
}

#[tokio::test]
async fn probe_without_a_role_is_denied() {
    let server = TestServer::start().await;
    cmdlet("Get-OrganizationConfig", &json!({}))
        .respond_with(answer(403, "invoke/error_403_role_missing.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = ExchangeProbe::new(client(&server)).probe(&tenant()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert_eq!(error.operation(), Some("exchange.organization-config.get"));
}

#[tokio::test]
async fn probe_without_an_organization_proves_nothing() {
    let server = TestServer::start().await;
    cmdlet("Get-OrganizationConfig", &json!({}))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": []})))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = ExchangeProbe::new(client(&server)).probe(&tenant()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}
