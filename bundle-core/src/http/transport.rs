//! The sender: reqwest with everything off that would act on its own.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::ClientOptions;
use crate::error::{Error, ErrorKind, Result};

/// Sends one request and reads a bounded body. No redirects, no retries, no cookies, no decompression.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    client: reqwest::Client,
    attempt_timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Failure {
    /// Whether the request may have reached the service.
    pub(super) sent: bool,
    pub(super) error: Error,
}

impl Transport {
    pub(super) fn new(options: &ClientOptions) -> Result<Self> {
        let user_agent = format!("{} bundle/{}", options.application, env!("CARGO_PKG_VERSION"));
        let mut builder = reqwest::Client::builder()
            .user_agent(user_agent.trim())
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(options.connect_timeout);
        if !options.cloud.has_tls() {
            // Reading the machine's root certificates takes longer than many a run on loopback.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|cause| {
            Error::config(format!(
                "application: {:?} cannot stand in User-Agent, or TLS cannot start",
                options.application
            ))
            .with_source(cause.without_url())
        })?;
        Ok(Self { client, attempt_timeout: options.attempt_timeout })
    }

    /// Sends a request; `cap` bounds a success, [`ERROR_BODY`] everything else.
    pub(super) async fn send(
        &self,
        request: http::Request<Bytes>,
        cap: usize,
    ) -> Result<http::Response<Bytes>, Failure> {
        let request = reqwest::Request::try_from(request).map_err(|cause| Failure {
            sent: false,
            error: Error::config("not a URL to send to").with_source(cause.without_url()),
        })?;
        match tokio::time::timeout(self.attempt_timeout, self.exchange(request, cap)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure {
                sent: true,
                error: Error::new(
                    ErrorKind::Timeout,
                    format!("no answer within {} s", self.attempt_timeout.as_secs_f32()),
                ),
            }),
        }
    }

    async fn exchange(&self, request: reqwest::Request, cap: usize) -> Result<http::Response<Bytes>, Failure> {
        let mut answer = self.client.execute(request).await.map_err(Failure::from_reqwest)?;
        let (mut parts, ()) = http::Response::new(()).into_parts();
        parts.status = answer.status();
        parts.headers = std::mem::take(answer.headers_mut());
        let success = parts.status.is_success();
        let cap = if success { cap } else { ERROR_BODY };
        let mut body = BytesMut::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > cap => {
                    if success {
                        let error = Error::new(ErrorKind::Decode, format!("the answer is larger than {cap} bytes"))
                            .with_status(parts.status.as_u16());
                        // Repeating would bring the same bytes.
                        return Err(Failure { sent: false, error });
                    }
                    body.extend_from_slice(&chunk[..cap - body.len()]);
                    break;
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // The status says more than a broken body of an error.
                Err(_) if !success => break,
                Err(cause) => return Err(Failure::from_reqwest(cause)),
            }
        }
        Ok(http::Response::from_parts(parts, body.freeze()))
    }
}

impl Failure {
    fn from_reqwest(cause: reqwest::Error) -> Self {
        let cause = cause.without_url();
        let sent = !(cause.is_connect() || cause.is_builder());
        let kind = if cause.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Connection };
        let what = if sent { "the connection broke before the answer was read" } else { "cannot connect" };
        // The innermost cause is the one a person needs ("connection refused", "dns error").
        let mut innermost: &dyn std::error::Error = &cause;
        while let Some(next) = innermost.source() {
            innermost = next;
        }
        let error = Error::new(kind, format!("{what}: {innermost}"));
        Self { sent, error: error.with_source(cause) }
    }
}

/// How much of an error body is read.
const ERROR_BODY: usize = 64 << 10;
