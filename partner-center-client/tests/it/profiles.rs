//! The partner's own profiles, and how it signs in.

use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use wiremock::ResponseTemplate;
use wiremock::matchers::{header, query_param};

use crate::support::{answer, client, partner, partner_center, throttled};

#[tokio::test]
async fn profiles_are_read_as_the_account_byte_order_mark_and_all() {
    let server = TestServer::start().await;
    throttled(&server, partner_center("GET", "profiles/organization")).await;
    for (name, file) in [
        ("organization", "organization"),
        ("legalbusiness", "legal_business"),
        ("mpn", "mpn"),
        ("support", "support"),
        ("billing", "billing"),
    ] {
        partner_center("GET", &format!("profiles/{name}"))
            .respond_with(answer(200, &format!("profiles/{file}.json"), &server))
            .expect(1)
            .mount(server.mock())
            .await;
    }
    let profiles = client(&server).as_application().profiles();
    let organization = profiles.organization().await.unwrap();
    assert_eq!(organization.tenant_id, Some(partner()));
    assert_eq!(organization.default_address.unwrap().city, "Redmond");
    assert_eq!(profiles.legal_business().await.unwrap().vetting_status.as_deref(), Some("authorized"));
    assert_eq!(profiles.mpn().await.unwrap().mpn_id.as_deref(), Some("4847383"));
    assert_eq!(profiles.support().await.unwrap().website.as_deref(), Some("www.adatum.com"));
    assert_eq!(profiles.billing().await.unwrap().billing_day, Some(8));
}

#[tokio::test]
async fn profile_without_rights_is_denied() {
    let server = TestServer::start().await;
    partner_center("GET", "profiles/mpn")
        .respond_with(answer(403, "customers/error_403_denied.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    assert_eq!(client(&server).profiles().mpn().await.unwrap_err().kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn multifactor_authentication_is_read_from_the_header() {
    for (said, read) in [(Some("true"), Some(true)), (Some("False"), Some(false)), (Some("?"), None), (None, None)] {
        let server = TestServer::start().await;
        let answer = answer(200, "customers/list_page_3.json", &server);
        partner_center("GET", "customers")
            .and(query_param("size", "1"))
            .and(header("validatemfa", "true"))
            .respond_with(match said {
                Some(said) => answer.insert_header("isMfaCompliant", said),
                None => answer,
            })
            .expect(1)
            .mount(server.mock())
            .await;
        assert_eq!(client(&server).partner_security().is_mfa_compliant().await.unwrap(), read);
    }
}

#[tokio::test]
async fn multifactor_authentication_that_is_missing_is_named() {
    let server = TestServer::start().await;
    partner_center("GET", "customers")
        .respond_with(answer(401, "partner_security/error_401_mfa.json", &server))
        .mount(server.mock())
        .await;
    let error = client(&server).partner_security().is_mfa_compliant().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MfaRequired, "{error}");
    assert!(error.diagnosis().is_some());
}

#[tokio::test]
async fn adoption_of_multifactor_authentication_is_a_plain_array() {
    let server = TestServer::start().await;
    partner_center("GET", "applicationmfaadoptionstatus")
        .respond_with(answer(200, "partner_security/mfa_adoption.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let adoption = client(&server).partner_security().mfa_adoption().await.unwrap();
    assert_eq!((adoption[0].mfa_compliant_request_count, adoption[0].total_request_count), (7, 9));
}

#[tokio::test]
async fn wait_named_in_the_text_alone_is_told() {
    let server = TestServer::start().await;
    let options = server.options().retry(bundle_core::http::RetryPolicy::none());
    let credential = std::sync::Arc::new(bundle_core::testing::FixedCredential::new());
    let client = partner_center_client::PartnerCenterClient::with_options(credential, partner(), &options).unwrap();
    let body = r#"{"statusCode":429,"message":"Rate limit is exceeded. Try again in 57 seconds."}"#;
    partner_center("GET", "profiles/mpn")
        .respond_with(ResponseTemplate::new(429).set_body_raw(body, "application/json"))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = client.profiles().mpn().await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(std::time::Duration::from_secs(57))));
}
