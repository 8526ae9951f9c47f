use std::sync::Arc;

use bundle_core::ErrorKind;
use bundle_core::customer::ConsentGrant;
use bundle_core::testing::{FixedCredential, TestServer};
use partner_center_client::Consented;
use serde_json::json;
use wiremock::matchers::body_json;
use wiremock::{MockBuilder, ResponseTemplate};

use crate::support::{answer, application, client, customer, partner_center, with_credential};

fn grants() -> Vec<ConsentGrant> {
    let scopes = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    vec![
        ConsentGrant {
            resource: "00000003-0000-0000-c000-000000000000".parse().unwrap(),
            scopes: scopes(&["Directory.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"]),
        },
        ConsentGrant {
            resource: "00000002-0000-0ff1-ce00-000000000000".parse().unwrap(),
            scopes: scopes(&["Exchange.Manage"]),
        },
    ]
}

fn consent() -> MockBuilder {
    partner_center("POST", &format!("customers/{}/applicationconsents", customer())).and(body_json(json!({
        "applicationId": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
        "applicationGrants": [
            {
                "enterpriseApplicationId": "00000003-0000-0000-c000-000000000000",
                "scope": "Directory.ReadWrite.All,AppRoleAssignment.ReadWrite.All"
            },
            {"enterpriseApplicationId": "00000002-0000-0ff1-ce00-000000000000", "scope": "Exchange.Manage"}
        ]
    })))
}

