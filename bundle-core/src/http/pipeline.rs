//! The six steps every request goes through.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http::header::{HeaderMap, WWW_AUTHENTICATE};
use tokio::time::Instant;
use tracing::field::{Empty, display};

use super::backoff;
use super::budget::Purse;
use super::collect::Peek;
use super::download::Download;
use super::fresh;
use super::gate::{Admission, AnswerFacts, Gate, Place};
use super::guard::{GuardedCall, Preflight};
use super::identify::{self, Identity};
use super::observe::{Answered, Attempt, Observer, WaitReason};
use super::sender::{Answer, Sender, Want};
use super::throttle_key::Key;
use super::{
    Authorization, ClientOptions, Outcome, OutgoingRequest, Request, Response, RetryPolicy, Safety, Verdict, decide,
    retry_after,
};
use crate::auth::{AccessToken, Credential, TokenRequest, claims_challenge};
use crate::cloud::Cloud;
use crate::error::{Error, ErrorKind, Result, ServiceAnswer, classify};
use crate::ids::TenantId;
use crate::service::Service;

/// Sends requests: identify, admit, retry loop, authorize, send, classify. Cheap to clone; clones share limits and
/// connections.
///
/// Dropping the future of a call cancels it: the request is broken off, its place is free, nothing goes on in the
/// background. A write that was under way may have been done.
#[derive(Clone, Debug)]
pub struct Pipeline(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    cloud: Cloud,
    retry: RetryPolicy,
    max_body: usize,
    identity: Identity,
    sender: Sender,
    gate: Gate,
    budget: Purse,
    observers: Vec<Arc<dyn Observer>>,
    preflight: Preflight,
    credential: Option<Arc<dyn Credential>>,
}

