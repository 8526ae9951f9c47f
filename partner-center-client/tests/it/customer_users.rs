use bundle_core::ErrorKind;
use bundle_core::ids::UserId;
use bundle_core::testing::TestServer;
use partner_center_client::{
    CustomerUserPatch, CustomerUsers, LicenseGroup, LicenseUpdate, NewCustomerUser, UserState,
};
use secrecy::SecretString;
use serde_json::json;
use wiremock::ResponseTemplate;
use wiremock::matchers::{body_json, header, query_param, query_param_is_missing};

use crate::support::{answer, client, customer, partner_center, received, throttled};

const USER: &str = "a9ef48bb-8758-4590-a312-d4a47bfaded4";
const SKU: &str = "f8a1db68-be16-40ed-86d5-cb42ce701560";

fn path(rest: &str) -> String {
    format!("customers/{}/users{rest}", customer())
}

fn one(rest: &str) -> String {
    path(&format!("/{USER}{rest}"))
}

fn id() -> UserId {
    USER.parse().unwrap()
}

/// Asked for by a client of the application, users are always those the account sees.
fn users(server: &TestServer) -> CustomerUsers {
    client(server).as_application().for_tenant(&customer()).users()
}

fn ada() -> NewCustomerUser {
    NewCustomerUser::new("ada@contoso.com", "Ada Byron", "US", SecretString::from("canary-1")).person("Ada", "Byron")
}

