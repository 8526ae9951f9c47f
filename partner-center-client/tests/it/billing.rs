//! Invoices and usage.

use std::time::Duration;

use bundle_core::ErrorKind;
use bundle_core::testing::TestServer;
use partner_center_client::{BillingPeriod, BillingProvider, CspSubscriptionId, InvoiceId, LineKind, UtilizationQuery};
use wiremock::ResponseTemplate;
use wiremock::matchers::{header, query_param, query_param_is_missing};

use crate::support::{answer, client, customer, partner_center, received, throttled};

fn invoice() -> InvoiceId {
    InvoiceId::new("G000024135")
}

#[tokio::test]
async fn invoices_follow_pages_by_offset() {
    let server = TestServer::start().await;
    throttled(&server, partner_center("GET", "invoices")).await;
    for (offset, fixture) in [("0", "invoices/list_page_1.json"), ("200", "invoices/list_page_2.json")] {
        partner_center("GET", "invoices")
            .and(query_param("size", "200"))
            .and(query_param("offset", offset))
            .respond_with(answer(200, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
    }
    let found = client(&server).invoices().list().collect_all().await.unwrap();
    assert_eq!((found[0].total_charges, found[1].total_charges), (Some(7934.5), Some(12.5)));
    let detail = &found[0].invoice_details.as_ref().unwrap()[0];
    assert_eq!(
        (&detail.billing_provider, &detail.invoice_line_item_type),
        (&BillingProvider::OneTime, &LineKind::Billing)
    );
}

#[tokio::test]
async fn invoice_is_read_and_downloaded_as_the_account() {
    let server = TestServer::start().await;
    partner_center("GET", "invoices/G000024135")
        .respond_with(answer(200, "invoices/get.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    wiremock::Mock::given(wiremock::matchers::path("/partner-center/v1/invoices/G000024135/documents/statement"))
        .and(header("accept", "application/pdf"))
        .respond_with(ResponseTemplate::new(200).set_body_raw("%PDF-1.7", "application/pdf"))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", "invoices/summaries")
        .respond_with(answer(200, "invoices/summaries.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let invoices = client(&server).invoices();
    assert_eq!(invoices.get(&invoice()).await.unwrap().currency_code.as_deref(), Some("USD"));
    assert_eq!(invoices.statement(&invoice()).await.unwrap(), b"%PDF-1.7");
    assert_eq!(invoices.summaries().await.unwrap()[0].balance_amount, Some(7834.5));
}

#[tokio::test]
async fn invoice_refusals_say_what_to_do_next() {
    for (status, fixture, kind) in [
        (404, "invoices/error_404_absent.json", ErrorKind::NotFound),
        (403, "customers/error_403_denied.json", ErrorKind::PermissionDenied),
    ] {
        let server = TestServer::start().await;
        partner_center("GET", "invoices/G000024135")
            .respond_with(answer(status, fixture, &server))
            .expect(1)
            .mount(server.mock())
            .await;
        assert_eq!(client(&server).invoices().get(&invoice()).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn lines_follow_a_link_with_two_question_marks_and_read_numbers_in_both_forms() {
    let server = TestServer::start().await;
    let lines = || {
        partner_center("GET", "invoices/G000024135/lineitems")
            .and(query_param("provider", "onetime"))
            .and(query_param("invoicelineitemtype", "billinglineitems"))
            .and(query_param("size", "2000"))
    };
    lines()
        .and(query_param_is_missing("seekOperation"))
        .respond_with(answer(200, "invoices/lines_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    lines()
        .and(query_param("seekOperation", "Next"))
        // The matcher of headers takes commas for lists.
        .and(|request: &wiremock::Request| {
            request.headers["ms-continuationtoken"] == "d19617b8,0705c4a9_a4ayc/80=,0d81"
        })
        .respond_with(answer(200, "invoices/lines_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let pager = client(&server).invoices().lines(&invoice(), &BillingProvider::OneTime, &LineKind::Billing);
    let found = pager.collect_all().await.unwrap();
    assert_eq!((found[0].unit_price, found[0].quantity), (Some(14.4), Some(50.0)));
    assert_eq!((found[1].unit_price, found[1].total_for_customer), (Some(16.0), Some(17.61)));
    assert_eq!((found[0].tenant(), found[1].tenant()), (Some(customer()), None));
    assert_eq!(found[0].extra["taxTotal"], "73");
}

#[tokio::test]
async fn unbilled_lines_name_currency_and_period() {
    let server = TestServer::start().await;
    partner_center("GET", "invoices/unbilled/lineitems")
        .and(query_param("provider", "onetime"))
        .and(query_param("invoicelineitemtype", "usagelineitems"))
        .and(query_param("currencycode", "usd"))
        .and(query_param("period", "previous"))
        .respond_with(answer(200, "invoices/lines_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let invoices = client(&server).invoices();
    let lines = invoices.unbilled_lines(&LineKind::Usage, "USD", BillingPeriod::Previous).unwrap();
    assert_eq!(lines.collect_all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn usage_of_customers_and_subscriptions_is_listed() {
    let server = TestServer::start().await;
    for path in ["customers/usagerecords".to_owned(), format!("customers/{}/subscriptions/usagerecords", customer())] {
        partner_center("GET", &path)
            .respond_with(answer(200, "usage/customers.json", &server))
            .expect(1)
            .mount(server.mock())
            .await;
    }
    let client = client(&server);
    let all = client.as_application().usage().customers().collect_all().await.unwrap();
    assert_eq!(all[0].usd_total_cost, Some(12.4));
    assert_eq!(all[0].id, Some(customer().to_string()));
    assert_eq!(client.for_tenant(&customer()).usage().subscriptions().collect_all().await.unwrap(), all);
}

fn june() -> UtilizationQuery {
    UtilizationQuery::new("2026-06-01T00:00:00Z".parse().unwrap(), "2026-07-01T00:00:00Z".parse().unwrap())
}

#[tokio::test]
async fn utilization_follows_the_pages() {
    let server = TestServer::start().await;
    let path = format!("customers/{}/subscriptions/s1/utilizations/azure", customer());
    partner_center("GET", &path)
        .and(query_param("start_time", "2026-06-01T00:00:00Z"))
        .and(query_param("end_time", "2026-07-01T00:00:00Z"))
        .and(query_param("granularity", "hourly"))
        .and(query_param("show_details", "false"))
        .and(query_param_is_missing("seekOperation"))
        .respond_with(answer(200, "usage/utilization_page_1.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    partner_center("GET", &path)
        .and(header("ms-continuationtoken", "AQAAAA=="))
        .respond_with(answer(200, "usage/utilization_page_2.json", &server))
        .expect(1)
        .mount(server.mock())
        .await;
    let usage = client(&server).for_tenant(&customer()).usage();
    let query = june().hourly(true).details(false);
    let found = usage.utilization(&CspSubscriptionId::new("s1"), &query).unwrap().collect_all().await.unwrap();
    assert_eq!(found[0].resource.as_ref().unwrap().category.as_deref(), Some("Storage"));
    assert_eq!(found[1].quantity, Some(1.0));
}

#[tokio::test]
async fn utilization_that_is_not_ready_says_when_to_ask_again() {
    let server = TestServer::start().await;
    partner_center("GET", &format!("customers/{}/subscriptions/s1/utilizations/azure", customer()))
        .respond_with(ResponseTemplate::new(204).insert_header("retry-after", "60"))
        .expect(1)
        .mount(server.mock())
        .await;
    let usage = client(&server).for_tenant(&customer()).usage();
    let pager = usage.utilization(&CspSubscriptionId::new("s1"), &june()).unwrap();
    let error = pager.collect_all().await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::NotPropagated, Some(Duration::from_secs(60))));
}

#[tokio::test]
async fn wrong_values_are_refused_before_anything_is_sent() {
    let server = TestServer::start().await;
    let client = client(&server);
    let unbilled = client.invoices().unbilled_lines(&LineKind::Billing, "US$", BillingPeriod::Current);
    assert_eq!(unbilled.map(drop).unwrap_err().kind(), ErrorKind::Config);
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let usage = client.for_tenant(&customer()).usage();
    let none = usage.utilization(&CspSubscriptionId::new("s1"), &UtilizationQuery::new(now, now));
    assert_eq!(none.map(drop).unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(received(&server).await, 0);
}