impl Pipeline {
    /// Builds a pipeline; without a credential it sends anonymous requests only.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the application name cannot stand in a header, the proxy is no proxy, or TLS cannot be
    /// set up.
    pub fn new(credential: Option<Arc<dyn Credential>>, options: &ClientOptions) -> Result<Self> {
        Ok(Self(Arc::new(Shared {
            cloud: options.cloud.clone(),
            retry: options.retry,
            max_body: options.max_body,
            identity: Identity::new(&options.application, options.sdk_version),
            sender: Sender::new(options)?,
            gate: Gate::new(options),
            budget: Purse::new(options.retry_budget, Instant::now().into_std()),
            observers: options.observers.clone(),
            preflight: options.preflight.clone(),
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
    /// Where [`ClientOptions::preflight`] says so, it is asked first whether the call can work.
    /// A 403 with a token that may be older than the grant it lacks is tried once with a new one.
    /// A 401 is answered once with a fresh token (with the claims asked for, where the service asks), unless the token
    /// has itself replaced a refused one a moment ago. A service that asks for claims again gets no third token: the
    /// error is [`ErrorKind::ReauthenticationRequired`] then. Which other outcomes are repeated is [`decide`]'s to say.
    ///
    /// # Errors
    /// Any [`ErrorKind`]; [`ErrorKind::Config`] when the URL is not on the service's allow-list or a credential is
    /// missing (nothing is sent then), [`ErrorKind::OutcomeUnknown`] when a write may or may not have been done.
    pub fn send(&self, request: Request) -> Pin<Box<dyn Future<Output = Result<Response>> + Send + '_>> {
        // The request moves into a box at once, so that the futures of callers stay small.
        let request = Box::new(request);
        Box::pin(async move {
            let called = self.call(&request, &mut Some((BytesMut::new(), None))).await;
            whole(&request, called)
        })
    }

    /// As [`Pipeline::send`]. The body is read into `memory`; `peek` sees that of a success while it arrives, from the
    /// beginning at each attempt, until it has seen enough.
    pub(super) async fn send_peeking(&self, request: Request, memory: BytesMut, peek: Peek<'_>) -> Result<Response> {
        let called = Box::pin(self.call(&request, &mut Some((memory, Some(peek))))).await;
        whole(&request, called)
    }

    /// Sends a request and returns as soon as the head of a success is there; the body is read by the caller and may
    /// have any size. Until then everything is as with [`Pipeline::send`].
    ///
    /// # Errors
    /// As [`Pipeline::send`].
    pub async fn open(&self, request: Request) -> Result<Download> {
        // Bytes are passed on as they come, so they must come plain.
        let plain = http::HeaderValue::from_static("identity");
        let request = request.header(http::header::ACCEPT_ENCODING, plain);
        let (operation, tenant) = (request.operation, request.tenant().copied());
        let (answer, _, place) = Box::pin(self.call(&request, &mut None)).await?;
        let (head, body) = match answer {
            Answer::Open(answer) => answer.into_parts(),
            Answer::Whole(answer) => answer.map(Into::into).into_parts(),
        };
        let chunk_timeout = self.0.sender.attempt_timeout();
        let (status, headers) = (head.status, head.headers);
        Ok(Download { status, headers, body, operation, tenant, chunk_timeout, _place: place })
    }

    /// Drops the cached tokens of a tenant: consent or roles have changed there.
    pub async fn forget_tokens(&self, tenant: &TenantId) {
        if let Some(credential) = &self.0.credential {
            credential.forget(tenant).await;
        }
    }

    /// How often and how long calls are repeated.
    #[cfg(feature = "batch")]
    pub(super) fn retry_policy(&self) -> &RetryPolicy {
        &self.0.retry
    }

    /// Parks what is throttled together with `request`, as a 429 to the request itself would: an item of a batch was
    /// refused.
    #[cfg(feature = "batch")]
    pub(super) fn throttled(&self, request: &Request, wait: Duration) {
        self.0.gate.refused(&Key::of(request), wait);
    }

    /// Why a request of a batch is not sent at all, asked as [`Pipeline::send`] asks.
    #[cfg(feature = "batch")]
    pub(super) async fn refuses(&self, request: &Request) -> Option<Error> {
        self.0.preflight.guard()?;
        let deadline = Instant::now() + request.deadline.unwrap_or(self.0.retry.deadline).min(LONGEST_CALL);
        // Without a token the batch itself fails, and says why.
        let token = self.token(request, None, &[], deadline).await.ok()?;
        let error = self.preflight(request, token, deadline).await.err()?.with_operation(request.operation);
        Some(match request.tenant() {
            Some(tenant) => error.with_tenant(*tenant),
            None => error,
        })
    }

    /// Calls; without a `reading` the body of a success is left to the caller.
    async fn call(&self, request: &Request, reading: &mut Option<Reading<'_>>) -> Result<(Answer, u32, Place)> {
        let operation = request.operation;
        let tenant = request.tenant().copied();
        let service = display(request.service);
        let span = tracing::debug_span!(
            "call",
            operation,
            service,
            tenant = Empty,
            attempts = Empty,
            status = Empty,
            kind = Empty
        );
        if let Some(tenant) = tenant {
            span.record("tenant", display(tenant));
        }
        // Polled in its span where it stands: wrapping would move the whole of it.
        let mut attempts = pin!(self.attempts(request, reading));
        let outcome = std::future::poll_fn(|context| {
            let _entered = span.enter();
            attempts.as_mut().poll(context)
        })
        .await;
        match outcome {
            Ok((answer, attempts, place)) => {
                span.record("attempts", attempts).record("status", answer.status());
                Ok((answer, attempts, place))
            }
            Err(error) => {
                span.record("attempts", error.attempts()).record("kind", display(error.kind()));
                if let Some(status) = error.status() {
                    span.record("status", status);
                }
                let error = error.with_operation(operation);
                Err(match tenant {
                    Some(tenant) => error.with_tenant(tenant),
                    None => error,
                })
            }
        }
    }

    async fn attempts(&self, request: &Request, reading: &mut Option<Reading<'_>>) -> Result<(Answer, u32, Place)> {
        let shared = &self.0;
        // A caller without a deadline says `Duration::MAX`, which no point in time can be added to.
        let deadline = Instant::now() + request.deadline.unwrap_or(shared.retry.deadline).min(LONGEST_CALL);
        let key = Key::of(request);
        let cost = request.stands_for.as_ref().map_or(1, |stand| stand.1);
        // What the last attempt was refused with.
        let mut refused: Option<Error> = None;
        let call = fresh::guid();
        let mut request_ids: Vec<String> = Vec::new();
        let mut challenged: Option<Box<TokenRequest>> = None;
        let mut number = 0;
        // Not even a token is fetched for a request that will not be sent.
        self.check_host(request)?;
        loop {
            number += 1;
            let attempt = Attempt {
                service: request.service,
                operation: request.operation,
                tenant: request.tenant(),
                number,
                is_write: request.safety != Safety::Read && request.service != Service::Login,
                bytes: request.body.as_ref().map_or(0, Bytes::len),
            };

            // 1 identify; the headers are written when their time has come, so that what waits stays small.
            let id = fresh::guid();

            // 4 authorize: a token that has to be fetched first must not keep a place from others.
            let mut token = self.token(request, challenged.as_deref(), &request_ids, deadline).await?;
            if number == 1 && shared.preflight.guard().is_some() {
                token = Box::pin(self.preflight(request, token, deadline)).await?;
            }

            // 2 admit
            let asked = self.clock();
            let place = match shared.gate.admit(&key, cost, deadline).await {
                Admission::Granted(place) => place,
                Admission::Parked(wait) => {
                    let error = refused.unwrap_or_else(|| {
                        Error::new(ErrorKind::Throttled, "throttled for longer than the call may take")
                    });
                    let error = request_ids.into_iter().fold(error, Error::with_request_id);
                    return Err(error.with_retry_after(wait).with_attempts(number - 1));
                }
                Admission::Busy => {
                    let error = refused.unwrap_or_else(|| {
                        Error::new(ErrorKind::Timeout, "too many calls to the tenant are under way")
                    });
                    let error = request_ids.into_iter().fold(error, Error::with_request_id);
                    return Err(error.with_attempts(number - 1));
                }
            };
            self.waited(&attempt, WaitReason::Admission, elapsed(asked));
            // The wait may have outlived the token.
            let token = match token {
                Some(token) if token.is_expired() => {
                    self.token(request, challenged.as_deref(), &request_ids, deadline).await?
                }
                token => token,
            };

            // 5 send
            let sending = {
                let mut headers = shared.identity.headers(request.service, call, id, &request.headers);
                self.authorize(request, token.as_ref(), &mut headers)?;
                let body = request.body.clone().unwrap_or_default();
                let message = OutgoingRequest::new(request.method.clone(), request.url.clone(), headers, body);
                let cap = request.max_body.unwrap_or(shared.max_body);
                let want = match &mut *reading {
                    None => Want::Open,
                    // The peek is lent for this attempt only; the next one peeks again.
                    Some((memory, peek)) => {
                        Want::Whole(cap, std::mem::take(memory), peek.as_mut().map(|peek| &mut **peek as Peek<'_>))
                    }
                };
                shared.observers.iter().for_each(|observer| observer.sending(&attempt));
                shared.sender.send(message, want, deadline)
            };
            let sent_at = self.clock();
            let sent = sending.await;
            let elapsed = elapsed(sent_at);

            // 6 classify
            let (error, outcome, parked) = match sent {
                Ok(answer) => {
                    let status = answer.status();
                    tracing::trace!(status, attempt = number, "answered");
                    if (200..300).contains(&status) || request.accepted.contains(&status) {
                        self.answered(&attempt, Some(status), None, answer.size(), elapsed);
                        place.answered(&AnswerFacts { status, retry_after: None, headers: answer.headers() });
                        shared.budget.pay_in();
                        return Ok((answer, number, place));
                    }
                    let (headers, body) = answer.refusal();
                    let wait = retry_after(&headers, SystemTime::now());
                    let parked = place.answered(&AnswerFacts { status, retry_after: wait, headers: &headers });
                    drop(place);
                    let error =
                        classify(&ServiceAnswer { service: request.service, status, headers: &headers, body: &body });
                    self.answered(&attempt, Some(status), Some(error.kind()), body.len(), elapsed);
                    if challenged.is_none()
                        && let Some(token) = token
                    {
                        challenged = match status {
                            401 => reject(request, token, &headers),
                            403 if error.kind() == ErrorKind::PermissionDenied => outgrow(request, token),
                            _ => None,
                        }
                        .map(Box::new);
                        if challenged.is_some() {
                            request_ids.extend(error.request_ids().iter().cloned());
                            continue;
                        }
                    }
                    let outcome = Outcome::Answered { status, retry_after: wait.is_some(), kind: error.kind() };
                    (
                        match wait {
                            Some(wait) => error.with_retry_after(wait),
                            None => error,
                        },
                        outcome,
                        parked,
                    )
                }
                Err(failure) => {
                    drop(place);
                    self.answered(&attempt, None, Some(failure.error.kind()), 0, elapsed);
                    request_ids.push(identify::sent_request_id(request.service, call, id, &request.headers));
                    let outcome = if failure.sent { Outcome::Lost } else { Outcome::NotSent };
                    (failure.error, outcome, false)
                }
            };

            // 3 retry loop
            request_ids.extend(error.request_ids().iter().cloned());
            let error = request_ids.iter().cloned().fold(error, Error::with_request_id).with_attempts(number);
            match decide(outcome, request.safety) {
                // An answer too large and a URL that cannot be sent do not get better.
                _ if matches!(error.kind(), ErrorKind::Decode | ErrorKind::Config) => return Err(error),
                Verdict::Retry => {
                    let wait = if parked {
                        // The gate knows how long, and lets the call on when its turn has come.
                        error.retry_after().unwrap_or_default()
                    } else {
                        let random = fresh::number();
                        backoff::wait(&shared.retry, number, error.retry_after(), random)
                    };
                    let in_time = Instant::now().checked_add(wait).is_some_and(|at| at <= deadline);
                    if number >= shared.retry.max_attempts || !in_time {
                        return Err(error);
                    }
                    if !parked {
                        if !shared.budget.spend(Instant::now().into_std()) {
                            tracing::debug!("the retry budget is spent");
                            return Err(error);
                        }
                        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                        tracing::debug!(attempt = number, wait_ms, kind = %error.kind(), "waiting before the next attempt");
                        // In a box, as few calls wait here.
                        Box::pin(tokio::time::sleep(wait)).await;
                        self.waited(&attempt, WaitReason::Retry, wait);
                    }
                    refused = Some(error);
                }
                Verdict::Return => return Err(error),
                Verdict::OutcomeUnknown => {
                    return Err(error.with_kind(ErrorKind::OutcomeUnknown));
                }
            }
        }
    }

    /// Whether the URL is one the service's tokens may go to.
    fn check_host(&self, request: &Request) -> Result<()> {
        if self.0.cloud.allows(request.service, &request.url) {
            return Ok(());
        }
        let host = request.url.host_str().unwrap_or("no host");
        Err(Error::config(format!("{host:?} is not a host of {} in this cloud", request.service)))
    }

    /// Writes `Authorization`; the only place that does.
    fn authorize(&self, request: &Request, token: Option<&AccessToken>, headers: &mut HeaderMap) -> Result<()> {
        self.check_host(request)?;
        identify::authorize(headers, token.map(AccessToken::header_value).transpose()?);
        Ok(())
    }

    /// The token to send, when one is wanted. `ids` are those of the attempts so far.
    async fn token(
        &self,
        request: &Request,
        challenged: Option<&TokenRequest>,
        ids: &[String],
        deadline: Instant,
    ) -> Result<Option<AccessToken>> {
        let Authorization::Bearer { tenant, principal, scope } = &request.authorization else {
            return Ok(None);
        };
        let Some(credential) = &self.0.credential else {
            return Err(Error::config("a credential is needed for this call"));
        };
        if challenged.is_none()
            && let Some(token) = credential.ready(tenant, *principal, scope)
        {
            return Ok(Some(token));
        }
        let asked = challenged.cloned().unwrap_or_else(|| TokenRequest::new(*tenant, *principal, scope.clone()));
        // In a box of its own: few calls wait for a token, and all would carry the room for it.
        let token = match Box::pin(tokio::time::timeout_at(deadline, credential.token(&asked))).await {
            Ok(token) => token,
            Err(_) => Err(Error::new(ErrorKind::Timeout, "no token within the time of the call")),
        };
        token.map(Some).map_err(|error| {
            // A tenant that is not found must not read as the absence of what the call is about.
            let error = match error.kind() {
                ErrorKind::NotFound => error.with_kind(ErrorKind::InvalidRequest),
                _ => error,
            };
            // After a challenge, the error of the authority comes with the ids of the service that challenged.
            let own = error.request_ids().to_vec();
            ids.iter().cloned().chain(own).fold(error, Error::with_request_id)
        })
    }

    /// What time it is, for observers: without any, nobody looks at the clock.
    fn clock(&self) -> Option<Instant> {
        (!self.0.observers.is_empty()).then(Instant::now)
    }

    /// Asks whether the call can work, and returns the token to send it with.
    async fn preflight(
        &self,
        request: &Request,
        token: Option<AccessToken>,
        deadline: Instant,
    ) -> Result<Option<AccessToken>> {
        let Some(mut token) = token else { return Ok(None) };
        let Some(mut refusal) = self.refusal(request, &token) else { return Ok(Some(token)) };
        // What the token lacks may have been granted since.
        if let Some(again) = outgrow(request, token.clone()) {
            let Some(newer) = self.token(request, Some(&again), &[], deadline).await? else { return Ok(Some(token)) };
            token = newer;
            match self.refusal(request, &token) {
                Some(still) => refusal = still,
                None => return Ok(Some(token)),
            }
        }
        if matches!(self.0.preflight, Preflight::Refuse(_)) {
            return Err(refusal);
        }
        tracing::warn!(kind = %refusal.kind(), "{}", refusal.message());
        Ok(Some(token))
    }

    fn refusal(&self, request: &Request, token: &AccessToken) -> Option<Error> {
        let Authorization::Bearer { tenant, principal, .. } = &request.authorization else { return None };
        self.0.preflight.guard()?.refusal(&GuardedCall {
            service: request.service,
            operation: request.operation,
            method: &request.method,
            path: self.0.cloud.path_below(request.service, &request.url),
            tenant,
            principal: *principal,
            token,
        })
    }

    fn answered(
        &self,
        attempt: &Attempt<'_>,
        status: Option<u16>,
        kind: Option<ErrorKind>,
        bytes: usize,
        elapsed: Duration,
    ) {
        let answered = Answered { status, kind, bytes, elapsed };
        self.0.observers.iter().for_each(|observer| observer.answered(attempt, &answered));
    }

    fn waited(&self, attempt: &Attempt<'_>, reason: WaitReason, wait: Duration) {
        // What takes no longer than the clock can tell is no wait.
        if wait > Duration::from_millis(1) {
            self.0.observers.iter().for_each(|observer| observer.waited(attempt, reason, wait));
        }
    }
}

fn elapsed(since: Option<Instant>) -> Duration {
    since.map(|since| since.elapsed()).unwrap_or_default()
}

/// The answer whose whole body was asked for.
fn whole(request: &Request, called: Result<(Answer, u32, Place)>) -> Result<Response> {
    let (answer, attempts, _place) = called?;
    let Answer::Whole(answer) = answer else {
        return Err(Error::new(ErrorKind::Other, "a body was left open that nobody asked for"));
    };
    let (head, body) = answer.into_parts();
    let (operation, tenant) = (request.operation, request.tenant().copied());
    Ok(Response { status: head.status, headers: head.headers, body, operation, tenant, attempts })
}

/// How a body is read: into which memory, and who sees it arrive.
type Reading<'a> = (BytesMut, Option<Peek<'a>>);

/// What to ask for after a 401: a token other than this one, with the claims the service wants.
fn reject(request: &Request, token: AccessToken, headers: &HeaderMap) -> Option<TokenRequest> {
    let Authorization::Bearer { tenant, principal, scope } = &request.authorization else { return None };
    let claims = headers.get_all(WWW_AUTHENTICATE).iter().find_map(claims_challenge);
    if claims.is_none() && token.is_new_replacement() {
        return None;
    }
    Some(TokenRequest { claims, rejected: Some(token), ..TokenRequest::new(*tenant, *principal, scope.clone()) })
}

/// What to ask for after a 403: a new token, when the one that was refused may be older than the grant it lacks.
fn outgrow(request: &Request, token: AccessToken) -> Option<TokenRequest> {
    let Authorization::Bearer { tenant, principal, scope } = &request.authorization else { return None };
    // The permissions of a vault are not in the token.
    let helps = request.service != Service::KeyVault && token.may_lack_grants();
    let again = || TokenRequest { rejected: Some(token), ..TokenRequest::new(*tenant, *principal, scope.clone()) };
    helps.then(again)
}

/// The longest deadline of a call.
const LONGEST_CALL: Duration = Duration::from_secs(365 * 86_400);
