//! A discrete-event simulation of callers, limiter and service.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use super::{Limiter, Waits};
use crate::http::Quota;

/// The service's side: does a request that arrives at `now` pass, and what is it told if not?
pub(super) trait Service {
    fn passes(&mut self, now: f64) -> Result<(), Option<Duration>>;
}

/// A token bucket with `Retry-After`.
pub(super) struct TokenBucket {
    rate: f64,
    burst: f64,
    level: f64,
    at: f64,
    retry_after: Option<Duration>,
    charges_refusals: bool,
    /// When the rate changes, and to what.
    change: Option<(f64, f64)>,
}

impl TokenBucket {
    pub(super) fn new(rate: f64, burst: f64) -> Self {
        Self {
            rate,
            burst,
            level: burst,
            at: 0.0,
            retry_after: Some(Duration::from_secs(1)),
            charges_refusals: false,
            change: None,
        }
    }

    pub(super) fn asking(self, retry_after: Option<Duration>) -> Self {
        Self { retry_after, ..self }
    }

    pub(super) fn charging(self, charges_refusals: bool) -> Self {
        Self { charges_refusals, ..self }
    }

    pub(super) fn changing(self, at: f64, rate: f64) -> Self {
        Self { change: Some((at, rate)), ..self }
    }
}

impl Service for TokenBucket {
    fn passes(&mut self, now: f64) -> Result<(), Option<Duration>> {
        if let Some((at, rate)) = self.change
            && now >= at
        {
            self.rate = rate;
            self.change = None;
        }
        self.level = (self.level + (now - self.at) * self.rate).min(self.burst);
        self.at = now;
        if self.level >= 1.0 {
            self.level -= 1.0;
            return Ok(());
        }
        if self.charges_refusals {
            self.level -= 1.0;
        }
        Err(self.retry_after)
    }
}

/// So many in each window.
pub(super) struct FixedWindow {
    limit: u32,
    window: f64,
    /// Whether it says how long the window lasts, or a second always.
    honest: bool,
    current: u64,
    used: u32,
}

impl FixedWindow {
    pub(super) fn new(limit: u32, window: f64, honest: bool) -> Self {
        Self { limit, window, honest, current: 0, used: 0 }
    }
}

impl Service for FixedWindow {
    fn passes(&mut self, now: f64) -> Result<(), Option<Duration>> {
        let window = (now / self.window) as u64;
        if window != self.current {
            self.current = window;
            self.used = 0;
        }
        if self.used < self.limit {
            self.used += 1;
            return Ok(());
        }
        let rest = (window + 1) as f64 * self.window - now;
        Err(Some(if self.honest { Duration::from_secs(rest.ceil() as u64) } else { Duration::from_secs(1) }))
    }
}

/// Refuses every so many-th request until a time, whatever the rate.
pub(super) struct AtRandom {
    one_in: u64,
    until: f64,
    state: u64,
    retry_after: Option<Duration>,
}

impl AtRandom {
    pub(super) fn new(one_in: u64, until: f64, retry_after: Option<Duration>) -> Self {
        Self { one_in, until, state: 7, retry_after }
    }
}

impl Service for AtRandom {
    fn passes(&mut self, now: f64) -> Result<(), Option<Duration>> {
        let random = next(&mut self.state);
        if now < self.until && random.is_multiple_of(self.one_in) { Err(self.retry_after) } else { Ok(()) }
    }
}

/// One program that sends `requests` from `workers` callers.
pub(super) struct Client {
    pub(super) requests: u32,
    pub(super) workers: u32,
    pub(super) starts: f64,
    pub(super) declared: Option<Quota>,
}

/// What became of a client.
#[derive(Default)]
pub(super) struct Report {
    /// From its start to its last answer, in seconds.
    pub(super) wall: f64,
    pub(super) passed: u32,
    pub(super) refused: u32,
    /// Calls that were given up.
    pub(super) failed: u32,
    /// When each request passed.
    pub(super) done: Vec<f64>,
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { wall, passed, refused, failed, .. } = self;
        write!(f, "{wall:.3} s, {passed} passed, {refused} refused, {failed} failed")
    }
}

#[derive(PartialEq, PartialOrd, Clone, Copy, Debug)]
enum Event {
    Start(usize),
    Ask(usize),
    Arrive(usize, Call),
    Answer(usize, Call, bool, Option<Duration>),
}

#[derive(PartialEq, PartialOrd, Clone, Copy, Debug)]
struct Call {
    attempts: u32,
    sent: f64,
}

