//! Admission: who may send when, so that a throttled or slow tenant never delays another.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::HeaderMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::limiter::{Limiter, Waits};
use super::throttle_headers::{limit_hit, limit_share};
use super::throttle_key::{Area, Key, Tenant};
use super::{ClientOptions, Quota};
use crate::service::Service;

/// Bounds the requests of each tenant that are under way and paces each key at what its service takes.
///
/// Within a key it is first come, first served. What waits holds no place: a throttled area of a service does not
/// take the places of the others. Dropping the future of [`Gate::admit`], or the [`Place`], leaves no trace.
#[derive(Debug)]
pub(super) struct Gate {
    per_tenant: usize,
    waits: Waits,
    declared: Vec<(Service, Quota)>,
    tenants: Mutex<Tenants>,
}

/// What the gate answers.
#[derive(Debug)]
pub(super) enum Admission {
    /// Go ahead; the place is held while the request is under way.
    Granted(Place),
    /// The key is throttled for longer than the caller can wait.
    Parked(Duration),
    /// No place became free before the deadline.
    Busy,
}

/// A request under way, from its sending until this is dropped. A limit is learned from answers alone: an attempt that
/// was cancelled or lost teaches nothing.
#[derive(Debug)]
#[must_use]
pub(super) struct Place {
    lane: Arc<Lane>,
    sent: Instant,
    cost: u32,
    _permit: OwnedSemaphorePermit,
}

/// What an answer says about throttling.
#[derive(Clone, Copy, Debug)]
pub(super) struct AnswerFacts<'a> {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) headers: &'a HeaderMap,
}

#[derive(Debug, Default)]
struct Tenants {
    map: HashMap<Tenant, Lanes>,
    /// How many are kept before idle ones are dropped.
    prune_at: usize,
}

/// The lanes of one tenant at one service: they share its places.
#[derive(Debug)]
struct Lanes {
    places: Arc<Semaphore>,
    areas: Vec<(Area, Arc<Lane>)>,
}

/// Those who send with one key.
#[derive(Debug)]
struct Lane {
    service: Service,
    places: Arc<Semaphore>,
    limiter: Mutex<Limiter>,
    /// Whose turn it is to wait for the pace: the others wait for the lock, in the order they came.
    turn: tokio::sync::Mutex<()>,
    /// The cost of all that wait.
    waiting: AtomicU32,
}

impl Gate {
    pub(super) fn new(options: &ClientOptions) -> Self {
        Self {
            per_tenant: options.concurrency_per_tenant.max(1),
            waits: Waits { first: options.retry.base_wait, longest: options.retry.max_wait },
            declared: options.quotas.clone(),
            tenants: Mutex::default(),
        }
    }

    /// Waits until a request of this cost may be sent, at most until `deadline`. A wait that is known to be longer is
    /// answered at once.
    pub(super) async fn admit(&self, key: &Key, cost: u32, deadline: Instant) -> Admission {
        let lane = self.lane(key);
        if lane.limiter().is_open()
            && let Ok(permit) = Arc::clone(&lane.places).try_acquire_owned()
            && let Some(sent) = lane.take(cost)
        {
            return Admission::Granted(Place { lane, sent, cost, _permit: permit });
        }
        // Few wait, and those who do not need no room for it.
        Box::pin(Lane::wait(lane, cost, deadline)).await
    }

    /// Takes note of a refusal that came within an answer: nothing of the key is sent before `wait` has passed.
    #[cfg(feature = "batch")]
    pub(super) fn refused(&self, key: &Key, wait: Duration) {
        let now = Instant::now().into_std();
        self.lane(key).limiter().refused(now, now, 1, Some(wait));
    }

    fn lane(&self, key: &Key) -> Arc<Lane> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lanes) = tenants.map.get(&key.tenant)
            && let Some((_, lane)) = lanes.areas.iter().find(|(area, _)| *area == key.area)
        {
            return Arc::clone(lane);
        }
        tenants.prune();
        let service = key.tenant.service;
        let lanes = tenants.map.entry(key.tenant.clone()).or_insert_with(|| {
            let places = match service {
                Service::Exchange | Service::Compliance => self.per_tenant.min(EXCHANGE_PER_TENANT),
                // They are for all customers, and the quota bounds them.
                _ if key.area == Area::ApplicationConsents => self.per_tenant.max(CONSENTS_AT_ONCE),
                _ => self.per_tenant,
            };
            Lanes { places: Arc::new(Semaphore::new(places)), areas: Vec::new() }
        });
        let of_service = || self.declared.iter().find(|(of, _)| *of == service).map(|(_, quota)| *quota);
        let declared = key.granted().or_else(of_service);
        let now = Instant::now().into_std();
        let lane = Arc::new(Lane {
            service,
            places: Arc::clone(&lanes.places),
            limiter: Mutex::new(Limiter::new(self.waits, declared, key.documented_rate(), now)),
            turn: tokio::sync::Mutex::default(),
            waiting: AtomicU32::new(0),
        });
        lanes.areas.push((key.area, Arc::clone(&lane)));
        lane
    }
}

