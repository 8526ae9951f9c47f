use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use partner_center_client::{AgreementContact, AgreementType};
use serde_json::json;
use wiremock::matchers::{body_json, query_param};

use crate::support::{answer, client, customer, partner_center, received, throttled};

const TEMPLATE: &str = "117a77b0-9360-443b-8795-c6dedc750cf9";

fn ada() -> AgreementContact {
    AgreementContact::new("Ada", "Byron", "ada@contoso.com").phone_number("1234567890")
}

fn path() -> String {
    format!("customers/{}/agreements", customer())
}

#[tokio::test]
async fn agreements_there_are_and_those_made_are_listed() {
    let server = TestServer::start().await;
    throttled(&server, partner_center("GET", "agreements")).await;
    for (path, fixture) in [("agreements", "agreements/metadata.json"), (&path(), "agreements/list.json")] {
        partner_center("GET", path)
            .and(query_param("agreementType", "MicrosoftCustomerAgreement"))
            .respond_with(answer(200, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
    }
    let client = client(&server);
    let kind = AgreementType::MicrosoftCustomerAgreement;
    let there = client.agreements().list(&kind).collect_all().await.unwrap();
    assert_eq!((there[0].template_id.as_str(), there[0].version_rank), (TEMPLATE, Some(0)));
    let made = client.for_tenant(&customer()).agreements().list(&kind).collect_all().await.unwrap();
    assert_eq!(made[0].primary_contact, Some(ada()));
}

#[tokio::test]
async fn confirm_sends_who_agreed_and_when() {
    let server = TestServer::start().await;
    partner_center("POST", &path())
        .and(body_json(json!({
            "primaryContact": {
                "firstName": "Ada", "lastName": "Byron", "email": "ada@contoso.com", "phoneNumber": "1234567890",
            },
            "templateId": TEMPLATE, "dateAgreed": "2026-06-14T00:00:00Z", "type": "MicrosoftCustomerAgreement",
        })))
        .respond_with(answer(201, "agreements/confirm_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let agreements = client(&server).as_application().for_tenant(&customer()).agreements();
    let agreed = "2026-06-14T00:00:00Z".parse().unwrap();
    let agreement = agreements.confirm(TEMPLATE, &ada(), agreed).await.unwrap();
    assert_eq!(agreement.date_agreed, Some(agreed));
}

#[tokio::test]
async fn confirm_of_the_same_is_a_conflict_in_the_form_of_its_own() {
    for status in [400, 409] {
        let server = TestServer::start().await;
        partner_center("POST", &path())
            .respond_with(answer(status, "agreements/error_already_there.json", &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let agreements = client(&server).for_tenant(&customer()).agreements();
        let error = agreements.confirm(TEMPLATE, &ada(), jiff::Timestamp::UNIX_EPOCH).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, Some("600061")), "{error}");
    }
}

#[tokio::test]
async fn confirm_without_a_person_is_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    let agreements = client(&server).for_tenant(&customer()).agreements();
    for (template, contact) in [
        (TEMPLATE, AgreementContact::new("", "Byron", "ada@contoso.com")),
        (TEMPLATE, AgreementContact::new("Ada", "Byron", "ada")),
        (" ", ada()),
    ] {
        let error = agreements.confirm(template, &contact, jiff::Timestamp::UNIX_EPOCH).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    assert_eq!(received(&server).await, 0);
}