#[tokio::test]
async fn list_follows_the_pages() {
    let server = TestServer::start().await;
    throttled(&server, partner_center("GET", &path(""))).await;
    partner_center("GET", &path(""))
        .and(query_param("size", "500"))
        .and(query_param_is_missing("seekOperation"))
        .respond_with(answer(200, "users/list_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", &path(""))
        .and(header("ms-continuationtoken", "AQAAAA=="))
        .respond_with(answer(200, "users/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let found = users(&server).list().collect_all().await.unwrap();
    assert_eq!(found[0].usage_location.as_deref(), Some("US"));
    assert_eq!(found[1].state, Some(UserState::Inactive));
    assert_eq!(found[1].soft_deletion_time, Some("2026-01-02T03:04:05Z".parse().unwrap()));
}

#[tokio::test]
async fn deleted_users_are_those_of_state_inactive() {
    let server = TestServer::start().await;
    partner_center("GET", &path(""))
        .and(query_param("filter", r#"{"Field":"UserState","Operator":"equals","Value":"Inactive"}"#))
        .respond_with(answer(200, "users/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    assert_eq!(users(&server).deleted().collect_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn get_refusals_say_what_to_do_next() {
    for (status, fixture, kind) in [
        (404, "users/error_404_absent.json", ErrorKind::NotFound),
        (403, "users/error_403_no_role.json", ErrorKind::PermissionDenied),
        (403, "users/error_403_app_only.json", ErrorKind::InvalidRequest),
        (403, "application_consents/error_403_conditional_access.json", ErrorKind::ConditionalAccess),
    ] {
        let server = TestServer::start().await;
        partner_center("GET", &one(""))
            .respond_with(answer(status, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let error = users(&server).get(&id()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn create_sends_the_password_and_shows_it_nowhere() {
    let server = TestServer::start().await;
    partner_center("POST", &path(""))
        .and(body_json(json!({
            "userPrincipalName": "ada@contoso.com", "displayName": "Ada Byron", "usageLocation": "US",
            "firstName": "Ada", "lastName": "Byron",
            "passwordProfile": {"password": "canary-1", "forceChangePassword": true},
        })))
        .respond_with(answer(200, "users/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    assert_eq!(users(&server).create(&ada()).await.unwrap().id, id());
    assert!(!format!("{:?}", ada()).contains("canary"));
}

#[tokio::test]
async fn create_of_a_name_that_is_taken_is_a_conflict() {
    let server = TestServer::start().await;
    partner_center("POST", &path(""))
        .respond_with(answer(409, "users/error_409_name_taken.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    assert_eq!(users(&server).create(&ada()).await.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn update_sends_only_what_changes() {
    let server = TestServer::start().await;
    partner_center("PATCH", &one(""))
        .and(body_json(json!({
            "usageLocation": "DE",
            "passwordProfile": {"password": "canary-2", "forceChangePassword": false},
            "attributes": {"objectType": "CustomerUser"},
        })))
        .respond_with(answer(200, "users/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let patch = CustomerUserPatch::new().usage_location("DE").password(SecretString::from("canary-2"), false);
    users(&server).update(&id(), &patch).await.unwrap();
    assert!(!format!("{patch:?}").contains("canary"));
}

#[tokio::test]
async fn delete_and_restore() {
    let server = TestServer::start().await;
    partner_center("DELETE", &one("")).respond_with(ResponseTemplate::new(204)).expect(1).mount(server.mock()).await;
    partner_center("PATCH", &one(""))
        .and(body_json(json!({"state": "active", "attributes": {"objectType": "CustomerUser"}})))
        .respond_with(answer(200, "users/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let users = users(&server);
    users.delete(&id()).await.unwrap();
    users.restore(&id()).await.unwrap();
}

#[tokio::test]
async fn roles_and_licences_of_a_user_are_listed() {
    let server = TestServer::start().await;
    partner_center("GET", &one("/directoryroles"))
        .respond_with(answer(200, "users/directory_roles.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", &one("/licenses"))
        .and(query_param("licenseGroupIds", "group1"))
        .respond_with(answer(200, "licenses/user_licenses.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let users = users(&server);
    let roles = users.directory_roles(&id()).collect_all().await.unwrap();
    assert_eq!(roles[0].name.as_deref(), Some("Service Support Administrator"));
    let licenses = users.licenses(&id()).list(&LicenseGroup::Group1).collect_all().await.unwrap();
    assert_eq!(licenses[0].product_sku.id.to_string(), SKU);
    assert_eq!(licenses[0].service_plans[0].service_name.as_deref(), Some("BI_AZURE_P2"));
}

#[tokio::test]
async fn licences_of_a_customer_tell_how_many_are_left() {
    let server = TestServer::start().await;
    partner_center("GET", &format!("customers/{}/subscribedskus", customer()))
        .and(query_param("licenseGroupIds", "group2"))
        .respond_with(answer(200, "licenses/subscribed_skus.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let skus = client(&server).as_application().for_tenant(&customer()).subscribed_skus();
    let found = skus.list(&LicenseGroup::Group2).collect_all().await.unwrap();
    assert_eq!((found[0].available_units, found[0].total_units), (-1, 10));
}

#[tokio::test]
async fn licences_are_given_and_taken_in_one_request() {
    let server = TestServer::start().await;
    throttled(&server, partner_center("POST", &one("/licenseupdates"))).await;
    partner_center("POST", &one("/licenseupdates"))
        .and(body_json(json!({
            "licensesToAssign": [{"skuId": SKU, "excludedPlans": ["70d33638-9c74-4d01-bfd3-562de28bd4ba"]}],
            "licensesToRemove": ["cdd28e44-67e3-425e-be4c-737fab2899d3"],
        })))
        .respond_with(answer(201, "licenses/update_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let update = LicenseUpdate::new()
        .assign_without(SKU.parse().unwrap(), ["70d33638-9c74-4d01-bfd3-562de28bd4ba"])
        .remove("cdd28e44-67e3-425e-be4c-737fab2899d3".parse().unwrap());
    users(&server).licenses(&id()).update(&update).await.unwrap();
}

#[tokio::test]
async fn licence_refusals_say_what_to_do_next() {
    for (fixture, kind) in [
        ("licenses/error_400_none_left.json", ErrorKind::LicenseMissing),
        ("licenses/error_400_partner_token.json", ErrorKind::InvalidRequest),
    ] {
        let server = TestServer::start().await;
        partner_center("POST", &one("/licenseupdates"))
            .respond_with(answer(400, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let update = LicenseUpdate::new().assign(SKU.parse().unwrap());
        let error = users(&server).licenses(&id()).update(&update).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.diagnosis().is_some(), "{error}");
    }
}

#[tokio::test]
async fn wrong_values_are_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    let users = users(&server);
    let secret = || SecretString::from("x");
    for new in [
        NewCustomerUser::new("ada", "Ada", "US", secret()),
        NewCustomerUser::new("ada@contoso.com", " ", "US", secret()),
        NewCustomerUser::new("ada@contoso.com", "Ada", "USA", secret()),
        NewCustomerUser::new("ada@contoso.com", "Ada", "US", SecretString::from("")),
    ] {
        assert_eq!(users.create(&new).await.unwrap_err().kind(), ErrorKind::Config);
    }
    for patch in [CustomerUserPatch::new(), CustomerUserPatch::new().usage_location("Germany")] {
        assert_eq!(users.update(&id(), &patch).await.unwrap_err().kind(), ErrorKind::Config);
    }
    let sku = SKU.parse().unwrap();
    for update in [LicenseUpdate::new(), LicenseUpdate::new().assign(sku).remove(sku)] {
        assert_eq!(users.licenses(&id()).update(&update).await.unwrap_err().kind(), ErrorKind::Config);
    }
    assert_eq!(received(&server).await, 0);
}
