//! A transport without a network, so that time can be the test's own.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _};
use http::Method;

use bundle_core::Cloud;
use bundle_core::http::{Body, ClientOptions, OutgoingRequest, Request, SendFailure, Transport};

use super::graph_at;

/// What a transport answers.
pub(crate) type Reply = Result<http::Response<Body>, SendFailure>;

type Answer = dyn Fn(usize, http::Request<Bytes>) -> BoxFuture<'static, Reply> + Send + Sync;

/// Answers as the test says and keeps what it was asked.
pub(crate) struct Fake {
    answer: Box<Answer>,
    asked: Mutex<Vec<http::Request<Bytes>>>,
}

impl Fake {
    /// `answer` gets the number of the request, from 1, and the request.
    pub(crate) fn new<F, Fut>(answer: F) -> Arc<Self>
    where
        F: Fn(usize, http::Request<Bytes>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Reply> + Send + 'static,
    {
        let answer = Box::new(move |number, request| answer(number, request).boxed());
        Arc::new(Self { answer, asked: Mutex::default() })
    }

    /// Options for the public cloud, through this transport.
    pub(crate) fn options(self: &Arc<Self>) -> ClientOptions {
        ClientOptions::new(Cloud::public()).transport(Arc::clone(self) as _)
    }

    pub(crate) fn asked(&self) -> Vec<http::Request<Bytes>> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Fake {
    async fn send(&self, outgoing: OutgoingRequest) -> Reply {
        let mut request = http::Request::new(outgoing.body);
        *request.method_mut() = outgoing.method;
        *request.uri_mut() = outgoing.url.as_str().parse().unwrap();
        *request.headers_mut() = outgoing.headers;
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(request.clone());
            asked.len()
        };
        (self.answer)(number, request).await
    }
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

/// An answer with a whole body.
pub(crate) fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> http::Response<Body> {
    let mut answer = http::Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(Body::from(body.into())).unwrap()
}

/// A request of the public Graph with the customer's token.
pub(crate) fn things(verb: Method) -> Request {
    graph_at("https://graph.microsoft.com/v1.0/things".parse().unwrap(), verb)
}

/// Lets time pass for the caller. The clock has to be paused.
pub(crate) async fn passes(time: Duration) {
    tokio::time::timeout(time, std::future::pending::<()>()).await.unwrap_err();
}
