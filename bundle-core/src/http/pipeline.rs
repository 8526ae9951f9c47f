//! The six steps every request goes through.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use tokio::time::Instant;
use uuid::Uuid;

use super::backoff;
use super::gate::{Admission, Gate};
use super::transport::Transport;
use super::{
    Authorization, ClientOptions, Meter, Outcome, Request, Response, RetryPolicy, Safety, Verdict, decide, retry_after,
};
use crate::auth::{AccessToken, Credential, TokenRequest, claims_challenge};
use crate::cloud::Cloud;
use crate::error::{Error, ErrorKind, Result, ServiceAnswer, classify};
use crate::ids::TenantId;
use crate::service::Service;

/// Sends requests: identify, admit, retry loop, authorize, send, classify. Cheap to clone; clones share limits and
/// connections.
#[derive(Clone, Debug)]
pub struct Pipeline(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    cloud: Cloud,
    retry: RetryPolicy,
    max_body: usize,
    transport: Transport,
    gate: Gate,
    meter: Arc<Meter>,
    credential: Option<Arc<dyn Credential>>,
}

impl Pipeline {
    /// Builds a pipeline; without a credential it sends anonymous requests only.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the application name cannot stand in a header, or TLS cannot be set up.
    pub fn new(credential: Option<Arc<dyn Credential>>, options: &ClientOptions) -> Result<Self> {
        Ok(Self(Arc::new(Shared {
            cloud: options.cloud.clone(),
            retry: options.retry,
            max_body: options.max_body,
            transport: Transport::new(options)?,
            gate: Gate::new(options.concurrency_per_tenant),
            meter: Arc::clone(&options.meter),
            credential,
        })))
    }

    /// The cloud the requests go to.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.0.cloud
    }

    /// Sends a request and returns the answer, or the classified error of the last attempt.
    ///
    /// A 401 is answered once with a fresh token (with the claims asked for, where the service asks). Which other
    /// outcomes are repeated is [`decide`]'s to say.
    ///
    /// # Errors
    /// Any [`ErrorKind`]; [`ErrorKind::Config`] when the URL is not on the service's allow-list or a credential is
    /// missing (nothing is sent then), [`ErrorKind::OutcomeUnknown`] when a write may or may not have been done.
    pub async fn send(&self, request: Request) -> Result<Response> {
        let operation = request.operation;
        let tenant = request.tenant().copied();
        self.attempts(request).await.map_err(|error| {
            tracing::debug!(operation, kind = %error.kind(), status = error.status(), "request failed");
            let error = error.with_operation(operation);
            match tenant {
                Some(tenant) => error.with_tenant(tenant),
                None => error,
            }
        })
    }

    async fn attempts(&self, request: Request) -> Result<Response> {
        let shared = &self.0;
        // A caller without a deadline says `Duration::MAX`, which no point in time can be added to.
        let deadline = Instant::now() + shared.retry.deadline.min(LONGEST_CALL);
        let key = (request.service, request.tenant().copied());
        // One id for all attempts: Partner Center takes it for idempotency, Azure for correlation.
        let call = Uuid::new_v4();
        let mut request_ids: Vec<String> = Vec::new();
        let mut challenged: Option<TokenRequest> = None;
        let mut attempt = 0;
        loop {
            attempt += 1;

            // 1 identify
            let headers = identify(request.service, call, &request.headers);

            // 2 admit
            let permit = match shared.gate.admit(key, deadline).await {
                Admission::Granted(permit) => permit,
                Admission::Parked(wait) => {
                    let error = Error::new(ErrorKind::Throttled, "throttled for longer than the call may take");
                    let error = request_ids.into_iter().fold(error, Error::with_request_id);
                    return Err(error.with_retry_after(wait).with_attempts(attempt - 1));
                }
                Admission::Busy => {
                    let error = Error::new(ErrorKind::Timeout, "too many calls to the tenant are under way");
                    let error = request_ids.into_iter().fold(error, Error::with_request_id);
                    return Err(error.with_attempts(attempt - 1));
                }
            };

            // 4 authorize
            let (token, headers) = self.authorize(&request, challenged.as_ref(), headers).await?;

            // 5 send
            let mut message = http::Request::new(request.body.clone().unwrap_or_default());
            *message.method_mut() = request.method.clone();
            *message.uri_mut() = request.url.as_str().parse().map_err(|_| {
                Error::new(ErrorKind::Config, "the URL cannot be sent").with_operation(request.operation)
            })?;
            *message.headers_mut() = headers;
            let cap = request.max_body.unwrap_or(shared.max_body);
            shared.meter.count(request.safety != Safety::Read && request.service != Service::Login);
            let sent = shared.transport.send(message, cap).await;
            drop(permit);

            // 6 classify
            let (error, outcome) = match sent {
                Ok(answer) => {
                    let status = answer.status();
                    tracing::trace!(operation = request.operation, status = status.as_u16(), attempt, "answered");
                    if status.is_success() || request.accepted.contains(&status.as_u16()) {
                        return Ok(response(&request, answer, attempt));
                    }
                    let wait = retry_after(answer.headers(), SystemTime::now());
                    let error = classify(&ServiceAnswer {
                        service: request.service,
                        status: status.as_u16(),
                        headers: answer.headers(),
                        body: answer.body(),
                    });
                    if status == 401
                        && challenged.is_none()
                        && let Some(token) = token
                    {
                        challenged = reject(&request, token, answer.headers());
                        if challenged.is_some() {
                            request_ids.extend(error.request_ids().iter().cloned());
                            continue;
                        }
                    }
                    let outcome =
                        Outcome::Answered { status: status.as_u16(), retry_after: wait.is_some(), kind: error.kind() };
                    (
                        match wait {
                            Some(wait) => error.with_retry_after(wait),
                            None => error,
                        },
                        outcome,
                    )
                }
                Err(failure) => {
                    let outcome = if failure.sent { Outcome::Lost } else { Outcome::NotSent };
                    (failure.error, outcome)
                }
            };

            // 3 retry loop
            request_ids.extend(error.request_ids().iter().cloned());
            let error = request_ids.iter().cloned().fold(error, Error::with_request_id).with_attempts(attempt);
            match decide(outcome, request.safety) {
                // An answer too large and a URL that cannot be sent do not get better.
                Verdict::Retry if matches!(error.kind(), ErrorKind::Decode | ErrorKind::Config) => return Err(error),
                Verdict::Retry => {
                    let random = Uuid::new_v4().as_u64_pair().0;
                    let wait = backoff::wait(&shared.retry, attempt, error.retry_after(), random);
                    if matches!(outcome, Outcome::Answered { status: 429 | 509 | 503, .. }) {
                        shared.gate.park(key, wait);
                    }
                    if attempt >= shared.retry.max_attempts || Instant::now() + wait > deadline {
                        return Err(error);
                    }
                    tracing::debug!(
                        operation = request.operation,
                        attempt,
                        wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                        kind = %error.kind(),
                        "waiting before the next attempt"
                    );
                    tokio::time::sleep(wait).await;
                }
                Verdict::Return => return Err(error),
                Verdict::OutcomeUnknown => {
                    return Err(error.with_kind(ErrorKind::OutcomeUnknown));
                }
            }
        }
    }

    /// Checks the host and writes `Authorization`; the only place that does either.
    async fn authorize(
        &self,
        request: &Request,
        challenged: Option<&TokenRequest>,
        mut headers: HeaderMap,
    ) -> Result<(Option<AccessToken>, HeaderMap)> {
        if !self.0.cloud.allows(request.service, &request.url) {
            let host = request.url.host_str().unwrap_or("no host");
            return Err(Error::config(format!("{host:?} is not a host of {} in this cloud", request.service)));
        }
        let Authorization::Bearer { tenant, principal, scope } = &request.authorization else {
            return Ok((None, headers));
        };
        let Some(credential) = &self.0.credential else {
            return Err(Error::config("a credential is needed for this call"));
        };
        let token = match challenged {
            Some(again) => credential.token(again).await?,
            None => credential.token(&TokenRequest::new(*tenant, *principal, scope.clone())).await?,
        };
        headers.insert(header::AUTHORIZATION, token.header_value()?);
        Ok((Some(token), headers))
    }
}