#[tokio::test]
async fn grant_acts_as_the_account_and_drops_the_tokens_of_the_customer() {
    let server = TestServer::start().await;
    consent()
        .respond_with(answer(201, "application_consents/grant_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let credential = Arc::new(FixedCredential::new());
    let client = with_credential(&server, Arc::clone(&credential)).as_application();
    client.application_consents(&customer()).grant(&application(), &grants()).await.unwrap();
    assert_eq!(credential.forgotten(), [customer()]);
}

#[tokio::test]
async fn grant_is_repeated_with_the_same_request_id_when_the_answer_is_lost() {
    let server = TestServer::start().await;
    consent()
        .respond_with(answer(500, "application_consents/error_500.json", &server))
        .up_to_n_times(2)
        .expect(2)
        .mount(server.mock())
        .await;
    consent()
        .respond_with(answer(201, "application_consents/grant_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    client(&server).application_consents(&customer()).grant(&application(), &grants()).await.unwrap();
    let received = server.mock().received_requests().await.unwrap();
    let ids: Vec<_> = received.iter().map(|request| request.headers["ms-requestid"].clone()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn grant_of_what_is_there_is_a_conflict_in_both_forms() {
    for (status, fixture) in [
        (409, "application_consents/error_409_already_there.json"),
        (400, "application_consents/error_400_already_there.json"),
    ] {
        let server = TestServer::start().await;
        consent().respond_with(answer(status, fixture, &server)).expect(1).mount(server.mock()).await;
        let consents = client(&server).application_consents(&customer());
        let error = consents.grant(&application(), &grants()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert_eq!(error.tenant(), Some(&customer()));
    }
}

#[tokio::test]
async fn grant_refusals_say_what_to_do_next() {
    for (status, fixture, kind) in [
        (403, "application_consents/error_403_no_role.json", ErrorKind::PermissionDenied),
        (403, "application_consents/error_403_conditional_access.json", ErrorKind::ConditionalAccess),
    ] {
        let server = TestServer::start().await;
        consent().respond_with(answer(status, fixture, &server)).expect(1).mount(server.mock()).await;
        let consents = client(&server).application_consents(&customer());
        let error = consents.grant(&application(), &grants()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.diagnosis().is_some(), "{error}");
    }
}

#[tokio::test]
async fn grant_waits_out_throttling() {
    let server = TestServer::start().await;
    consent()
        .respond_with(answer(429, "customers/error_429_throttled.json", &server).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    consent().respond_with(ResponseTemplate::new(200)).expect(1).mount(server.mock()).await;
    client(&server).application_consents(&customer()).grant(&application(), &grants()).await.unwrap();
}

#[tokio::test]
async fn grant_of_nothing_is_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    let consents = client(&server).application_consents(&customer());
    let mut no_scope = grants();
    no_scope[0].scopes.clear();
    let mut two_in_one = grants();
    two_in_one[0].scopes = vec!["User.Read Mail.Send".to_owned()];
    for wrong in [Vec::new(), no_scope, two_in_one] {
        let error = consents.grant(&application(), &wrong).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    assert!(server.mock().received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn revoke_takes_every_success_and_drops_the_tokens_of_the_customer() {
    for status in [200, 201, 204] {
        let server = TestServer::start().await;
        partner_center("DELETE", &format!("customers/{}/applicationconsents/{}", customer(), application()))
            .respond_with(ResponseTemplate::new(status))
            .expect(1)
            .mount(server.mock())
            .await;
        let credential = Arc::new(FixedCredential::new());
        let client = with_credential(&server, Arc::clone(&credential));
        client.application_consents(&customer()).revoke(&application()).await.unwrap();
        assert_eq!(credential.forgotten(), [customer()]);
    }
}

#[tokio::test]
async fn revoke_of_what_is_absent_is_not_found() {
    let server = TestServer::start().await;
    partner_center("DELETE", &format!("customers/{}/applicationconsents/{}", customer(), application()))
        .respond_with(answer(404, "application_consents/error_404_absent.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = client(&server).application_consents(&customer()).revoke(&application()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn ensure_takes_what_is_there_in_both_forms_for_done() {
    for (status, fixture, found) in [
        (201, "application_consents/grant_created.json", Consented::Granted),
        (409, "application_consents/error_409_already_there.json", Consented::AlreadyThere),
        (400, "application_consents/error_400_already_there.json", Consented::AlreadyThere),
    ] {
        let server = TestServer::start().await;
        consent().respond_with(answer(status, fixture, &server)).expect(1).mount(server.mock()).await;
        let consents = client(&server).for_tenant(&customer()).application_consents();
        assert_eq!(consents.ensure(&application(), &grants()).await.unwrap(), found);
    }
    let server = TestServer::start().await;
    consent()
        .respond_with(answer(403, "application_consents/error_403_no_role.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = client(&server).application_consents(&customer()).ensure(&application(), &grants()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[tokio::test]
async fn replace_removes_what_may_be_there_and_consents_anew() {
    let absent = "application_consents/error_404_absent.json";
    for (status, body) in [(200, None), (404, Some(absent))] {
        let server = TestServer::start().await;
        let removed = body.map_or_else(|| ResponseTemplate::new(status), |body| answer(status, body, &server));
        partner_center("DELETE", &format!("customers/{}/applicationconsents/{}", customer(), application()))
            .respond_with(removed)
            .expect(1)
            .mount(server.mock())
            .await;
        consent()
            .respond_with(answer(201, "application_consents/grant_created.json", &server))
            .expect(1)
            .mount(server.mock())
            .await;
        client(&server).application_consents(&customer()).replace(&application(), &grants()).await.unwrap();
        let verbs: Vec<_> =
            server.mock().received_requests().await.unwrap().iter().map(|request| request.method.to_string()).collect();
        assert_eq!(verbs, ["DELETE", "POST"]);
    }
}

#[tokio::test]
async fn replace_removes_nothing_when_it_could_not_consent_again() {
    let server = TestServer::start().await;
    let consents = client(&server).application_consents(&customer());
    let error = consents.replace(&application(), &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(server.mock().received_requests().await.unwrap().is_empty());
    partner_center("DELETE", &format!("customers/{}/applicationconsents/{}", customer(), application()))
        .respond_with(answer(403, "application_consents/error_403_no_role.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = consents.replace(&application(), &grants()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}
