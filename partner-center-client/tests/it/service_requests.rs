use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use partner_center_client::{ServiceRequestId, ServiceRequestStatus, Severity};
use serde_json::json;
use wiremock::matchers::{body_json, header, query_param_is_missing};

use crate::support::{answer, client, customer, partner_center, received, throttled};

fn id() -> ServiceRequestId {
    ServiceRequestId::new("615112491169010")
}

#[tokio::test]
async fn list_follows_the_pages_and_reads_numbers_for_names() {
    let server = TestServer::start().await;
    let path = format!("customers/{}/servicerequests", customer());
    throttled(&server, partner_center("GET", &path)).await;
    partner_center("GET", &path)
        .and(query_param_is_missing("seekOperation"))
        .respond_with(answer(200, "service_requests/list_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", &path)
        .and(header("ms-continuationtoken", "AQAAAA=="))
        .respond_with(answer(200, "service_requests/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let requests = client(&server).as_application().for_tenant(&customer()).service_requests();
    let found = requests.list().collect_all().await.unwrap();
    assert_eq!(found[0].severity, Some(Severity::Critical));
    assert_eq!(found[0].status, Some(ServiceRequestStatus::AttentionNeeded));
    assert_eq!(found[0].last_closed_date, None);
    assert_eq!(found[1].severity, Some(Severity::Unknown("9".to_owned())));
    assert_eq!(found[1].status, Some(ServiceRequestStatus::Closed));
    assert!(found[1].last_closed_date.is_some());
}

#[tokio::test]
async fn list_of_the_partner_names_no_customer() {
    let server = TestServer::start().await;
    partner_center("GET", "servicerequests")
        .respond_with(answer(200, "service_requests/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    assert_eq!(client(&server).service_requests().list().collect_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn get_of_what_is_absent_is_not_found_and_without_rights_denied() {
    for (status, fixture, kind) in [
        (404, "service_requests/error_404_absent.json", ErrorKind::NotFound),
        (403, "customers/error_403_denied.json", ErrorKind::PermissionDenied),
    ] {
        let server = TestServer::start().await;
        partner_center("GET", "servicerequests/615112491169010")
            .respond_with(answer(status, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        assert_eq!(client(&server).service_requests().get(&id()).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn note_is_added_and_request_closed() {
    let server = TestServer::start().await;
    for body in [json!({"newNote": {"text": "Still slow."}}), json!({"status": "closed"})] {
        partner_center("PATCH", "servicerequests/615112491169010")
            .and(body_json(body))
            .respond_with(answer(200, "service_requests/get.json", &server))
            .expect(1)
            .mount(server.mock())
            .await;
    }
    let requests = client(&server).for_tenant(&customer()).service_requests();
    let request = requests.add_note(&id(), "Still slow.").await.unwrap();
    assert_eq!(request.notes.unwrap()[0].text.as_deref(), Some("Still slow."));
    requests.close(&id()).await.unwrap();
    assert_eq!(requests.add_note(&id(), " ").await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(received(&server).await, 2);
}
