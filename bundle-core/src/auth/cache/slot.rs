//! One token: what is known of it, and what a caller does next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

use super::{refusal, schedule};
use crate::auth::{AccessToken, TokenRequest};
use crate::error::{Error, Result};

/// The token of one tenant, principal and scope. The lock is held to look and to note, never across the network.
#[derive(Default)]
pub(super) struct Slot(Mutex<State>);

#[derive(Default)]
struct State {
    issued: Option<Issued>,
    refused: Option<Refused>,
    flight: Option<Flight>,
    /// Renewals that failed in a row, and when the next one may start.
    failures: u32,
    retry_at: Option<Instant>,
    /// Dropped from the cache: nothing is kept here any more.
    gone: bool,
}

struct Issued {
    token: AccessToken,
    /// The claims it was issued for. A token with claims answers requests without any: it replaced the refused one.
    claims: Option<String>,
    refresh_at: Instant,
}

struct Refused {
    error: Arc<Error>,
    claims: Option<String>,
    until: Instant,
    /// How often in a row the authority complained of a loop.
    loops: u32,
}

/// What a request for a token brought.
pub(super) type Outcome = Result<AccessToken, Arc<Error>>;

/// A request for a token that is under way, to wait for.
#[derive(Clone)]
pub(super) struct Flight {
    claims: Option<String>,
    outcome: watch::Receiver<Option<Outcome>>,
}

/// The other end of a flight: whoever holds it fetches the token.
pub(super) struct Landing {
    slot: Arc<Slot>,
    claims: Option<String>,
    /// For a token that a service refused without asking for claims.
    replaces: bool,
    outcome: watch::Sender<Option<Outcome>>,
}

/// What a caller does next.
pub(super) enum Step {
    /// Take this.
    Answer(Result<AccessToken>),
    /// Fetch a token, and wait for it.
    Fetch(Flight, Landing),
    /// Another slot has taken the place of this one.
    Gone,
    /// Wait for the token that is being fetched.
    Join(Flight),
    /// Take this; fetch the next one in the background.
    Refresh(AccessToken, Landing),
}

impl Slot {
    /// The token, when there is one that needs no renewal.
    pub(super) fn ready(&self, now: Instant) -> Option<AccessToken> {
        let state = self.state();
        let issued = state.issued.as_ref()?;
        (now < issued.refresh_at && now < issued.token.usable_until()).then(|| issued.token.clone())
    }

    /// Decides what the caller of a request does. A flight it is told to fetch for is noted at once.
    pub(super) fn step(self: &Arc<Self>, request: &TokenRequest, now: Instant) -> Step {
        let mut state = self.state();
        if state.gone {
            return Step::Gone;
        }
        if state.flight.as_ref().is_some_and(Flight::is_lost) {
            state.flight = None;
        }
        if let Some(issued) = state.issued.as_ref().filter(|issued| issued.answers(request, now)) {
            let token = issued.token.clone();
            let due = now >= issued.refresh_at && state.retry_at.is_none_or(|at| now >= at);
            if due && state.flight.is_none() {
                return Step::Refresh(token, state.start(self, None, false).1);
            }
            return Step::Answer(Ok(token));
        }
        if let Some(refused) = &state.refused
            && now < refused.until
            && refused.claims == request.claims
        {
            return Step::Answer(Err(refused.error.copy()));
        }
        if let Some(flight) = &state.flight {
            return Step::Join(flight.clone());
        }
        let (flight, landing) = state.start(self, request.claims.clone(), request.rejected.is_some());
        Step::Fetch(flight, landing)
    }

    /// Takes the slot out of use: what is under way is not kept when it lands. A token of a slot that was forgotten is
    /// `outdated`, wherever it is used by now.
    pub(super) fn retire(&self, outdated: bool) {
        let mut state = self.state();
        state.gone = true;
        if let Some(issued) = state.issued.take().filter(|_| outdated) {
            issued.token.outdate();
        }
    }

    /// Until when something worth keeping is here; `None` while a request is under way.
    pub(super) fn useful_until(&self, now: Instant) -> Option<Instant> {
        let state = self.state();
        if state.flight.as_ref().is_some_and(|flight| !flight.is_lost()) {
            return None;
        }
        let issued = state.issued.as_ref().map(|issued| issued.token.usable_until());
        let refused = state.refused.as_ref().map(|refused| refused.until);
        Some(issued.max(refused).unwrap_or(now))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn start(&mut self, slot: &Arc<Slot>, claims: Option<String>, replaces: bool) -> (Flight, Landing) {
        let (sender, receiver) = watch::channel(None);
        let flight = Flight { claims: claims.clone(), outcome: receiver };
        self.flight = Some(flight.clone());
        let replaces = replaces && claims.is_none();
        (flight, Landing { slot: Arc::clone(slot), claims, replaces, outcome: sender })
    }

    fn note(&mut self, outcome: &Outcome, claims: Option<String>, now: Instant, random: u64) {
        self.flight = None;
        match outcome {
            Ok(token) if self.gone => token.outdate(),
            Ok(token) => {
                let after = schedule::refresh_after(token.lifetime(), token.refresh_in(), random);
                // The authority has changed its mind about the same question only.
                self.refused.take_if(|refused| refused.claims == claims);
                self.issued = Some(Issued { token: token.clone(), claims, refresh_at: token.issued_at() + after });
                (self.failures, self.retry_at) = (0, None);
            }
            Err(_) if self.gone => {}
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                let mut wait = schedule::retry_after(self.failures, error.retry_after(), random);
                let loops = self.refused.as_ref().map_or(0, |refused| refused.loops);
                if let Some(hold) = refusal::hold(error, loops) {
                    wait = wait.max(hold);
                    let loops = if refusal::is_loop(error) { loops.saturating_add(1) } else { 0 };
                    self.refused = Some(Refused { error: Arc::clone(error), claims, until: now + hold, loops });
                }
                self.retry_at = Some(now + wait);
            }
        }
    }
}

impl Issued {
    fn answers(&self, request: &TokenRequest, now: Instant) -> bool {
        now < self.token.usable_until()
            && (request.claims.is_none() || request.claims == self.claims)
            && !request.rejected.as_ref().is_some_and(|rejected| rejected.is_same(&self.token))
    }
}

impl Flight {
    /// Waits for the outcome; `None` when whoever fetched was stopped half-way.
    pub(super) async fn landed(mut self) -> Option<Outcome> {
        self.outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone())
    }

    /// Whether the outcome is for a request with these claims too. A token with claims is good for one without any, a
    /// refusal is not.
    pub(super) fn answers(&self, claims: Option<&str>, outcome: &Outcome) -> bool {
        self.claims.as_deref() == claims || (claims.is_none() && outcome.is_ok())
    }

    fn is_lost(&self) -> bool {
        self.outcome.has_changed().is_err()
    }
}

impl Landing {
    /// Fetches: notes the outcome, then tells everyone who waits.
    pub(super) async fn fetch(self, fetch: impl Future<Output = Result<AccessToken>> + Send, random: u64) {
        let outcome = fetch.await.map_err(Arc::new);
        if let Ok(token) = outcome.as_ref()
            && self.replaces
        {
            token.mark_replacement();
        }
        self.slot.state().note(&outcome, self.claims, Instant::now(), random);
        self.outcome.send_replace(Some(outcome));
    }
}