struct Running {
    limiter: Limiter,
    left: u32,
    waiting: VecDeque<u32>,
    asking: bool,
    /// What the service asked for: nothing may be sent before.
    parked: f64,
    report: Report,
}

/// As many as the default retry policy.
const ATTEMPTS: u32 = 5;

/// Runs the clients against the service; `latency` is the whole round trip, in seconds.
pub(super) fn run(service: &mut dyn Service, clients: &[Client], latency: f64) -> Vec<Report> {
    let zero = Instant::now();
    let instant = |at: f64| zero + Duration::from_secs_f64(at);
    let waits = Waits { first: Duration::from_secs(1), longest: Duration::from_secs(30) };
    let mut queue: BinaryHeap<Reverse<(Nanos, u64)>> = BinaryHeap::new();
    let mut events: Vec<Event> = Vec::new();
    let schedule = |queue: &mut BinaryHeap<_>, events: &mut Vec<Event>, at: f64, event| {
        events.push(event);
        queue.push(Reverse((Nanos((at * 1e9).round() as u64), events.len() as u64 - 1)));
    };
    let mut random = 42u64;
    let mut running: Vec<Running> = clients
        .iter()
        .map(|client| Running {
            limiter: Limiter::new(waits, client.declared, None, zero),
            left: client.requests,
            waiting: VecDeque::new(),
            asking: false,
            parked: 0.0,
            report: Report::default(),
        })
        .collect();
    for (at, client) in clients.iter().enumerate() {
        schedule(&mut queue, &mut events, client.starts, Event::Start(at));
    }
    while let Some(Reverse((Nanos(nanos), index))) = queue.pop() {
        let now = nanos as f64 / 1e9;
        assert!(now < 100_000.0, "it never ends");
        match events[index as usize] {
            Event::Start(who) => {
                for _ in 0..clients[who].workers.min(running[who].left) {
                    running[who].left -= 1;
                    running[who].waiting.push_back(0);
                }
                schedule(&mut queue, &mut events, now, Event::Ask(who));
                running[who].asking = true;
            }
            Event::Ask(who) => {
                let client = &mut running[who];
                client.asking = false;
                while let Some(&attempts) = client.waiting.front() {
                    match client.limiter.take(instant(now), 1) {
                        Ok(()) => {
                            assert!(now >= client.parked, "sent at {now}, parked until {}", client.parked);
                            client.waiting.pop_front();
                            let jitter = 0.8 + 0.4 * ((next(&mut random) % 1000) as f64 / 1000.0);
                            let call = Call { attempts: attempts + 1, sent: now };
                            let arrives = now + latency / 2.0 * jitter;
                            schedule(&mut queue, &mut events, arrives, Event::Arrive(who, call));
                        }
                        Err(at) => {
                            let at = at.duration_since(zero).as_secs_f64();
                            schedule(&mut queue, &mut events, at.max(now), Event::Ask(who));
                            client.asking = true;
                            break;
                        }
                    }
                }
            }
            Event::Arrive(who, call) => {
                let outcome = service.passes(now);
                let answer = Event::Answer(who, call, outcome.is_ok(), outcome.err().flatten());
                schedule(&mut queue, &mut events, now + latency / 2.0, answer);
            }
            Event::Answer(who, call, ok, wait) => {
                let client = &mut running[who];
                let report = &mut client.report;
                let again = if ok {
                    client.limiter.passed(instant(call.sent), 1, false);
                    report.passed += 1;
                    report.done.push(now);
                    None
                } else {
                    client.limiter.refused(instant(now), instant(call.sent), 1, wait);
                    report.refused += 1;
                    let asked = wait.unwrap_or_default().as_secs_f64();
                    // The simulation counts in nanoseconds.
                    client.parked = client.parked.max(now + asked - 1e-6);
                    if call.attempts >= ATTEMPTS {
                        report.failed += 1;
                        None
                    } else {
                        Some(call.attempts)
                    }
                };
                report.wall = now - clients[who].starts;
                match again {
                    Some(attempts) => client.waiting.push_back(attempts),
                    None if client.left > 0 => {
                        client.left -= 1;
                        client.waiting.push_back(0);
                    }
                    None => {}
                }
                if !client.asking && !client.waiting.is_empty() {
                    client.asking = true;
                    schedule(&mut queue, &mut events, now, Event::Ask(who));
                }
            }
        }
    }
    running.into_iter().map(|client| client.report).collect()
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Nanos(u64);

fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
