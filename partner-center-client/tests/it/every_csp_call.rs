//! What holds for each call of the reseller's Partner Center: a denial, a conflict and a stale etag are told as such,
//! throttling is waited out, listings follow their links.

use bundle_core::customer::ConsentGrant;
use bundle_core::ids::UserId;
use bundle_core::testing::TestServer;
use bundle_core::{Error, ErrorKind, Result, Service};
use futures_util::future::{BoxFuture, FutureExt as _};
use http::Method;
use jiff::Timestamp;
use partner_center_client::webhooks::{NewRegistration, TestEventId, WebhookEvent, WebhookEventName};
use partner_center_client::{
    Address, AgreementContact, AgreementType, AuditQuery, BillingCycle, BillingPeriod, BillingProvider, CartId,
    CspSubscriptionId, CustomerQuery, CustomerUserPatch, InvoiceId, LicenseGroup, LicenseUpdate, LineKind, NewCartLine,
    NewCustomer, NewCustomerUser, OrderId, PartnerCenterClient, PartnerCenterTenant, PartnerRelationshipType,
    ProductQuery, ServiceRequestId, Subscription, SubscriptionChange, TargetView, UtilizationQuery,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{any, header};
use wiremock::{Mock, ResponseTemplate};

use crate::support::{answer, application, client, customer, fixture};

/// A call, which tells how many items it got.
type Call = fn(PartnerCenterClient) -> BoxFuture<'static, Result<usize>>;

#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Read,
    List,
    Write,
}

/// A call with the fixture of its success; none is an answer without a body.
struct Case {
    name: &'static str,
    sort: Sort,
    call: Call,
    fixture: &'static str,
}

impl Case {
    fn success(&self, server: &TestServer) -> ResponseTemplate {
        match self.fixture {
            "" => ResponseTemplate::new(200),
            fixture => answer(200, fixture, server),
        }
    }

    /// How many items the fixture has; anything but a listing is one.
    fn items(&self) -> usize {
        match self.sort {
            Sort::List => fixture(self.fixture)["items"].as_array().unwrap().len(),
            Sort::Read | Sort::Write => 1,
        }
    }
}

/// Rows of the table: `list` is an expression of a pager, `read` and `write` are futures.
macro_rules! calls {
    ($($sort:ident $name:literal $fixture:literal |$client:ident| $call:expr;)*) => {
        [$(Case {
            name: $name,
            sort: calls!(@sort $sort),
            call: |$client| async move { calls!(@run $sort $call) }.boxed(),
            fixture: $fixture,
        },)*]
    };
    (@sort read) => { Sort::Read };
    (@sort list) => { Sort::List };
    (@sort write) => { Sort::Write };
    (@run list $call:expr) => { Ok::<_, Error>($call.collect_all().await?.len()) };
    (@run $sort:ident $call:expr) => { { $call.await?; Ok::<_, Error>(1) } };
}

