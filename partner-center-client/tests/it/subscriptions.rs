use std::time::Duration;

use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use partner_center_client::{
    BillingCycle, CspSubscriptionId, QuantityRange, Subscription, SubscriptionChange, SubscriptionStatus,
    SubscriptionUpdate, Subscriptions, UnitType,
};
use serde_json::Value;
use wiremock::ResponseTemplate;
use wiremock::matchers::{body_json, header, query_param, query_param_is_missing};

use crate::support::{answer, client, customer, fixture, partner_center, received, throttled};

const SUBSCRIPTION: &str = "a4c1340d-6911-4758-bba3-0c4c6007d161";

fn path(rest: &str) -> String {
    format!("customers/{}/subscriptions{rest}", customer())
}

fn one() -> String {
    path(&format!("/{SUBSCRIPTION}"))
}

fn id() -> CspSubscriptionId {
    CspSubscriptionId::new(SUBSCRIPTION)
}

fn subscriptions(server: &TestServer) -> Subscriptions {
    client(server).for_tenant(&customer()).subscriptions()
}

fn read() -> Subscription {
    serde_json::from_value(fixture("subscriptions/get.json")).unwrap()
}

#[tokio::test]
async fn list_follows_the_pages_and_keeps_what_it_does_not_know() {
    let server = TestServer::start().await;
    partner_center("GET", &path(""))
        .and(query_param_is_missing("seekOperation"))
        .respond_with(answer(200, "subscriptions/list_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", &path(""))
        .and(query_param("seekOperation", "Next"))
        .and(header("ms-continuationtoken", "AQAAAA=="))
        .respond_with(answer(200, "subscriptions/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let found = subscriptions(&server).list().collect_all().await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].product_id(), Some("CFQ7TTC0LH18"));
    assert_eq!(found[0].unit_type, Some(UnitType::Licenses));
    assert_eq!(found[0].refundable_quantity.as_ref().unwrap().details[0].quantity, 4);
    assert_eq!(found[0].partner_id, None);
    assert_eq!(found[1].status, Some(SubscriptionStatus::Unknown("mauve".to_owned())));
    assert_eq!(found[1].commitment_end_date, None);
    assert_eq!((found[1].product_id(), found[1].etag()), (None, None));
}

#[tokio::test]
async fn list_of_an_order_names_it() {
    let server = TestServer::start().await;
    throttled(&server, partner_center("GET", &path(""))).await;
    partner_center("GET", &path(""))
        .and(query_param("order_id", "34b37d7340cc"))
        .respond_with(answer(200, "subscriptions/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    assert_eq!(subscriptions(&server).of_order("34b37d7340cc").collect_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn get_and_add_ons_of_what_is_absent_are_not_found() {
    let server = TestServer::start().await;
    for path in [one(), path(&format!("/{SUBSCRIPTION}/addons"))] {
        partner_center("GET", &path)
            .respond_with(answer(404, "subscriptions/error_404_absent.json", &server))
            .expect(1)
            .mount(server.mock())
            .await;
    }
    let error = subscriptions(&server).get(&id()).await.unwrap_err();
    assert_eq!((error.kind(), error.tenant()), (ErrorKind::NotFound, Some(&customer())), "{error}");
    let error = subscriptions(&server).add_ons(&id()).collect_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn add_ons_are_subscriptions() {
    let server = TestServer::start().await;
    partner_center("GET", &path(&format!("/{SUBSCRIPTION}/addons")))
        .respond_with(answer(200, "subscriptions/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    assert_eq!(subscriptions(&server).add_ons(&id()).collect_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn update_sends_the_whole_resource_with_its_etag_under_one_request_id() {
    let server = TestServer::start().await;
    partner_center("GET", &one())
        .respond_with(answer(200, "subscriptions/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let mut sent = fixture("subscriptions/get.json");
    assert_eq!(sent["attributes"]["etag"], "<etag-1>");
    sent["quantity"] = 12.into();
    sent["status"] = "suspended".into();
    sent["autoRenewEnabled"] = false.into();
    let update = || partner_center("PATCH", &one()).and(body_json(&sent));
    update()
        .respond_with(answer(500, "application_consents/error_500.json", &server))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    update()
        .respond_with(answer(200, "subscriptions/update_updated.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let subscriptions = subscriptions(&server);
    let subscription = subscriptions.get(&id()).await.unwrap();
    let change = SubscriptionChange::new()
        .quantity(12)
        .within(QuantityRange { minimum: 1, maximum: 300 })
        .suspend()
        .auto_renew(false);
    let SubscriptionUpdate::Done(updated) = subscriptions.update(&subscription, &change).await.unwrap() else {
        panic!("it is done at once");
    };
    assert_eq!((updated.quantity, &updated.status), (12, &Some(SubscriptionStatus::Suspended)));
    assert_eq!(updated.etag().unwrap().as_str(), "<etag-2>");
    let requests = server.mock().received_requests().await.unwrap();
    assert_eq!(requests[1].headers["ms-requestid"], requests[2].headers["ms-requestid"]);
    assert_ne!(requests[0].headers["ms-requestid"], requests[1].headers["ms-requestid"]);
}

#[tokio::test]
async fn update_that_takes_longer_is_accepted() {
    let server = TestServer::start().await;
    partner_center("PATCH", &one())
        .respond_with(
            ResponseTemplate::new(202)
                .insert_header("location", format!("/v1/{}", one()))
                .insert_header("retry-after", "7"),
        )
        .expect(1)
        .mount(server.mock())
        .await;
    let change = SubscriptionChange::new().billing_cycle(BillingCycle::Annual).friendly_name("Basic");
    let update = subscriptions(&server).update(&read(), &change).await.unwrap();
    assert_eq!(update, SubscriptionUpdate::Accepted { retry_after: Some(Duration::from_secs(7)) });
}

#[tokio::test]
async fn update_refusals_say_what_to_do_next() {
    for (status, fixture, kind) in [
        (400, "subscriptions/error_400_cannot_decrease.json", ErrorKind::InvalidRequest),
        (400, "subscriptions/error_400_etag.json", ErrorKind::PreconditionFailed),
        (400, "subscriptions/error_400_too_often.json", ErrorKind::Throttled),
        (409, "subscriptions/error_409_not_ready.json", ErrorKind::Conflict),
        (403, "customers/error_403_denied.json", ErrorKind::PermissionDenied),
    ] {
        let server = TestServer::start().await;
        partner_center("PATCH", &one())
            .respond_with(answer(status, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let change = SubscriptionChange::new().quantity(1);
        let error = subscriptions(&server).update(&read(), &change).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{fixture} {error}");
    }
}

#[tokio::test]
async fn update_waits_out_throttling() {
    let server = TestServer::start().await;
    throttled(&server, partner_center("PATCH", &one())).await;
    partner_center("PATCH", &one())
        .respond_with(answer(200, "subscriptions/update_updated.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    subscriptions(&server).update(&read(), &SubscriptionChange::new().resume()).await.unwrap();
}

#[tokio::test]
async fn changes_that_cannot_be_are_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    let subscriptions = subscriptions(&server);
    let range = QuantityRange { minimum: 2, maximum: 300 };
    for change in [
        SubscriptionChange::new(),
        SubscriptionChange::new().quantity(0),
        SubscriptionChange::new().quantity(1).within(range),
        SubscriptionChange::new().quantity(301).within(range),
    ] {
        let error = subscriptions.update(&read(), &change).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    assert_eq!(received(&server).await, 0);
}

#[test]
fn document_is_the_answer_itself() {
    assert_eq!(Value::Object(read().document().clone()), fixture("subscriptions/get.json"));
}