/// The headers that identify the call to a service; what the caller set wins.
fn identify(service: Service, call: Uuid, own: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(own.len() + 6);
    let mut set = |name: &'static str, value: HeaderValue| {
        headers.insert(HeaderName::from_static(name), value);
    };
    let guid =
        |id: Uuid| HeaderValue::from_str(&id.as_hyphenated().to_string()).expect("a GUID is a valid header value");
    let yes = HeaderValue::from_static("true");
    set("accept", HeaderValue::from_static("application/json"));
    match service {
        Service::Login | Service::Graph | Service::Office365Management => {
            set("client-request-id", guid(Uuid::new_v4()));
            set("return-client-request-id", yes);
        }
        Service::Exchange | Service::Compliance => set("client-request-id", guid(Uuid::new_v4())),
        Service::PartnerCenter => {
            set("ms-contract-version", HeaderValue::from_static("v1"));
            set("ms-requestid", guid(call));
            set("ms-correlationid", guid(call));
            set("x-locale", HeaderValue::from_static("en-US"));
        }
        _ => {
            set("x-ms-client-request-id", guid(call));
            set("x-ms-return-client-request-id", yes);
        }
    }
    for (name, value) in own {
        headers.insert(name.clone(), value.clone());
    }
    headers
}

/// What to ask for after a 401: a token other than this one, with the claims the service wants.
fn reject(request: &Request, token: AccessToken, headers: &HeaderMap) -> Option<TokenRequest> {
    let Authorization::Bearer { tenant, principal, scope } = &request.authorization else { return None };
    let claims = headers.get_all(WWW_AUTHENTICATE).iter().find_map(claims_challenge);
    Some(TokenRequest { claims, rejected: Some(token), ..TokenRequest::new(*tenant, *principal, scope.clone()) })
}

fn response(request: &Request, answer: http::Response<Bytes>, attempts: u32) -> Response {
    let (parts, body) = answer.into_parts();
    Response {
        status: parts.status,
        headers: parts.headers,
        body,
        operation: request.operation,
        tenant: request.tenant().copied(),
        attempts,
    }
}

/// The longest deadline of a call.
const LONGEST_CALL: Duration = Duration::from_secs(365 * 86_400);

impl Pipeline {
    /// Drops the cached tokens of a tenant: consent or roles have changed there.
    pub async fn forget_tokens(&self, tenant: &TenantId) {
        if let Some(credential) = &self.0.credential {
            credential.forget(tenant).await;
        }
    }
}
