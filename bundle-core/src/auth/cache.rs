//! The tokens of one credential.
//!
//! Credentials of this crate keep their tokens here; a credential of your own may do so too.

mod refusal;
mod schedule;
mod shard;
mod slot;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

use self::shard::Shard;
use self::slot::{Slot, Step};
use super::{AccessToken, Principal, TokenRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::TenantId;

/// Keeps access tokens by tenant, principal and scope, and fetches each of them once however many callers want it.
///
/// One cache belongs to one credential: what else makes a token what it is (the authority, the application, the
/// account) is the credential's and the same for all of them.
///
/// # Behavior
/// * Callers of one token share one request. It runs in a task of its own: a caller that goes away does not stop it,
///   and nobody waits for the token of another tenant.
/// * A token is renewed ahead of its end, in the background; callers get the current one meanwhile, also when renewing
///   fails, for as long as it is valid. Failed renewals are tried again after half a minute, then ever more rarely.
/// * What the authority refuses for good is remembered: for a minute (secrets, sign-ins), for half a minute (consent,
///   policies, roles), longer each time after a request loop (AADSTS50196). Everyone who asks meanwhile gets the same
///   error. Failures that may pass by themselves are not remembered, nor errors found before anything was sent.
/// * A token issued for claims takes the place of the one a service has refused.
/// * Forgetting drops tokens, refusals and what is being fetched.
/// * Memory is bounded: expired tokens are dropped, then those that expire first.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> bundle_core::Result<()> {
/// use std::time::Duration;
///
/// use bundle_core::TenantId;
/// use bundle_core::auth::{AccessToken, Principal, TokenCache, TokenRequest};
///
/// let cache = TokenCache::new();
/// let fetch = |_| async { Ok(AccessToken::new("from somewhere".into(), Duration::from_secs(3600))) };
/// let request = TokenRequest::new(TenantId::from_u128(1), Principal::Application, "https://graph.microsoft.com/.default");
/// let token = cache.token(&request, fetch).await?;
/// assert!(cache.token(&request, fetch).await?.is_same(&token));
/// # Ok(())
/// # }
/// ```
pub struct TokenCache {
    shards: [Shard; SHARDS],
    /// Which shard is cleaned next.
    turn: AtomicUsize,
}

impl TokenCache {
    /// An empty cache for 65 536 tokens.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// An empty cache for about this many tokens; one takes some 3 KiB.
    #[must_use]
    pub fn with_capacity(tokens: usize) -> Self {
        let now = Instant::now();
        let each = tokens.div_ceil(SHARDS).max(1);
        Self { shards: std::array::from_fn(|_| Shard::new(each, now)), turn: AtomicUsize::new(0) }
    }

    /// Answers the cached token when it will do, else what `fetch` brings.
    ///
    /// `fetch` is given the request to make and runs in a task of its own; it has to end by itself. It is not called
    /// while a token is at hand.
    ///
    /// # Errors
    /// What `fetch` fails with, or failed with a moment ago; [`ErrorKind::Unavailable`] when it was stopped half-way
    /// again and again.
    ///
    /// # Panics
    /// Outside of a tokio runtime, when a token has to be fetched.
    pub async fn token<F, Fut>(&self, request: &TokenRequest, fetch: F) -> Result<AccessToken>
    where
        F: Fn(TokenRequest) -> Fut + Send + Sync,
        Fut: Future<Output = Result<AccessToken>> + Send + 'static,
    {
        if request.claims.is_none()
            && request.rejected.is_none()
            && let Some(token) = self.ready(&request.tenant, request.principal, &request.scope)
        {
            return Ok(token);
        }
        self.obtain(request, fetch).await
    }

    /// The cached token, when there is one that needs no renewal.
    #[must_use]
    pub fn ready(&self, tenant: &TenantId, principal: Principal, scope: &str) -> Option<AccessToken> {
        self.shard(tenant).ready(tenant, principal, scope, Instant::now())
    }

    /// Drops what is cached for a tenant, and does not keep what is being fetched for it. Tokens that were handed out
    /// are [outdated](AccessToken::is_outdated) from now on.
    pub fn forget(&self, tenant: &TenantId) {
        self.shard(tenant).forget(tenant);
    }

    /// Drops what is cached for a principal in all tenants, as [`TokenCache::forget`] does for one: it has signed in
    /// anew or got another secret.
    pub fn forget_principal(&self, principal: Principal) {
        for shard in &self.shards {
            shard.forget_principal(principal);
        }
    }

    async fn obtain<F, Fut>(&self, request: &TokenRequest, fetch: F) -> Result<AccessToken>
    where
        F: Fn(TokenRequest) -> Fut + Send + Sync,
        Fut: Future<Output = Result<AccessToken>> + Send + 'static,
    {
        let mut interruptions = 0;
        loop {
            let now = Instant::now();
            self.clean(now);
            let slot: Arc<Slot> = self.shard(&request.tenant).slot(request, now);
            let flight = match slot.step(request, now) {
                Step::Answer(outcome) => return outcome,
                Step::Refresh(token, landing) => {
                    let plain = TokenRequest::new(request.tenant, request.principal, request.scope.clone());
                    tokio::spawn(landing.fetch(fetch(plain), random()).in_current_span());
                    return Ok(token);
                }
                Step::Fetch(flight, landing) => {
                    tokio::spawn(landing.fetch(fetch(request.clone()), random()).in_current_span());
                    flight
                }
                Step::Join(flight) => flight,
                Step::Gone => continue,
            };
            match flight.clone().landed().await {
                Some(outcome) if flight.answers(request.claims.as_deref(), &outcome) => {
                    return outcome.map_err(|error| error.copy());
                }
                // For other claims: look again.
                Some(_) => {}
                // The runtime that fetched has ended, or `fetch` has panicked.
                None if interruptions < INTERRUPTIONS => interruptions += 1,
                None => return Err(Error::new(ErrorKind::Unavailable, "the token request was stopped half-way")),
            }
        }
    }

    /// Cleans one shard in turn, when that was long ago.
    fn clean(&self, now: Instant) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.shards[turn % SHARDS].clean(now);
    }

    fn shard(&self, tenant: &TenantId) -> &Shard {
        let id = tenant.as_uuid().as_u128();
        // The bits of a random GUID that are not its version; the lowest byte alone for ids made by hand.
        let byte = (id ^ (id >> 64) ^ (id >> 120)).to_le_bytes()[0];
        &self.shards[usize::from(byte) % SHARDS]
    }
}

impl Default for TokenCache {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens: usize = self.shards.iter().map(Shard::len).sum();
        f.debug_struct("TokenCache").field("tokens", &tokens).finish()
    }
}

fn random() -> u64 {
    Uuid::new_v4().as_u64_pair().0
}

/// Tenants are spread over this many locks.
const SHARDS: usize = 64;
const CAPACITY: usize = 65_536;
/// How often a caller starts anew after a fetch that was stopped half-way.
const INTERRUPTIONS: u32 = 2;

#[cfg(test)]
mod tests;