/// Every call that is one request. Those made of several are `ensure`, `replace` and `check`, tested on their own.
const CALLS: &[Case] = &calls! {
    list "agreements.list" "agreements/metadata.json" |c|
        c.agreements().list(&AgreementType::MicrosoftCustomerAgreement);
    list "customer-agreements.list" "agreements/list.json" |c|
        of(&c).agreements().list(&AgreementType::MicrosoftCustomerAgreement);
    write "customer-agreements.confirm" "agreements/confirm_created.json" |c|
        of(&c).agreements().confirm("117a77b0-9360-443b-8795-c6dedc750cf9", &ada(), Timestamp::UNIX_EPOCH);
    write "application-consents.grant" "application_consents/grant_created.json" |c|
        of(&c).application_consents().grant(&application(), &grants());
    write "application-consents.revoke" "" |c| of(&c).application_consents().revoke(&application());
    list "audit-records.list" "audit_records/list_page_2.json" |c| c.audit_records().list(&AuditQuery::new())?;
    write "carts.create" "carts/create_created.json" |c| of(&c).carts().create(&[line()]);
    read "carts.get" "carts/create_created.json" |c| of(&c).carts().get(&CartId::new("1"));
    write "carts.replace" "carts/create_created.json" |c| of(&c).carts().replace(&CartId::new("1"), &[line()]);
    write "carts.checkout" "carts/checkout_created.json" |c| of(&c).carts().checkout(&CartId::new("1"));
    list "subscribed-skus.list" "licenses/subscribed_skus.json" |c|
        of(&c).subscribed_skus().list(&LicenseGroup::Group1);
    list "user-licenses.list" "licenses/user_licenses.json" |c|
        of(&c).users().licenses(&user()).list(&LicenseGroup::Group1);
    write "user-licenses.update" "licenses/update_created.json" |c|
        of(&c).users().licenses(&user()).update(&license());
    list "users.list" "users/list_page_2.json" |c| of(&c).users().list();
    list "users.deleted" "users/list_page_2.json" |c| of(&c).users().deleted();
    read "users.get" "users/get.json" |c| of(&c).users().get(&user());
    write "users.create" "users/get.json" |c|
        of(&c).users().create(&new_user());
    write "users.update" "users/get.json" |c|
        of(&c).users().update(&user(), &CustomerUserPatch::new().usage_location("DE"));
    write "users.delete" "" |c| of(&c).users().delete(&user());
    write "users.restore" "users/get.json" |c| of(&c).users().restore(&user());
    list "users.directory-roles" "users/directory_roles.json" |c| of(&c).users().directory_roles(&user());
    list "customers.list" "customers/list_page_3.json" |c| c.customers().list(&CustomerQuery::new())?;
    read "customers.get" "customers/get.json" |c| c.customers().get(&customer());
    read "customers.find" "customers/get.json" |c| c.customers().find(&customer());
    read "tenant.get" "customers/get.json" |c| of(&c).get();
    write "customers.create" "customers/create_created.json" |c| c.customers().create(&contoso());
    read "customers.is_domain_taken" "" |c| c.customers().is_domain_taken("contoso.onmicrosoft.com");
    read "customers.validate_address" "customers/address_verified.json" |c|
        c.customers().validate_address(&contoso().address);
    write "customers.remove_relationship" "customers/get_former.json" |c|
        c.customers().remove_relationship(&customer());
    read "customers.invitation" "customers/invitation.json" |c| c.customers().invitation();
    list "invoices.list" "invoices/list_page_2.json" |c| c.invoices().list();
    read "invoices.get" "invoices/get.json" |c| c.invoices().get(&InvoiceId::new("G1"));
    read "invoices.statement" "" |c| c.invoices().statement(&InvoiceId::new("G1"));
    read "invoices.summaries" "invoices/summaries.json" |c| c.invoices().summaries();
    list "invoices.lines" "invoices/lines_page_2.json" |c|
        c.invoices().lines(&InvoiceId::new("G1"), &BillingProvider::OneTime, &LineKind::Billing);
    list "invoices.unbilled-lines" "invoices/lines_page_2.json" |c|
        c.invoices().unbilled_lines(&LineKind::Usage, "USD", BillingPeriod::Previous)?;
    list "orders.list" "orders/list_page_2.json" |c| of(&c).orders().list();
    list "orders.of-billing-cycle" "orders/list_page_2.json" |c|
        of(&c).orders().of_billing_cycle(&BillingCycle::Annual);
    read "orders.get" "orders/get.json" |c| of(&c).orders().get(&OrderId::new("1"));
    list "partner-relationships.list" "partner_relationships/list_page_2.json" |c|
        c.partner_relationships().list(&PartnerRelationshipType::IndirectResellerOf);
    list "partner-relationships.of-customer" "partner_relationships/list_page_2.json" |c|
        of(&c).partner_relationships().list(&PartnerRelationshipType::IndirectResellerOf);
    read "partner-security.is-mfa-compliant" "customers/list_page_3.json" |c| c.partner_security().is_mfa_compliant();
    read "partner-security.mfa-adoption" "partner_security/mfa_adoption.json" |c| c.partner_security().mfa_adoption();
    list "products.list" "products/list_page_2.json" |c| c.products("US")?.list(&ProductQuery::new(TargetView::Azure));
    list "products.of-customer" "products/list_page_2.json" |c|
        of(&c).products().list(&ProductQuery::new(TargetView::Azure));
    read "products.get" "products/get.json" |c| of(&c).products().get("P");
    list "products.skus" "products/skus.json" |c| of(&c).products().skus("P")?;
    read "products.sku" "products/sku.json" |c| of(&c).products().sku("P", "0001");
    list "products.availabilities" "products/availabilities.json" |c| of(&c).products().availabilities("P", "0001")?;
    read "profiles.organization" "profiles/organization.json" |c| c.profiles().organization();
    read "profiles.legal-business" "profiles/legal_business.json" |c| c.profiles().legal_business();
    read "profiles.mpn" "profiles/mpn.json" |c| c.profiles().mpn();
    read "profiles.support" "profiles/support.json" |c| c.profiles().support();
    read "profiles.billing" "profiles/billing.json" |c| c.profiles().billing();
    list "service-requests.list" "service_requests/list_page_2.json" |c| c.service_requests().list();
    list "service-requests.of-customer" "service_requests/list_page_2.json" |c| of(&c).service_requests().list();
    read "service-requests.get" "service_requests/get.json" |c| c.service_requests().get(&ServiceRequestId::new("1"));
    write "service-requests.add-note" "service_requests/get.json" |c|
        c.service_requests().add_note(&ServiceRequestId::new("1"), "Still slow.");
    write "service-requests.close" "service_requests/get.json" |c|
        c.service_requests().close(&ServiceRequestId::new("1"));
    list "subscriptions.list" "subscriptions/list_page_2.json" |c| of(&c).subscriptions().list();
    list "subscriptions.of-order" "subscriptions/list_page_2.json" |c| of(&c).subscriptions().of_order("1");
    read "subscriptions.get" "subscriptions/get.json" |c| of(&c).subscriptions().get(&CspSubscriptionId::new("1"));
    list "subscriptions.add-ons" "subscriptions/list_page_2.json" |c|
        of(&c).subscriptions().add_ons(&CspSubscriptionId::new("1"));
    write "subscriptions.update" "subscriptions/update_updated.json" |c|
        of(&c).subscriptions().update(&subscription(), &SubscriptionChange::new().suspend());
    list "usage.customers" "usage/customers.json" |c| c.usage().customers();
    list "usage.subscriptions" "usage/customers.json" |c| of(&c).usage().subscriptions();
    list "usage.utilization" "usage/utilization_page_2.json" |c|
        of(&c).usage().utilization(&CspSubscriptionId::new("1"), &since_ever())?;
    read "webhooks.events" "webhooks/events.json" |c| c.webhooks().events();
    read "webhooks.find" "webhooks/registration.json" |c| c.webhooks().find();
    write "webhooks.create" "webhooks/registration.json" |c| c.webhooks().create(&registration());
    write "webhooks.update" "webhooks/registration.json" |c| c.webhooks().update(&registration());
    write "webhooks.send-test-event" "webhooks/test_event_sent.json" |c| c.webhooks().send_test_event();
    read "webhooks.test-event" "webhooks/test_event.json" |c| c.webhooks().test_event(&TestEventId::new("1"));
    read "webhooks.audit-record" "audit_records/get.json" |c| c.webhooks().audit_record(&event(&c));
    read "send" "customers/get.json" |c| c.send(c.request(Method::GET, "/customers"));
    read "tenant.send" "customers/get.json" |c| of(&c).send(of(&c).request(Method::GET, "/subscriptions"));
};

