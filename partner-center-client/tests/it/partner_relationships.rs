use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use partner_center_client::PartnerRelationshipType;
use wiremock::matchers::{header, query_param, query_param_is_missing};

use crate::support::{answer, client, customer, partner_center, throttled};

#[tokio::test]
async fn list_follows_the_pages_and_reads_both_forms_of_the_partner_id() {
    let server = TestServer::start().await;
    let kind = "IsIndirectCloudSolutionProviderOf";
    throttled(&server, partner_center("GET", "relationships")).await;
    partner_center("GET", "relationships")
        .and(query_param("relationship_type", kind))
        .and(query_param_is_missing("seekOperation"))
        .respond_with(answer(200, "partner_relationships/list_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", "relationships")
        .and(query_param("seekOperation", "Next"))
        .and(header("ms-continuationtoken", "AQAAAA=="))
        .respond_with(answer(200, "partner_relationships/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let relationships = client(&server).partner_relationships();
    let found =
        relationships.list(&PartnerRelationshipType::IndirectCloudSolutionProviderOf).collect_all().await.unwrap();
    let ids: Vec<_> = found.iter().map(|partner| partner.mpn_id.as_deref()).collect();
    assert_eq!(ids, [Some("4847383"), Some("4847384")]);
    assert_eq!(found[0].partner_id.as_deref(), Some("4847383"));
    assert_eq!(found[0].name.as_deref(), Some("Northwind Resellers"));
}

#[tokio::test]
async fn list_of_a_customer_without_rights_names_the_customer() {
    let server = TestServer::start().await;
    partner_center("GET", &format!("customers/{}/relationships", customer()))
        .and(query_param("relationship_type", "IsIndirectResellerOf"))
        .respond_with(answer(403, "customers/error_403_denied.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let relationships = client(&server).for_tenant(&customer()).partner_relationships();
    let error = relationships.list(&PartnerRelationshipType::IndirectResellerOf).collect_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert_eq!(error.tenant(), Some(&customer()));
}
