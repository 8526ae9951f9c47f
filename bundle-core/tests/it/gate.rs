//! Places, parks and budgets of a pipeline. The clock is the test's.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use http::Method;
use tokio::time::Instant;
use wiremock::ResponseTemplate;

use bundle_core::auth::Principal;
use bundle_core::http::{ClientOptions, Pipeline, Request, RetryBudget, RetryPolicy};
use bundle_core::testing::{FixedCredential, TestServer};
use bundle_core::{Cloud, ErrorKind, Service, TenantId};

use crate::quota_service::QuotaService;
use crate::support::{CUSTOMER, SCOPE, graph, graph_mock, received};

const OTHER: TenantId = TenantId::from_u128(7);

fn slow() -> Arc<QuotaService> {
    Arc::new(QuotaService::new(1e9, 1e9, Duration::from_millis(300), None))
}

fn pipeline(service: &Arc<QuotaService>, places: usize) -> Pipeline {
    let mut options = ClientOptions::new(Cloud::public()).transport(Arc::clone(service) as _);
    options.concurrency_per_tenant = places;
    Pipeline::new(Some(Arc::new(FixedCredential::new())), &options).unwrap()
}

fn get(tenant: TenantId) -> Request {
    let url = "https://graph.microsoft.com/v1.0/users".parse().unwrap();
    Request::new(Service::Graph, "graph.test", Method::GET, url).bearer(tenant, Principal::Account, SCOPE)
}

#[tokio::test(start_paused = true)]
async fn one_place_serialises_the_calls_of_all_clones() {
    let service = slow();
    let pipeline = pipeline(&service, 1);
    let start = Instant::now();
    let calls: Vec<_> = (0..6).map(|_| pipeline.clone()).collect();
    join_all(calls.iter().map(|clone| clone.send(get(CUSTOMER)))).await;
    assert_eq!(start.elapsed(), Duration::from_millis(1_800));
    assert_eq!(service.most_under_way.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn sixteen_calls_of_a_tenant_are_under_way_unless_told_otherwise() {
    let service = slow();
    let places = ClientOptions::new(Cloud::public()).concurrency_per_tenant;
    let pipeline = pipeline(&service, places);
    join_all((0..40).map(|_| pipeline.send(get(CUSTOMER)))).await;
    assert_eq!(service.most_under_way.load(Ordering::Relaxed), 16);
}

#[tokio::test(start_paused = true)]
async fn busy_tenant_does_not_delay_another() {
    let service = slow();
    let pipeline = pipeline(&service, 2);
    let busy = pipeline.clone();
    let busy = tokio::spawn(async move { join_all((0..100).map(|_| busy.send(get(CUSTOMER)))).await.len() });
    tokio::task::yield_now().await;
    let start = Instant::now();
    pipeline.send(get(OTHER)).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(300));
    assert_eq!(busy.await.unwrap(), 100);
}

#[tokio::test(start_paused = true)]
async fn cancelled_calls_free_their_places() {
    let service = slow();
    let pipeline = pipeline(&service, 1);
    for _ in 0..3 {
        let (mut sent, mut waiting) = (Box::pin(pipeline.send(get(CUSTOMER))), Box::pin(pipeline.send(get(CUSTOMER))));
        assert!(sent.as_mut().now_or_never().is_none() && waiting.as_mut().now_or_never().is_none());
    }
    let start = Instant::now();
    pipeline.send(get(CUSTOMER)).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn call_that_would_wait_past_its_deadline_says_for_how_long() {
    let service = Arc::new(QuotaService::new(1e-6, 0.0, Duration::from_millis(1), Some("600")));
    let pipeline = pipeline(&service, 16);
    let start = Instant::now();
    let error = pipeline.send(get(CUSTOMER)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Throttled, 1, Some(429)));
    let error = pipeline.send(get(CUSTOMER)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Throttled, 0, None));
    assert!(error.retry_after().unwrap() > Duration::from_secs(599));
    assert_eq!(start.elapsed(), Duration::from_millis(1));
}

#[tokio::test]
async fn retries_end_with_the_budget_and_throttling_costs_nothing() {
    let server = TestServer::start().await;
    graph_mock("GET", "things").respond_with(ResponseTemplate::new(503)).mount(server.mock()).await;
    let throttled = ResponseTemplate::new(429).insert_header("Retry-After", "0");
    graph_mock("GET", "throttled").respond_with(throttled).mount(server.mock()).await;
    let budget = RetryBudget::default().per_second(0.0).most(6.0);
    let retry = RetryPolicy::default().base_wait(Duration::ZERO);
    let (pipeline, _) = crate::support::pipeline(&server.options().retry(retry).retry_budget(budget));
    let mut attempts = Vec::new();
    for name in ["throttled", "things", "things", "things", "throttled"] {
        let error = pipeline.send(graph(&server, Method::GET, name)).await.unwrap_err();
        attempts.push(error.attempts());
    }
    assert_eq!(attempts, [5, 5, 3, 1, 5]);
    assert_eq!(received(&server).await.len(), 19);
}

#[tokio::test]
async fn unavailable_answers_do_not_park_the_tenant() {
    let server = TestServer::start().await;
    graph_mock("GET", "things").respond_with(ResponseTemplate::new(503)).expect(1).mount(server.mock()).await;
    graph_mock("GET", "others").respond_with(ResponseTemplate::new(200)).expect(1).mount(server.mock()).await;
    // A wait of its own, for the failed call alone, that is longer than any call may take.
    let mut retry = RetryPolicy::default().base_wait(Duration::from_secs(3_600)).deadline(Duration::from_secs(60));
    retry.max_wait = retry.base_wait;
    let (pipeline, _) = crate::support::pipeline(&server.options().retry(retry));
    let error = pipeline.send(graph(&server, Method::GET, "things")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unavailable, 1));
    pipeline.send(graph(&server, Method::GET, "others")).await.unwrap();
}