impl Lane {
    async fn wait(lane: Arc<Self>, cost: u32, deadline: Instant) -> Admission {
        if lane.limiter().is_open() {
            let Some(permit) = lane.permit(deadline).await else { return Admission::Busy };
            if let Some(sent) = lane.take(cost) {
                return Admission::Granted(Place { lane, sent, cost, _permit: permit });
            }
            // It was throttled while we waited for the place.
        }
        let waiting = Waiting::new(&lane, cost);
        let wait = lane.limiter().wait(Instant::now().into_std(), waiting.ahead);
        if past(wait, deadline) {
            return Admission::Parked(wait);
        }
        let Ok(turn) = timeout_at(deadline, lane.turn.lock()).await else {
            return Admission::Parked(lane.limiter().wait(Instant::now().into_std(), 0));
        };
        let (sent, permit) = loop {
            let ready = lane.limiter().ready(Instant::now().into_std(), cost);
            if let Err(at) = ready {
                let at = Instant::from_std(at);
                if at > deadline {
                    return Admission::Parked(at.saturating_duration_since(Instant::now()));
                }
                sleep_until(at).await;
                continue;
            }
            let Some(permit) = lane.permit(deadline).await else { return Admission::Busy };
            // It may have been throttled while we waited for the place.
            if let Some(sent) = lane.take(cost) {
                break (sent, permit);
            }
        };
        drop(turn);
        drop(waiting);
        Admission::Granted(Place { lane, sent, cost, _permit: permit })
    }

    /// Takes its share of the pace, and says when; `None` when it has to wait after all.
    fn take(&self, cost: u32) -> Option<Instant> {
        let now = Instant::now();
        self.limiter().take(now.into_std(), cost).ok().map(|()| now)
    }

    async fn permit(&self, deadline: Instant) -> Option<OwnedSemaphorePermit> {
        // A semaphore of ours is never closed, so only the deadline can end the wait.
        timeout_at(deadline, Arc::clone(&self.places).acquire_owned()).await.ok()?.ok()
    }

    fn limiter(&self) -> MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Says how the request ended, once, and answers whether its key is parked now. The place is kept until it is
    /// dropped: a body may still be read.
    ///
    /// 429 and 509 are refusals, and so is 503 with `Retry-After`; a 503 without it says nothing about the key.
    pub(super) fn answered(&self, facts: &AnswerFacts<'_>) -> bool {
        let AnswerFacts { status, retry_after, headers } = *facts;
        let sent = self.sent.into_std();
        let mut limiter = self.lane.limiter();
        if matches!(status, 429 | 509) || (status == 503 && retry_after.is_some()) {
            limiter.refused(Instant::now().into_std(), sent, self.cost, retry_after);
            drop(limiter);
            let (scope, information) = limit_hit(headers);
            tracing::debug!(service = %self.lane.service, status, ?retry_after, scope, information, "throttled");
            return true;
        }
        // Read only where it matters: most keys are never throttled.
        let near = !limiter.is_open() && limit_share(headers).is_some_and(|share| share >= 1.0);
        limiter.passed(sent, self.cost, near);
        false
    }
}

impl Tenants {
    /// Drops what is idle and has nothing to remember, before one more is added.
    fn prune(&mut self) {
        if self.map.len() < self.prune_at.max(PRUNE_AT) {
            return;
        }
        let now = Instant::now().into_std();
        self.map.retain(|_, lanes| {
            // Whoever is in a lane, or has a place in it, holds it.
            lanes.areas.retain(|(_, lane)| Arc::strong_count(lane) > 1 || !lane.limiter().is_forgettable(now));
            !lanes.areas.is_empty()
        });
        // As much again may come before looking at all of them pays.
        self.prune_at = self.map.len() * 2;
    }
}

/// The cost that waits in a lane, as long as it waits.
struct Waiting<'a> {
    lane: &'a Lane,
    cost: u32,
    /// What waited already.
    ahead: u32,
}

impl<'a> Waiting<'a> {
    fn new(lane: &'a Lane, cost: u32) -> Self {
        Self { lane, cost, ahead: lane.waiting.fetch_add(cost, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.lane.waiting.fetch_sub(self.cost, Ordering::Relaxed);
    }
}

fn past(wait: Duration, deadline: Instant) -> bool {
    Instant::now().checked_add(wait).is_none_or(|at| at > deadline)
}

/// Parallel cmdlets per tenant: Exchange allowed three sessions of old and publishes no figure for REST.
const EXCHANGE_PER_TENANT: usize = 3;

/// Consents under way: each takes a second or more, and 47 may begin in one.
const CONSENTS_AT_ONCE: usize = 150;

/// How many tenants are kept at least before idle ones are dropped.
const PRUNE_AT: usize = 256;

#[cfg(test)]
mod tests;
