use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use partner_center_client::gdap::DelegatedAdminCustomerId;
use wiremock::matchers::{query_param, query_param_is_missing};

use crate::support::{answer, customer, delegated_customers, gdap};

const CONTOSO: &str = "22222222-2222-4222-8222-222222222222";

#[tokio::test]
async fn list_follows_next_links_until_absent() {
    let server = TestServer::start().await;
    delegated_customers("GET", "")
        .and(query_param_is_missing("$skiptoken"))
        .and(query_param_is_missing("$top"))
        .respond_with(answer(200, "delegated_customers/list_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    delegated_customers("GET", "")
        .and(query_param("$skiptoken", "cGFnZTI"))
        .respond_with(answer(200, "delegated_customers/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let all = gdap(&server).customers().list().collect_all().await.unwrap();
    let names: Vec<_> = all.iter().map(|customer| customer.display_name.as_deref()).collect();
    assert_eq!(names, [Some("Contoso"), None]);
    assert_eq!(all[0].tenant_id, customer());
}

#[tokio::test]
async fn get_reads_one_and_one_without_a_relationship_is_not_found() {
    let server = TestServer::start().await;
    delegated_customers("GET", &format!("/{CONTOSO}"))
        .respond_with(answer(200, "delegated_customers/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    delegated_customers("GET", "/none")
        .respond_with(answer(404, "relationships/error_404_absent.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let customers = gdap(&server).customers();
    let one = customers.get(&DelegatedAdminCustomerId::new(CONTOSO)).await.unwrap();
    assert_eq!(one.tenant_id, customer());
    let error = customers.get(&DelegatedAdminCustomerId::new("none")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn services_say_where_they_are_managed() {
    let server = TestServer::start().await;
    delegated_customers("GET", &format!("/{CONTOSO}/serviceManagementDetails"))
        .respond_with(answer(200, "delegated_customers/services.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let id = DelegatedAdminCustomerId::new(CONTOSO);
    let all = gdap(&server).customers().service_management_details(&id).collect_all().await.unwrap();
    assert_eq!(all[0].service_name.as_deref(), Some("Teams"));
    assert!(all[0].service_management_url.as_deref().unwrap().starts_with("https://admin.teams.microsoft.com/"));
}
