//! The tenant's record, the signed-in user, the licences.

use bundle_core::ErrorKind;

use crate::support::{CONTOSO, Call, Setup, absent, assert_error, denied, id, throttled};

fn organization() -> Call {
    Call::get("organization").query("$select", "id,displayName,verifiedDomains")
}

fn me() -> Call {
    Call::get("me").query("$select", "id,userPrincipalName,displayName")
}

fn licenses() -> Call {
    Call::get("subscribedSkus").query("$select", "skuId,skuPartNumber,capabilityStatus,servicePlans")
}

#[tokio::test]
async fn organization_get_reads_the_only_record() {
    let setup = Setup::new().await;
    setup.expect(throttled(organization())).await;
    setup.expect(organization().answers(200, "organization/get_contoso")).await;
    let record = setup.graph.organization().get().await.unwrap();
    assert_eq!(record.id, CONTOSO);
    assert_eq!(record.initial_domain(), Some("contoso.onmicrosoft.com"));
}

#[tokio::test]
async fn organization_get_without_a_record_is_a_decode_error() {
    let setup = Setup::new().await;
    setup.expect(organization().answers(200, "organization/get_empty")).await;
    let error = setup.graph.organization().get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.tenant(), Some(&CONTOSO));
}

#[tokio::test]
async fn organization_get_denied_names_operation_and_tenant() {
    let setup = Setup::new().await;
    setup.expect(denied(organization())).await;
    let error = setup.graph.organization().get().await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.organization.get");
    assert_eq!(error.code(), Some("Authorization_RequestDenied"));
}

#[tokio::test]
async fn me_get_reads_the_account() {
    let setup = Setup::new().await;
    setup.expect(me().answers(200, "me/get_service_account")).await;
    let account = setup.graph.me().get().await.unwrap();
    assert_eq!(account.id, id(3));
    assert_eq!(account.user_principal_name, "integration@contoso.com");
}

#[tokio::test]
async fn me_get_of_a_foreign_account_is_not_found() {
    let setup = Setup::new().await;
    setup.expect(absent(me())).await;
    let error = setup.graph.me().get().await.unwrap_err();
    assert_error(&error, ErrorKind::NotFound, "graph.me.get");
}

#[tokio::test]
async fn licenses_list_reads_products_and_plans() {
    let setup = Setup::new().await;
    setup.expect(throttled(licenses())).await;
    setup.expect(licenses().answers(200, "licenses/list_two")).await;
    let skus = setup.graph.licenses().list().collect_all().await.unwrap();
    assert_eq!(skus.len(), 2);
    assert_eq!(skus[0].sku_part_number.as_deref(), Some("O365_BUSINESS_PREMIUM"));
    assert_eq!(skus[1].service_plans[1].provisioning_status.as_deref(), Some("PendingProvisioning"));
}

#[tokio::test]
async fn licenses_list_denied_is_permission_denied() {
    let setup = Setup::new().await;
    setup.expect(denied(licenses())).await;
    let error = setup.graph.licenses().list().collect_all().await.unwrap_err();
    assert_error(&error, ErrorKind::PermissionDenied, "graph.licenses.list");
}
