use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use partner_center_client::{AuditFilter, AuditQuery, AuditStatus};
use wiremock::matchers::{header, query_param, query_param_is_missing};

use crate::support::{answer, client, customer, partner_center, received, throttled};

#[tokio::test]
async fn list_follows_the_pages() {
    let server = TestServer::start().await;
    throttled(&server, partner_center("GET", "auditrecords")).await;
    partner_center("GET", "auditrecords")
        .and(query_param("startDate", "2026-11-01"))
        .and(query_param("endDate", "2026-11-20"))
        .and(query_param_is_missing("seekOperation"))
        .respond_with(answer(200, "audit_records/list_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", "auditrecords")
        .and(query_param("seekOperation", "Next"))
        .and(header("ms-continuationtoken", "AQAAAA=="))
        .respond_with(answer(200, "audit_records/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let query = AuditQuery::new().start("2026-11-01".parse().unwrap()).end("2026-11-20".parse().unwrap());
    let found = client(&server).audit_records().list(&query).unwrap().collect_all().await.unwrap();
    assert_eq!(found[0].operation_status, Some(AuditStatus::Succeeded));
    assert_eq!(found[0].new_value().unwrap()["customer"]["organizationDisplayName"], "Contoso");
    assert_eq!(found[0].customized_data.as_ref().unwrap()[1].value, None);
    assert_eq!((found[1].new_value(), found[1].old_value()), (None, None));
}

#[tokio::test]
async fn list_sends_the_filter_as_json() {
    let customer_filter = format!(r#"{{"Field":"CustomerId","Operator":"equals","Value":"{}"}}"#, customer());
    for (filter, text) in [
        (AuditFilter::Customer(customer()), customer_filter.as_str()),
        (AuditFilter::CompanyName("bri".to_owned()), r#"{"Field":"CompanyName","Operator":"substring","Value":"bri"}"#),
        (
            AuditFilter::ResourceType("Subscription".to_owned()),
            r#"{"Field":"ResourceType","Operator":"equals","Value":"Subscription"}"#,
        ),
    ] {
        let server = TestServer::start().await;
        partner_center("GET", "auditrecords")
            .and(query_param("filter", text))
            .and(query_param_is_missing("startDate"))
            .respond_with(answer(200, "audit_records/list_page_2.json", &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let records = client(&server).audit_records().list(&AuditQuery::new().filter(filter)).unwrap();
        assert_eq!(records.collect_all().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn list_refusals_say_what_is_wrong() {
    for (status, fixture, kind) in [
        (400, "audit_records/error_400_too_old.json", ErrorKind::InvalidRequest),
        (403, "customers/error_403_denied.json", ErrorKind::PermissionDenied),
    ] {
        let server = TestServer::start().await;
        partner_center("GET", "auditrecords")
            .respond_with(answer(status, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let error = client(&server).audit_records().list(&AuditQuery::new()).unwrap().collect_all().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn wrong_range_or_filter_is_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    for query in [
        AuditQuery::new().start("2026-11-02".parse().unwrap()).end("2026-11-01".parse().unwrap()),
        AuditQuery::new().filter(AuditFilter::CompanyName(" ".to_owned())),
    ] {
        let error = client(&server).audit_records().list(&query).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    assert_eq!(received(&server).await, 0);
}
