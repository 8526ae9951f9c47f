//! The catalogue, carts and orders.

use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use partner_center_client::{
    BillingCycle, CartId, NewCartLine, OrderId, OrderStatus, ProductQuery, QuantityRange, TargetSegment, TargetView,
    TermDuration,
};
use serde_json::json;
use wiremock::matchers::{body_json, header, query_param, query_param_is_missing};

use crate::support::{answer, client, customer, partner_center, received, throttled};

const ITEM: &str = "CFQ7TTC0LH18:0001:CFQ7TTC0K971";
const CART: &str = "b4c8fdea-cbe4-4d17-9576-13fcacbf9605";

fn of_customer(rest: &str) -> String {
    format!("customers/{}/{rest}", customer())
}

fn line() -> NewCartLine {
    NewCartLine::new(ITEM, 5, BillingCycle::Monthly).term_duration(TermDuration::OneYear)
}

#[tokio::test]
async fn products_of_a_country_follow_the_pages() {
    let server = TestServer::start().await;
    throttled(&server, partner_center("GET", "products")).await;
    partner_center("GET", "products")
        .and(query_param("country", "US"))
        .and(query_param("targetView", "OnlineServices"))
        .and(query_param("targetSegment", "commercial"))
        .and(query_param_is_missing("seekOperation"))
        .respond_with(answer(200, "products/list_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", "products")
        .and(header("ms-continuationtoken", "AQAAAA=="))
        .respond_with(answer(200, "products/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let query = ProductQuery::new(TargetView::OnlineServices).segment(TargetSegment::Commercial);
    let found = client(&server).products("us").unwrap().list(&query).collect_all().await.unwrap();
    let ids: Vec<_> = found.iter().map(|product| product.id.as_str()).collect();
    assert_eq!(ids, ["CFQ7TTC0LH18", "CFQ7TTC0HL8W"]);
}

#[tokio::test]
async fn products_of_a_customer_need_no_country() {
    let server = TestServer::start().await;
    partner_center("GET", &of_customer("products"))
        .and(query_param("targetView", "Azure"))
        .and(query_param_is_missing("country"))
        .respond_with(answer(200, "products/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let products = client(&server).for_tenant(&customer()).products();
    assert_eq!(products.list(&ProductQuery::new(TargetView::Azure)).collect_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn skus_and_availabilities_say_what_can_be_bought() {
    let server = TestServer::start().await;
    for (path, fixture) in [
        ("products/CFQ7TTC0LH18", "products/get.json"),
        ("products/CFQ7TTC0LH18/skus", "products/skus.json"),
        ("products/CFQ7TTC0LH18/skus/0001", "products/sku.json"),
        ("products/CFQ7TTC0LH18/skus/0001/availabilities", "products/availabilities.json"),
    ] {
        partner_center("GET", path)
            .and(query_param("country", "US"))
            .respond_with(answer(200, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
    }
    let products = client(&server).products("US").unwrap();
    let product = products.get("CFQ7TTC0LH18").await.unwrap();
    assert_eq!(product.product_type.unwrap().id, "OnlineServicesNCE");
    let listed = products.skus("CFQ7TTC0LH18").unwrap().collect_all().await.unwrap();
    let sku = products.sku("CFQ7TTC0LH18", "0001").await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&sku));
    assert_eq!(sku.quantities(), QuantityRange { minimum: 1, maximum: 300 });
    let found = products.availabilities("CFQ7TTC0LH18", "0001").unwrap().collect_all().await.unwrap();
    assert_eq!(found[0].catalog_item_id.as_deref(), Some(ITEM));
    assert_eq!(found[0].terms[0].duration.as_deref(), Some("P1Y"));
}

#[tokio::test]
async fn product_that_is_not_sold_is_not_found() {
    let server = TestServer::start().await;
    partner_center("GET", "products/P")
        .respond_with(answer(404, "products/error_404_absent.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let error = client(&server).products("US").unwrap().get("P").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::NotFound, Some("400013")), "{error}");
}

#[tokio::test]
async fn cart_is_filled_read_and_filled_anew() {
    let server = TestServer::start().await;
    let lines = json!([{
        "id": 0, "catalogItemId": ITEM, "quantity": 5, "billingCycle": "monthly", "termDuration": "P1Y",
        "friendlyName": "Basic", "parentSubscriptionId": "s1", "promotionId": "p1",
        "provisioningContext": {"scope": "Shared"},
    }]);
    partner_center("POST", &of_customer("carts"))
        .and(body_json(json!({"lineItems": lines})))
        .respond_with(answer(201, "carts/create_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let one = of_customer(&format!("carts/{CART}"));
    partner_center("GET", &one)
        .respond_with(answer(200, "carts/create_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("PUT", &one)
        .and(body_json(json!({"id": CART, "lineItems": lines})))
        .respond_with(answer(200, "carts/create_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let carts = client(&server).for_tenant(&customer()).carts();
    let line = line().friendly_name("Basic").parent_subscription_id("s1").promotion_id("p1");
    let lines = [line.provisioning("scope", "Shared").within(QuantityRange { minimum: 1, maximum: 5 })];
    let cart = carts.create(&lines).await.unwrap();
    assert_eq!(cart, carts.get(&cart.id).await.unwrap());
    carts.replace(&cart.id, &lines).await.unwrap();
    assert_eq!(cart.expiration_timestamp, Some("2026-03-22T17:15:02.3840528Z".parse().unwrap()));
    assert_eq!(cart.line_items[0].pricing.as_ref().unwrap().extended_price, Some(24.0));
    let refused = cart.line_items[1].error.as_ref().unwrap();
    assert_eq!(refused.error_code.as_deref(), Some("InventoryNotAvailable"));
}

#[tokio::test]
async fn checkout_tells_orders_and_what_failed_under_one_request_id() {
    let server = TestServer::start().await;
    let path = of_customer(&format!("carts/{CART}/checkout"));
    partner_center("POST", &path)
        .respond_with(answer(500, "application_consents/error_500.json", &server))
        .up_to_n_times(1)
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("POST", &path)
        .respond_with(answer(201, "carts/checkout_created.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let carts = client(&server).for_tenant(&customer()).carts();
    let result = carts.checkout(&CartId::new(CART)).await.unwrap();
    assert_eq!(result.orders[0].line_items[0].quantity, 5);
    assert_eq!(result.order_errors[0].code.as_deref(), Some("10003"));
    let requests = server.mock().received_requests().await.unwrap();
    assert_eq!(requests[0].headers["ms-requestid"], requests[1].headers["ms-requestid"]);
}

#[tokio::test]
async fn checkout_refusals_say_what_to_do_next() {
    for (status, fixture, kind) in [
        (404, "carts/error_404_absent.json", ErrorKind::NotFound),
        (409, "carts/error_409_busy.json", ErrorKind::Conflict),
        (403, "customers/error_403_denied.json", ErrorKind::PermissionDenied),
    ] {
        let server = TestServer::start().await;
        partner_center("POST", &of_customer(&format!("carts/{CART}/checkout")))
            .respond_with(answer(status, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        let carts = client(&server).for_tenant(&customer()).carts();
        let error = carts.checkout(&CartId::new(CART)).await.unwrap_err();
        assert_eq!((error.kind(), error.tenant()), (kind, Some(&customer())), "{error}");
    }
}

#[tokio::test]
async fn orders_follow_the_pages() {
    let server = TestServer::start().await;
    throttled(&server, partner_center("GET", &of_customer("orders"))).await;
    partner_center("GET", &of_customer("orders"))
        .and(query_param_is_missing("seekOperation"))
        .and(query_param_is_missing("billingType"))
        .respond_with(answer(200, "orders/list_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", &of_customer("orders"))
        .and(header("ms-continuationtoken", "AQAAAA=="))
        .respond_with(answer(200, "orders/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let orders = client(&server).for_tenant(&customer()).orders();
    let found = orders.list().collect_all().await.unwrap();
    assert_eq!((found[0].total_price, found[1].total_price), (Some(24.0), Some(7.5)));
    assert_eq!(found[1].status, Some(OrderStatus::Pending));
}

#[tokio::test]
async fn orders_are_read_by_billing_cycle_and_one_by_one() {
    let server = TestServer::start().await;
    partner_center("GET", &of_customer("orders"))
        .and(query_param("billingType", "annual"))
        .respond_with(answer(200, "orders/list_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", &of_customer("orders/34b37d7340cc"))
        .respond_with(answer(200, "orders/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", &of_customer("orders/other"))
        .respond_with(answer(404, "orders/error_404_absent.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let orders = client(&server).for_tenant(&customer()).orders();
    assert_eq!(orders.of_billing_cycle(&BillingCycle::Annual).collect_all().await.unwrap().len(), 1);
    let order = orders.get(&OrderId::new("34b37d7340cc")).await.unwrap();
    assert_eq!(order.line_items[0].subscription_id.as_ref().unwrap().as_str(), "a4c1340d-6911-4758-bba3-0c4c6007d161");
    assert_eq!(orders.get(&OrderId::new("other")).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn wrong_values_are_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    let client = client(&server);
    assert_eq!(client.products("USA").map(drop).unwrap_err().kind(), ErrorKind::Config);
    let products = client.products("US").unwrap();
    assert_eq!(products.skus("").map(drop).unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(products.get(" ").await.unwrap_err().kind(), ErrorKind::Config);
    let carts = client.for_tenant(&customer()).carts();
    let range = QuantityRange { minimum: 1, maximum: 300 };
    for lines in [
        vec![],
        vec![NewCartLine::new(ITEM, 0, BillingCycle::Monthly)],
        vec![line(), NewCartLine::new(ITEM, 301, BillingCycle::Monthly).within(range)],
        vec![NewCartLine::new("CFQ7TTC0LH18", 1, BillingCycle::Monthly)],
    ] {
        assert_eq!(carts.create(&lines).await.unwrap_err().kind(), ErrorKind::Config);
    }
    assert_eq!(received(&server).await, 0);
}
