//! One token, fetched once however many callers wait for it.

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{AccessToken, TokenRequest};
use crate::error::{Error, Result};

/// The cached token of one tenant, principal and scope. The lock is held while it is fetched, so others wait instead
/// of asking too.
#[derive(Default)]
pub(super) struct Cell(Mutex<State>);

#[derive(Default)]
struct State {
    issued: Option<Issued>,
    refused: Option<Refused>,
}

struct Issued {
    token: AccessToken,
    /// The claims it was issued for. A token with claims answers requests without any: it replaced the refused one.
    claims: Option<String>,
}

struct Refused {
    at: Instant,
    claims: Option<String>,
    error: Error,
}

impl Cell {
    /// Answers the cached token when it is good enough, else what `fetch` brings.
    pub(super) async fn token(
        &self,
        request: &TokenRequest,
        fetch: impl Future<Output = Result<AccessToken>> + Send,
    ) -> Result<AccessToken> {
        let asked = Instant::now();
        let mut state = self.0.lock().await;
        if let Some(Issued { token, claims }) = &state.issued {
            let rejected = request.rejected.as_ref().is_some_and(|rejected| rejected.is_same(token));
            let satisfies = request.claims.is_none() || request.claims == *claims;
            if token.is_good() && satisfies && !rejected {
                return Ok(token.clone());
            }
        }
        // Whoever waited while another caller was refused hears the same: the authority blocks applications that ask
        // again and again (AADSTS50196).
        if let Some(Refused { at, claims, error }) = &state.refused
            && *at >= asked
            && *claims == request.claims
        {
            return Err(copy(error));
        }
        match fetch.await {
            Ok(token) => {
                *state = State {
                    issued: Some(Issued { token: token.clone(), claims: request.claims.clone() }),
                    refused: None,
                };
                Ok(token)
            }
            Err(error) => {
                state.refused =
                    Some(Refused { at: Instant::now(), claims: request.claims.clone(), error: copy(&error) });
                Err(error)
            }
        }
    }
}

/// Everything but the causes, which belong to the caller who asked.
fn copy(error: &Error) -> Error {
    let mut copy = Error::new(error.kind(), error.message().to_owned()).with_attempts(error.attempts());
    if let Some(status) = error.status() {
        copy = copy.with_status(status);
    }
    if let Some(code) = error.code() {
        copy = copy.with_code(code);
    }
    if let Some(operation) = error.operation() {
        copy = copy.with_operation(operation.to_owned());
    }
    if let Some(tenant) = error.tenant() {
        copy = copy.with_tenant(*tenant);
    }
    if let Some(wait) = error.retry_after() {
        copy = copy.with_retry_after(wait);
    }
    if let Some(diagnosis) = error.diagnosis() {
        copy = copy.with_diagnosis(diagnosis);
    }
    if let Some(body) = error.body() {
        copy = copy.with_body(body);
    }
    if let Some(claims) = error.claims() {
        copy = copy.with_claims(claims);
    }
    error.request_ids().iter().cloned().fold(copy, Error::with_request_id)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;
    use crate::auth::Principal;
    use crate::error::ErrorKind;
    use crate::ids::TenantId;

    fn request() -> TokenRequest {
        TokenRequest::new(TenantId::from_u128(1), Principal::Account, "s")
    }

    #[tokio::test(start_paused = true)]
    async fn refusal_is_shared_by_those_who_waited_and_by_nobody_later() {
        let (cell, fetches) = (Cell::default(), AtomicUsize::new(0));
        let fetch = || async {
            fetches.fetch_add(1, Ordering::Relaxed);
            tokio::time::advance(Duration::from_millis(20)).await;
            Err(Error::new(ErrorKind::ConsentRequired, "no consent").with_code("AADSTS65001").with_request_id("a"))
        };
        let request = request();
        for outcome in join_all((0..10).map(|_| cell.token(&request, fetch()))).await {
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), error.code()), (ErrorKind::ConsentRequired, Some("AADSTS65001")));
            assert_eq!(error.request_id(), Some("a"));
        }
        assert_eq!(fetches.load(Ordering::Relaxed), 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        let issued = cell.token(&request, async { Ok(AccessToken::new("t".into(), Duration::from_secs(60))) }).await;
        assert!(issued.is_ok(), "a later caller asks anew");
    }

    #[tokio::test(start_paused = true)]
    async fn token_with_claims_replaces_the_refused_one() {
        let cell = Cell::default();
        let token = |text: &str| AccessToken::new(text.into(), Duration::from_secs(3600));
        let first = cell.token(&request(), async { Ok(token("first")) }).await.unwrap();
        let mut again = request();
        again.claims = Some("{}".to_owned());
        again.rejected = Some(first);
        let second = cell.token(&again, async { Ok(token("second")) }).await.unwrap();
        let plain = cell.token(&request(), async { Ok(token("third")) }).await.unwrap();
        assert!(plain.is_same(&second));
        again.claims = Some(r#"{"other":1}"#.to_owned());
        assert!(!cell.token(&again, async { Ok(token("fourth")) }).await.unwrap().is_same(&second));
    }
}
