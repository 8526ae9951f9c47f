use std::sync::Arc;

use bundle_core::ErrorKind;
use bundle_core::testing::{FixedCredential, TestServer};
use partner_center_client::{Address, AddressStatus, CustomerFilter, CustomerQuery, NewCustomer};
use secrecy::ExposeSecret as _;
use serde_json::json;
use wiremock::ResponseTemplate;
use wiremock::matchers::body_json;

use crate::support::{answer, client, customer, partner_center, received, throttled, with_credential};

fn contoso() -> NewCustomer {
    let address = Address::new("1 Microsoft Way", "98052", "Redmond", "US").state("WA").person("Ada", "Byron");
    NewCustomer::new("Contoso", "contoso.onmicrosoft.com", "admin@contoso.com", address.phone_number("4255550101"))
}

#[tokio::test]
async fn create_answers_the_password_once_and_repeats_under_one_request_id() {
    let server = TestServer::start().await;
    let creation = || {
        partner_center("POST", "customers").and(body_json(json!({
            "enableGDAPByDefault": false,
            "companyProfile": {"domain": "contoso.onmicrosoft.com"},
            "billingProfile": {
                "culture": "en-US",
                "email": "admin@contoso.com",
                "language": "en",
                "companyName": "Contoso",
                "defaultAddress": {
                    "country": "US", "city": "Redmond", "state": "WA", "addressLine1": "1 Microsoft Way",
                    "postalCode": "98052", "firstName": "Ada", "lastName": "Byron", "phoneNumber": "4255550101",
                },
            },
        })))
    };
    creation()
        .respond_with(answer(500, "application_consents/error_500.json", &server))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    creation().respond_with(answer(201, "customers/create_created.json", &server)).expect(1).mount(server.mock()).await;
    let created = client(&server).customers().create(&contoso()).await.unwrap();
    assert_eq!(created.id, customer());
    let credentials = created.user_credentials.as_ref().unwrap();
    assert_eq!(credentials.user_name, "admin");
    assert_eq!(credentials.password.expose_secret(), "canary-p=;;n");
    assert!(!format!("{created:?}").contains("canary"));
    let requests = server.mock().received_requests().await.unwrap();
    assert_eq!(requests[0].headers["ms-requestid"], requests[1].headers["ms-requestid"]);
    assert_eq!(requests[0].headers["ms-correlationid"], requests[1].headers["ms-correlationid"]);
}

#[tokio::test]
async fn create_refusals_say_what_is_wrong() {
    for (status, fixture, kind, code) in [
        (400, "customers/error_400_domain_taken.json", ErrorKind::InvalidRequest, "600002"),
        (403, "customers/error_403_denied.json", ErrorKind::PermissionDenied, "900150"),
    ] {
        let server = TestServer::start().await;
        partner_center("POST", "customers")
            .respond_with(answer(status, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let error = client(&server).customers().create(&contoso()).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, Some(code)), "{error}");
    }
}

#[tokio::test]
async fn wrong_values_are_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    let customers = client(&server).customers();
    let mut no_city = contoso();
    no_city.address.city.clear();
    let mut no_domain = contoso();
    no_domain.domain = "contoso".to_owned();
    for (wrong, field) in [(no_city, "city"), (no_domain, "domain")] {
        for error in [
            customers.create(&wrong).await.map(drop).unwrap_err(),
            customers.check(&wrong).await.map(drop).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(&format!("{field}: ")), "{error}");
        }
    }
    let error = customers.is_domain_taken("https://contoso.com").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    for query in [
        CustomerQuery::new().size(0),
        CustomerQuery::new().size(501),
        CustomerQuery::new().filter(CustomerFilter::company_name(" ")),
    ] {
        let error = customers.list(&query).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    assert_eq!(received(&server).await, 0);
}

#[tokio::test]
async fn check_asks_for_domain_and_address() {
    for (taken, fixture, fine) in [
        (404, "customers/address_verified.json", true),
        (404, "customers/address_street_partial.json", false),
        (200, "customers/address_verified.json", false),
    ] {
        let server = TestServer::start().await;
        partner_center("HEAD", "domains/contoso.onmicrosoft.com")
            .respond_with(ResponseTemplate::new(taken))
            .expect(1)
            .mount(server.mock())
            .await;
        partner_center("POST", "validations/address")
            .respond_with(answer(200, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let check = client(&server).customers().check(&contoso()).await.unwrap();
        assert_eq!(check.is_fine(), fine, "{check:?}");
        assert_eq!(check.domain_is_free, taken == 404);
    }
}

#[tokio::test]
async fn address_that_is_incomplete_comes_with_suggestions() {
    let server = TestServer::start().await;
    throttled(&server, partner_center("POST", "validations/address")).await;
    partner_center("POST", "validations/address")
        .and(body_json(json!({
            "country": "US", "city": "Redmond", "state": "WA", "addressLine1": "Microsoft Way", "postalCode": "98052",
        })))
        .respond_with(answer(200, "customers/address_street_partial.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let asked = Address::new("Microsoft Way", "98052", "Redmond", "US").state("WA");
    let found = client(&server).customers().validate_address(&asked).await.unwrap();
    assert_eq!(found.status, AddressStatus::StreetPartial);
    assert!(!found.is_verified());
    assert_eq!(found.suggested_addresses[0].postal_code, "98052-6399");
    assert_eq!(found.original_address, Some(asked));
}

#[tokio::test]
async fn domain_of_which_the_service_says_nothing_is_an_error() {
    let server = TestServer::start().await;
    partner_center("HEAD", "domains/contoso.onmicrosoft.com")
        .respond_with(ResponseTemplate::new(403))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = client(&server).customers().is_domain_taken("contoso.onmicrosoft.com").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[tokio::test]
async fn remove_relationship_drops_the_tokens_of_the_customer() {
    let server = TestServer::start().await;
    let path = format!("customers/{}", customer());
    throttled(&server, partner_center("PATCH", &path)).await;
    partner_center("PATCH", &path)
        .and(body_json(json!({"relationshipToPartner": "none", "attributes": {"objectType": "Customer"}})))
        .respond_with(answer(200, "customers/get_former.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let credential = Arc::new(FixedCredential::new());
    with_credential(&server, Arc::clone(&credential)).customers().remove_relationship(&customer()).await.unwrap();
    assert_eq!(credential.forgotten(), [customer()]);
}

#[tokio::test]
async fn remove_relationship_with_active_subscriptions_is_refused() {
    for (status, fixture, kind) in [
        (400, "customers/error_400_subscription_active.json", ErrorKind::InvalidRequest),
        (403, "customers/error_403_no_relationship.json", ErrorKind::RelationshipInactive),
    ] {
        let server = TestServer::start().await;
        partner_center("PATCH", &format!("customers/{}", customer()))
            .respond_with(answer(status, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let credential = Arc::new(FixedCredential::new());
        let client = with_credential(&server, Arc::clone(&credential));
        let error = client.customers().remove_relationship(&customer()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.tenant(), Some(&customer()));
        assert_eq!(credential.forgotten(), []);
    }
}

#[tokio::test]
async fn invitation_is_asked_for_as_the_account() {
    let server = TestServer::start().await;
    partner_center("GET", "customers/relationshiprequests")
        .respond_with(answer(200, "customers/invitation.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let link = client(&server).as_application().customers().invitation().await.unwrap();
    assert!(link.starts_with("https://admin.microsoft.com/"), "{link}");
}
