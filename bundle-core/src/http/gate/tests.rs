use std::sync::atomic::AtomicUsize;

use futures_util::FutureExt as _;

use super::*;
use crate::cloud::Cloud;
use crate::http::RetryPolicy;
use crate::ids::TenantId;

fn gate(places: usize) -> Arc<Gate> {
    let mut options = ClientOptions::new(Cloud::public());
    options.concurrency_per_tenant = places;
    Arc::new(Gate::new(&options))
}

fn key_of(service: Service, tenant: u128, area: Area) -> Key {
    let tenant = Some(TenantId::from_u128(tenant));
    Key { tenant: Tenant { service, tenant, partner: None, host: None }, area }
}

fn key(tenant: u128) -> Key {
    key_of(Service::Graph, tenant, Area::Rest)
}

/// A key of which no limit is documented.
fn unlisted() -> Key {
    key_of(Service::Graph, 1, Area::Outlook)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

async fn place(gate: &Gate, key: &Key) -> Place {
    match gate.admit(key, 1, soon()).await {
        Admission::Granted(place) => place,
        other => panic!("not admitted: {other:?}"),
    }
}

fn answer(place: Place, status: u16, seconds: Option<f64>) -> bool {
    let retry_after = seconds.map(Duration::from_secs_f64);
    let parked = place.answered(&AnswerFacts { status, retry_after, headers: &HeaderMap::new() });
    drop(place);
    parked
}

/// Sends one request of the key and has it refused.
async fn throttle(gate: &Gate, key: &Key, seconds: f64) {
    assert!(answer(place(gate, key).await, 429, Some(seconds)));
}

#[tokio::test(start_paused = true)]
async fn parked_key_waits_and_others_do_not() {
    let gate = gate(2);
    throttle(&gate, &key(1), 5.0).await;
    let start = Instant::now();
    for other in [key(2), key_of(Service::Graph, 1, Area::Teams), key_of(Service::Exchange, 1, Area::Rest)] {
        drop(place(&gate, &other).await);
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    drop(place(&gate, &key(1)).await);
    assert!(start.elapsed() >= Duration::from_secs(5));
    assert!(start.elapsed() < Duration::from_millis(5_010));
}

#[tokio::test(start_paused = true)]
async fn park_beyond_the_deadline_is_answered_at_once() {
    let gate = gate(1);
    throttle(&gate, &key(1), 3_600.0).await;
    let start = Instant::now();
    let Admission::Parked(wait) = gate.admit(&key(1), 1, soon()).await else { panic!("it is parked") };
    assert!(wait >= Duration::from_secs(3_600) && wait < Duration::from_secs(3_602), "{wait:?}");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn park_that_begins_while_callers_wait_is_answered_at_once() {
    let gate = gate(1);
    let held = place(&gate, &key(1)).await;
    let waiters: Vec<_> = (0..3)
        .map(|_| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move { gate.admit(&key(1), 1, soon()).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let start = Instant::now();
    answer(held, 429, Some(3_600.0));
    for waiter in waiters {
        assert!(matches!(waiter.await.unwrap(), Admission::Parked(_)));
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn line_that_is_too_long_is_not_joined() {
    let quota = Quota::new(10, Duration::from_secs(1)).unwrap().with_burst(1).unwrap();
    let gate = Gate::new(&ClientOptions::new(Cloud::public()).quota(Service::Graph, quota));
    let start = Instant::now();
    let key = key(1);
    drop(place(&gate, &key).await);
    let mut line: Vec<_> = (0..5).map(|_| Box::pin(gate.admit(&key, 100, soon()))).collect();
    for waiter in &mut line {
        assert!(waiter.now_or_never().is_none());
    }
    // Five hundred are ahead, which takes fifty seconds; a hundred more are too many for a minute.
    assert!(gate.admit(&key, 1, soon()).now_or_never().is_none());
    let mut sixth = Box::pin(gate.admit(&key, 100, soon()));
    assert!(sixth.as_mut().now_or_never().is_none());
    let Admission::Parked(wait) = gate.admit(&key, 1, soon()).await else { panic!("the line is too long") };
    assert!(wait > Duration::from_secs(60) && wait < Duration::from_secs(62), "{wait:?}");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn line_is_joined_while_the_pace_is_unknown() {
    let gate = gate(8);
    throttle(&gate, &key(1), 1.0).await;
    let key = key(1);
    let mut line: Vec<_> = (0..1_000).map(|_| Box::pin(gate.admit(&key, 1, soon()))).collect();
    for waiter in &mut line {
        assert!(waiter.now_or_never().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn full_gate_is_left_at_the_deadline_and_frees_its_place() {
    let gate = gate(1);
    let held = place(&gate, &key(1)).await;
    let deadline = Instant::now() + Duration::from_secs(3);
    assert!(matches!(gate.admit(&key(1), 1, deadline).await, Admission::Busy));
    assert!(Instant::now() >= deadline);
    drop(held);
    drop(place(&gate, &key(1)).await);
}

#[tokio::test(start_paused = true)]
async fn exchange_gets_three_places_at_most() {
    for service in [Service::Exchange, Service::Compliance] {
        let gate = gate(16);
        let mut held = Vec::new();
        while let Admission::Granted(place) = gate.admit(&key_of(service, 1, Area::Rest), 1, Instant::now()).await {
            held.push(place);
        }
        assert_eq!(held.len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn areas_share_the_places_and_a_parked_one_takes_none() {
    let gate = gate(1);
    let (teams, rest) = (key_of(Service::Graph, 1, Area::Teams), key(1));
    let held = place(&gate, &teams).await;
    assert!(matches!(gate.admit(&rest, 1, Instant::now()).await, Admission::Busy));
    answer(held, 429, Some(10.0));
    let start = Instant::now();
    let mut parked = Box::pin(gate.admit(&teams, 1, soon()));
    assert!(parked.as_mut().now_or_never().is_none());
    drop(place(&gate, &rest).await);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(matches!(parked.await, Admission::Granted(_)));
}

#[tokio::test(start_paused = true)]
async fn limit_holds_across_clones_of_the_key() {
    let gate = gate(1);
    let start = Instant::now();
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move {
                let _place = place(&gate, &key(1)).await;
                tokio::time::advance(Duration::from_millis(300)).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(start.elapsed() >= Duration::from_millis(1_800), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn callers_are_let_on_one_by_one_in_their_order() {
    let gate = gate(16);
    // Ten pass, the eleventh is refused: the bucket is refilled at ten a second, as far as is known.
    for _ in 0..10 {
        answer(place(&gate, &unlisted()).await, 200, None);
    }
    throttle(&gate, &unlisted(), 1.0).await;
    let start = Instant::now();
    let turn = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let (gate, turn) = (Arc::clone(&gate), Arc::clone(&turn));
            tokio::spawn(async move {
                let place = place(&gate, &unlisted()).await;
                assert_eq!(turn.fetch_add(1, Ordering::Relaxed), number);
                let at = start.elapsed();
                answer(place, 200, None);
                at
            })
        })
        .collect();
    let mut last = Duration::ZERO;
    for task in tasks {
        let at = task.await.unwrap();
        assert!(at >= last + Duration::from_millis(15), "{last:?} {at:?}");
        last = at;
    }
    assert!(last >= Duration::from_secs(1) && last < Duration::from_secs(2), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn cancelled_waiter_leaves_no_trace() {
    let gate = gate(1);
    throttle(&gate, &key(1), 2.0).await;
    let key = key(1);
    let mut first = Box::pin(gate.admit(&key, 50, soon()));
    let mut second = Box::pin(gate.admit(&key, 1, soon()));
    assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
    let lane = gate.lane(&key);
    assert_eq!(lane.waiting.load(Ordering::Relaxed), 51);
    drop(first);
    assert_eq!(lane.waiting.load(Ordering::Relaxed), 1);
    let start = Instant::now();
    let Admission::Granted(place) = second.await else { panic!("its turn came") };
    assert!(start.elapsed() <= Duration::from_millis(2_010), "{:?}", start.elapsed());
    assert_eq!(lane.waiting.load(Ordering::Relaxed), 0);
    drop(place);
    assert_eq!(lane.places.available_permits(), 1);
}

#[tokio::test(start_paused = true)]
async fn service_that_is_unavailable_parks_only_when_it_says_how_long() {
    let gate = gate(1);
    let start = Instant::now();
    for status in [500, 502, 503, 504] {
        assert!(!answer(place(&gate, &key(1)).await, status, None));
    }
    assert!(!answer(place(&gate, &key(1)).await, 500, Some(9.0)));
    drop(place(&gate, &key(1)).await);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(answer(place(&gate, &key(1)).await, 503, Some(9.0)));
    drop(place(&gate, &key(1)).await);
    assert!(start.elapsed() >= Duration::from_secs(9));
}

#[tokio::test(start_paused = true)]
async fn declared_quota_paces_from_the_first_request_on() {
    let quota = Quota::new(10, Duration::from_secs(1)).unwrap().with_burst(1).unwrap();
    let options = ClientOptions::new(Cloud::public()).quota(Service::Graph, quota);
    let gate = Gate::new(&options);
    let start = Instant::now();
    for _ in 0..21 {
        answer(place(&gate, &key(1)).await, 200, None);
    }
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(2) && took < Duration::from_millis(2_100), "{took:?}");
    for _ in 0..100 {
        answer(place(&gate, &key_of(Service::KeyVault, 1, Area::Rest)).await, 200, None);
    }
    assert_eq!(start.elapsed(), took);
}

#[tokio::test(start_paused = true)]
async fn own_waits_are_those_of_the_retry_policy() {
    let mut options = ClientOptions::new(Cloud::public());
    options.retry = RetryPolicy::default().base_wait(Duration::from_secs(4));
    let gate = Gate::new(&options);
    let mut refused = place(&gate, &key(1)).await;
    for (seconds, retry_after) in [(4, None), (8, Some(0.0)), (16, None), (30, None), (30, Some(0.0))] {
        let start = Instant::now();
        assert!(answer(refused, 429, retry_after));
        refused = place(&gate, &key(1)).await;
        let waited = start.elapsed();
        assert!(waited >= Duration::from_secs(seconds) && waited < Duration::from_secs(seconds + 1), "{waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn idle_tenants_are_dropped_and_throttled_ones_kept() {
    let gate = gate(4);
    throttle(&gate, &key(1), 3_600.0).await;
    let held = place(&gate, &key(2)).await;
    for n in 3..=5_000 {
        drop(place(&gate, &key(n)).await);
    }
    let count = || gate.tenants.lock().unwrap().map.len();
    assert!(count() <= PRUNE_AT, "{}", count());
    assert!(matches!(gate.admit(&key(1), 1, soon()).await, Admission::Parked(_)));
    assert_eq!(gate.lane(&key(2)).places.available_permits(), 3);
    drop(held);
    // Long after, it is forgotten as well.
    tokio::time::advance(Duration::from_secs(3 * 3_600)).await;
    for n in 10_000..=10_600 {
        drop(place(&gate, &key(n)).await);
    }
    let tenants = gate.tenants.lock().unwrap();
    assert!(!tenants.map.contains_key(&key(1).tenant) && !tenants.map.contains_key(&key(2).tenant));
}

#[tokio::test(start_paused = true)]
async fn many_throttled_tenants_are_looked_at_rarely() {
    let gate = gate(4);
    for n in 1..=2_000 {
        throttle(&gate, &key(n), 60.0).await;
    }
    let tenants = gate.tenants.lock().unwrap();
    assert_eq!(tenants.map.len(), 2_000);
    assert!(tenants.prune_at >= 2_000);
}

#[tokio::test(start_paused = true)]
async fn consents_keep_within_fifty_in_any_second() {
    let gate = gate(1);
    let tenant = Tenant { service: Service::PartnerCenter, tenant: None, partner: None, host: None };
    let key = Key { tenant, area: Area::ApplicationConsents };
    let start = Instant::now();
    let mut sent = Vec::new();
    for _ in 0..500 {
        let place = place(&gate, &key).await;
        sent.push(start.elapsed());
        assert!(!answer(place, 201, None));
    }
    for (first, last) in sent.iter().zip(&sent[50..]) {
        assert!(*last - *first >= Duration::from_secs(1), "51 from {first:?} to {last:?}");
    }
    // 500 at 50 a second take ten.
    assert!(start.elapsed() < Duration::from_secs(11), "{:?}", start.elapsed());
}