/// Has the service refuse each call with the fixture, and checks that it is told as `kind` after one attempt.
async fn refused(cases: impl Iterator<Item = &Case>, status: u16, fixture: &str, kind: ErrorKind) {
    for case in cases {
        let server = TestServer::start().await;
        Mock::given(any()).respond_with(answer(status, fixture, &server)).expect(1).mount(server.mock()).await;
        let error = (case.call)(client(&server)).await.expect_err(case.name);
        assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{}: {error}", case.name);
        assert_eq!(error.attempts(), 1, "{}: {error}", case.name);
    }
}

fn of_sort(sort: Sort) -> impl Iterator<Item = &'static Case> {
    CALLS.iter().filter(move |case| case.sort == sort)
}

#[tokio::test]
async fn denial_is_told_once_and_as_one() {
    refused(CALLS.iter(), 403, "customers/error_403_denied.json", ErrorKind::PermissionDenied).await;
}

#[tokio::test]
async fn conflict_of_a_write_is_told_once_and_as_one() {
    refused(of_sort(Sort::Write), 409, "carts/error_409_busy.json", ErrorKind::Conflict).await;
}

#[tokio::test]
async fn stale_etag_is_told_once_and_as_one() {
    for status in [400, 412] {
        let kind = ErrorKind::PreconditionFailed;
        refused(of_sort(Sort::Write), status, "subscriptions/error_400_etag.json", kind).await;
    }
}

