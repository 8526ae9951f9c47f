//! The probe of the Graph integration.

use bundle_core::shield::{Probe, ProbeOutcome};
use bundle_core::{ErrorKind, Integration};
use graph_client::GraphProbe;

use crate::support::{CONTOSO, Call, Setup, assert_error, denied, throttled};

fn organization() -> Call {
    Call::get("organization").query("$select", "id,displayName")
}

#[tokio::test]
async fn probe_names_the_organization() {
    let setup = Setup::new().await;
    setup.expect(throttled(organization())).await;
    setup.expect(organization().answers(200, "organization/probe_contoso")).await;
    let probe = GraphProbe::new(setup.client.clone());
    assert_eq!(probe.integration(), Integration::Graph);
    let outcome = probe.probe(&CONTOSO).await.unwrap();
    assert_eq!(outcome, ProbeOutcome::Works("organization Contoso".to_owned()));
}

#[tokio::test]
async fn probe_of_another_tenant_is_an_error() {
    let setup = Setup::new().await;
    setup.expect(organization().answers(200, "organization/probe_fabrikam")).await;
    let error = GraphProbe::new(setup.client.clone()).probe(&CONTOSO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.tenant(), Some(&CONTOSO));
    assert!(error.message().contains("22222222-2222-2222-2222-222222222222"), "{error}");
}

#[tokio::test]
async fn probe_denied_is_the_error_as_it_came() {
    let setup = Setup::new().await;
    setup.expect(denied(organization())).await;
    let error = GraphProbe::new(setup.client.clone()).probe(&CONTOSO).await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.probe");
}
