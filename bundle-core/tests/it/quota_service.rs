//! A service with a quota, on the clock of the test.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::Instant;

use bundle_core::http::{Body, OutgoingRequest, SendFailure, Transport};

use crate::support::fake;

/// Answers like a service whose quota is a token bucket, after some time.
#[derive(Debug)]
pub(crate) struct QuotaService {
    rate: f64,
    burst: f64,
    latency: Duration,
    retry_after: Option<&'static str>,
    bucket: Mutex<(f64, Instant)>,
    pub(crate) passed: AtomicUsize,
    pub(crate) refused: AtomicUsize,
    under_way: AtomicUsize,
    pub(crate) most_under_way: AtomicUsize,
    /// When each request came.
    pub(crate) came: Mutex<Vec<Instant>>,
}

impl QuotaService {
    pub(crate) fn new(rate: f64, burst: f64, latency: Duration, retry_after: Option<&'static str>) -> Self {
        Self {
            rate,
            burst,
            latency,
            retry_after,
            bucket: Mutex::new((burst, Instant::now())),
            passed: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
            came: Mutex::default(),
        }
    }

    fn passes(&self) -> bool {
        let now = Instant::now();
        self.came.lock().unwrap().push(now);
        let mut bucket = self.bucket.lock().unwrap();
        let (level, at) = *bucket;
        let level = (level + (now - at).as_secs_f64() * self.rate).min(self.burst);
        let passes = level >= 1.0;
        *bucket = (if passes { level - 1.0 } else { level }, now);
        passes
    }
}

#[async_trait]
impl Transport for QuotaService {
    async fn send(&self, _request: OutgoingRequest) -> Result<http::Response<Body>, SendFailure> {
        let under_way = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_under_way.fetch_max(under_way, Ordering::Relaxed);
        let passes = self.passes();
        fake::passes(self.latency).await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        let mut answer = http::Response::new(Body::from(Bytes::from_static(b"{}")));
        if passes {
            self.passed.fetch_add(1, Ordering::Relaxed);
        } else {
            self.refused.fetch_add(1, Ordering::Relaxed);
            *answer.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
            if let Some(wait) = self.retry_after {
                answer.headers_mut().insert("retry-after", wait.parse().unwrap());
            }
        }
        Ok(answer)
    }
}
