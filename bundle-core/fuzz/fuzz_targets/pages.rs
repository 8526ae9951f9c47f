//! Listings: the first byte says how large the pieces are, the second whether the body is marked as compressed.
#![no_main]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bundle_core::auth::Principal;
use bundle_core::http::{Body, ClientOptions, OutgoingRequest, Pager, Pipeline, Request, RetryPolicy, SendFailure, Transport};
use bundle_core::testing::FixedCredential;
use bundle_core::{Cloud, Service, TenantId};
use bytes::Bytes;
use futures_util::stream;
use http::Method;
use libfuzzer_sys::fuzz_target;
use url::Url;

/// Answers the first request with the bytes, later ones with an empty page.
#[derive(Debug)]
struct Pages {
    first: Mutex<Option<http::Response<Body>>>,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Transport for Pages {
    async fn send(&self, request: OutgoingRequest) -> Result<http::Response<Body>, SendFailure> {
        self.asked.lock().expect("no thread panics").push(request.url.to_string());
        let first = self.first.lock().expect("no thread panics").take();
        Ok(first.unwrap_or_else(|| http::Response::new(Body::from(Bytes::from_static(b"{}")))))
    }
}

fuzz_target!(|data: &[u8]| {
    let [size, marked, data @ ..] = data else { return };
    let pieces: Vec<_> =
        data.chunks(usize::from(*size).max(1)).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let mut answer = http::Response::new(Body::from_stream(stream::iter(pieces)));
    if marked % 2 == 1 {
        answer.headers_mut().insert("content-encoding", http::HeaderValue::from_static("gzip"));
    }
    let pages = Arc::new(Pages { first: Mutex::new(Some(answer)), asked: Mutex::default() });
    let mut options = ClientOptions::new(Cloud::public()).transport(Arc::clone(&pages) as _).retry(RetryPolicy::none());
    options.max_body = 1 << 20;
    let pipeline = Pipeline::new(Some(Arc::new(FixedCredential::new())), &options).expect("the options are good");
    let home: Url = "https://graph.microsoft.com/v1.0/things".parse().expect("it is a URL");
    let first = Request::new(Service::Graph, "graph.fuzz", Method::GET, home.clone()).bearer(
        TenantId::from_u128(1),
        Principal::Account,
        "s",
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("it starts");
    let outcome = runtime.block_on(Pager::<serde_json::Value>::odata(pipeline, first).collect_all());
    if let Err(error) = outcome {
        let _ = format!("{error} {error:?}");
    }
    let asked = pages.asked.lock().expect("no thread panics");
    // The link found early is the one of the whole page; only bodies that are no pages have a second chance to differ.
    assert!(asked.len() <= 3, "{asked:?}");
    for url in asked.iter() {
        let url: Url = url.parse().expect("it was sent");
        assert_eq!(url.origin(), home.origin());
        let root = url.path_segments().and_then(|mut path| path.next());
        assert!(root.is_some_and(|root| root.eq_ignore_ascii_case("v1.0")), "{url}");
    }
});
