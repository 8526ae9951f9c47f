//! The limiter at work in a pipeline, against a service with a quota. The clock is the test's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use tokio::time::Instant;

use bundle_core::auth::Principal;
use bundle_core::http::{ClientOptions, Pipeline, Quota, Request};
use bundle_core::testing::FixedCredential;
use bundle_core::{Cloud, ErrorKind, Service, TenantId};

use crate::quota_service::QuotaService;
use crate::support::{CUSTOMER, SCOPE};

const NEAR: Duration = Duration::from_millis(1);

fn pipeline(service: &Arc<QuotaService>, options: ClientOptions) -> Pipeline {
    let options = options.transport(Arc::clone(service) as _);
    Pipeline::new(Some(Arc::new(FixedCredential::new())), &options).unwrap()
}

fn options() -> ClientOptions {
    ClientOptions::new(Cloud::public())
}

fn get(tenant: TenantId) -> Request {
    let url = "https://graph.microsoft.com/v1.0/users/1/messages".parse().unwrap();
    Request::new(Service::Graph, "graph.test", Method::GET, url).bearer(tenant, Principal::Account, SCOPE)
}

/// Sends so many requests from sixteen tasks; answers how long it took and how many calls failed.
async fn send(pipeline: &Pipeline, requests: usize) -> (Duration, usize) {
    let start = Instant::now();
    let (next, failed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (pipeline, next, failed) = (pipeline.clone(), Arc::clone(&next), Arc::clone(&failed));
            tokio::spawn(async move {
                while next.fetch_add(1, Ordering::Relaxed) < requests {
                    if pipeline.send(get(CUSTOMER)).await.is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    (start.elapsed(), failed.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn unknown_quota_is_learned_and_no_call_fails() {
    for (burst, requests, most) in [(500.0, 5_000, 1.05 * 9.0), (50.0, 2_500, 1.6 * 4.9)] {
        let service = Arc::new(QuotaService::new(500.0, burst, NEAR, Some("1")));
        let (took, failed) = send(&pipeline(&service, options()), requests).await;
        let refused = service.refused.load(Ordering::Relaxed);
        assert!(took.as_secs_f64() <= most, "{burst}: {took:?}");
        assert!(refused * 40 <= requests, "{burst}: {refused} refused");
        assert_eq!((failed, service.passed.load(Ordering::Relaxed)), (0, requests));
    }
}

#[tokio::test(start_paused = true)]
async fn declared_quota_is_kept_from_the_first_request_on() {
    let quota = Quota::new(500, Duration::from_secs(1)).unwrap().with_burst(50).unwrap();
    let service = Arc::new(QuotaService::new(500.0, 50.0, NEAR, Some("1")));
    let (took, failed) = send(&pipeline(&service, options().quota(Service::Graph, quota)), 2_500).await;
    assert!(took.as_secs_f64() <= 1.05 * 4.9, "{took:?}");
    assert_eq!((failed, service.refused.load(Ordering::Relaxed)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_the_wait_has_passed() {
    let service = Arc::new(QuotaService::new(1.0, 3.0, NEAR, Some("7")));
    let (_, failed) = send(&pipeline(&service, options()), 8).await;
    assert_eq!(failed, 0);
    let came = service.came.lock().unwrap();
    // All sixteen ask at once; what comes after the refusals have arrived waits for seven seconds.
    let after: Vec<_> = came.iter().map(|at| *at - came[0]).filter(|at| *at > NEAR * 2).collect();
    assert!(!after.is_empty() && after.iter().all(|at| *at >= Duration::from_secs(7)), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_delayed_before_the_first_refusal() {
    let service = Arc::new(QuotaService::new(1e9, 1e9, NEAR, Some("1")));
    let (took, _) = send(&pipeline(&service, options()), 4_000).await;
    assert_eq!(took, NEAR * 250);
}

#[tokio::test(start_paused = true)]
async fn service_that_refuses_everything_is_left_alone() {
    for retry_after in [None, Some("0")] {
        let service = Arc::new(QuotaService::new(1e-6, 0.0, NEAR, retry_after));
        let pipeline = pipeline(&service, options());
        let error = pipeline.send(get(CUSTOMER)).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Throttled, 5, Some(429)));
        let came = service.came.lock().unwrap();
        let waits: Vec<_> = came.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8]);
    }
}
