use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use partner_center_client::{
    CustomerField, CustomerFilter, CustomerQuery, CustomerRecord, FilterOperator, RelationshipToPartner,
};
use serde_json::json;
use wiremock::ResponseTemplate;
use wiremock::matchers::{header, header_exists, query_param, query_param_is_missing};

use crate::support::{answer, client, customer, partner_center};

#[tokio::test]
async fn list_carries_the_continuation_token_of_each_page() {
    // Links come with and without the version.
    for second in ["customers/list_page_2.json", "customers/list_page_2_versioned.json"] {
        let server = TestServer::start().await;
        partner_center("GET", "customers")
            .and(query_param("size", "500"))
            .and(query_param_is_missing("seekOperation"))
            .and(query_param_is_missing("filter"))
            .respond_with(answer(200, "customers/list_page_1.json", &server))
            .expect(1)
            .mount(server.mock())
            .await;
        partner_center("GET", "customers")
            .and(query_param("seekOperation", "Next"))
            .and(header("ms-continuationtoken", "AQAAAA=="))
            .respond_with(answer(200, second, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        partner_center("GET", "customers")
            .and(query_param("seekOperation", "Next"))
            .and(header("ms-continuationtoken", "AgAAAA=="))
            .respond_with(answer(200, "customers/list_page_3.json", &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let pager = client(&server).customers().list(&CustomerQuery::new()).unwrap();
        let names: Vec<String> = pager.collect_all().await.unwrap().iter().map(CustomerRecord::name).collect();
        assert_eq!(names, ["Contoso", "Fabrikam", "Adatum", "66666666-6666-4666-8666-666666666666"], "{second}");
    }
}

#[tokio::test]
async fn list_that_repeats_a_token_ends() {
    let server = TestServer::start().await;
    partner_center("GET", "customers")
        .respond_with(answer(200, "customers/list_page_1.json", &server))
        .expect(2)
        .mount(server.mock())
        .await;
    let error = client(&server).customers().list(&CustomerQuery::new()).unwrap().collect_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("repeats"), "{error}");
}

#[tokio::test]
async fn list_never_follows_a_link_to_another_host() {
    let foreign = TestServer::start().await;
    let server = TestServer::start().await;
    let link = format!("{}/partner-center/v1/customers", foreign.uri());
    partner_center("GET", "customers")
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"items": [], "links": {"next": {"uri": link}}})))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = client(&server).customers().list(&CustomerQuery::new()).unwrap().collect_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(foreign.mock().received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn list_sends_the_filter_as_json() {
    let server = TestServer::start().await;
    partner_center("GET", "customers")
        .and(query_param("size", "40"))
        .and(query_param("filter", r#"{"Field":"CompanyName","Value":"Müller & \"Co\"","Operator":"starts_with"}"#))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"totalCount": 0, "items": []})))
        .expect(1)
        .mount(server.mock())
        .await;
    let query = CustomerQuery::new().size(40).filter(CustomerFilter::company_name("Müller & \"Co\""));
    let found = client(&server).customers().list(&query).unwrap().collect_all().await.unwrap();
    assert_eq!(found, []);
    let other = CustomerFilter::new(CustomerField::Domain, FilterOperator::Substring, "contoso");
    assert_eq!(
        serde_json::to_string(&other).unwrap(),
        r#"{"Field":"Domain","Value":"contoso","Operator":"substring"}"#
    );
}

#[tokio::test]
async fn list_waits_out_throttling() {
    let server = TestServer::start().await;
    partner_center("GET", "customers")
        .respond_with(answer(429, "customers/error_429_throttled.json", &server).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", "customers")
        .respond_with(answer(200, "customers/list_page_3.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let found = client(&server).customers().list(&CustomerQuery::new()).unwrap().collect_all().await.unwrap();
    assert_eq!(found.len(), 2);
}

#[tokio::test]
async fn get_reads_a_body_with_a_byte_order_mark() {
    let server = TestServer::start().await;
    partner_center("GET", &format!("customers/{}", customer()))
        .and(header_exists("ms-requestid"))
        .and(header_exists("ms-correlationid"))
        .respond_with(answer(200, "customers/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let record = client(&server).customers().get(&customer()).await.unwrap();
    assert_eq!(record.id, customer());
    assert_eq!(record.company_profile.domain.as_deref(), Some("contoso.onmicrosoft.com"));
    assert_eq!(record.relationship_to_partner, Some(RelationshipToPartner::Reseller));
    assert_eq!(record.allow_delegated_access, Some(true));
    assert_eq!(record.custom_domains.as_deref(), Some(&["contoso.com".to_owned()][..]));
}

#[tokio::test]
async fn find_of_a_stranger_is_none_and_get_an_error_about_it() {
    let server = TestServer::start().await;
    partner_center("GET", &format!("customers/{}", customer()))
        .respond_with(answer(404, "customers/error_404_absent.json", &server))
        .expect(2)
        .mount(server.mock())
        .await;
    let client = client(&server);
    assert_eq!(client.customers().find(&customer()).await.unwrap(), None);
    let error = client.customers().get(&customer()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert_eq!(error.code(), Some("1000"));
    assert_eq!(error.tenant(), Some(&customer()));
    assert_eq!(error.operation(), Some("partner-center.customers.get"));
}

#[tokio::test]
async fn get_without_rights_is_denied() {
    let server = TestServer::start().await;
    partner_center("GET", &format!("customers/{}", customer()))
        .respond_with(answer(403, "customers/error_403_denied.json", &server))
        .expect(2)
        .mount(server.mock())
        .await;
    let customers = client(&server).customers();
    assert_eq!(customers.get(&customer()).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(customers.find(&customer()).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
}
