//! Admission: one key per tenant and service, so a throttled or slow tenant never delays another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::ids::TenantId;
use crate::service::Service;

/// The key that is throttled together.
pub(super) type Key = (Service, Option<TenantId>);

/// Bounds the requests of each key and parks a key that was throttled.
#[derive(Debug)]
pub(super) struct Gate {
    per_key: usize,
    slots: Mutex<HashMap<Key, Slot>>,
}

#[derive(Debug)]
struct Slot {
    permits: Arc<Semaphore>,
    parked_until: Option<Instant>,
}

/// A place among the requests of a key, held while one is under way.
pub(super) type Place = OwnedSemaphorePermit;

/// What the gate answers.
pub(super) enum Admission {
    /// Go ahead; the permit is held while the request is under way.
    Granted(Place),
    /// The key is parked longer than the caller can wait.
    Parked(Duration),
    /// No place became free before the deadline.
    Busy,
}

impl Gate {
    pub(super) fn new(per_key: usize) -> Self {
        Self { per_key: per_key.max(1), slots: Mutex::default() }
    }

    /// Waits for a place, at most until `deadline`.
    pub(super) async fn admit(&self, key: Key, deadline: Instant) -> Admission {
        loop {
            let (permits, parked_until) = self.slot(key);
            // A semaphore of ours is never closed, so only the deadline can end the wait.
            let Ok(Ok(permit)) = tokio::time::timeout_at(deadline, permits.acquire_owned()).await else {
                return Admission::Busy;
            };
            let now = Instant::now();
            match parked_until.max(self.slot(key).1) {
                Some(until) if until > deadline => return Admission::Parked(until - now),
                Some(until) if until > now => {
                    drop(permit);
                    tokio::time::sleep_until(until).await;
                }
                _ => return Admission::Granted(permit),
            }
        }
    }

    /// Parks a key: nothing of it is sent before `wait` has passed.
    pub(super) fn park(&self, key: Key, wait: Duration) {
        let until = Instant::now() + wait;
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        // An idle key may have been dropped since it was admitted.
        let slot = slots.entry(key).or_insert_with(|| self.new_slot(key));
        slot.parked_until = slot.parked_until.max(Some(until));
    }

    fn slot(&self, key: Key) -> (Arc<Semaphore>, Option<Instant>) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= PRUNE_AT && !slots.contains_key(&key) {
            // Tenants that are done must not stay in memory.
            let now = Instant::now();
            slots.retain(|_, slot| {
                // Whoever holds or waits for a permit holds the semaphore too.
                Arc::strong_count(&slot.permits) > 1 || slot.parked_until.is_some_and(|until| until > now)
            });
        }
        let slot = slots.entry(key).or_insert_with(|| self.new_slot(key));
        (Arc::clone(&slot.permits), slot.parked_until)
    }

    fn new_slot(&self, key: Key) -> Slot {
        let places = match key.0 {
            Service::Exchange | Service::Compliance => self.per_key.min(EXCHANGE_PER_TENANT),
            _ => self.per_key,
        };
        Slot { permits: Arc::new(Semaphore::new(places)), parked_until: None }
    }
}

/// Parallel cmdlets per tenant: Exchange allowed three sessions of old and publishes no figure for REST.
const EXCHANGE_PER_TENANT: usize = 3;

/// How many keys are kept before idle ones are dropped.
const PRUNE_AT: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u128) -> Key {
        (Service::Graph, Some(TenantId::from_u128(n)))
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[tokio::test(start_paused = true)]
    async fn parked_key_waits_and_others_do_not() {
        let gate = Gate::new(2);
        drop(gate.admit(key(1), soon()).await);
        gate.park(key(1), Duration::from_secs(5));
        let start = Instant::now();
        assert!(matches!(gate.admit(key(2), soon()).await, Admission::Granted(_)));
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(matches!(gate.admit(key(1), soon()).await, Admission::Granted(_)));
        assert!(start.elapsed() >= Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn park_beyond_the_deadline_is_answered_at_once() {
        let gate = Gate::new(1);
        drop(gate.admit(key(1), soon()).await);
        gate.park(key(1), Duration::from_secs(3600));
        let start = Instant::now();
        assert!(matches!(gate.admit(key(1), soon()).await, Admission::Parked(_)));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn full_gate_is_left_at_the_deadline_and_frees_its_place() {
        let gate = Gate::new(1);
        let Admission::Granted(permit) = gate.admit(key(1), soon()).await else { panic!("an idle key is open") };
        let deadline = Instant::now() + Duration::from_secs(3);
        assert!(matches!(gate.admit(key(1), deadline).await, Admission::Busy));
        assert!(Instant::now() >= deadline);
        drop(permit);
        assert!(matches!(gate.admit(key(1), soon()).await, Admission::Granted(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn park_holds_for_a_key_that_was_dropped() {
        let gate = Gate::new(1);
        gate.park(key(1), Duration::from_secs(3600));
        assert!(matches!(gate.admit(key(1), soon()).await, Admission::Parked(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn exchange_gets_three_places_at_most() {
        let gate = Gate::new(8);
        let exchange = (Service::Exchange, Some(TenantId::from_u128(1)));
        let mut held = Vec::new();
        while let Admission::Granted(permit) = gate.admit(exchange, Instant::now()).await {
            held.push(permit);
        }
        assert_eq!(held.len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn limit_holds_across_clones_of_the_key() {
        let gate = Arc::new(Gate::new(1));
        let start = Instant::now();
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let gate = Arc::clone(&gate);
                tokio::spawn(async move {
                    let Admission::Granted(_permit) = gate.admit(key(1), soon()).await else { panic!("parked") };
                    tokio::time::advance(Duration::from_millis(300)).await;
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert!(start.elapsed() >= Duration::from_millis(1800), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn idle_keys_are_dropped() {
        let gate = Gate::new(4);
        for n in 1..=2_000 {
            drop(gate.admit(key(n), soon()).await);
        }
        assert!(gate.slots.lock().unwrap().len() <= PRUNE_AT);
    }
}
