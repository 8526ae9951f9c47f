use bundle_core::ErrorKind;
use bundle_core::customer::{ConsentApi, Customer, CustomerApi};
use bundle_core::gdap::{AssignmentApi, Relationship, RelationshipApi, RelationshipUpkeep};
use bundle_core::ids::RoleTemplateId;
use bundle_core::testing::TestServer;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;
use wiremock::matchers::body_json;

use crate::support::{RELATIONSHIP, answer, application, client, customer, gdap, graph, partner_center, relationship};

fn fixture(name: &str) -> Relationship {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[tokio::test]
async fn customers_are_told_by_tenant_name_and_domain() {
    let server = TestServer::start().await;
    partner_center("GET", "customers")
        .respond_with(answer(200, "customers/list_page_3.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let port: &dyn CustomerApi = &client(&server);
    let expected = [
        Customer::new("55555555-5555-4555-8555-555555555555".parse().unwrap(), "Adatum")
            .domain("adatum.onmicrosoft.com"),
        Customer::new("66666666-6666-4666-8666-666666666666".parse().unwrap(), "66666666-6666-4666-8666-666666666666"),
    ];
    assert_eq!(port.customers().await.unwrap(), expected);
}

#[tokio::test]
async fn unknown_customer_is_not_found_whatever_the_code() {
    for fixture in ["customers/error_404_absent.json", "customers/error_404_tenant_unknown.json"] {
        let server = TestServer::start().await;
        partner_center("GET", &format!("customers/{}", customer()))
            .respond_with(answer(404, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let port: &dyn CustomerApi = &client(&server);
        assert_eq!(port.customer(&customer()).await.unwrap_err().kind(), ErrorKind::NotFound, "{fixture}");
    }
}

#[tokio::test]
async fn consent_that_is_not_there_is_not_found_when_it_is_revoked() {
    let server = TestServer::start().await;
    let path = format!("customers/{}/applicationconsents/{}", customer(), application());
    partner_center("DELETE", &path)
        .respond_with(ResponseTemplate::new(200))
        .up_to_n_times(1)
        .mount(server.mock())
        .await;
    partner_center("DELETE", &path)
        .respond_with(answer(404, "application_consents/error_404_absent.json", &server))
        .mount(server.mock())
        .await;
    let port: &dyn ConsentApi = &client(&server);
    port.revoke(&customer(), &application()).await.unwrap();
    let error = port.revoke(&customer(), &application()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn lock_sends_no_entity_tag_that_the_service_itself_may_have_outdated() {
    let server = TestServer::start().await;
    let without_etag = |request: &wiremock::Request| !request.headers.contains_key("if-match");
    graph("POST", &format!("/{RELATIONSHIP}/requests"))
        .and(without_etag)
        .respond_with(answer(201, "requests/lock_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let port: &dyn RelationshipApi = &gdap(&server);
    port.lock_for_approval(&fixture("relationships/create_created.json")).await.unwrap();
}

#[tokio::test]
async fn lock_in_another_status_passes_the_refusal_on() {
    let server = TestServer::start().await;
    graph("POST", &format!("/{RELATIONSHIP}/requests"))
        .respond_with(answer(400, "requests/error_400_wrong_status.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let port: &dyn RelationshipApi = &gdap(&server);
    let error = port.lock_for_approval(&fixture("relationships/create_created.json")).await.unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
}

#[tokio::test]
async fn relationships_and_assignments_are_read_whole() {
    let server = TestServer::start().await;
    graph("GET", "")
        .respond_with(answer(200, "relationships/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    graph("GET", &format!("/{RELATIONSHIP}/accessAssignments"))
        .respond_with(answer(200, "access_assignments/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let gdap = gdap(&server);
    assert_eq!(RelationshipApi::relationships(&gdap).await.unwrap().len(), 1);
    assert_eq!(gdap.assignments(&relationship()).await.unwrap().len(), 1);
}

/// The active relationship of the fixtures with other roles.
fn with_roles(roles: &[RoleTemplateId]) -> ResponseTemplate {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/relationships/get_active.json");
    let mut body: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    body["autoExtendDuration"] = "PT0S".into();
    body["accessDetails"]["unifiedRoles"] = roles.iter().map(|role| json!({"roleDefinitionId": role})).collect();
    ResponseTemplate::new(200).set_body_json(body)
}

#[tokio::test]
async fn auto_extension_is_switched_once_and_refused_with_global_administrator() {
    let server = TestServer::start().await;
    let path = format!("/{RELATIONSHIP}");
    graph("GET", &path)
        .respond_with(with_roles(&[RoleTemplateId::USER_ADMINISTRATOR]))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    graph("PATCH", &path)
        .and(body_json(json!({"autoExtendDuration": "P180D"})))
        .respond_with(answer(200, "relationships/get_active.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let port: &dyn RelationshipUpkeep = &gdap(&server);
    port.switch_auto_extend(&relationship(), true).await.unwrap();
    // On already: nothing is sent.
    graph("GET", &path)
        .respond_with(answer(200, "relationships/get_active.json", &server))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    port.switch_auto_extend(&relationship(), true).await.unwrap();
    let global = with_roles(&[RoleTemplateId::GLOBAL_ADMINISTRATOR, RoleTemplateId::USER_ADMINISTRATOR]);
    graph("GET", &path).respond_with(global).expect(1).mount(server.mock()).await;
    let error = port.switch_auto_extend(&relationship(), true).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("Global Administrator"), "{error}");
}

#[tokio::test]
async fn global_administrator_is_taken_out_and_the_other_roles_stay() {
    let server = TestServer::start().await;
    let path = format!("/{RELATIONSHIP}");
    let global = with_roles(&[RoleTemplateId::GLOBAL_ADMINISTRATOR, RoleTemplateId::USER_ADMINISTRATOR]);
    graph("GET", &path).respond_with(global).up_to_n_times(1).expect(1).mount(server.mock()).await;
    let left = json!({"accessDetails": {"unifiedRoles": [{"roleDefinitionId": RoleTemplateId::USER_ADMINISTRATOR}]}});
    graph("PATCH", &path)
        .and(body_json(left))
        .respond_with(ResponseTemplate::new(202))
        .expect(1)
        .mount(server.mock())
        .await;
    let port: &dyn RelationshipUpkeep = &gdap(&server);
    port.remove_global_administrator(&relationship()).await.unwrap();
    let only = with_roles(&[RoleTemplateId::GLOBAL_ADMINISTRATOR]);
    graph("GET", &path).respond_with(only).expect(1).mount(server.mock()).await;
    assert_eq!(port.remove_global_administrator(&relationship()).await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn terminate_of_what_is_ending_is_done_whoever_asked() {
    let server = TestServer::start().await;
    let path = format!("/{RELATIONSHIP}");
    let active = answer(200, "relationships/get_active.json", &server);
    graph("GET", &path).respond_with(active).up_to_n_times(1).expect(1).mount(server.mock()).await;
    graph("POST", &format!("{path}/requests"))
        .respond_with(answer(400, "requests/error_400_wrong_status.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/relationships/get_active.json");
    let ending = std::fs::read_to_string(file).unwrap().replace("\"active\"", "\"terminating\"");
    let ending = ResponseTemplate::new(200).set_body_raw(ending, "application/json");
    graph("GET", &path).respond_with(ending).expect(2).mount(server.mock()).await;
    let port: &dyn RelationshipUpkeep = &gdap(&server);
    port.terminate(&relationship()).await.unwrap();
    port.terminate(&relationship()).await.unwrap();
}
