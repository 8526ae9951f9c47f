//! A part of the tenants, under one lock.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};
use std::time::Duration;

use tokio::time::Instant;

use super::slot::Slot;
use crate::auth::{AccessToken, Principal, TokenRequest};
use crate::ids::TenantId;

/// Reading takes the lock for a look; writing happens before a request to the network only.
pub(super) struct Shard {
    capacity: usize,
    map: RwLock<Map>,
}

struct Map {
    tenants: HashMap<TenantId, Vec<Entry>>,
    /// The scopes met so far, some of them. Tenants share the texts, which are at hand for the processor then.
    scopes: Vec<Arc<str>>,
    len: usize,
    /// At this many entries room is made.
    full_at: usize,
    clean_at: Instant,
}

/// A tenant has a handful of them: looking through them beats hashing the scope.
struct Entry {
    principal: Principal,
    scope: Arc<str>,
    slot: Arc<Slot>,
}

impl Shard {
    pub(super) fn new(capacity: usize, now: Instant) -> Self {
        let full_at = capacity.min(SMALL);
        let clean_at = now + CLEAN_EVERY;
        Self {
            capacity,
            map: RwLock::new(Map { tenants: HashMap::new(), scopes: Vec::new(), len: 0, full_at, clean_at }),
        }
    }

    /// The token, when it is at hand. This is the way of nearly every call.
    pub(super) fn ready(
        &self,
        tenant: &TenantId,
        principal: Principal,
        scope: &str,
        now: Instant,
    ) -> Option<AccessToken> {
        self.read().find(tenant, principal, scope)?.ready(now)
    }

    /// The slot of a request, new when there is none.
    pub(super) fn slot(&self, request: &TokenRequest, now: Instant) -> Arc<Slot> {
        let TokenRequest { tenant, principal, scope, .. } = request;
        if let Some(slot) = self.read().find(tenant, *principal, scope) {
            return Arc::clone(slot);
        }
        let mut map = self.write();
        // Another caller may have been faster.
        if let Some(slot) = map.find(tenant, *principal, scope) {
            return Arc::clone(slot);
        }
        let dropped = if map.len >= map.full_at { map.make_room(self.capacity, now) } else { Vec::new() };
        let slot = Arc::new(Slot::default());
        let entry = Entry { principal: *principal, scope: map.shared(scope), slot: Arc::clone(&slot) };
        map.tenants.entry(*tenant).or_default().push(entry);
        map.len += 1;
        drop(map);
        retire(dropped, false);
        slot
    }

    /// Drops what is of no use any more, when that was not done for some minutes.
    pub(super) fn clean(&self, now: Instant) {
        let mut map = match self.map.try_write() {
            Ok(map) => map,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        if now < map.clean_at {
            return;
        }
        let dropped = map.take_where(|entry| entry.slot.useful_until(now).is_some_and(|end| end <= now));
        map.clean_at = now + CLEAN_EVERY;
        drop(map);
        retire(dropped, false);
    }

    pub(super) fn forget(&self, tenant: &TenantId) {
        let mut map = self.write();
        let dropped = map.tenants.remove(tenant).unwrap_or_default();
        map.len -= dropped.len();
        drop(map);
        retire(dropped, true);
    }

    pub(super) fn forget_principal(&self, principal: Principal) {
        let dropped = self.write().take_where(|entry| entry.principal == principal);
        retire(dropped, true);
    }

    pub(super) fn len(&self) -> usize {
        self.read().len
    }

    fn read(&self) -> RwLockReadGuard<'_, Map> {
        self.map.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Map> {
        self.map.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Map {
    fn find(&self, tenant: &TenantId, principal: Principal, scope: &str) -> Option<&Arc<Slot>> {
        let mut entries = self.tenants.get(tenant)?.iter();
        let found = entries.find(|entry| entry.principal == principal && *entry.scope == *scope)?;
        Some(&found.slot)
    }

    fn shared(&mut self, scope: &str) -> Arc<str> {
        if let Some(known) = self.scopes.iter().find(|known| ***known == *scope) {
            return Arc::clone(known);
        }
        let scope: Arc<str> = scope.into();
        if self.scopes.len() < SHARED_SCOPES {
            self.scopes.push(Arc::clone(&scope));
        }
        scope
    }

    /// Takes out what has expired, then, when the shard is full all the same, the quarter that expires first. The next
    /// time is when the rest has doubled, so that each entry pays for a constant share of the work.
    fn make_room(&mut self, capacity: usize, now: Instant) -> Vec<Entry> {
        let mut dropped = self.take_where(|entry| entry.slot.useful_until(now).is_some_and(|end| end <= now));
        if self.len >= capacity {
            let mut ends: Vec<Instant> =
                self.tenants.values().flatten().filter_map(|entry| entry.slot.useful_until(now)).collect();
            let quarter = (capacity / 4).max(1).min(ends.len());
            if quarter > 0 {
                let (_, last, _) = ends.select_nth_unstable(quarter - 1);
                let last = *last;
                dropped.extend(self.take_where(|entry| entry.slot.useful_until(now).is_some_and(|end| end <= last)));
            }
        }
        self.full_at = (self.len * 2).max(SMALL).min(capacity);
        dropped
    }

    fn take_where(&mut self, mut unwanted: impl FnMut(&Entry) -> bool) -> Vec<Entry> {
        let mut taken = Vec::new();
        self.tenants.retain(|_, entries| {
            taken.extend(entries.extract_if(.., |entry| unwanted(entry)));
            !entries.is_empty()
        });
        self.len -= taken.len();
        taken
    }
}

/// After the lock is free: freeing tokens takes longer than taking them out.
fn retire(entries: Vec<Entry>, outdated: bool) {
    for entry in entries {
        entry.slot.retire(outdated);
    }
}

/// Below this many entries nobody looks for room.
const SMALL: usize = 64;
/// A program uses one scope per service.
const SHARED_SCOPES: usize = 16;
const CLEAN_EVERY: Duration = Duration::from_secs(600);