#[tokio::test]
async fn throttling_is_waited_out() {
    for case in CALLS {
        let server = TestServer::start().await;
        let throttled = answer(429, "customers/error_429_throttled.json", &server).insert_header("retry-after", "0");
        Mock::given(any()).respond_with(throttled).up_to_n_times(1).expect(1).mount(server.mock()).await;
        Mock::given(any()).respond_with(case.success(&server)).expect(1).mount(server.mock()).await;
        let items = (case.call)(client(&server)).await.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(items, case.items(), "{}", case.name);
    }
}

#[tokio::test]
async fn listings_follow_the_link_with_its_headers() {
    for case in of_sort(Sort::List) {
        let server = TestServer::start().await;
        let last = fixture(case.fixture);
        let mut first = last.clone();
        first["links"] = json!({"next": {
            "uri": "/next?seekOperation=Next", "method": "GET",
            "headers": [{"key": "MS-ContinuationToken", "value": "AQAAAA=="}],
        }});
        let page = |page: &Value| ResponseTemplate::new(200).set_body_json(page);
        Mock::given(header("ms-continuationtoken", "AQAAAA=="))
            .respond_with(page(&last))
            .expect(1)
            .mount(server.mock())
            .await;
        Mock::given(any()).respond_with(page(&first)).expect(1).mount(server.mock()).await;
        let items = (case.call)(client(&server)).await.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert_eq!(items, 2 * case.items(), "{}", case.name);
    }
}

fn of(client: &PartnerCenterClient) -> PartnerCenterTenant {
    client.for_tenant(&customer())
}

fn user() -> UserId {
    "a9ef48bb-8758-4590-a312-d4a47bfaded4".parse().unwrap()
}

fn new_user() -> NewCustomerUser {
    NewCustomerUser::new("ada@contoso.com", "Ada", "US", SecretString::from("canary"))
}

fn license() -> LicenseUpdate {
    LicenseUpdate::new().assign("f8a1db68-be16-40ed-86d5-cb42ce701560".parse().unwrap())
}

fn ada() -> AgreementContact {
    AgreementContact::new("Ada", "Byron", "ada@contoso.com")
}

fn since_ever() -> UtilizationQuery {
    UtilizationQuery::new(Timestamp::UNIX_EPOCH, Timestamp::MAX)
}

fn line() -> NewCartLine {
    NewCartLine::new("CFQ7TTC0LH18:0001:CFQ7TTC0K971", 5, BillingCycle::Monthly)
}

fn contoso() -> NewCustomer {
    let address = Address::new("1 Microsoft Way", "98052", "Redmond", "US").state("WA");
    NewCustomer::new("Contoso", "contoso.onmicrosoft.com", "admin@contoso.com", address)
}

fn subscription() -> Subscription {
    serde_json::from_value(fixture("subscriptions/get.json")).unwrap()
}

fn registration() -> NewRegistration {
    NewRegistration::new("https://hooks.contoso.com/partner-center", [WebhookEventName::TestCreated])
}

fn grants() -> [ConsentGrant; 1] {
    let resource = "00000003-0000-0000-c000-000000000000".parse().unwrap();
    [ConsentGrant { resource, scopes: vec!["Directory.ReadWrite.All".to_owned()] }]
}

fn event(client: &PartnerCenterClient) -> WebhookEvent {
    let mut event = fixture("webhooks/event_relationship_approved.json");
    let record = client.cloud().base(Service::PartnerCenter).join("auditactivity/v1/auditrecords/7").unwrap();
    event["AuditUri"] = record.as_str().into();
    WebhookEvent::parse(event.to_string().as_bytes()).unwrap()
}
