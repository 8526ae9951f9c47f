use bundle_core::shield::{Probe, ProbeOutcome};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, Integration};
use partner_center_client::CspProbe;

use crate::support::{answer, client, customer, partner_center};

async fn probe(status: u16, fixture: &str) -> bundle_core::Result<ProbeOutcome> {
    let server = TestServer::start().await;
    partner_center("GET", &format!("customers/{}", customer()))
        .respond_with(answer(status, fixture, &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let probe = CspProbe::new(client(&server));
    assert_eq!(probe.integration(), Integration::Csp);
    probe.probe(&customer()).await
}

#[tokio::test]
async fn probe_names_the_relationship_and_the_customer() {
    let outcome = probe(200, "customers/get.json").await.unwrap();
    assert_eq!(outcome, ProbeOutcome::Works("reseller of Contoso".into()));
}

#[tokio::test]
async fn probe_of_a_former_or_unknown_customer_names_the_missing_relationship() {
    for (status, fixture) in [
        (200, "customers/get_former.json"),
        (404, "customers/error_404_absent.json"),
        (403, "customers/error_403_no_relationship.json"),
    ] {
        let error = probe(status, fixture).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RelationshipInactive, "{fixture}: {error}");
        assert_eq!(error.diagnosis().unwrap().issue, "reseller-relationship-missing", "{fixture}");
        assert_eq!(error.tenant(), Some(&customer()));
    }
}

#[tokio::test]
async fn probe_without_rights_is_denied() {
    let error = probe(403, "customers/error_403_denied.json").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}
